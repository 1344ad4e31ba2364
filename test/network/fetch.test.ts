import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import zlib from 'node:zlib';
import * as openid from 'openid-client';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { Recorder } from '../../src/trace/recorder.js';
import { createTestAuthority, opensslPresent } from '../support/certificates.js';
import { requirement } from '../support/requirement.js';
import { withTimeStopped } from '../support/time.js';
import { closeAll, deadPort, fetchWith, serve, serveSockets, UNKNOWN_HOST } from './servers.js';

afterEach(closeAll);

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
}

async function failure(promise: Promise<unknown>): Promise<OidcCliError> {
  const error = await failureOf(promise);
  if (!(error instanceof OidcCliError)) throw error;
  return error;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

test('an answer is a standard Response with status, headers and body', async () => {
  const server = await serve((_, response) => {
    response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
    response.end('{"hello":"there"}');
  });
  const response = await fetchWith()(`${server.origin}/path?query=1`);
  expect(response).toBeInstanceOf(Response);
  expect(response.status).toBe(201);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.json()).toEqual({ hello: 'there' });
});

test('every kind of body arrives, with its length', async () => {
  const seen: unknown[] = [];
  const server = await serve(async (request, response) => {
    const { 'content-type': type, 'content-length': length } = request.headers;
    seen.push([request.method, type, length, await bodyOf(request)]);
    response.end();
  });
  const fetch = fetchWith();
  const post = (body: NonNullable<Parameters<typeof fetch>[1]>['body']) =>
    fetch(server.origin, { method: 'POST', body });
  await post(new URLSearchParams({ a: 'ü &' }));
  await post('text');
  await post(new Uint8Array([104, 105]));
  await post(new TextEncoder().encode('buffer').buffer);
  await post(new Blob(['blob']));
  await post(null);
  expect(seen).toEqual([
    ['POST', 'application/x-www-form-urlencoded;charset=UTF-8', '12', 'a=%C3%BC+%26'],
    ['POST', undefined, '4', 'text'],
    ['POST', undefined, '2', 'hi'],
    ['POST', undefined, '6', 'buffer'],
    ['POST', undefined, '4', 'blob'],
    ['POST', undefined, '0', ''],
  ]);
});

test('it introduces itself, beside the library that asks, unless the caller has another name', async () => {
  const names: (string | undefined)[] = [];
  const server = await serve((request, response) => {
    names.push(request.headers['user-agent']);
    response.end();
  });
  const fetch = fetchWith();
  await fetch(server.origin);
  await fetch(server.origin, { headers: { 'User-Agent': 'openid-client/v6.9.0' } });
  await fetch(server.origin, { headers: new Headers({ 'User-Agent': 'Mozilla/5.0' }) });
  expect(names).toEqual([
    expect.stringMatching(/^oidc-cli\/\d+\.\d+\.\d+$/),
    expect.stringMatching(/^oidc-cli\/\d+\.\d+\.\d+ openid-client\/v6\.9\.0$/),
    'Mozilla/5.0',
  ]);
});

test('openid-client discovers a provider through it', async () => {
  const server = await serve((request, response) => {
    const issuer = `http://${request.headers.host}`;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ issuer, authorization_endpoint: `${issuer}/auth`, jwks_uri: `${issuer}/jwks` }));
  });
  const config = await openid.discovery(new URL(server.origin), 'client', undefined, undefined, {
    [openid.customFetch]: fetchWith(),
    execute: [openid.allowInsecureRequests],
  });
  expect(config.serverMetadata().authorization_endpoint).toBe(`${server.origin}/auth`);
});

test('answers without a body are allowed to have none', async () => {
  const server = await serve((request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end();
  });
  const fetch = fetchWith();
  for (const status of [204, 205, 304]) expect((await fetch(`${server.origin}/${status}`)).status).toBe(status);
  expect(await (await fetch(`${server.origin}/200`, { method: 'HEAD' })).text()).toBe('');
});

