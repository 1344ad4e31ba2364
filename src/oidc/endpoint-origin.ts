import { OidcCliError } from '../errors.js';

/**
 * Adds to a request's failure where discovery got the address from. An address on
 * another host was named by the issuer (`referenceName`), whose configuration is
 * then the likely cause; the same host has answered before (`answeredBefore`).
 * Returns errors unchanged that are not of the network.
 */
export function withEndpointOrigin(error: unknown, step: string, issuer: string): unknown {
  if (!(error instanceof OidcCliError) || typeof error.facts.host !== 'string') return error;
  const elsewhere = URL.canParse(issuer) && new URL(issuer).host !== error.facts.host;
  return error.with({ facts: { step, ...(elsewhere ? { namedBy: issuer } : { answeredBefore: true }) } });
}
