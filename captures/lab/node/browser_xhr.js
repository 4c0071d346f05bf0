// XMLHttpRequest as browsers have it, level 2: binary answers, kept connections, compressed answers.
//
// The one that engine.io-client uses in Node knows none of these, and so never shows the binary form of polling.
'use strict';

const http = require('node:http');
const zlib = require('node:zlib');

const HEADERS = { 'Accept-Encoding': 'gzip, deflate', 'Accept-Language': 'en-US,en;q=0.9', 'User-Agent': 'Mozilla/5.0 (lab)' };
const agent = new http.Agent({ keepAlive: true });
const INFLATE = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync };

class BrowserXHR {
  constructor() {
    Object.assign(this, { readyState: 0, status: 0, responseType: '', response: null, responseText: '', answer: {} });
    this.headers = { ...HEADERS };
    this.onreadystatechange = () => {};
  }

  open(method, url) {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  setDisableHeaderCheck() {}

  getResponseHeader(name) {
    return this.answer[name.toLowerCase()] ?? null;
  }

  send(data) {
    const body = data === null || data === undefined ? null : Buffer.from(data);
    if (body) this.headers['Content-Length'] = body.length;
    this.request = http.request(this.url, { method: this.method, headers: this.headers, agent }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => this.done(response, Buffer.concat(parts)));
    });
    this.request.on('error', () => this.finish(0, {}));
    this.request.end(body);
  }

  abort() {
    this.onreadystatechange = () => {};
    if (this.request) this.request.destroy();
  }

  done(response, raw) {
    const inflate = INFLATE[response.headers['content-encoding']];
    const bytes = inflate ? inflate(raw) : raw;
    this.response = bytes; // engine.io-parser for Node takes a Buffer where a browser has an ArrayBuffer
    if (this.responseType !== 'arraybuffer') this.responseText = bytes.toString();
    this.finish(response.statusCode, response.headers);
  }

  finish(status, headers) {
    Object.assign(this, { status, answer: headers, readyState: 4 });
    this.onreadystatechange();
  }
}

/** Let what is required from now on find this one; `from` is the package whose dependency it replaces. */
exports.install = (from) => {
  const engine = require.resolve('engine.io-client', { paths: [require.resolve(from)] });
  const place = require.resolve('xmlhttprequest-ssl', { paths: [engine] });
  require.cache[place] = { id: place, filename: place, loaded: true, exports: BrowserXHR };
};
