// A client that signals as SimpleWebRTC does, over the real socket.io-client; descriptions are given, no media flows.
//
// The joiner offers once for every resource of everybody listed; who is called answers. One connection per peer,
// resource and `sid`. Stdin brings first the configuration, then what to do.
'use strict';

const { note, obey } = require('./log');
const { load, watch } = require('./tap');
const browserXhr = require('./browser_xhr');
const legacy = require('./legacy');

const THINK_MS = 120; // an answer takes a browser about so long
const GATHER_MS = 25; // between two candidates

let config;
let socket;
let media;
let room = null;
let peers = [];

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

class Peer {
  constructor({ id, type, sid, broadcaster }) {
    Object.assign(this, { id, type, broadcaster, sid: sid || String(Date.now()) });
    peers.push(this);
  }

  send(type, payload) {
    const { id: to, sid, broadcaster, type: roomType } = this;
    socket.emit('message', { to, sid, broadcaster, roomType, type, payload, prefix: 'webkit' });
  }

  describe(type) {
    this.send(type, { type, sdp: media[type].shift(), nick: config.label });
    this.gather();
  }

  async gather() {
    for (const candidate of media.candidates) {
      await wait(GATHER_MS);
      if (!peers.includes(this) || !socket.connected) return;
      this.send('candidate', { candidate });
    }
    this.send('endOfCandidates');
  }

  async handle({ type }) {
    if (type !== 'offer') return;
    await wait(THINK_MS);
    this.describe('answer');
  }
}

function receive(message) {
  let peer = peers.find((one) => one.id === message.from && one.sid === message.sid && one.type === message.roomType);
  if (!peer && message.type === 'offer') {
    const mine = message.roomType === 'screen' && !message.broadcaster;
    const broadcaster = mine ? socket.id : message.broadcaster;
    peer = new Peer({ id: message.from, type: message.roomType, sid: message.sid, broadcaster });
  }
  if (peer) peer.handle(message);
}

function joined(name, error, description) {
  note('joined', { room: name, error, clients: description && description.clients });
  if (error) return;
  room = name;
  for (const [id, resources] of Object.entries(description.clients)) {
    for (const type of Object.keys(resources).filter((one) => resources[one])) {
      new Peer({ id, type }).describe('offer');
    }
  }
}

const ended = (id, type) => (peer) => peer.id === id && (!type || peer.type === type);

obey({
  configure(given) {
    ({ config, media } = given);
    if (config.browserXhr) browserXhr.install(config.module);
    note('connect', { url: config.url });
    let transport;
    if (config.module.endsWith('-0.9')) {
      socket = legacy.connect(config.module, config.url, config.options);
      transport = legacy.transport;
    } else {
      socket = load(config.module)(config.url, config.options);
      watch(socket.io);
      transport = () => socket.io.engine.transport.name;
    }
    socket.on('connect', () => note('connected', { id: socket.id, transport: transport() }));
    socket.on('stunservers', (servers) => note('stunservers', { servers }));
    socket.on('turnservers', (servers) => note('turnservers', { servers }));
    socket.on('message', receive);
    socket.on('remove', ({ id, type }) => {
      note('removed', { id, type });
      if (id !== socket.id) peers = peers.filter((peer) => !ended(id, type)(peer));
    });
    socket.on('disconnect', (reason) => note('disconnected', { reason }));
  },
  join({ room: name }) {
    socket.emit('join', name, (error, description) => joined(name, error, description));
  },
  create({ room: name }) {
    socket.emit('create', ...(name ? [name] : []), (error, given) => {
      if (!error) room = given;
      note('created', { room: name, error, given });
    });
  },
  leave() {
    socket.emit('leave');
    note('left', { room });
    peers = [];
  },
  share() {
    socket.emit('shareScreen');
    note('shareScreen');
    for (const { id } of peers.filter((peer) => peer.type === 'video')) {
      new Peer({ id, type: 'screen', broadcaster: socket.id }).describe('offer');
    }
  },
  unshare() {
    socket.emit('unshareScreen');
    note('unshareScreen');
    peers = peers.filter((peer) => peer.broadcaster !== socket.id);
  },
  all({ type, payload }) {
    for (const peer of peers) peer.send(type, payload);
  },
  message({ message }) {
    socket.emit('message', message);
  },
  trace({ data }) {
    socket.emit('trace', data);
  },
  disconnect() {
    note('disconnect');
    socket.disconnect();
  },
});
