import http, { type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { OidcCliError } from '../errors.js';
import { portHolder } from './port-holder.js';

/** One HTTP server on one or two loopback addresses, on the same port. */
export interface LoopbackServer {
  readonly port: number;
  /** Keeps a connection from being given up when too many are open. */
  protect(socket: Socket): void;
  /** Stops listening and ends every connection at once. */
  close(): Promise<void>;
}

/**
 * Open connections at one time of a callback listener. When a flood brings
 * more, the oldest are closed: a browser's request takes milliseconds, so a
 * connection that stays open long carries none.
 */
const MAX_CONNECTIONS = 200;

/** How often a port that is free on one address may turn out taken on the other, and one that was asked for be taken. */
const PORT_ATTEMPTS = 20;
/** Milliseconds after which a port that was asked for is tried again. */
const PORT_AGAIN_MS = 50;

/** How a loopback server listens and serves. */
export interface LoopbackOptions {
  /** Ends the wait for a port that is taken. */
  readonly signal?: AbortSignal;
  /** A taken port is nothing unusual: it is tried once, and nobody looks who has it. */
  readonly mayBeTaken?: boolean;
  /**
   * `callback`, the default, expects a few requests of a browser and closes
   * slow, idle and surplus connections. `provider` serves programs that come
   * back, and tries a port once: nothing of ours is about to leave it.
   */
  readonly serves?: 'callback' | 'provider';
  /** Called for each request that is not HTTP. */
  readonly onMalformed?: () => void;
}

const LIMITS = {
  callback: {
    // Browsers send the cookies of every service that was ever on localhost, whatever its port
    maxHeaderSize: 64 * 1024,
    // A browser on this machine sends a whole request in milliseconds
    headersTimeout: 4_000,
    requestTimeout: 4_000,
    connectionsCheckingInterval: 500,
    keepAliveTimeout: 1_000,
  },
  // On a busy machine a client comes to its next request late, and must not find its connection being closed.
  provider: { maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000 },
};

/** The addresses that a loopback host stands for: two for `localhost`, which browsers may look up as either. Undefined for any other host. */
export function loopbackAddresses(hostname: string): readonly ('127.0.0.1' | '::1')[] | undefined {
  switch (hostname) {
    case 'localhost':
      return ['127.0.0.1', '::1'];
    case '127.0.0.1':
      return ['127.0.0.1'];
    case '[::1]':
      return ['::1'];
    default:
      return undefined;
  }
}

/**
 * Listens on the loopback addresses. One that this machine lacks is passed
 * over as long as another is there; port 0 is a port free on all of them. A
 * port that is taken is tried again for a second for a callback: a sign-in
 * that ends, or another `doctor` that tries the port, holds it no longer.
 *
 * @throws OidcCliError `port_taken` (facts `port`, `flag`, `holder` where it
 *   can be told), `port_forbidden` (facts `port`, `flag`), `network_failed`
 *   when the machine has no loopback address to listen on; the reason of
 *   `signal` when it is aborted while the port is taken
 */
export async function listenOnLoopback(
  addresses: readonly string[],
  wantedPort: number,
  handler: RequestListener,
  { signal, mayBeTaken = false, serves = 'callback', onMalformed }: LoopbackOptions = {},
): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  const saved = new WeakSet<Socket>();
  const watch = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (serves === 'provider' || sockets.size <= MAX_CONNECTIONS) return;
    for (const oldest of sockets) {
      if (saved.has(oldest)) continue;
      oldest.destroy();
      sockets.delete(oldest);
      break;
    }
  };
  const createServer = () => {
    const server = http.createServer(LIMITS[serves], handler);
    server.on('connection', watch);
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
      // Browsers open connections ahead of need: one that stays silent, or goes, is nobody's request.
      if (!late && error.code !== 'ECONNRESET') onMalformed?.();
      if (!socket.writable) return void socket.destroy();
      const status = late ? '408 Request Timeout' : '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
    });
    return server;
  };

  for (let attempt = 1; ; attempt++) {
    const actual = await listenOnAll(addresses, wantedPort, createServer);
    if ('servers' in actual) {
      return {
        port: actual.port,
        protect: (socket) => saved.add(socket),
        close: async () => {
          const closing = closeAll(actual.servers);
          for (const socket of sockets) socket.destroy();
          await closing;
        },
      };
    }
    const again = attempt < PORT_ATTEMPTS && (wantedPort === 0 || (serves === 'callback' && !mayBeTaken));
    if (actual.code === 'EADDRINUSE' && again) {
      if (wantedPort !== 0) await pause(PORT_AGAIN_MS, signal);
      continue;
    }
    throw await refusal(actual, wantedPort, mayBeTaken);
  }
}

/** Resolves after so many milliseconds; rejects with the signal's reason as soon as it is aborted. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });
}

async function refusal(cause: NodeJS.ErrnoException, port: number, mayBeTaken: boolean): Promise<OidcCliError> {
  const facts = { port, flag: '--port' };
  if (cause.code === 'EADDRINUSE') {
    const holder = mayBeTaken ? undefined : await portHolder(port);
    return new OidcCliError('port_taken', { ...facts, holder }, { cause });
  }
  if (cause.code === 'EACCES') return new OidcCliError('port_forbidden', facts, { cause });
  return new OidcCliError('network_failed', { ...facts, reason: cause.message }, { cause });
}

/** All or nothing, except for addresses that do not exist on this machine. */
async function listenOnAll(
  addresses: readonly string[],
  wantedPort: number,
  createServer: () => Server,
): Promise<{ servers: Server[]; port: number } | NodeJS.ErrnoException> {
  const servers: Server[] = [];
  let port = wantedPort;
  let missing: NodeJS.ErrnoException | undefined;
  for (const address of addresses) {
    const server = createServer();
    try {
      await listen(server, address, port);
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code === 'EADDRNOTAVAIL' || failure.code === 'EAFNOSUPPORT') {
        missing = failure;
        continue;
      }
      await closeAll(servers);
      return failure;
    }
    servers.push(server);
    port = (server.address() as AddressInfo).port;
  }
  return servers.length > 0 ? { servers, port } : (missing as NodeJS.ErrnoException);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: true, exclusive: true }, () => {
      server.off('error', reject);
      // Out of file descriptors, say: the connection is lost, the listener is not.
      server.on('error', () => {});
      resolve();
    });
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
