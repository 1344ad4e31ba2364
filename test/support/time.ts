import { vi } from 'vitest';

/**
 * Runs with the clock of time-outs stopped, so that none comes because the
 * machine is slow: time passes where the test says so, by `pass`, in seconds.
 * Not for what waits by timers itself, such as a browser.
 */
export async function withTimeStopped<T>(work: (pass: (seconds: number) => void) => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    return await work((seconds) => vi.advanceTimersByTime(seconds * 1_000));
  } finally {
    vi.useRealTimers();
  }
}
