// A signalmaster as it was until 2015, on the real socket.io 0.9.
//
// Written after its behaviour, as `signalmaster_server.js` is. `url` is not yet `urls`, and messages go to ids alone.
'use strict';

process.EventEmitter = require('node:events').EventEmitter; // what 0.9 still looks for, and Node has no more

const { createHmac, randomUUID } = require('node:crypto');
const { createServer } = require('node:http');
const { note } = require('./log');

const { port, secret } = JSON.parse(process.argv[2]);
const EXPIRY_S = 86400;
const STUN = [{ url: 'stun:stun.example.net:3478' }];
const TURN_URL = 'turn:turn.example.net:3478?transport=udp';
const HEARTBEAT_S = 3; // 25 s in the wild

const http = createServer((_, response) => {
  response.writeHead(404);
  response.end();
});
const io = require('socket.io-0.9').listen(http, { 'log level': 0, 'heartbeat interval': HEARTBEAT_S });

const members = (room) => io.sockets.clients(room);
const callable = (value) => (typeof value === 'function' ? value : () => {});

function credentials() {
  const username = String(Math.floor(Date.now() / 1000) + EXPIRY_S);
  return [{ username, credential: createHmac('sha1', secret).update(username).digest('base64'), url: TURN_URL }];
}

io.sockets.on('connection', (client) => {
  client.resources = { screen: false, video: true, audio: false };
  note('connection', { id: client.id, address: client.handshake.address.address });

  function remove(type) {
    if (!client.room) return;
    io.sockets.in(client.room).emit('remove', { id: client.id, type });
    if (type) return;
    client.leave(client.room);
    note('left', { id: client.id, room: client.room });
    client.room = undefined;
  }

  function join(name, done) {
    if (typeof name !== 'string') return;
    remove();
    const clients = Object.fromEntries(members(name).map(({ id, resources }) => [id, resources]));
    callable(done)(null, { clients });
    client.join(name);
    client.room = name;
    note('joined', { id: client.id, room: name });
  }

  client.on('message', (details) => {
    const other = details && io.sockets.sockets[details.to];
    if (other) other.emit('message', Object.assign(details, { from: client.id }));
  });
  client.on('shareScreen', () => {
    client.resources.screen = true;
  });
  client.on('unshareScreen', () => {
    client.resources.screen = false;
    remove('screen');
  });
  client.on('join', join);
  client.on('leave', () => remove());
  client.on('create', (given, done) => {
    const name = typeof given === 'string' && given ? given : randomUUID();
    const answer = callable(typeof given === 'function' ? given : done);
    if (members(name).length) return answer('taken');
    join(name);
    return answer(null, name);
  });
  client.on('trace', (data) => note('trace', { data }));
  client.on('disconnect', (reason) => {
    note('disconnect', { id: client.id, reason });
    remove();
  });

  client.emit('stunservers', STUN);
  client.emit('turnservers', credentials());
});

http.listen(port, () => note('listening', { port }));
