import { createInterface } from 'node:readline';
import type { Context } from '../context.js';
import { OidcCliError } from '../errors.js';

/**
 * One line of the terminal as an answer to a question that ends with `[y/N]`:
 * true for yes, false for no, undefined for anything else, which counts as no
 * but is no answer to be remembered. Throws `interrupted` after Ctrl-C.
 */
export async function readLine({ stdin, signal }: Pick<Context, 'stdin' | 'signal'>): Promise<boolean | undefined> {
  const lines = createInterface({ input: stdin, terminal: false, signal });
  try {
    for await (const line of lines) {
      if (/^\s*y(es)?\s*$/i.test(line)) return true;
      return /^\s*no?\s*$/i.test(line) ? false : undefined;
    }
    if (signal.aborted) throw new OidcCliError('interrupted');
    return undefined;
  } finally {
    lines.close();
    stdin.pause();
  }
}
