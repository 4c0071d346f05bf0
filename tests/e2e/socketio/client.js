// node client.js VERSION TRANSPORT ENDING PORT: one client of that version, by "polling", "websocket" or "upgrade",
// that goes through everything once and is then disconnected by "client" or "server".
"use strict";
const path = require("path");
const { logged, write } = require("./log");

const [version, transport, ending, port] = process.argv.slice(2);
const modules = path.join(__dirname, "../../../captures/lab/node/node_modules");
const io = require(path.join(modules, `socket.io-client-${version}`));
const legacy = version === "0.9";
const tag = `${version} ${transport} ${ending}`;
const url = `http://127.0.0.1:${port}`;
if (legacy) io.transports.splice(0, 9, transport === "polling" ? "xhr-polling" : "websocket");
const options = legacy
  ? { reconnect: false }
  : { transports: transport === "upgrade" ? ["polling", "websocket"] : [transport], reconnection: false };

const socket = legacy ? io.connect(url, options) : io(url, options);
const manager = legacy ? socket.socket : socket.io;
const otherSocket = legacy ? manager.of("/other") : manager.socket("/other");
if (!legacy && otherSocket.open) otherSocket.open();
const main = logged("client", socket, "/", () => tag);
const other = logged("client", otherSocket, "/other", () => tag);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const connected = (one) => new Promise((done) => (one.connected ? done() : one.on("connect", done)));
const ask = (end, name, ...args) => new Promise((done) => end.emit(name, ...args, (...got) => done(got)));
const hear = (end, name) => new Promise((done) => end.on(name, (...args) => done(args)));

async function run() {
  await Promise.all([connected(socket), connected(otherSocket)]);
  main.emit("hello", tag);
  await hear(main, "welcome");
  other.emit("hello", tag);
  await hear(other, "welcome");
  await ask(main, "echo", "é 中文 😀", { n: 1.5, deep: { a: [1, null, true, "]}\\\""] } }, "x".repeat(3000));
  await ask(main, "echo", "中😀é".repeat(20000));
  const bursts = Array.from({ length: 10 }, (_, n) => hear(main, `burst ${n}`));
  main.emit("burst", 10);
  await Promise.all(bursts);
  main.on('naïve "question"', (what, answer) => answer("yes", what));
  main.emit("ask");
  await hear(main, "thanks");
  await Promise.all([1, 2, 3].map((n) => ask(other, "echo", n, { n })));
  const nothing = hear(other, "nothing");
  other.emit("nothing");
  await nothing;
  if (!legacy) {
    await ask(main, "echo", { some: Buffer.from("中 bytes \x1e"), none: Buffer.alloc(0) }, Buffer.alloc(2000, 98), "text 😀");
    await ask(other, "echo", [Buffer.alloc(70000, 1)]);
    const files = hear(main, "files");
    main.emit("send files");
    await files;
  }
  await pause(legacy ? 2500 : 900);
  await ask(main, "echo", "after the pause");
  const gone = new Promise((done) => socket.on("disconnect", done));
  if (ending === "server") main.emit("bye");
  else {
    if (!legacy) otherSocket.disconnect(); // the connection stays as long as a namespace is left
    socket.disconnect();
  }
  await gone;
  write({ end: "client", did: "closed", tag });
  await pause(200);
  process.exit(0);
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
setTimeout(() => {
  console.error(tag, "took too long");
  process.exit(1);
}, 40000).unref();
