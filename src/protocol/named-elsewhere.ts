import { OidcCliError } from '../errors.js';

/**
 * A request's failure, with the issuer that named the address where that is on
 * another host: then the provider's configuration is the likely cause, and not
 * the provider. Other errors are returned as they are.
 */
export function namedElsewhere(error: unknown, step: string, issuer: string): unknown {
  if (!(error instanceof OidcCliError) || typeof error.facts.host !== 'string') return error;
  if (!URL.canParse(issuer) || new URL(issuer).host === error.facts.host) return error;
  const { code, facts, cause, details } = error;
  return new OidcCliError(code, { ...facts, step, namedBy: issuer }, { cause, details });
}