test('a redirect is handed back and not followed', async () => {
  const asked: (string | undefined)[] = [];
  const server = await serve((request, response) => {
    asked.push(request.url);
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  const response = await fetchWith()(server.origin, { redirect: 'follow' });
  expect([response.status, response.headers.get('location'), asked]).toEqual([302, '/elsewhere', ['/']]);
});

test('requests in a row share one connection', async () => {
  const server = await serve((_, response) => response.end('ok'));
  const fetch = fetchWith();
  for (let i = 0; i < 4; i++) await (await fetch(server.origin)).text();
  expect(server.connections).toBe(1);
});

test('compressed answers are decoded', async () => {
  const text = '{"keys":[]}';
  const bodies: Record<string, Buffer> = {
    gzip: zlib.gzipSync(text),
    deflate: zlib.deflateSync(text),
    br: zlib.brotliCompressSync(text),
    'gzip, br': zlib.brotliCompressSync(zlib.gzipSync(text)),
    identity: Buffer.from(text),
  };
  let accepted: unknown;
  const server = await serve((request, response) => {
    accepted = request.headers['accept-encoding'];
    const coding = decodeURIComponent(request.url?.slice(1) ?? '');
    response.setHeader('content-encoding', coding);
    response.end(bodies[coding]);
  });
  const fetch = fetchWith();
  for (const coding of Object.keys(bodies)) {
    const response = await fetch(`${server.origin}/${encodeURIComponent(coding)}`);
    expect([coding, await response.text()]).toEqual([coding, text]);
  }
  expect(accepted).toBe('gzip, deflate, br');
});

test('bare deflate, as some servers send it, is decoded too', async () => {
  const server = await serve((_, response) => {
    response.setHeader('content-encoding', 'deflate');
    response.end(zlib.deflateRawSync('hello'));
  });
  expect(await (await fetchWith()(server.origin)).text()).toBe('hello');
});

test('an answer that is too large is not read to its end', async () => {
  const server = await serve((_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024))) {}
    };
    response.on('drain', more);
    more();
  });
  const error = await failure(fetchWith({ maxBytes: 100_000 })(`${server.origin}/big?secret=1`));
  expect(error.code).toBe('response_too_large');
  expect(error.facts).toEqual({ url: `${server.origin}/big`, host: `127.0.0.1:${server.port}`, limit: 100_000 });
});

test('a small answer that unpacks to a huge one is refused', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(20_000_000));
  const server = await serve((_, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(bomb);
  });
  const error = await failure(fetchWith({ maxBytes: 100_000 })(server.origin));
  expect([bomb.length < 100_000, error.code, error.facts.limit]).toEqual([true, 'response_too_large', 100_000]);
});

test('an answer that claims a coding it does not have is told apart from a broken connection', async () => {
  const server = await serve((_, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end('plain');
  });
  const error = await failure(fetchWith()(server.origin));
  expect([error.code, error.facts.reason]).toEqual(['network_failed', 'incorrect header check']);
});

test('an answer that trickles is ended by the time limit for the whole of it', async () => {
  const server = await serve((_, response) => {
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  });
  const error = await failure(fetchWith({ timeoutMs: 300 })(server.origin));
  expect([error.code, error.exitCode, error.facts.seconds]).toEqual(['network_timeout', 6, 1]);
});

test('a server that accepts and says nothing is ended by the time limit', async () => {
  const server = await serveSockets(() => {});
  const error = await failure(fetchWith({ timeoutMs: 200 })(`${server.origin}/token`));
  expect(error.facts).toEqual({ url: `${server.origin}/token`, host: `127.0.0.1:${server.port}`, seconds: 1 });
});

test("openid-client's own time limit is reported as a time-out, too", async () => {
  const server = await serveSockets(() => {});
  const error = await failure(fetchWith()(server.origin, { signal: AbortSignal.timeout(100) }));
  expect(error.code).toBe('network_timeout');
});

