// A small room signaling of its own, as tutorials write it, on the real Socket.IO; and a namespace for chat.
'use strict';

const { createHash } = require('node:crypto');
const { createServer } = require('node:http');
const { note } = require('./log');

const { port, module: name, options, named } = JSON.parse(process.argv[2]);
const RELAYED = ['offer', 'answer', 'ice-candidate', 'bye'];

const http = createServer((request, response) => {
  response.writeHead(404);
  response.end();
});
const io = require(name)(http, options);
const digest = (bytes) => createHash('sha256').update(bytes).digest();
const callable = (value) => (typeof value === 'function' ? value : () => {});

io.on('connection', (socket) => {
  const rooms = new Map();
  note('connection', { id: socket.id, transport: socket.conn.transport.name, address: socket.handshake.address });

  socket.on('join-room', (room, user, done) => {
    const members = (io.members ||= new Map()).get(room) || new Map();
    io.members.set(room, members);
    const others = Object.fromEntries(members);
    members.set(socket.id, user);
    rooms.set(room, members);
    socket.join(room);
    note('joined', { id: socket.id, room, user });
    socket.to(room).emit('user-connected', socket.id, user);
    callable(done)({ id: socket.id, others });
  });
  const leave = (room) => {
    rooms.get(room).delete(socket.id);
    rooms.delete(room);
    socket.leave(room);
    note('left', { id: socket.id, room });
    io.to(room).emit('user-disconnected', socket.id);
  };
  socket.on('leave-room', (room) => rooms.has(room) && leave(room));
  for (const event of RELAYED) socket.on(event, (payload) => io.to(payload.target).emit(event, payload));
  socket.on('file', (room, about, bytes, done) => {
    socket.to(room).emit('file', { ...about, caller: socket.id }, bytes, { preview: bytes.slice(0, 16) });
    callable(done)({ ok: true, sha256: digest(bytes) });
  });
  socket.on('ask-me', (question) => socket.emit('question', question, (...answer) => note('acked', { answer })));
  socket.on('throw-me-out', () => socket.disconnect(true));
  socket.on('disconnect', (reason) => {
    note('disconnect', { id: socket.id, reason });
    for (const room of [...rooms.keys()]) leave(room);
  });
});

const chat = io.of('/chat');
chat.on('connection', (socket) => {
  note('connection', { id: socket.id, namespace: '/chat', auth: socket.handshake.auth });
  socket.on('say', (text, done) => {
    chat.emit('said', { caller: socket.id, text });
    callable(done)();
  });
});

const staff = io.of('/staff');
staff.use((socket, next) => next(Object.assign(new Error('not for you'), { data: { code: 403 } })));

http.listen(port, () => note('listening', { port, named }));
