// socket.io-client 0.9 with the face of later versions, as far as a client of the lab looks at it; every packet is noted.
'use strict';

const { note, plain } = require('./log');

process.EventEmitter = require('node:events').EventEmitter; // what 0.9 still looks for, and Node has no more

const KINDS = { connect: 'connect', disconnect: 'disconnect', event: 'event', ack: 'ack', error: 'error' };
let socket;

function row(dir, packet) {
  const kind = KINDS[packet.type];
  if (!kind) return;
  const ack = packet.id || packet.ackId; // a number going out, a text coming in
  const facts = { dir, namespace: packet.endpoint || '/', kind, ack: ack ? Number(ack) : null };
  const transport = socket && socket.socket.transport ? socket.socket.transport.name : null;
  note('packet', { ...facts, event: kind === 'event' ? packet.name : null, args: plain(packet.args || []), transport });
}

/** Connect; what comes back has `id`, `connected` and `transport` as the newer clients of the lab have. */
exports.connect = (name, url, options) => {
  const client = require(name);
  const { prototype } = client.SocketNamespace;
  const { packet: send, onPacket: receive } = prototype;
  prototype.packet = function packet(value) {
    row('out', { ...value, endpoint: this.name });
    return send.call(this, value);
  };
  prototype.onPacket = function onPacket(value) {
    row('in', value);
    return receive.call(this, value);
  };
  const { onHeartbeat: beat } = client.Transport.prototype;
  client.Transport.prototype.onHeartbeat = function onHeartbeat() {
    note('heartbeat', { dir: 'in', type: 'heartbeat' });
    return beat.call(this);
  };
  client.transports = options.transports;
  socket = client.connect(url, { ...options, reconnect: false, 'force new connection': true });
  Object.defineProperties(socket, {
    id: { get: () => socket.socket.sessionid },
    connected: { get: () => socket.socket.connected },
  });
  return socket;
};

/** The name of the transport. */
exports.transport = () => socket.socket.transport.name;
