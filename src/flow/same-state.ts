import { timingSafeEqual } from 'node:crypto';

/** Compares in constant time, so that a guess learns nothing from how long it took. */
export function sameState(given: string | null, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
