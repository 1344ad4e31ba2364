import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A port on loopback, of both families, that nobody listens on: for what has
 * to be registered before anybody listens. Not one of those that the system
 * hands out by itself (from 32768 on), which may be another test's by then.
 */
export async function freePort(least = 10_000, most = 32_000): Promise<number> {
  for (;;) {
    const port = randomInt(least, most);
    if ((await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'))) return port;
  }
}

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer();
  const failure = await new Promise<string | undefined>((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code)).listen(port, host, () => done(undefined));
  });
  if (failure === undefined) await new Promise((closed) => server.close(closed));
  // A machine without IPv6 has nobody there either.
  return failure === undefined || failure === 'EADDRNOTAVAIL' || failure === 'EAFNOSUPPORT';
}
