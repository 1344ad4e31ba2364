import http, { type IncomingMessage, type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createFetch, type FetchOptions, type NetworkFetch } from '../../src/network/fetch.js';
import type { KeyPair } from '../support/certificates.js';

/** A server of the test's own, on a free port. */
export interface TestServer {
  readonly port: number;
  readonly origin: string;
  /** Connections it has accepted so far. */
  readonly connections: number;
  /** Ends every open connection, as a server does that was idle for long. */
  drop(): void;
  close(): Promise<void>;
}

const open: { close(): unknown }[] = [];

/** Closes everything that `serve`, `serveSockets` and `fetchWith` made; for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const each of open.splice(0)) await each.close();
}

/** What a server may be told; `onConnect` makes it a proxy. */
export interface ServeOptions {
  readonly tls?: KeyPair;
  readonly host?: string;
  readonly onConnect?: (request: IncomingMessage, socket: Duplex) => void;
}

export function serve(listener: RequestListener, options: ServeOptions = {}): Promise<TestServer> {
  const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener);
  if (options.onConnect) {
    server.on('connect', (request, socket) => {
      socket.on('error', () => {});
      options.onConnect?.(request, socket);
    });
  }
  server.keepAliveTimeout = 60_000;
  return start(server, options.tls ? 'https' : 'http', options.host ?? '127.0.0.1');
}

export function serveSockets(listener: (socket: Socket) => void): Promise<TestServer> {
  return start(
    net.createServer((socket) => {
      socket.on('error', () => {});
      listener(socket);
    }),
    'http',
    '127.0.0.1',
  );
}

async function start(server: Server | net.Server, scheme: string, host: string): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const made: TestServer = {
    port,
    origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    get connections() {
      return connections;
    },
    drop,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      drop();
      return closed;
    },
  };
  open.push(made);
  return made;
}

/** A fetch with an environment of its own, closed at the end of the test. */
export function fetchWith(options: Partial<FetchOptions> = {}): NetworkFetch {
  const fetch = createFetch({ env: {}, clock: { now: () => Date.now() }, ...options });
  open.push(fetch);
  return fetch;
}

/** A name that no resolver knows, nor asks another about: its first part is longer than DNS allows. */
export const UNKNOWN_HOST = `${'no-such-host-'.repeat(5)}.invalid`;

/** A port on which nothing listens. */
export async function deadPort(): Promise<number> {
  const server = await serve(() => {});
  await server.close();
  return server.port;
}

/** A proxy as companies have them: it alone knows where `provider.example` is. */
interface TestProxy extends TestServer {
  /** What it was asked for, with the credentials it was shown. */
  readonly log: string[];
}

export async function startProxy(options: { target: number; password?: string; tls?: KeyPair }): Promise<TestProxy> {
  const log: string[] = [];
  const allowed = (request: http.IncomingMessage) => {
    const [, encoded = ''] = (request.headers['proxy-authorization'] ?? '').split(' ');
    const credentials = Buffer.from(encoded, 'base64').toString();
    log.push(`${request.method} ${request.url}${credentials ? ` as ${credentials}` : ''}`);
    return options.password === undefined || credentials === `user:${options.password}`;
  };
  const plain: http.RequestListener = (request, response) => {
    if (!allowed(request)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('no');
    const { pathname, search } = new URL(request.url ?? '');
    const { method, headers } = request;
    const onward = http.request({ port: options.target, path: pathname + search, method, headers }, (received) => {
      response.writeHead(received.statusCode ?? 500, received.headers);
      received.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  };
  const server = await serve(plain, {
    ...(options.tls ? { tls: options.tls } : {}),
    onConnect: (request, socket) => {
      if (!allowed(request)) return void socket.end('HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno');
      const onward = net.connect(options.target, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
      socket.on('close', () => onward.destroy());
    },
  });
  return Object.defineProperty(server, 'log', { value: log }) as TestProxy;
}
