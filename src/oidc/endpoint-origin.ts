import { OidcCliError } from '../errors.js';

/**
 * A request's failure, with what is known of its address since discovery: on
 * another host it was named by the issuer (`referenceName`), whose configuration is
 * then the likely cause; the same host has answered before (`answeredBefore`).
 * Errors that are not of the network are returned as they are.
 */
export function withEndpointOrigin(error: unknown, step: string, issuer: string): unknown {
  if (!(error instanceof OidcCliError) || typeof error.facts.host !== 'string') return error;
  const elsewhere = URL.canParse(issuer) && new URL(issuer).host !== error.facts.host;
  return error.with({ facts: { step, ...(elsewhere ? { namedBy: issuer } : { answeredBefore: true }) } });
}