test('a caller who aborts gets its own reason back, and the connection is ended', async () => {
  const sockets = new EventEmitter();
  const server = await serveSockets((socket) => {
    socket.resume();
    sockets.emit('connected', socket);
  });
  const connected = once(sockets, 'connected');
  const controller = new AbortController();
  const pending = fetchWith()(server.origin, { signal: controller.signal });
  pending.catch(() => {});
  const [socket] = (await connected) as [Socket];
  const closed = once(socket, 'close');
  controller.abort();
  await expect(pending).rejects.toBe(controller.signal.reason);
  await closed;
});

test('an answer that cannot be had again is waited for when the run is interrupted, but not for long', async () => {
  const answering = new EventEmitter();
  const server = await serve((request, response) => {
    answering.emit(request.url ?? '', response);
  });
  const run = new AbortController();
  const waits: number[] = [];
  const fetch = fetchWith({ signal: run.signal, onWait: (longestMs) => waits.push(longestMs) });
  await withTimeStopped(async (pass) => {
    const asked = Promise.all(['/answered', '/mute'].map((path) => once(answering, path)));
    const answered = fetch(`${server.origin}/answered`, { method: 'POST', nonIdempotent: true });
    const mute = failureOf(fetch(`${server.origin}/mute`, { method: 'POST', nonIdempotent: true }));
    const ordinary = failureOf(fetch(`${server.origin}/ordinary`));
    const [[response]] = (await asked) as [[ServerResponse], unknown];
    run.abort();
    expect(waits).toEqual([5_000]);
    expect(await ordinary).toBe(run.signal.reason);
    response.end('rotated');
    expect(await (await answered).text()).toBe('rotated');
    pass(5);
    expect(await mute).toBe(run.signal.reason);
  });
});

const SILENT: readonly [string, (port: number) => readonly [string, Record<string, string>]][] = [
  ['the TLS handshake', (port) => [`https://127.0.0.1:${port}/token`, {}]],
  ['a proxy', (port) => ['https://provider.example/token', { https_proxy: `http://127.0.0.1:${port}` }]],
  ['the TLS handshake of a proxy', (port) => ['http://provider.example/', { http_proxy: `https://127.0.0.1:${port}` }]],
];

test.each(SILENT.flatMap(([at, where]) => (['run', 'job'] as const).map((of) => [of, at, where] as const)))(
  'the end of the %s ends at once, while %s is silent, a request whose answer could be had only once: none was sent',
  async (of, _at, where) => {
    const connections = new EventEmitter();
    const silent = await serveSockets((socket) => {
      // Its first bytes are there: the connection is made.
      socket.once('data', () => connections.emit('made'));
    });
    const [url, env] = where(silent.port);
    const ends = new AbortController();
    const waits: number[] = [];
    const fetch = fetchWith({
      env,
      onWait: (longestMs) => waits.push(longestMs),
      ...(of === 'run' ? { signal: ends.signal } : {}),
    });
    await withTimeStopped(async () => {
      const made = once(connections, 'made');
      const jobSignal = of === 'job' ? ends.signal : undefined;
      const asking = failureOf(fetch(url, { method: 'POST', body: 'token', nonIdempotent: true, jobSignal }));
      await made;
      ends.abort(new Error('ended'));
      expect(await asking).toBe(ends.signal.reason);
      expect(waits).toEqual([]);
    });
  },
);

test.runIf(requirement('openssl', opensslPresent(), 'makes the certificates of the TLS tests'))(
  'what was sent over TLS, or over a kept connection, is waited for',
  async () => {
    const asked = new EventEmitter();
    const authority = createTestAuthority();
    onTestFinished(() => authority.remove());
    const tls = authority.issue('localhost', 'DNS:localhost');
    const server = await serve(
      (request, response) => {
        if (request.method === 'GET') response.end();
        else asked.emit('asked', response);
      },
      { tls },
    );
    for (const saved of [false, true]) {
      const run = new AbortController();
      const fetch = fetchWith({ signal: run.signal, insecure: true });
      if (saved) await (await fetch(server.origin)).text();
      const delivery = once(asked, 'asked');
      const asking = fetch(server.origin, { method: 'POST', body: 'token', nonIdempotent: true });
      const [response] = (await delivery) as [ServerResponse];
      run.abort();
      response.end('rotated');
      expect(await (await asking).text()).toBe('rotated');
    }
  },
);

