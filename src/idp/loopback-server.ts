import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OidcCliError } from '../errors.js';

/** A listener on loopback alone. */
export interface LoopbackServer {
  readonly port: number;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/**
 * Listens on `port` (0 for any free one) of 127.0.0.1, and of ::1 too, where
 * there is one, when `host` is `localhost`: the name may mean either. Throws
 * `port_taken` or `port_forbidden`.
 */
export async function listenOnLoopback(host: string, port: number, answer: RequestListener): Promise<LoopbackServer> {
  const first = await listen('127.0.0.1', port, answer);
  const servers = [first];
  const close = () => closeAll(servers);
  const bound = (first.address() as AddressInfo).port;
  if (host === 'localhost') {
    try {
      servers.push(await listen('::1', bound, answer));
    } catch (error) {
      const { code } = (error as Error).cause as NodeJS.ErrnoException;
      if (code !== 'EADDRNOTAVAIL' && code !== 'EAFNOSUPPORT') {
        await close();
        throw error;
      }
    }
  }
  return { port: bound, close };
}

/** Milliseconds. On a busy machine a client comes to its next request late, and must not find its connection being closed. */
const KEEP_ALIVE = 60_000;

function listen(address: string, port: number, answer: RequestListener): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, answer);
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EACCES' ? 'port_forbidden' : 'port_taken';
      reject(new OidcCliError(code, { port, address, flag: '--port' }, { cause }));
    });
    server.listen(port, address, () => resolve(server));
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map((server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    }),
  );
}
