import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';
import { expect } from 'vitest';
import { atEndOfFile } from './end-of-file.js';

export interface GrowthOptions {
  /** The first of the ten sizes; each is twice the one before, the last 512 times the first. */
  readonly smallest?: number;
  /** Milliseconds of CPU that the largest size may take: far more than a linear reader needs, far less than a quadratic one. */
  readonly cpuMs?: number;
}

const SIZES = 10;
/** From the smallest size to the largest, the operations per unit grow 512-fold in a quadratic reader and less than 4-fold in a sort. */
const MOST_GROWTH = 4;

/**
 * Feeds a reader ten sizes of what `make` makes and asserts that its work
 * grows with the size and not with its square: by the blocks of JavaScript
 * that V8 counts, which are the same on a busy machine, and by a bound of CPU
 * time for what is not counted (regular expressions, searches in texts and
 * lists). A size that the reader refuses by an error counts as read.
 */
export async function expectLinear<T>(
  make: (size: number) => T,
  read: (input: T) => unknown,
  { smallest = 64, cpuMs = 10_000 }: GrowthOptions = {},
): Promise<void> {
  const sizes = Array.from({ length: SIZES }, (_, index) => smallest * 2 ** index);
  // The first call loads and fills what is only made once.
  await attempt(read, make(1));
  const largest = make(sizes.at(-1) ?? smallest);
  await counting(async (count) => {
    let least = Number.POSITIVE_INFINITY;
    for (const size of sizes) {
      const input = size === sizes.at(-1) ? largest : make(size);
      const perUnit = (await count(() => attempt(read, input))) / size;
      expect(perUnit, `operations per unit at size ${size}, where a smaller size needs ${least}`).toBeLessThan(
        MOST_GROWTH * least,
      );
      least = Math.min(least, perUnit);
    }
  });
  const before = process.cpuUsage();
  await attempt(read, largest);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000, 'milliseconds of CPU for the largest size').toBeLessThan(cpuMs);
}

let running: Session | undefined;

/** The counter of this process, started when it is first needed, until the tests of the file are over. */
async function counter(): Promise<Session> {
  if (running) return running;
  const session = new Session();
  running = session;
  atEndOfFile(() => {
    session.disconnect();
    running = undefined;
  });
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return session;
}

// Before the readers run for the first time: what is compiled earlier counts its calls, and not its loops.
await counter();

/** Lets `work` count the blocks of JavaScript that run in a call. */
async function counting(work: (count: (call: () => Promise<void>) => Promise<number>) => Promise<void>): Promise<void> {
  const session = await counter();
  // Optimised code does not count its calls. Maglev stays off: which version has it on cannot be asked.
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-maglev');
  try {
    await work(async (call) => {
      await session.post('Profiler.takePreciseCoverage');
      await call();
      const { result } = await session.post('Profiler.takePreciseCoverage');
      const functions = result.filter(({ url }) => !url.startsWith('node:')).flatMap((script) => script.functions);
      return functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0);
    });
  } finally {
    setFlagsFromString('--opt');
  }
}

async function attempt<T>(read: (input: T) => unknown, input: T): Promise<void> {
  try {
    await read(input);
  } catch {
    // Refused is read, too.
  }
}
