import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Identifies one process across all machines and times. */
export interface ProcessIdentity {
  /**
   * The machine, since its last boot, and on Linux the PID namespace: the scope in
   * which `pid` means the same process. A hash.
   */
  readonly host: string;
  readonly pid: number;
  /** The start time as the system gives it. Distinguishes the process from a later one with the same `pid`. */
  readonly start: string;
}

/** The state of a process on this machine. */
export type ProcessState = 'running' | 'ended' | 'unknown';

/** Milliseconds; the longest wait for `ps` and `sysctl`. */
const PROGRAM_LIMIT_MS = 2_000;

let ownPromise: Promise<ProcessIdentity | undefined> | undefined;

/**
 * This process; undefined if the system does not identify it: on Windows, and
 * where /proc shows the processes of a different PID namespace.
 */
export function ownIdentity(): Promise<ProcessIdentity | undefined> {
  ownPromise ??= identify().catch(() => undefined);
  return ownPromise;
}

/** Whether a process of this machine (its `host` must be that of `ownIdentity`) still runs. A zombie has ended. */
export async function processState({ pid, start }: ProcessIdentity): Promise<ProcessState> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return 'ended';
    // A different user's process exists as well.
    if (code !== 'EPERM') return 'unknown';
  }
  const actual = await processStart(pid).catch(() => undefined);
  if (!actual) return 'unknown';
  return actual.start === start && !actual.zombie ? 'running' : 'ended';
}

async function identify(): Promise<ProcessIdentity | undefined> {
  const boot = await bootId();
  const { start } = boot ? await processStart(process.pid) : {};
  if (!boot || !start) return undefined;
  const host = createHash('sha256').update(JSON.stringify([hostname(), ...boot]));
  return { host: host.digest('hex').slice(0, 32), pid: process.pid, start };
}

/** Values that identify this boot of the kernel and this view of its processes. */
async function bootId(): Promise<string[] | undefined> {
  if (process.platform === 'darwin') return [await output('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])];
  if (process.platform !== 'linux' || (await readlink('/proc/self')) !== String(process.pid)) return undefined;
  return [
    (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    await readlink('/proc/self/ns/pid'),
    // Start times are counted from the boot in the time namespace; kernels before 5.6 have none.
    await readlink('/proc/self/ns/time').catch(() => ''),
  ];
}

async function processStart(pid: number): Promise<{ start: string; zombie: boolean }> {
  if (process.platform === 'darwin') {
    const [state = '', ...start] = (await output('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)])).split(/\s+/);
    return { start: start.join(' '), zombie: state.startsWith('Z') };
  }
  // proc(5): the name in parentheses may hold anything; the state is field 3, the start in clock ticks field 22.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: fields[19] ?? '', zombie: fields[0] === 'Z' || fields[0] === 'X' };
}

/** The output of a system program. Rejects if it fails or prints nothing. */
function output(file: string, args: readonly string[]): Promise<string> {
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  return new Promise((resolve, reject) => {
    execFile(file, args, { env, timeout: PROGRAM_LIMIT_MS }, (error, stdout) => {
      const text = stdout.trim();
      if (error || text === '') reject(error ?? new Error(`${file} printed nothing`));
      else resolve(text);
    });
  });
}
