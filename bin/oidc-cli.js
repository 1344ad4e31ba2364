#!/usr/bin/env node
const { enableCompileCache } = require('node:module');
const context = require('../dist/bundle/context.cjs');

// Before the rest is loaded; older versions of Node have no such thing.
if (enableCompileCache) context.enableCompileCache(process.env, enableCompileCache);
const { main } = require('../dist/bundle/main.cjs');

let ended = false;
// Node ends when there is nothing left to wait for; a command that has not ended by then did not do what it should.
process.once('exit', (code) => {
  if (!ended && code === 0) process.exitCode = 13;
});
main(process.argv.slice(2), context.processContext()).then((exitCode) => {
  ended = true;
  process.exitCode = exitCode;
});
