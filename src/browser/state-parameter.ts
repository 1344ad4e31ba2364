import { createHash, timingSafeEqual } from 'node:crypto';
import { OidcCliError } from '../errors.js';

/** Compares in constant time, so that a guess learns nothing from how long it took. */
export function equalInConstantTime(given: string, expected: string): boolean {
  // Digests have one length, whatever is compared.
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

/**
 * Whether an authorization response belongs to a request: it has a `state`, and
 * every value of the parameter is the expected one (RFC 6749 §4.1.2, §10.12).
 */
export function stateMatches(parameters: URLSearchParams, expected: string): boolean {
  const states = parameters.getAll('state');
  return states.length > 0 && states.every((state) => equalInConstantTime(state, expected));
}

/** Whether a state is such as this tool makes: 256 random bits in base64url. */
export function hasOurForm(state: string | null): boolean {
  return /^[\w-]{43}$/.test(state ?? '');
}

/**
 * The failure for the one response that came, where its state does not match:
 * `callback_state_mismatch` (facts: redirectUri, strays, wrongState, noState, likeOurs).
 */
export function stateMismatch(parameters: URLSearchParams, redirectUri: string): OidcCliError {
  const noState = parameters.has('state') ? 0 : 1;
  const likeOurs = hasOurForm(parameters.get('state'));
  return new OidcCliError('callback_state_mismatch', { redirectUri, strays: 1, wrongState: 1, noState, likeOurs });
}
