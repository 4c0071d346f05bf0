// What one end sent and got, as JSON lines on standard output; bytes as {"$bytes": base 64}.
"use strict";

function plain(value) {
  if (Buffer.isBuffer(value)) return { $bytes: value.toString("base64") };
  if (value instanceof ArrayBuffer) return plain(Buffer.from(value));
  if (ArrayBuffer.isView(value)) return plain(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  }
  return value;
}

exports.write = function write(entry) {
  process.stdout.write(JSON.stringify({ at_ns: String(BigInt(Date.now()) * 1000000n), ...entry }) + "\n");
};

// One end of one namespace: emits and answers through here are logged with the tag of the run.
exports.logged = function logged(end, socket, namespace, tagOf) {
  const write = (did, kind, name, args) =>
    exports.write({ end, tag: tagOf(), did, namespace, kind, name, args: plain(args) });
  return {
    emit(name, ...args) {
      const answer = typeof args[args.length - 1] === "function" ? args.pop() : null;
      write("sent", "event", name, args);
      if (!answer) return void socket.emit(name, ...args);
      // 0.9 asks for data only where the function takes an argument
      socket.emit(name, ...args, function answered(_first) {
        const got = Array.from(arguments);
        write("got", "ack", null, got);
        answer(...got);
      });
    },
    on(name, handle) {
      socket.on(name, (...args) => {
        const answer = typeof args[args.length - 1] === "function" ? args.pop() : null;
        if (name === "hello") handle(...args);
        write("got", "event", name, args);
        if (name === "hello") return;
        handle(...args, answer && ((...sent) => {
          write("sent", "ack", null, sent);
          answer(...sent);
        }));
      });
    },
  };
};
