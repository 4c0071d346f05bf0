// A client of `rooms_server.js`: who is in a room offers to whoever comes; descriptions are given, no media flows.
'use strict';

const { note, obey } = require('./log');
const { load, watch } = require('./tap');
const browserXhr = require('./browser_xhr');

const THINK_MS = 80;
const GATHER_MS = 20;

const sockets = {};
let config;
let media;
let room = null;
let me; // our id as the server knows it; 1.4 puts `/#` before what the client calls its id

const main = () => sockets['/'];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const bytes = (length) => Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 256));

async function gather(target) {
  for (const candidate of media.candidates) {
    await wait(GATHER_MS);
    if (!main().connected) return;
    main().emit('ice-candidate', { target, caller: me, candidate });
  }
}

async function describe(type, target) {
  await wait(THINK_MS);
  main().emit(type, { target, caller: me, sdp: { type, sdp: media[type].shift() } });
  await gather(target);
}

function connect(namespace) {
  const { url, options, auth } = config;
  const client = load(config.module);
  const socket = client(url + (namespace === '/' ? '' : namespace), { ...options, auth, multiplex: true });
  sockets[namespace] = socket;
  socket.on('connect', () => {
    const { engine } = socket.io;
    note('connected', { id: socket.id, namespace, engine_id: engine.id, transport: engine.transport.name });
  });
  socket.on('connect_error', (error) => note('refused', { namespace, message: error.message, data: error.data }));
  socket.on('error', (error) => note('refused', { namespace, message: error }));
  socket.on('disconnect', (reason) => note('disconnected', { namespace, reason }));
  return socket;
}

obey({
  configure(given) {
    ({ config, media } = given);
    if (config.browserXhr) browserXhr.install(config.module);
    note('connect', { url: config.url });
    const socket = connect('/');
    watch(socket.io);
    socket.on('user-connected', (id) => describe('offer', id));
    socket.on('offer', ({ caller }) => describe('answer', caller));
    socket.on('question', (question, done) => done({ answer: `${question}: yes` }, bytes(5)));
  },
  namespace({ namespace }) {
    const socket = connect(namespace);
    socket.on('said', ({ text }) => note('said', { text }));
  },
  join({ room: name }) {
    main().emit('join-room', name, config.label, ({ id, others }) => {
      room = name;
      me = id;
      note('joined', { room, id, clients: others });
    });
  },
  leave() {
    main().emit('leave-room', room);
    note('left', { room });
  },
  say({ text }) {
    sockets['/chat'].emit('say', text, () => note('heard'));
  },
  file({ name, length }) {
    main().emit('file', room, { name }, bytes(length), (answer) => note('stored', { ok: answer.ok }));
  },
  emit({ event, args }) {
    main().emit(event, ...args);
  },
  async fetch({ path }) {
    const answer = await fetch(config.url + path, { headers: { connection: 'close' } });
    note('fetched', { path, status: answer.status, body: await answer.text() });
  },
  disconnect({ namespace = '/' }) {
    note(namespace === '/' ? 'disconnect' : 'namespace_left', { namespace });
    sockets[namespace].disconnect();
  },
  shut() {
    note('disconnect', { namespace: null });
    main().io.engine.close();
  },
});
