import type { Check } from '../../check.js';
import { toCodedError } from '../../errors.js';
import { explain } from '../../explain/explain.js';

/** Maximum characters of a value in a report. */
const MAX_LENGTH = 200;

/** The result of one expectation. */
export function expectationResult(holds: boolean, name: string, expected: string, actual: string): Check {
  return { name, verdict: holds ? 'pass' : 'fail', expected, actual };
}

/** The result of an expectation that cannot be checked here, with the reason. */
export function skippedResult(name: string, expected: string, why: string): Check {
  return { name, verdict: 'skip', expected, actual: why };
}

/**
 * Runs one part that makes requests; its error is a violation, in the words of the
 * error. `expected` is the expected result.
 */
export async function attemptResult(
  name: string,
  expected: string,
  signal: AbortSignal,
  work: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    return [expectationResult(false, name, expected, errorText(error))];
  }
}

/** An error as an actual value: its code and sentence. */
export function errorText(error: unknown): string {
  const { code, facts } = toCodedError(error);
  return `${code}: ${explain(code, facts).message}`;
}

/** A value as JSON, shortened if it is long. */
export function displayValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** Joins words: `a, b or c`. */
export function joinWords(words: readonly string[], between: 'and' | 'or'): string {
  if (words.length < 2) return words[0] ?? 'none';
  return `${words.slice(0, -1).join(', ')} ${between} ${words.at(-1)}`;
}
