import * as client from 'openid-client';
import { authenticationFacts } from './client-authentication.js';
import type { Provider, ProviderDeps } from './provider.js';
import { refusedByTokenEndpoint } from './token-errors.js';
import type { TokenClient } from './token-requests.js';

/** Tokens for the client itself, without a user. */
export interface ClientTokens {
  readonly accessToken: string;
  /** Seconds; absent if the response does not state them. */
  readonly expiresIn?: number;
  /** As the provider states them. */
  readonly scope?: readonly string[];
}

/**
 * Requests an access token for the client itself (RFC 6749 §4.4). Throws
 * `endpoint_missing`, the code of the token endpoint's refusal, or the network's
 * own.
 */
export async function requestClientTokens(
  provider: Provider,
  clientSettings: TokenClient,
  request: { readonly scope?: string; readonly resource?: readonly string[] },
  deps: ProviderDeps,
): Promise<ClientTokens> {
  provider.endpoint('token_endpoint');
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: clientSettings.authentication.apply,
  });
  const parameters = new URLSearchParams();
  if (request.scope) parameters.set('scope', request.scope);
  for (const resource of request.resource ?? []) parameters.append('resource', resource);
  try {
    const tokens = await client.clientCredentialsGrant(configuration, parameters);
    return {
      accessToken: tokens.access_token,
      expiresIn: tokens.expires_in,
      ...(tokens.scope === undefined ? {} : { scope: tokens.scope.split(' ').filter(Boolean) }),
    };
  } catch (error) {
    throw refusedByTokenEndpoint(
      error,
      {
        endpoint: 'token_endpoint',
        grantType: 'client_credentials',
        ...authenticationFacts(clientSettings.authentication),
      },
      deps.recorder.last('token request'),
    );
  }
}
