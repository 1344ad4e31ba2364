import { type Context, createContext, Script } from 'node:vm';

/** Seconds a pattern may take on one value. A sound one takes microseconds: only a machine that stands still comes near. */
export const PATTERN_LIMIT_SECONDS = 1;

const LIMIT = { timeout: PATTERN_LIMIT_SECONDS * 1000 };

let room: { readonly script: Script; readonly context: Context } | undefined;

/**
 * Whether a pattern matches a text, or that it took too long: one that
 * backtracks without end, as `(a+)+$` does, would hold the process for ever,
 * since a match cannot be interrupted from within. V8 interrupts it where it
 * runs in a context with a time limit (about 0.1 ms for each match, and nothing
 * of JavaScript's regular expressions has to be given up).
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
