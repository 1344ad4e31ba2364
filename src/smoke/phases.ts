import type { PhaseTime } from './result.js';

/** Measures the parts of one try, and knows which one it is at. */
export class Phases {
  readonly times: PhaseTime[] = [];
  /** What is going on, for the words of a time-out; nothing before the first. */
  current: PhaseTime['phase'] | undefined;
  readonly #startedAt = performance.now();

  /** Runs one part and keeps how long it took, also where it fails. */
  async measure<T>(phase: PhaseTime['phase'], work: () => Promise<T>): Promise<T> {
    this.current = phase;
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.add(phase, performance.now() - startedAt);
    }
  }

  /** Adds a part that was measured elsewhere; milliseconds. */
  add(phase: PhaseTime['phase'], ms: number): void {
    this.times.push({ phase, ms: Math.round(ms * 10) / 10 });
  }

  /** Milliseconds since the try began. */
  total(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}
