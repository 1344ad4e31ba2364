import type { SessionStore } from './session-store.js';

/** A store in memory, for `--demo` and `--store memory`. It never touches a disk. */
export function createMemoryStore(): SessionStore {
  const values = new Map<string, string>();
  return {
    kind: 'memory',
    description: 'memory, until this command ends',
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value);
    },
    delete: async (key) => values.delete(key),
  };
}

/** Runs `work` alone among all calls with the same name on this object. */
export type RunInTurn = <T>(name: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Locks within one process. A wait ends with the signal's reason when it aborts. */
export function createTurns(): RunInTurn {
  const last = new Map<string, Promise<void>>();
  return async (name, work, signal) => {
    const before = last.get(name) ?? Promise.resolve();
    let done = () => {};
    const mine = new Promise<void>((resolve) => {
      done = resolve;
    });
    last.set(
      name,
      before.then(() => mine),
    );
    try {
      await rejectOnAbort(before, signal);
      return await work();
    } finally {
      done();
    }
  };
}

function rejectOnAbort(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    promise.then(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
  });
}
