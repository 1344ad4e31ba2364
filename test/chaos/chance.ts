const SEED = Number(process.env.CHAOS_SEED ?? 9);
const SCALE = Number(process.env.CHAOS_SCALE ?? 1);

/** Random numbers of one seed (mulberry32): the same for every run with it. */
export interface Chance {
  /** From 0 to below `limit`. */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
}

/** The random numbers of one part of the run; parts with different names have different ones. */
export function chance(part: string): Chance {
  let state = [...part].reduce((sum, character) => sum * 31 + (character.codePointAt(0) ?? 0), SEED) >>> 0;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit;
  };
  return { below, pick: <T>(from: readonly T[]) => from[Math.floor(below(from.length))] as T };
}

/** A number of rounds, as large as this run is to be. */
export function rounds(number: number): number {
  return Math.max(1, Math.round(number * SCALE));
}

/** Writes a line of figures past the test runner. */
export function figures(line: string): void {
  process.stdout.write(`chaos (seed ${SEED}): ${line}\n`);
}
