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

/** Begins the time of a sign-in. */
export function deadline(timeoutMs: number, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  const until = performance.now() + timeoutMs;
  let expired = false;
  const interrupt = () => controller.abort(outer.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new DOMException('The time for the sign-in is over', 'TimeoutError'));
  }, timeoutMs);
  if (outer.aborted) interrupt();
  else outer.addEventListener('abort', interrupt, { once: true });
  const { signal } = controller;
  return {
    signal,
    left: () => Math.max(0, until - performance.now()),
    reason: (failure, facts) => {
      if (expired) {
        const seconds = Math.max(1, Math.round(timeoutMs / 1000));
        return new OidcCliError('sign_in_timed_out', { seconds, ...facts() }, { cause: failure });
      }
      return outer.aborted ? outer.reason : failure;
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
      outer.removeEventListener('abort', interrupt);
      // What still waits for the next look at a page would keep the process alive for ever.
      controller.abort(new DOMException('The sign-in is over', 'AbortError'));
    },
  };
}
