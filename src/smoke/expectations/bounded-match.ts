import { type Context, createContext, Script } from 'node:vm';

/** Seconds allowed for one match. A sensible pattern takes microseconds, so only a stalled machine comes near. */
export const PATTERN_LIMIT_SECONDS = 1;

const LIMIT = { timeout: PATTERN_LIMIT_SECONDS * 1000 };

let room: { readonly script: Script; readonly context: Context } | undefined;

/**
 * Whether a pattern matches a text, or exceeded the time limit: a pattern that
 * backtracks without end, as `(a+)+$` does, would block the process for ever,
 * since a match cannot be interrupted from within. V8 interrupts it in a context
 * with a time limit (about 0.1 ms per match, with all features of JavaScript's
 * regular expressions).
 */
export function matchWithinLimit(pattern: RegExp, text: string): boolean | 'too slow' {
  room ??= { script: new Script('pattern.test(text)'), context: createContext({ __proto__: null }) };
  const { script, context } = room;
  Object.assign(context, { pattern, text });
  try {
    return script.runInContext(context, LIMIT) === true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'too slow';
    throw error;
  }
}
