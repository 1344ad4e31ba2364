/** Edits (insert, delete, replace, swap of neighbours) between two words; gives up above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? limit + 1;
}

/** Nobody types a longer word, and comparing two takes the product of their lengths. */
const MAX_LENGTH = 100;

/**
 * The one of `known` that a mistyped word most likely meant, for "did you
 * mean": upper and lower case, `-` and `_` don't count, and one edit in three
 * letters is forgiven, four at most. Undefined where nothing is near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  if (word.length > MAX_LENGTH) return undefined;
  const wanted = plain(word);
  const limit = Math.min(4, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let fewest = limit + 1;
  for (const candidate of known) {
    if (candidate.length > MAX_LENGTH) continue;
    const edits = distance(wanted, plain(candidate), limit);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}
