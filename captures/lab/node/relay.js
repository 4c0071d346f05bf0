// A home-made relay on the npm package ws: a message goes unchanged to whom its `dst` names.
// node relay.js ADDRESS PORT
// /tight: permessage-deflate without context takeover and with small windows; /loose: small windows, contexts kept;
// anything else: no compression. Messages over 1500 bytes are sent in two fragments.
"use strict";

const http = require("http");
const { WebSocketServer } = require("ws");

const [address, port] = process.argv.slice(2);
const row = (ev, facts) => process.stdout.write(JSON.stringify({ t: Date.now() / 1000, ev, ...facts }) + "\n");
const LARGE = 1500;

const settings = {
  "/tight": { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
  "/loose": { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
};
const make = (more) => new WebSocketServer({ noServer: true, perMessageDeflate: more && { threshold: 0, ...more } });
const servers = new Map(Object.entries(settings).map(([path, more]) => [path, make(more)]));
const plain = make(false);
const users = new Map();

function send(socket, text) {
  const bytes = Buffer.from(text);
  if (bytes.length <= LARGE) return socket.send(text);
  const half = bytes.length >> 1;
  socket.send(bytes.subarray(0, half), { fin: false, binary: false });
  socket.send(bytes.subarray(half), { fin: true, binary: false });
}

function welcome(socket, request) {
  const url = new URL(request.url, "http://relay");
  const me = url.searchParams.get("as");
  row("open", { id: me, address: `${request.socket.remoteAddress}:${request.socket.remotePort}`, extensions: socket.extensions });
  send(socket, JSON.stringify({ action: "ready", dst: me, body: { here: [...users.keys()] } }));
  users.set(me, socket);
  socket.on("message", (data) => {
    const { dst } = JSON.parse(data);
    row("relayed", { from: me, to: dst, len: data.length, there: users.has(dst) });
    if (users.has(dst)) send(users.get(dst), data.toString());
  });
  socket.on("close", (code) => { users.delete(me); row("closed", { id: me, code }); });
}

const web = http.createServer((_, response) => response.writeHead(404).end());
web.on("upgrade", (request, socket, head) => {
  const server = servers.get(request.url.split("?")[0]) || plain;
  server.handleUpgrade(request, socket, head, (made) => welcome(made, request));
});
web.listen(Number(port), address, () => row("listening", { address: `${address}:${port}` }));
