import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { platform as thisPlatform } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from '../child-environment.js';
import { tcpSockets } from './tcp-table.js';

/** Milliseconds: the answer is a courtesy and must not make the failure slow. */
const TIMEOUT_MS = 1_000;

/**
 * Which program listens on a TCP port of this machine, as `name (pid 123)`.
 * Best effort: undefined where it can't be told, such as for another user's
 * programs or on Windows.
 */
export async function portHolder(
  port: number,
  platform: NodeJS.Platform = thisPlatform(),
): Promise<string | undefined> {
  try {
    if (platform === 'win32') return undefined;
    return platform === 'linux' ? holderInProc(port) : await holderByLsof(port);
  } catch {
    return undefined;
  }
}

function holderInProc(port: number): string | undefined {
  const until = performance.now() + TIMEOUT_MS;
  const sockets = new Set(listeningSockets(port));
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    if (performance.now() > until) return undefined;
    if (openFiles(pid).some((file) => sockets.has(file))) {
      return `${programName(pid)} (pid ${pid})`;
    }
  }
  return undefined;
}

/**
 * The file name of the program that runs as `pid`. `/proc/PID/comm` is the name
 * of its first thread, which a current Node calls MainThread, so it is asked
 * only where the program's file can't be seen.
 */
function programName(pid: string): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  }
}

/** The sockets that listen on `port`, named as `/proc/PID/fd` links to them. */
function listeningSockets(port: number): string[] {
  return tcpSockets().flatMap(({ listening, localPort, inode }) =>
    listening && localPort === port ? [`socket:[${inode}]`] : [],
  );
}

function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((file) => {
      try {
        return readlinkSync(`${folder}/${file}`);
      } catch {
        return '';
      }
    });
  } catch {
    return []; // another user's process, or one that has just ended
  }
}

async function holderByLsof(port: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    timeout: TIMEOUT_MS,
    env: childEnvironment(process.env),
  });
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  const name = /^c(.+)$/m.exec(stdout)?.[1];
  return pid && name ? `${name} (pid ${pid})` : undefined;
}
