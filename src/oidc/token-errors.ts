import * as client from 'openid-client';
import { type FactsOf, OidcCliError } from '../errors.js';
import { lookup, parseJson } from '../json.js';
import type { Exchange } from '../trace/recorder.js';
import { objectMembers, textValue } from './json-values.js';
import { originalError } from './original-error.js';
import { failureReason, locationHeader, mediaType, pageTitle, withoutSecrets } from './response-facts.js';

type TokenRefusalCode =
  | 'access_denied'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_scope'
  | 'invalid_target'
  | 'provider_server_error'
  | 'provider_unavailable'
  | 'unauthorized_client'
  | 'unsupported_grant_type';

/** OAuth error codes with an entry of their own (RFC 6749 §5.2, RFC 8707 §2, RFC 9126 §2.3), and some of §4.1.2.1 that occur here. */
const REFUSALS: Readonly<Record<string, TokenRefusalCode>> = {
  invalid_client: 'invalid_client',
  invalid_grant: 'invalid_grant',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
  invalid_request: 'invalid_request',
  unauthorized_client: 'unauthorized_client',
  unsupported_grant_type: 'unsupported_grant_type',
  access_denied: 'access_denied',
  server_error: 'provider_server_error',
  temporarily_unavailable: 'provider_unavailable',
};

/** An OAuth error as a provider words it (RFC 6749 §5.2). */
interface ProviderError {
  readonly error: string;
  readonly description?: string;
}

/**
 * The coded error for a refused request to a token endpoint, or to one with the
 * same error format. `exchange` is the recorded response: openid-client drops the
 * body if it has a `WWW-Authenticate` header.
 */
export function refusedByTokenEndpoint(
  error: unknown,
  facts: FactsOf<'token_request_refused'>,
  exchange?: Exchange,
): Error {
  const original = originalError(error);
  if (original) return original;
  const provider = providerError(error, exchange);
  const known = {
    ...facts,
    status: exchange?.status,
    contentType: mediaType(exchange),
    location: locationHeader(exchange),
    title: pageTitle(exchange),
    error: withoutSecrets(provider?.error, exchange),
    description: withoutSecrets(provider?.description, exchange),
  };
  if (provider) {
    return new OidcCliError(lookup(REFUSALS, provider.error) ?? 'token_request_refused', known, { cause: error });
  }
  const success = exchange?.status !== undefined && exchange.status >= 200 && exchange.status < 300;
  return new OidcCliError(
    success ? 'token_response_invalid' : 'token_request_refused',
    { ...known, reason: failureReason(error, exchange) },
    { cause: error },
  );
}

function providerError(error: unknown, exchange: Exchange | undefined): ProviderError | undefined {
  if (error instanceof client.ResponseBodyError) {
    return { error: error.error, description: textValue(error.error_description) };
  }
  if (exchange?.status === undefined) return undefined;
  const stated = errorInBody(exchange.responseBody);
  if (stated) return stated;
  if (error instanceof client.WWWAuthenticateChallengeError) {
    for (const { parameters } of error.cause) {
      if (parameters.error) return { error: parameters.error, description: parameters.error_description };
    }
  }
  // RFC 6749 §5.2: a 401 means that client authentication failed. An HTML page comes from a gateway.
  const challenged = error instanceof client.WWWAuthenticateChallengeError;
  if (exchange.status === 401 && (challenged || mediaType(exchange) !== 'text/html')) {
    return { error: 'invalid_client' };
  }
  return undefined;
}

/** An OAuth error in a body of any status: some providers send one with status 200. */
function errorInBody(responseBody: string | undefined): ProviderError | undefined {
  try {
    const body = objectMembers(parseJson(responseBody ?? ''));
    const error = textValue(body.error);
    if (error === undefined || Object.hasOwn(body, 'access_token')) return undefined;
    return { error, description: textValue(body.error_description) };
  } catch {
    return undefined;
  }
}
