const ends: (() => unknown)[] = [];

/** Has something ended, closed or removed after the tests of the file that runs. */
export function atEndOfFile(end: () => unknown): void {
  ends.push(end);
}

/** Ends it all; `setup.ts` has it called. */
export async function endAll(): Promise<void> {
  await Promise.all(ends.splice(0).map((end) => end()));
}
