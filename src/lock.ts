import { randomUUID } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OidcCliError } from './errors.js';
import { makeFolder } from './make-folder.js';
import { ownIdentity, type ProcessIdentity, processState } from './process-identity.js';

/** Milliseconds for which a waiter must see a lock unchanged before it evicts the holder. */
const STALE_MS = 5_000;
/** Heartbeats of a holder in that time. */
const BEATS_PER_PERIOD = 5;
/** Milliseconds between two attempts of a waiter. */
const RETRY_MS = 40;
/**
 * Milliseconds by which each heartbeat advances the lock's modification time,
 * independent of the clock, which may stop or jump. FAT stores even seconds.
 */
const BEAT_STEP_MS = 2_000;
/** Bytes, more than any owner has. */
const MAX_OWNER_BYTES = 1_024;
/**
 * The codes of a refusal. On Windows also those of a name that stays in use until
 * a deleted file's last handle is closed.
 */
const REFUSED = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** The maximum wait for a lock, and the signal that ends the wait early. */
export interface LockOptions {
  /** Milliseconds until `store_timeout`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /**
   * The error instead of `store_timeout` and `store_failed`, for a file that is not
   * a store's. `reason` is the file system's short word for the fault, `ELOCKED` for
   * a lock that another process holds for too long.
   */
  readonly failure?: (reason: string | undefined, cause: unknown) => OidcCliError;
  /** Milliseconds instead of 5,000; the same for all processes that share the file. */
  readonly staleMs?: number;
  /** The machine's identity instead of the real one: different values behave as different machines. */
  readonly host?: string;
}

/**
 * Confirms that this holder still has the lock. Await it directly before a step
 * that must not happen twice, or that writes. If another process has taken the
 * lock over, it throws, and `withLock` begins again.
 */
export type StillHeld = () => Promise<void>;

/**
 * Runs `work` while this process, and in it this call alone, holds the lock
 * `<file>.lock`.
 *
 * On one machine a holder keeps the lock as long as its process exists, even when
 * stopped, and loses it at once when the process has ended. A holder on a
 * different machine, or where processes cannot be identified, loses it when a
 * waiter has seen no heartbeat for 5 s by its own monotonic clock; no date is ever
 * compared with a clock. Such a holder may only have been stopped: `stillHeld`
 * then throws, and `work` runs again from its beginning.
 *
 * The lock is released when `work` has settled, whatever the outcome, and when the
 * process exits or is ended by a catchable signal; on abort `work` itself must
 * stop. Throws the errors of `work`, `store_timeout` (facts: file, timeoutSeconds,
 * and the holder's pid if it runs on this machine), `store_failed` if the folder
 * is not writable, the caller's `failure` instead of these two, or the signal's
 * reason.
 */
export async function withLock<T>(
  file: string,
  work: (stillHeld: StillHeld) => Promise<T>,
  options: LockOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const lock = await acquire(file, deadline, options);
    let lost = false;
    const stillHeld = async () => {
      const mine = await lock.isMine().catch((error: unknown) => {
        throw lockError(file, error, options);
      });
      if (mine) return;
      lost = true;
      throw timeoutError(file, options);
    };
    try {
      return await work(stillHeld);
    } catch (error) {
      if (!lost) throw error;
    } finally {
      await lock.release();
    }
  }
}

async function acquire(file: string, deadline: number, options: LockOptions): Promise<Lock> {
  try {
    await makeFolder(dirname(file), 0o700);
    const real = await ownIdentity();
    const identity = real && options.host !== undefined ? { ...real, host: options.host } : real;
    const attempt = contender(file, { identity, staleMs: options.staleMs ?? STALE_MS });
    for (;;) {
      options.signal?.throwIfAborted();
      const lock = await attempt();
      if (lock) return lock;
      if (performance.now() >= deadline) throw timeoutError(file, options, attempt.holder());
      await pause(RETRY_MS, options.signal);
    }
  } catch (error) {
    if (error instanceof OidcCliError || options.signal?.aborted) throw error;
    throw lockError(file, error, options);
  }
}

function lockError(file: string, error: unknown, { failure }: LockOptions): OidcCliError {
  return (
    failure?.(failureReason(error).reason, error) ??
    new OidcCliError('store_failed', { file, operation: 'lock', ...failureReason(error) }, { cause: error })
  );
}

function timeoutError(file: string, { timeoutMs, failure }: LockOptions, pid?: number): OidcCliError {
  const known = pid === undefined ? {} : { pid };
  const error = new OidcCliError('store_timeout', { file, timeoutSeconds: Math.round(timeoutMs / 1000), ...known });
  return failure?.('ELOCKED', error) ?? error;
}

/** Settings that are the same for all processes that contend for one lock. */
interface Contest {
  /** This process; undefined if the system does not identify it. */
  readonly identity: ProcessIdentity | undefined;
  readonly staleMs: number;
}

/** Tries to take a lock at each call, and remembers the holder's last state in between. */
interface Contender {
  (): Promise<Lock | undefined>;
  /** The PID of the last holder, if it runs on this machine. */
  holder(): number | undefined;
}

