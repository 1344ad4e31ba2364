import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** A TCP socket of this machine, as Linux lists it in `/proc/net/tcp`. */
export interface TcpSocket {
  readonly localPort: number;
  readonly remotePort: number;
  readonly listening: boolean;
  /** The user who made it. */
  readonly uid: number;
  readonly inode: string;
}

/** Linux's lists of TCP sockets; empty on other systems. */
export function tcpSockets(): TcpSocket[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => {
    let text: string;
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      return [];
    }
    return text.split('\n').slice(1, -1).map(readSocket);
  });
}

/**
 * Whether the program at the other end of a loopback connection belongs to
 * another user than this process. False where that cannot be told (not Linux,
 * another network namespace), for root, who can read everything anyway, and
 * where this process is root's, whose browser often is another user's.
 */
export function isOtherUsers({ localPort, remotePort }: Pick<Socket, 'localPort' | 'remotePort'>): boolean {
  const own = process.geteuid?.();
  if (process.platform !== 'linux' || own === 0) return false;
  return tcpSockets().some(
    (socket) =>
      socket.localPort === remotePort && socket.remotePort === localPort && socket.uid !== own && socket.uid !== 0,
  );
}

function readSocket(line: string): TcpSocket {
  const LISTEN = '0A';
  const [, local = '', remote = '', state, , , , uid, , inode = ''] = line.trim().split(/\s+/);
  const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);
  return {
    localPort: portOf(local),
    remotePort: portOf(remote),
    listening: state === LISTEN,
    uid: Number(uid),
    inode,
  };
}
