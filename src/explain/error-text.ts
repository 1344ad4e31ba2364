import { parseJson } from '../json.js';
import { findOwnCode } from './provider-own-codes.js';

/** An error as it was copied out of a log, an answer or an address. */
export interface ErrorText {
  /** The code that a standard or this tool defines; absent where only the provider's own code stands there. */
  readonly code: string | undefined;
  /** The provider's own code, whole. */
  readonly own: string | undefined;
  /** Its words: `error_description`, or the whole of what was copied. */
  readonly description: string;
}

/**
 * Finds the codes in what somebody copied: an error answer in JSON, the
 * parameters of an address, or a line of a log. `isKnown` tells which words are
 * codes. Undefined where there is none.
 */
export function readErrorText(text: string, isKnown: (code: string) => boolean): ErrorText | undefined {
  const { error, description } = errorMembers(text);
  const code = [error ?? '', ...text.toLowerCase().split(/[^a-z0-9_]+/)].find((word) => word !== '' && isKnown(word));
  const own = findOwnCode(description ?? text) ?? findOwnCode(text);
  if (code === undefined && own === undefined) return undefined;
  const words = (description ?? text).trim();
  // `invalid_grant: …` in a log: the code is told beside its words.
  const repeats = code !== undefined && words.toLowerCase().startsWith(code);
  return { code, own, description: repeats ? words.slice(code.length).replace(/^[\s:,-]+/, '') : words };
}

/** The members of an error answer (RFC 6749 §4.1.2.1, §5.2), where the text is one. */
function errorMembers(text: string): {
  readonly error?: string;
  readonly description?: string;
} {
  if (/^\s*{/.test(text)) {
    try {
      const { error, error_description: description } = parseJson(text) as Record<string, unknown>;
      const word = (value: unknown) => (typeof value === 'string' ? value : undefined);
      return { error: word(error), description: word(description) };
    } catch {
      return {};
    }
  }
  if (!/(^|[?&#\s])error=/.test(text)) return {};
  const parameters = new URLSearchParams(text.replace(/^[\s\S]*?(?=error=)/, ''));
  const value = (name: string) => parameters.get(name) ?? undefined;
  return { error: value('error'), description: value('error_description') };
}
