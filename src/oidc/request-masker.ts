import { createMask } from '../masking/mask.js';

/**
 * Parameters of a token request that are not secret. Those that `customConfig`
 * adds may hold any value, so they are masked.
 */
const PUBLIC_PARAMETERS: readonly string[] = [
  'grant_type',
  'redirect_uri',
  'client_id',
  'client_assertion_type',
  'response_type',
  'scope',
  'resource',
  'audience',
];

/** Shorter values are hardly secrets, and masking them would cut plain words. */
const MIN_SECRET_LENGTH = 4;

/** Masks in a provider's words the secrets that the request sent. */
export type MaskText = (words: string) => string;

/**
 * Some providers repeat the request that they refuse. The masker removes the sent
 * secrets (`secrets`, and the form except its public parameters), in any usual
 * encoding.
 */
export function createMasker(form: URLSearchParams, secrets: readonly string[]): MaskText {
  const sent = [...form].filter(([name]) => !PUBLIC_PARAMETERS.includes(name)).map(([, value]) => value);
  return createMask([...secrets, ...sent].filter((secret) => secret.length >= MIN_SECRET_LENGTH));
}
