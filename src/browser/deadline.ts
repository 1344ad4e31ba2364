import { setMaxListeners } from 'node:events';
import { OidcCliError } from '../errors.js';

/** The time that a sign-in has, and its end. */
export interface Deadline {
  /** Aborted by whoever waits for the sign-in, or when its time is over. */
  readonly signal: AbortSignal;
  /** Milliseconds left. */
  left(): number;
  /**
   * What to throw for a failure: the caller's own reason after an abort,
   * `sign_in_timed_out` (with these facts) when the time is over, else the failure itself.
   */
  reason(failure: unknown, facts: () => Readonly<Record<string, string | number>>): unknown;
  /** The work, unless the end comes first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** To be called at the end: nothing is left running. */
  release(): void;
}

/**
 * The reason of a sign-in's signal once it is over. One for all: an error
 * keeps what was on the stack where it was made, and a run makes thousands.
 */
const DEADLINE_ERROR = new DOMException('The sign-in is over', 'AbortError');

/**
 * Begins the time of a sign-in, milliseconds, which any of `outer` ends as
 * well. They are listened to one by one: a signal made of them by
 * `AbortSignal.any` would outlive the sign-in by as long as the longest-lived of them.
 */
export function deadline(timeoutMs: number, ...outer: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const until = performance.now() + timeoutMs;
  let expired = false;
  const aborted = () => outer.find((signal) => signal.aborted);
  const interrupt = () => controller.abort(aborted()?.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new DOMException('The time for the sign-in is over', 'TimeoutError'));
  }, timeoutMs);
  for (const each of outer) {
    if (each.aborted) interrupt();
    else each.addEventListener('abort', interrupt);
  }
  // One for each sign-in under way, and there may be many.
  setMaxListeners(0, ...outer);
  const { signal } = controller;
  return {
    signal,
    left: () => Math.max(0, until - performance.now()),
    reason: (failure, facts) => {
      if (expired) {
        const seconds = Math.max(1, Math.round(timeoutMs / 1000));
        return new OidcCliError('sign_in_timed_out', { seconds, ...facts() }, { cause: failure });
      }
      const ended = aborted();
      return ended ? ended.reason : failure;
    },
    race: async (work) => {
      work.catch(() => undefined);
      signal.throwIfAborted();
      let end: (() => void) | undefined;
      const ended = new Promise<never>((_resolve, reject) => {
        end = () => reject(signal.reason);
        signal.addEventListener('abort', end, { once: true });
      });
      try {
        return await Promise.race([work, ended]);
      } finally {
        if (end) signal.removeEventListener('abort', end);
      }
    },
    release: () => {
      clearTimeout(timer);
      for (const each of outer) each.removeEventListener('abort', interrupt);
      // What still waits for the next look at a page would keep the process alive for ever.
      controller.abort(DEADLINE_ERROR);
    },
  };
}
