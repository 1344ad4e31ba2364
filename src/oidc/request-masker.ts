import { createMask } from '../masking/mask.js';

/** Parameters of a token request that anybody may see. What `customConfig` adds may be anything, and is not shown. */
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

/** Shorter values are no secrets worth the name, and would tear holes into plain words. */
const MIN_SECRET_LENGTH = 4;

/** Takes out of a provider's words what it was told in confidence. */
export type MaskText = (words: string) => string;

/**
 * Some providers repeat the request that they refuse. Of what was sent in
 * confidence (`secrets`, and the form but for its public parameters) nothing
 * is left, in whichever of the usual encodings the provider repeats it.
 */
export function createMasker(form: URLSearchParams, secrets: readonly string[]): MaskText {
  const sent = [...form].filter(([name]) => !PUBLIC_PARAMETERS.includes(name)).map(([, value]) => value);
  return createMask([...secrets, ...sent].filter((secret) => secret.length >= MIN_SECRET_LENGTH));
}
