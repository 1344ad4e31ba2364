import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OidcCliError } from './errors.js';

/** Milliseconds without a sign of life after which a lock's holder counts as dead. It gives one every second. */
const STALE_MS = 5_000;
const SIGN_OF_LIFE_MS = 1_000;
/** How often, in milliseconds, a waiter looks again. */
const RETRY_MS = 40;

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
}

/**
 * Runs `work` while this process, and in it this call alone, holds the lock
 * `<file>.lock`. A holder that was killed loses the lock after 5 s; one that
 * exits or is ended by a catchable signal gives it back at once. The lock is
 * released when `work` has settled, whatever the outcome: on abort `work`
 * itself must stop. Throws what `work` throws, `store_timeout` (facts: file,
 * timeoutSeconds), `store_failed` where the folder cannot be written to, the
 * caller's `failure` instead of these two, or the signal's reason.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions): Promise<T> {
  const release = await acquire(file, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(file: string, options: LockOptions): Promise<() => Promise<void>> {
  const { lock } = await import('proper-lockfile');
  const attempt = (stale: number, target: string) =>
    lock(target, {
      realpath: false,
      stale,
      update: SIGN_OF_LIFE_MS,
      // The default throws out of a timer. A holder that was suspended past the limit cannot be told anything useful:
      // every write it makes is whole by itself.
      onCompromised: () => {},
    });

  const deadline = performance.now() + options.timeoutMs;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        const release = await attempt(Number.MAX_SAFE_INTEGER, file);
        return () => release().catch(() => {});
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      }
      if (await isStale(file)) await evict(file, attempt);
      if (performance.now() >= deadline) {
        throw timedOut(file, options);
      }
      await pause(RETRY_MS, options.signal);
    }
  } catch (error) {
    if (error instanceof OidcCliError || options.signal?.aborted) throw error;
    throw (
      options.failure?.(reasonOf(error).reason, error) ??
      new OidcCliError('store_failed', { file, operation: 'lock', ...reasonOf(error) }, { cause: error })
    );
  }
}

function timedOut(file: string, { timeoutMs, failure }: LockOptions): OidcCliError {
  const error = new OidcCliError('store_timeout', { file, timeoutSeconds: Math.round(timeoutMs / 1000) });
  return failure?.('ELOCKED', error) ?? error;
}

/**
 * Removes a dead holder's lock. The library's own eviction looks, removes and
 * takes in three steps, so that of two waiters the slower can remove the lock
 * which the quicker has just taken, and both go on. Here only one waiter at a
 * time may evict, and it looks again first.
 */
async function evict(
  file: string,
  attempt: (stale: number, target: string) => Promise<() => Promise<void>>,
): Promise<void> {
  let release: () => Promise<void>;
  try {
    release = await attempt(STALE_MS, `${file}.evict`);
  } catch {
    return; // Another waiter is at it.
  }
  try {
    if (await isStale(file)) await rmdir(`${file}.lock`);
  } catch {
    // Its holder came back and released it.
  } finally {
    await release().catch(() => {});
  }
}

async function isStale(file: string): Promise<boolean> {
  try {
    return (await stat(`${file}.lock`)).mtimeMs < Date.now() - STALE_MS;
  } catch {
    return false;
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
export function reasonOf(error: unknown): { reason?: string } {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? { reason: code } : {};
}
