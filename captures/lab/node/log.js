// What an endpoint notes, one JSON object a line on stdout, and what it is told, one JSON object a line on stdin.
'use strict';

const { createHash } = require('node:crypto');
const { createInterface } = require('node:readline');

const MICROSECONDS = 6;

/** Epoch seconds by this endpoint's own clock. */
exports.now = () => Number(((performance.timeOrigin + performance.now()) / 1000).toFixed(MICROSECONDS));

/** Note something that happened just now. */
exports.note = (ev, facts = {}) => process.stdout.write(`${JSON.stringify({ t: exports.now(), ev, ...facts })}\n`);

/** A value as JSON can hold it: bytes become their length and digest. */
exports.plain = function plain(value) {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    const bytes = value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { sha256: createHash('sha256').update(bytes).digest('hex'), len: bytes.length };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};

/** Do what stdin says: `{"do": name, ...}` calls `actions[name]` with the whole object; the end of stdin ends us. */
exports.obey = (actions) => {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const command = JSON.parse(line);
    actions[command.do](command);
  });
  lines.on('close', () => process.exit(0));
};
