import * as client from 'openid-client';
import { type ErrorCode, type FactsOf, OidcCliError } from '../errors.js';
import { lookup } from '../json.js';
import { innermostMessage, originalError } from './original-error.js';
import type { Provider } from './provider.js';
import type { Delivery } from './token-requests.js';

/** Authorization errors with a code of their own (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6, RFC 8707 §2). */
const AUTHORIZATION_ERRORS: Readonly<Record<string, ErrorCode>> = {
  access_denied: 'access_denied',
  login_required: 'login_required',
  consent_required: 'consent_required',
  interaction_required: 'interaction_required',
  account_selection_required: 'account_selection_required',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
  invalid_request: 'invalid_request',
  unauthorized_client: 'unauthorized_client',
  unsupported_response_type: 'unsupported_response_type',
  server_error: 'provider_server_error',
  temporarily_unavailable: 'provider_unavailable',
};

/**
 * Errors of a provider that needs the user to act although `prompt=none` forbids
 * it (OIDC Core §3.1.2.6). The provider accepts the request itself.
 */
export const INTERACTION_ERRORS: readonly string[] = [
  'login_required',
  'interaction_required',
  'account_selection_required',
  'consent_required',
];

/**
 * The coded error for an authorization response with the right state that is an
 * error, or that no standard defines. `sent` is the request.
 */
export function refusedByAuthorizationEndpoint(
  error: unknown,
  response: URLSearchParams,
  sent: {
    readonly prompt?: string;
    readonly scope?: string;
    readonly redirectUri: string;
    readonly delivery?: Delivery;
  },
  provider: Provider,
): Error {
  const original = originalError(error);
  if (original) return original;
  if (error instanceof client.AuthorizationResponseError) {
    return new OidcCliError(
      lookup(AUTHORIZATION_ERRORS, error.error) ?? 'authorization_refused',
      {
        error: error.error,
        description: error.error_description ?? undefined,
        prompt: sent.prompt,
        scope: sent.scope,
        redirectUri: sent.redirectUri,
        cameBy: sent.delivery?.via,
        cameAfter: sent.delivery?.afterSeconds,
        ...advertisedScopes(sent.scope, provider.metadata),
      },
      { cause: error },
    );
  }
  const iss = response.get('iss');
  const issRequired = provider.metadata.authorization_response_iss_parameter_supported === true;
  if ((iss !== null && iss !== provider.issuer) || (iss === null && issRequired)) {
    return new OidcCliError(
      'callback_issuer_mismatch',
      { expected: provider.issuer, actual: iss ?? 'absent' },
      { cause: error },
    );
  }
  const parameters = [...new Set(response.keys())].slice(0, 20).map((name) => name.slice(0, 64));
  return new OidcCliError('callback_invalid', { reason: callbackFault(response, error), parameters }, { cause: error });
}

/** Which of the requested scopes the provider does not advertise, and whether it advertises all of them. */
export function advertisedScopes(
  scope: string | undefined,
  metadata: Readonly<client.ServerMetadata>,
): FactsOf<'invalid_scope'> {
  const unannounced = unadvertisedScopes(scope, metadata);
  const announces = Array.isArray(metadata.scopes_supported) && metadata.scopes_supported.length > 0;
  return { unannounced, ...(announces && unannounced === undefined ? { scopesAnnounced: true } : {}) };
}

/**
 * The requested scopes that the provider does not advertise; undefined if
 * it advertises none, or all (OIDC Discovery §3: it need not list every one).
 */
export function unadvertisedScopes(
  scope: string | undefined,
  { scopes_supported: metadata }: Readonly<client.ServerMetadata>,
): readonly string[] | undefined {
  if (!Array.isArray(metadata) || metadata.length === 0) return undefined;
  const missing = (scope ?? '').split(' ').filter((one) => one !== '' && !metadata.includes(one));
  return missing.length === 0 ? undefined : missing;
}

/** The fault of a response with the right state. */
function callbackFault(response: URLSearchParams, error: unknown): string {
  if (response.has('response')) return 'it is a signed response (JARM), which was not asked for';
  if (response.has('id_token') || response.has('token')) return 'it holds a token, as in the implicit and hybrid flows';
  if (!response.get('code')) return 'it has neither a code nor an error';
  return innermostMessage(error);
}