function contender(file: string, contest: Contest): Contender {
  const path = `${file}.lock`;
  let seen: { mark: string; unchangedMs: number; at: number } | undefined;
  let running: number | undefined;
  let evictor: Contender | undefined;

  /** Whether the holder counts as gone. */
  const isStale = async ({ mark, owner }: LockObservation): Promise<boolean> => {
    const now = performance.now();
    const gap = seen?.mark === mark ? now - seen.at : 0;
    // A long gap means that the waiter itself was stopped, perhaps together with the holder, so it counts only a
    // little.
    const unchangedMs = seen?.mark === mark ? seen.unchangedMs + Math.min(gap, contest.staleMs / 10) : 0;
    seen = { mark, unchangedMs, at: now };
    running = undefined;
    if (owner && owner.host === contest.identity?.host) {
      const state = await processState(owner);
      if (state === 'running') running = owner.pid;
      if (state !== 'unknown') return state === 'ended';
    }
    return unchangedMs >= contest.staleMs;
  };

  const attempt = async () => {
    const taken = await take(path, contest);
    if (taken) return taken;
    const stale = await observe(path);
    if (!stale || !(await isStale(stale))) return undefined;
    // One process at a time may evict, and it checks again first: of two, the slower would remove the quicker one's
    // lock.
    evictor ??= contender(`${file}.evict`, contest);
    const permit = await evictor();
    if (!permit) return undefined;
    try {
      if ((await observe(path))?.mark === stale.mark) await evict(path, stale);
    } finally {
      await permit.release();
    }
    return take(path, contest);
  };
  return Object.assign(attempt, { holder: () => running });
}

/** A lock that this call holds. */
interface Lock {
  /** Whether this call still has the lock. Throws the file system's own error if the lock cannot be read. */
  isMine(): Promise<boolean>;
  /** Never throws. */
  release(): Promise<void>;
}

/** Creates the lock file; returns undefined if it exists. Throws the file system's own error. */
async function take(path: string, { identity, staleMs }: Contest): Promise<Lock | undefined> {
  const { onExit } = await import('signal-exit');
  const handle = await open(path, 'wx', 0o644).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    if (process.platform !== 'win32') throw error;
    return throwUnlessRefused(error);
  });
  if (!handle) return undefined;
  const text = await writeOwner(handle, JSON.stringify({ token: randomUUID(), ...identity }));
  const forget = onExit(() => {
    try {
      if (readFileSync(path, 'utf8') === text) unlinkSync(path);
    } catch {
      // The file no longer exists.
    }
  });
  const { mtimeMs } = await handle.stat();
  let beats = 0;
  const beat = setInterval(() => {
    beats += 1;
    // Through the handle, since a different file may have this name by now.
    const time = new Date(mtimeMs + beats * BEAT_STEP_MS);
    handle.utimes(time, time).catch(() => {});
  }, staleMs / BEATS_PER_PERIOD).unref();
  const isMine = async () => (await observe(path))?.text === text;
  return {
    isMine,
    async release() {
      clearInterval(beat);
      forget();
      await handle.close().catch(() => {});
      if (await isMine().catch(() => false)) await unlink(path).catch(() => {});
    },
  };
}

/** Returns the resulting content of the file. An empty file is a lock too: only its heartbeat counts. */
async function writeOwner(handle: FileHandle, text: string): Promise<string> {
  try {
    await handle.writeFile(text);
    return text;
  } catch {
    // A full disk must not prevent a sign-out.
    await handle.truncate(0).catch(() => {});
    return '';
  }
}

/** The state of a lock at one moment. */
interface LockObservation {
  /** Changes with the holder and with each heartbeat. */
  readonly mark: string;
  readonly text: string;
  readonly owner: ProcessIdentity | undefined;
  /** A lock of oidc-cli 0.1, whose heartbeat is the modification time as well. */
  readonly isFolder: boolean;
}

/** Undefined if there is no lock. Throws the file system's own error. */
async function observe(path: string): Promise<LockObservation | undefined> {
  try {
    const entry = await lstat(path, { bigint: true });
    if (!entry.isFile()) return toObservation(entry.mtimeNs, '', entry.isDirectory());
    // NFS answers from its cache until a file is opened.
    const handle = await open(path, 'r').catch(throwUnlessRefused);
    if (!handle) return toObservation(entry.mtimeNs, '', false);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_OWNER_BYTES), 0, MAX_OWNER_BYTES, 0);
      return toObservation((await handle.stat({ bigint: true })).mtimeNs, buffer.toString('utf8', 0, bytesRead), false);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return throwUnlessRefused(error);
  }
}

/** A different user's lock may be unreadable. */
function throwUnlessRefused(error: unknown): undefined {
  if (!REFUSED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
}

function toObservation(mtimeNs: bigint, text: string, isFolder: boolean): LockObservation {
  return { mark: `${mtimeNs} ${text}`, text, owner: parseOwner(text), isFolder };
}

function parseOwner(text: string): ProcessIdentity | undefined {
  try {
    const { host, pid, start } = JSON.parse(text) as Partial<ProcessIdentity>;
    const whole = typeof host === 'string' && typeof start === 'string' && Number.isSafeInteger(pid) && Number(pid) > 0;
    return whole ? { host, pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a stale lock. Only one process at a time may call it. */
async function evict(path: string, stale: LockObservation): Promise<void> {
  const aside = `${path}.evicted`;
  try {
    // Removes only a folder, never a lock that another process has made meanwhile.
    if (stale.isFolder) return await rmdir(path);
    await rename(path, aside);
    const moved = await observe(aside);
    // The lock was released and taken again at this instant: this restores it, unless the next holder has already made
    // one, which the restored one's holder then notices.
    if (moved && moved.text !== stale.text) await link(aside, path).catch(() => {});
    await unlink(aside);
  } catch {
    // The holder resumed and released it.
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** The file system's short word for what went wrong (`EACCES`, …), as a fact. */
export function failureReason(error: unknown): { reason?: string } {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? { reason: code } : {};
}
