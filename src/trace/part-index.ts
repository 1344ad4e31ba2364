/** Characters of the shortest part that is found. */
export const MIN_PART_LENGTH = 10;

/** Parts that are remembered: some 50 MB. Of what comes after them only the whole is found, by others. */
const MAX_ENTRIES = 4_000_000;

/**
 * Remembers every ten characters of texts, as two hashes each: whether a word
 * is a part of one of them is answered in a time that grows with the word and
 * not with all texts.
 */
export class PartIndex {
  private table = new Uint32Array(2 * 4096);
  private count = 0;

  /** Adds all parts of a text. */
  add(text: string): void {
    for (let at = 0; at + MIN_PART_LENGTH <= text.length && this.count < MAX_ENTRIES; at += 1) {
      if (this.count * 4 > this.table.length) this.grow();
      const [first, second] = hashes(text, at);
      this.insert(first, second);
    }
  }

  /** Whether every ten characters of a word are in a text that was added; a shorter word is no part. */
  has(word: string): boolean {
    if (word.length < MIN_PART_LENGTH) return false;
    for (let at = 0; at + MIN_PART_LENGTH <= word.length; at += 1) {
      const [first, second] = hashes(word, at);
      if (this.table[this.slot(first, second)] === 0) return false;
    }
    return true;
  }

  private insert(first: number, second: number): void {
    const slot = this.slot(first, second);
    if (this.table[slot] !== 0) return;
    this.table[slot] = first;
    this.table[slot + 1] = second;
    this.count += 1;
  }

  /** Where a pair is, or the free place where it would be. */
  private slot(first: number, second: number): number {
    const { table } = this;
    const mask = table.length / 2 - 1;
    let slot = (first & mask) * 2;
    while (table[slot] !== 0 && (table[slot] !== first || table[slot + 1] !== second))
      slot = (slot + 2) & (2 * mask + 1);
    return slot;
  }

  private grow(): void {
    const before = this.table;
    this.table = new Uint32Array(before.length * 2);
    this.count = 0;
    for (let slot = 0; slot < before.length; slot += 2) {
      const first = before[slot] ?? 0;
      if (first !== 0) this.insert(first, before[slot + 1] ?? 0);
    }
  }
}

/** Two independent hashes of ten characters, of which the first is never 0 (FNV-1a, and another multiplier). */
function hashes(text: string, at: number): [number, number] {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  for (let index = at; index < at + MIN_PART_LENGTH; index += 1) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x85ebca6b) ^ (second >>> 13);
  }
  // What differs in the last characters only must differ in the low bits, too.
  first ^= first >>> 15;
  return [first >>> 0 || 1, second >>> 0];
}
