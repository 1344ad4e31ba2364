import { isCredentialName } from '../../masking/secret-names.js';
import { looksLikeJwt } from '../../oidc/decode-token.js';

/** Objects within objects are shown down to this depth. */
const MAX_DEPTH = 12;

/**
 * Claims as they may be shown and written: a token or secret among them is
 * described and not told, and nesting without end is cut off.
 */
export function safeClaims(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return safeValue(claims, undefined, 0) as Readonly<Record<string, unknown>>;
}

function safeValue(value: unknown, name: string | undefined, depth: number): unknown {
  if (typeof value === 'string') {
    if (looksLikeJwt(value)) return `(a JWT of ${value.length} characters, not shown)`;
    if (name !== undefined && isCredentialName(name)) return `(${value.length} characters, not shown)`;
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '(nested too deep to be shown)';
  if (Array.isArray(value)) return value.map((item) => safeValue(item, name, depth + 1));
  const entries = Object.entries(value).map(([key, item]) => [key, safeValue(item, key, depth + 1)] as const);
  return Object.fromEntries(entries);
}

/** A secret as it may be shown: enough of a long one to know it again in a log, and its length. */
export function shortenSecret(secret: string): string {
  const count = [...secret].length;
  const length = `${count} ${count === 1 ? 'character' : 'characters'}`;
  // Four of twenty and more tell nobody the rest.
  return count >= 20 ? `${[...secret].slice(0, 4).join('')}… (${length})` : `(${length}, not shown)`;
}
