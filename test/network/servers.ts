import http, { type IncomingMessage, type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createFetch, type FetchOptions, type NetworkFetch } from '../../src/network/fetch.js';
import type { KeyPair } from './certificates.js';

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

/** A port on which nothing listens. */
export async function deadPort(): Promise<number> {
  const server = await serve(() => {});
  await server.close();
  return server.port;
}
