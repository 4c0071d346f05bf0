// node server.js VERSION: a Socket.IO server of that version on a free port of 127.0.0.1, which it logs first.
"use strict";
const http = require("http");
const path = require("path");
const { logged, write } = require("./log");

const version = process.argv[2];
const modules = path.join(__dirname, "../../../captures/lab/node/node_modules");
const create = require(path.join(modules, `socket.io-${version}`));
const legacy = version === "0.9";
const seen = http.createServer((request, response) => {
  response.writeHead(404);
  response.end();
});

const io = legacy
  ? create.listen(seen, { "log level": 0, "heartbeat interval": 1, "polling duration": 1 })
  : create(seen, { pingInterval: 300, pingTimeout: 5000, maxHttpBufferSize: 1e8 });

for (const namespace of ["/", "/other"]) {
  (namespace === "/" ? io.sockets : io.of(namespace)).on("connection", (socket) => serve(socket, namespace));
}

function serve(socket, namespace) {
  let tag = null;
  const end = logged("server", socket, namespace, () => tag);
  end.on("hello", (name) => {
    tag = name;
    const sid = legacy ? socket.id : socket.conn.id;
    write({ end: "server", did: "met", namespace, tag, sid });
    setImmediate(() => end.emit("welcome", { text: 'é 中文 😀 "quoted" \\ \\n \n \u2028' }));
  });
  end.on("echo", (...args) => args.pop()(...args));
  end.on("burst", (count) => {
    for (let n = 0; n < count; n++) end.emit(`burst ${n}`, n, "😀".repeat(n));
  });
  end.on("ask", () => end.emit("naïve \"question\"", { é: 1 }, (...answer) => end.emit("thanks", ...answer)));
  end.on("send files", () => end.emit("files", { first: Buffer.from([0, 30, 255, 4, 98]), more: [Buffer.alloc(3000, 7)] }, "é"));
  end.on("nothing", () => end.emit("nothing"));
  end.on("bye", () => (legacy ? socket.disconnect() : socket.disconnect(true)));
  socket.on("disconnect", () => write({ end: "server", did: "closed", namespace, tag }));
}

seen.listen(0, "127.0.0.1", () => write({ did: "listens", port: seen.address().port }));
const kept = seen.listeners("request");
seen.removeAllListeners("request");
seen.on("request", (request, response) => {
  if (legacy) request.setEncoding("utf8"); // or 0.9 breaks characters where it gets a body in pieces
  const sid = /[?&]sid=([^&]+)|\/socket\.io\/1\/(?:xhr|jsonp)-polling\/([^/?]+)/.exec(request.url);
  if (sid && request.method === "GET") write({ did: "polled", sid: sid[1] || sid[2] });
  kept.forEach((handle) => handle.call(seen, request, response));
});
