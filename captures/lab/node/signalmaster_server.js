// A signalmaster as it was from 2018 on, on the real socket.io 1.7.4.
//
// signalmaster itself is not on npm, so this is written after its behaviour: TURN credentials by the REST scheme, rooms,
// resources, and `message` relayed to an id or a room with `from` set by the server.
'use strict';

const { createHmac, randomUUID } = require('node:crypto');
const { createServer } = require('node:http');
const { note } = require('./log');

const { port, secret } = JSON.parse(process.argv[2]);
const EXPIRY_S = 86400;
const STUN = [{ urls: 'stun:stun.example.net:3478' }];
const TURN_URLS = ['turn:turn.example.net:3478?transport=udp', 'turns:turn.example.net:443?transport=tcp'];

const http = createServer((request, response) => {
  response.writeHead(request.url === '/healthcheck' ? 200 : 404);
  response.end();
});
const io = require('socket.io-1')(http);

const sockets = () => io.of('/').connected;
const members = (room) => Object.keys((io.sockets.adapter.rooms[room] || { sockets: {} }).sockets);
const callable = (value) => (typeof value === 'function' ? value : () => {});

function credentials() {
  const username = String(Math.floor(Date.now() / 1000) + EXPIRY_S);
  return [{ username, credential: createHmac('sha1', secret).update(username).digest('base64'), urls: TURN_URLS }];
}

io.on('connection', (client) => {
  client.resources = { screen: false, video: true, audio: false };
  note('connection', { id: client.id, address: client.handshake.address });

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
    const clients = Object.fromEntries(members(name).map((id) => [id, sockets()[id].resources]));
    callable(done)(null, { clients });
    client.join(name);
    client.room = name;
    note('joined', { id: client.id, room: name });
  }

  client.on('message', (details) => {
    if (details) io.to(details.to).emit('message', Object.assign(details, { from: client.id }));
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
