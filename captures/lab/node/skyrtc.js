// The real SkyRTC server, which also serves the page that talks to it; what it sees is printed as rows of JSON.
// node skyrtc.js ADDRESS PORT PAGE
"use strict";

const fs = require("fs");
const http = require("http");

const [address, port, page] = process.argv.slice(2);
const row = (ev, facts) => process.stdout.write(JSON.stringify({ t: Date.now() / 1000, ev, ...facts }) + "\n");

console.log = () => {}; // SkyRTC prints how many sockets there are

const web = http.createServer((request, response) => {
  const found = request.url === "/";
  response.writeHead(found ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" });
  response.end(found && page ? fs.readFileSync(page) : "");
});
const server = require("skyrtc").listen(web);

server.on("connection", (socket, request) => {
  const { remoteAddress, remotePort } = request.socket;
  row("connected", { id: socket.id, address: `${remoteAddress}:${remotePort}` });
  socket.on("error", (error) => row("socket_error", { id: socket.id, error: error.code || String(error) }));
  socket.on("close", (code) => row("closed", { id: socket.id, code }));
});
server.rtc.on("new_peer", (socket, room) => row("new_peer", { id: socket.id, room }));
server.rtc.on("remove_peer", (id) => row("remove_peer", { id }));
server.rtc.on("socket_message", (socket, data) => row("socket_message", { id: socket.id, len: data.length }));
server.rtc.on("error", (error) => row("error", { error: String(error) }));
web.listen(Number(port), address, () => row("listening", { address: `${address}:${port}` }));