test('a run that was interrupted sends nothing any more', async () => {
  const server = await serve((_, response) => response.end());
  const fetch = fetchWith({ signal: AbortSignal.abort() });
  await expect(fetch(server.origin)).rejects.toMatchObject({ name: 'AbortError' });
  expect(server.connections).toBe(0);
});

test('closing ends what is under way, and what comes later', async () => {
  const server = await serveSockets(() => {});
  const fetch = fetchWith();
  const pending = fetch(server.origin);
  pending.catch(() => {});
  fetch.close();
  await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  await expect(fetch(server.origin)).rejects.toMatchObject({ name: 'AbortError' });
});

test('a kept connection that the server closed is replaced, once, for a GET', async () => {
  let requests = 0;
  const server = await serveSockets((socket) => {
    let first = true;
    socket.on('data', () => {
      requests += 1;
      // Answers the first request of each connection and hangs up on the second, before a word.
      if (first) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else socket.resetAndDestroy();
      first = false;
    });
  });
  const fetch = fetchWith();
  await (await fetch(server.origin)).text();
  expect(await (await fetch(server.origin)).text()).toBe('ok');
  expect([server.connections, requests]).toEqual([2, 3]);
});

test('a POST on a kept connection that the server closed is not sent twice', async () => {
  let posts = 0;
  const server = await serveSockets((socket) => {
    socket.on('data', (data) => {
      if (data.toString().startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else {
        posts += 1;
        socket.resetAndDestroy();
      }
    });
  });
  const fetch = fetchWith();
  await (await fetch(server.origin)).text();
  const error = await failure(fetch(server.origin, { method: 'POST', body: 'code=1' }));
  expect([error.code, posts]).toEqual(['network_closed', 1]);
});

test.each([
  ['before a word', 'network_closed', (socket: Socket) => socket.resetAndDestroy()],
  ['in the middle of the body', 'network_closed', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ['in the middle of a chunk', 'network_closed', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf'],
  ['after no HTTP', 'network_failed', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['after an endless header', 'response_too_large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['after a status that does not exist', 'network_failed', 'HTTP/1.1 999 Hm\r\nContent-Length: 0\r\n\r\n'],
] as const)('a server that hangs up %s is reported as %s', async (_, code, response) => {
  const server = await serveSockets((socket) => {
    socket.once('data', () => (typeof response === 'string' ? socket.end(response) : response(socket)));
  });
  const error = await failure(fetchWith()(server.origin));
  expect([error.code, error.facts.host]).toEqual([code, `127.0.0.1:${server.port}`]);
});

test('nothing listens: refused', async () => {
  const port = await deadPort();
  const error = await failure(fetchWith()(`http://127.0.0.1:${port}/.well-known?a=b#c`));
  expect([error.code, error.exitCode, error.facts]).toEqual([
    'network_refused',
    8,
    { url: `http://127.0.0.1:${port}/.well-known`, host: `127.0.0.1:${port}`, reason: 'ECONNREFUSED' },
  ]);
});

test('nothing listens on any address of a name: refused, not a bundle of errors', async () => {
  const port = await deadPort();
  expect((await failure(fetchWith()(`http://localhost:${port}/`))).code).toBe('network_refused');
});

test('a host name that does not exist', async () => {
  const error = await failure(fetchWith()(`http://${UNKNOWN_HOST}/x`));
  expect([error.code, error.facts.host]).toEqual(['network_dns', UNKNOWN_HOST]);
});

test('neither password nor query of the URL are in the error', async () => {
  const port = await deadPort();
  const error = await failure(fetchWith()(`http://me:hunter2@127.0.0.1:${port}/x?token=hunter2`));
  expect(JSON.stringify(error.facts)).not.toContain('hunter2');
});

test('a scheme other than http and https is refused', async () => {
  expect((await failure(fetchWith()('file:///etc/passwd'))).code).toBe('network_failed');
});

const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
test.runIf(requirement('IPv6', ipv6, 'a provider may have no other address'))(
  'IPv6 addresses are reached',
  async () => {
    const server = await serve((_, response) => response.end('six'), { host: '::1' });
    expect(server.origin).toBe(`http://[::1]:${server.port}`);
    expect(await (await fetchWith()(server.origin)).text()).toBe('six');
  },
);

test('every exchange is recorded whole, with the step that asked', async () => {
  const server = await serve(async (request, response) => {
    response.setHeader('x-seen', request.method ?? '');
    response.setHeader('set-cookie', ['a=1; Expires=Wed, 25 Nov 2026 00:00:00 GMT', 'b=2']);
    response.end(await bodyOf(request));
  });
  const recorder = new Recorder();
  let time = 1_000;
  const fetch = fetchWith({ recorder, clock: { now: () => (time += 5) } });
  await fetch(`${server.origin}/token?a=1`, {
    method: 'POST',
    body: new URLSearchParams({ code: 'abc' }),
    headers: { Authorization: 'Basic eDp5' },
    step: 'token request',
  });
  expect(recorder.exchanges).toEqual([
    {
      step: 'token request',
      method: 'POST',
      url: `${server.origin}/token?a=1`,
      requestHeaders: {
        authorization: 'Basic eDp5',
        'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
        'content-length': '8',
        'accept-encoding': 'gzip, deflate, br',
        'user-agent': expect.stringMatching(/^oidc-cli/),
      },
      requestBody: 'code=abc',
      startedAt: 1_005,
      // A clock that goes on by 5 whenever it is read: request, socket, connection, sent, answered, ended.
      durationMs: 25,
      times: { blocked: 5, connect: 5, send: 5, wait: 5, receive: 5 },
      serverAddress: '127.0.0.1',
      status: 200,
      responseHeaders: expect.not.objectContaining({ 'set-cookie': expect.anything() }),
      responseCookies: ['a=1; Expires=Wed, 25 Nov 2026 00:00:00 GMT', 'b=2'],
      responseBody: 'code=abc',
    },
  ]);
  expect(recorder.exchanges[0]?.responseHeaders).toMatchObject({ 'x-seen': 'POST' });
});

test('the parts of a request are told: a name is looked up, a kept connection needs none', async () => {
  const server = await serve((_, response) => response.end());
  const recorder = new Recorder();
  const fetch = fetchWith({ recorder });
  for (let round = 0; round < 2; round += 1) await fetch(`http://localhost:${server.port}/`);
  const parts = recorder.exchanges.map(({ times }) => Object.keys(times ?? {}));
  expect(parts).toEqual([
    ['blocked', 'dns', 'connect', 'send', 'wait', 'receive'],
    ['blocked', 'send', 'wait', 'receive'],
  ]);
  for (const { times = {}, durationMs } of recorder.exchanges) {
    expect(Object.values(times).reduce((sum, part) => sum + part, 0)).toBe(durationMs);
  }
});

test('a failed exchange is recorded with its failure', async () => {
  const recorder = new Recorder();
  await failure(fetchWith({ recorder })(`http://127.0.0.1:${await deadPort()}/`, { step: 'discovery' }));
  expect(recorder.last('discovery')).toMatchObject({ failure: 'network_refused: ECONNREFUSED' });
  expect(recorder.last('discovery')).not.toHaveProperty('status');
  // It came to the connection, and no further.
  expect(Object.keys(recorder.last('discovery')?.times ?? {})).toEqual(['blocked', 'connect']);
});

test('many fetches may share one signal: nothing is said of it, and it ends them all', async () => {
  const server = await serve(() => {});
  const stopping = new AbortController();
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const asked = Array.from({ length: 20 }, () => fetchWith({ signal: stopping.signal })(server.origin));
  const ended = Promise.allSettled(asked);
  // Warnings are told in the turn after.
  await new Promise((resolve) => setImmediate(resolve));
  const reason = new Error('stopped');
  stopping.abort(reason);
  expect((await ended).map((one) => one.status === 'rejected' && one.reason)).toEqual(asked.map(() => reason));
  expect(warnings).toEqual([]);
});
