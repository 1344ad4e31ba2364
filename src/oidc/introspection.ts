import * as client from 'openid-client';
import { OidcCliError } from '../errors.js';
import { authenticationFacts } from './client-authentication.js';
import type { Provider, ProviderDeps } from './provider.js';
import { refusedByTokenEndpoint } from './token-errors.js';
import type { TokenClient } from './token-requests.js';

/**
 * Introspects a token (RFC 7662 §2). Throws `endpoint_missing`,
 * `introspection_refused` (with the provider's own words), `invalid_client` or the
 * network's own.
 */
export async function introspectToken(
  provider: Provider,
  clientSettings: TokenClient,
  token: string,
  hint: 'refresh_token' | 'access_token',
  deps: ProviderDeps,
): Promise<Readonly<client.IntrospectionResponse>> {
  provider.endpoint('introspection_endpoint');
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: clientSettings.authentication.apply,
  });
  try {
    return await client.tokenIntrospection(configuration, token, { token_type_hint: hint });
  } catch (error) {
    const facts = { endpoint: 'introspection_endpoint', ...authenticationFacts(clientSettings.authentication) };
    const exchange = deps.recorder.last('introspection request');
    const mapped = refusedByTokenEndpoint(error, facts, exchange);
    if (!(mapped instanceof OidcCliError) || mapped.exitCode === 8 || mapped.code === 'invalid_client') throw mapped;
    throw mapped.with({ code: 'introspection_refused' });
  }
}
