import { randomUUID } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OidcCliError } from './errors.js';
import { makeFolder } from './make-folder.js';
import { ownIdentity, type ProcessIdentity, processState } from './process-identity.js';

/** How long, in milliseconds, a waiter must see a lock unchanged before it takes it away from its holder. */
const STALE_MS = 5_000;
/** Signs of life that a holder gives in that time. */
const BEATS_PER_PERIOD = 5;
/** How often, in milliseconds, a waiter looks again. */
const RETRY_MS = 40;
/**
 * Each sign of life moves the lock's modification time by so many milliseconds, whatever the clock shows: it may stand
 * still, or jump. FAT stores even seconds.
 */
const BEAT_STEP_MS = 2_000;
/** More than any owner takes. */
const MAX_OWNER_BYTES = 1_024;
/** The codes of a refusal. On Windows also those of a name that stays taken until a deleted file's last handle is closed. */
const REFUSED = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** How long to wait for a lock, and what ends the wait early. */
export interface LockOptions {
  /** Milliseconds; then `store_timeout`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * What to throw instead of `store_timeout` and `store_failed`, where the file
   * is none of a store. `reason` is the file system's short word for what went
   * wrong, `ELOCKED` for a lock that another holds for too long.
   */
  readonly failure?: ((reason: string | undefined, cause: unknown) => OidcCliError) | undefined;
  /** Milliseconds in place of 5,000; the same for all who share the file. */
  readonly staleMs?: number | undefined;
  /** The machine's identity in place of the real one: different values behave as different machines. */
  readonly host?: string | undefined;
}

/**
 * Confirms that the lock is still this holder's. To be awaited right before a
 * step that must not happen twice, or that writes. Where another process has
 * taken the lock over, it throws, and `withLock` begins again.
 */
export type StillHeld = () => Promise<void>;

/**
 * Runs `work` while this process, and in it this call alone, holds the lock
 * `<file>.lock`.
 *
 * On one machine a holder keeps the lock as long as its process exists, even
 * when stopped, and loses it at once when the process has ended. A holder on a
 * different machine, or where processes cannot be told apart, loses it when a
 * waiter has seen no sign of life for 5 s by its own monotonic clock; no date
 * is ever compared with a clock. Such a holder may merely have been stopped: it
 * finds out by `stillHeld`, and `work` is run again from its beginning.
 *
 * The lock is released when `work` has settled, whatever the outcome, and when
 * the process exits or is ended by a catchable signal; on abort `work` itself
 * must stop. Throws what `work` throws, `store_timeout` (facts: file,
 * timeoutSeconds, and the holder's pid where it runs on this machine),
 * `store_failed` where the folder cannot be written to, the caller's `failure`
 * instead of these two, or the signal's reason.
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
  /** This process; undefined where the system does not tell. */
  readonly identity: ProcessIdentity | undefined;
  readonly staleMs: number;
}

/** Attempts to take a lock each time it is called, and remembers in between what it saw of the holder. */
interface Contender {
  (): Promise<Lock | undefined>;
  /** The PID of the holder that was seen last, where it runs on this machine. */
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
    // A long gap is a waiter that was stopped itself, perhaps along with the holder: it saw nothing in that time.
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
    // One process at a time may evict, and it looks again first: of two, the slower would remove the quicker one's lock.
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
  /** Whether nobody has taken it over. Throws the file system's own error where that cannot be read. */
  isMine(): Promise<boolean>;
  /** Never throws. */
  release(): Promise<void>;
}

/** Creates the lock file, or returns undefined where there is one. Throws the file system's own error. */
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
      // It is gone.
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

/** Returns what is in the file then. An empty file is a lock too: it is judged by its signs of life alone. */
async function writeOwner(handle: FileHandle, text: string): Promise<string> {
  try {
    await handle.writeFile(text);
    return text;
  } catch {
    // A full disk must not keep anybody from signing out.
    await handle.truncate(0).catch(() => {});
    return '';
  }
}

/** The state of a lock at one moment. */
interface LockObservation {
  /** Changes with the holder and with each sign of life. */
  readonly mark: string;
  readonly text: string;
  readonly owner: ProcessIdentity | undefined;
  /** A lock of oidc-cli 0.1, whose sign of life is the modification time as well. */
  readonly isFolder: boolean;
}

/** Undefined where there is no lock. Throws the file system's own error. */
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

/** Removes a stale lock. To be called by one process at a time. */
async function evict(path: string, stale: LockObservation): Promise<void> {
  const aside = `${path}.evicted`;
  try {
    // Removes a folder only, never the lock that somebody has made meanwhile.
    if (stale.isFolder) return await rmdir(path);
    await rename(path, aside);
    const moved = await observe(aside);
    // Released and taken in this instant: it goes back, unless the next one is in already, which its holder finds out.
    if (moved && moved.text !== stale.text) await link(aside, path).catch(() => {});
    await unlink(aside);
  } catch {
    // Its holder came back and released it.
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
