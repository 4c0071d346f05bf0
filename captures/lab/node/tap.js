// Notes every Socket.IO packet of a client, at the border between the application and the protocol.
'use strict';

const { note, plain } = require('./log');

// Packet types of socket.io-parser, the same number in every version from 1.0 on.
const KINDS = ['connect', 'disconnect', 'event', 'ack', 'error', 'event', 'ack'];

function row(socket, dir, packet) {
  const kind = KINDS[packet.type];
  const args = plain(packet.data === undefined ? [] : packet.data);
  const engine = socket.io.engine;
  const facts = { dir, namespace: packet.nsp || socket.nsp, kind, ack: packet.id ?? null };
  if (kind === 'event') Object.assign(facts, { event: args[0], args: args.slice(1) });
  else Object.assign(facts, { event: null, args });
  note('packet', { ...facts, transport: engine && engine.transport ? engine.transport.name : null });
}

const tapped = new Set();

/** Load one version of socket.io-client, `socket.io-client-1` for instance, so that every packet is noted. */
exports.load = (name) => {
  const client = require(name);
  if (tapped.has(name)) return client;
  tapped.add(name);
  // A socket that never connects: where its class is to be found differs between versions, its prototype does not.
  const prototype = Object.getPrototypeOf(client('http://127.0.0.1:1', { autoConnect: false, forceNew: true }));
  const { packet: send, onpacket: receive } = prototype;
  prototype.packet = function packet(value) {
    row(this, 'out', value);
    return send.call(this, value);
  };
  prototype.onpacket = function onpacket(value) {
    if (value.nsp === this.nsp) row(this, 'in', value);
    return receive.call(this, value);
  };
  return client;
};

/** Note what happens below Socket.IO: upgrades, heartbeats, the end. */
exports.watch = (manager) => {
  const below = () => {
    const engine = manager.engine;
    engine.on('upgrade', (transport) => note('upgrade', { transport: transport.name }));
    engine.on('packet', ({ type }) => ['ping', 'pong'].includes(type) && note('heartbeat', { dir: 'in', type }));
    engine.on('packetCreate', ({ type }) => ['ping', 'pong'].includes(type) && note('heartbeat', { dir: 'out', type }));
    engine.on('close', (reason) => note('engine_close', { reason }));
  };
  if (manager.engine) below();
  else manager.once('open', below);
};
