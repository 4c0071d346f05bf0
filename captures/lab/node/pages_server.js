// Serves the page of `simplewebrtc_page.js` and the bundle of SimpleWebRTC from npm.
'use strict';

const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { note } = require('./log');

const { port, bundle } = JSON.parse(process.argv[2]);
const HTML = '<!doctype html><meta charset="utf-8"><title>lab</title><div id="local"></div><div id="remotes"></div>'
  + '<script src="/simplewebrtc.js"></script><script src="/page.js"></script>';
const FILES = {
  '/': ['text/html', HTML],
  '/simplewebrtc.js': ['text/javascript', readFileSync(bundle)],
  '/page.js': ['text/javascript', readFileSync(join(__dirname, 'simplewebrtc_page.js'))],
};

createServer((request, response) => {
  const [type, content] = FILES[request.url.split('?')[0]] || ['text/plain', ''];
  response.writeHead(content ? 200 : 404, { 'Content-Type': type });
  response.end(content);
}).listen(port, () => note('listening', { port }));
