import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createTestAuthority } from './certificates.js';
import { atEndOfFile } from './end-of-file.js';

/** A request that arrived at a host of the made-up internet. */
export interface Arrived {
  readonly url: URL;
  readonly method: string;
  readonly form: URLSearchParams;
  /** Request line, headers and body, as they came. */
  readonly raw: string;
}

/** A page, or all of an answer. */
export type Answer = string | { status?: number; headers?: Record<string, string>; body?: string };

/** An HTML page in English. */
export const htmlPage = (body: string, head = '') =>
  `<!doctype html><html lang="en"><head><title>Sign in</title>${head}</head><body>${body}</body></html>`;

/** Fields for user name and password. */
export const SIGN_IN_FIELDS =
  '<label>User name <input name="user"></label><label>Password <input type="password" name="pass"></label>';

export const redirect = (status: number, location: string): Answer => ({ status, headers: { location } });

/** What hosts answer, by origin and path (`https://id.example.test/login`), or by origin alone. */
export type Hosts = Readonly<Record<string, (request: Arrived) => Answer>>;

/** Hosts with names that are not of this machine, reached through a proxy: by http, and by https where a certificate was made for them. */
export interface Internet {
  /** For the environment of a command: every name leads here. */
  readonly env: Readonly<Record<string, string>>;
  /** Vouches for the names of https hosts. */
  readonly caFile: string;
  /** Replaces the hosts and forgets what has arrived. */
  play(hosts: Hosts): void;
  /** Everything that an origin has received, in one text. */
  received(origin: string): string;
}

/** Starts it, with https for these names; it is stopped after the tests of the file. */
export async function startInternet(secureNames: readonly string[]): Promise<Internet> {
  const authority = createTestAuthority();
  const pair = authority.issue('internet', secureNames.map((name) => `DNS:${name}`).join(','));
  let hosts: Hosts = {};
  let arrived: Arrived[] = [];
  const sockets = new Set<Socket>();

  const received = async (url: URL, request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const headers = request.rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\n`)).join('');
    const seen = {
      url,
      method: request.method ?? '',
      form: new URLSearchParams(body),
      raw: `${request.method} ${url.href}\n${headers}\n${body}\n`,
    };
    arrived.push(seen);
    const host = hosts[url.origin + url.pathname] ?? hosts[url.origin];
    const page = host?.(seen) ?? { status: 404, body: 'Not here' };
    const { status = 200, headers: more = {}, body: text = '' } = typeof page === 'string' ? { body: page } : page;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...more }).end(text);
  };
  const listen = async (server: Server) => {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    atEndOfFile(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  /** Takes any WebSocket, and what comes through it as received. */
  const upgrade = (scheme: string) => (request: IncomingMessage, socket: Duplex) => {
    const url = new URL(request.url ?? '', `${scheme}://${request.headers.host}`);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    arrived.push({ url, method: 'WS', form: new URLSearchParams(), raw: url.href });
    socket.on('data', (frame: Buffer) => {
      // Short frames alone: two bytes, the mask, the message.
      const mask = frame.subarray(2, 6);
      const raw = Buffer.from(frame.subarray(6).map((byte, at) => byte ^ (mask[at % 4] ?? 0))).toString();
      arrived.push({ url, method: 'WS', form: new URLSearchParams(), raw });
    });
    socket.on('error', () => undefined);
  };

  const secure = createSecureServer(pair, (request, response) => {
    void received(new URL(request.url ?? '', `https://${request.headers.host}`), request, response);
  });
  const plain = createServer((request, response) => {
    const { host } = request.headers;
    void received(new URL(request.url ?? '', `http://${host}`), request, response);
  });
  secure.on('upgrade', upgrade('wss'));
  plain.on('upgrade', upgrade('ws'));
  const [securePort, plainPort] = [await listen(secure), await listen(plain)];
  const proxy = createServer((request, response) => {
    void received(new URL(request.url ?? ''), request, response);
  });
  // A browser tunnels plain WebSockets as well.
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    const port = request.url?.endsWith(':443') ? securePort : plainPort;
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const at = `http://127.0.0.1:${await listen(proxy)}`;
  atEndOfFile(() => authority.remove());
  return {
    env: { http_proxy: at, https_proxy: at },
    caFile: authority.caFile,
    play: (next) => {
      hosts = next;
      arrived = [];
    },
    received: (origin) =>
      arrived
        .filter(({ url }) => url.origin.replace(/^ws/, 'http') === origin)
        .map(({ raw }) => raw)
        .join('\n'),
  };
}
