// A page with the real SimpleWebRTC. The query says who, where and what; what happens is noted on the console.
/* global SimpleWebRTC */
'use strict';

const query = new URLSearchParams(location.search);
const config = JSON.parse(query.get('config')); // label, url, room, socketio, plan: [[seconds, action, ...arguments]]
const KINDS = ['connect', 'disconnect', 'event', 'ack', 'error', 'event', 'ack']; // packet types of socket.io-parser

function note(ev, facts = {}) {
  const t = Number(((performance.timeOrigin + performance.now()) / 1000).toFixed(6));
  console.log(`LAB${encodeURIComponent(JSON.stringify({ t, ev, ...facts }))}`);
}

function row(socket, dir, packet) {
  const kind = KINDS[packet.type];
  const data = packet.data === undefined ? [] : packet.data;
  const { engine } = socket.io;
  const facts = { dir, namespace: packet.nsp || socket.nsp, kind, ack: packet.id ?? null };
  const told = kind === 'event' ? { event: data[0], args: data.slice(1) } : { event: null, args: data };
  note('packet', JSON.parse(JSON.stringify({ ...facts, ...told, transport: engine.transport.name })));
}

const webrtc = new SimpleWebRTC({
  url: config.url,
  socketio: { reconnection: false, ...config.socketio },
  localVideoEl: 'local',
  remoteVideosEl: 'remotes',
  autoRequestMedia: true,
  media: { audio: true, video: { width: 160, height: 120, frameRate: 5 } },
  nick: config.label,
  autoAdjustMic: false,
});

const socket = webrtc.connection.connection;
const { packet: send } = Object.getPrototypeOf(socket);
socket.packet = function packet(value) {
  row(socket, 'out', value);
  return send.call(socket, value);
};
const { ondecoded: receive } = Object.getPrototypeOf(socket.io);
socket.io.ondecoded = function ondecoded(value) { // before the application sees, and changes, what came
  row(socket, 'in', value);
  return receive.call(socket.io, value);
};
note('connect', { url: config.url });
socket.on('connect', () => {
  note('connected', { id: socket.id, transport: socket.io.engine.transport.name });
  socket.io.engine.on('upgrade', (transport) => note('upgrade', { transport: transport.name }));
});
socket.on('stunservers', (servers) => note('stunservers', { servers }));
socket.on('turnservers', (servers) => note('turnservers', { servers }));
socket.on('remove', ({ id, type }) => note('removed', { id, type }));
socket.on('disconnect', (reason) => note('disconnected', { reason }));

const actions = {
  join: (room) => webrtc.joinRoom(room, (error, description) => {
    note('joined', { room, error, clients: description && description.clients });
  }),
  mute: () => webrtc.mute(),
  unmute: () => webrtc.unmute(),
  leave: () => {
    note('left', { room: config.room });
    webrtc.leaveRoom();
  },
  disconnect: () => {
    note('disconnect');
    webrtc.disconnect();
  },
};
webrtc.on('readyToCall', () => {
  note('ready');
  for (const [seconds, name, ...rest] of config.plan) setTimeout(() => actions[name](...rest), seconds * 1000);
});
webrtc.on('createdPeer', (peer) => {
  peer.pc.on('iceConnectionStateChange', () => {
    note('ice', { peer: peer.id, type: peer.type, state: peer.pc.iceConnectionState });
  });
});
webrtc.on('localMediaError', (error) => note('media_error', { message: String(error) }));
window.addEventListener('error', (error) => note('page_error', { message: error.message }));
