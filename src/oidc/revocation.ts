import * as client from 'openid-client';
import { OidcCliError } from '../errors.js';
import type { Provider, ProviderDeps } from './provider.js';
import { refusedByTokenEndpoint } from './token-errors.js';
import type { TokenClient } from './token-requests.js';

/**
 * Revokes one token (RFC 7009 §2); `not offered` where the provider does not
 * revoke this kind of token (§2.2.1). Throws `endpoint_missing`,
 * `revocation_refused` (with the provider's own words) or the network's own.
 */
export async function revokeToken(
  provider: Provider,
  clientSettings: TokenClient,
  token: string,
  hint: 'refresh_token' | 'access_token',
  deps: ProviderDeps,
): Promise<'done' | 'not offered'> {
  provider.endpoint('revocation_endpoint');
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: clientSettings.authentication.apply,
  });
  try {
    await client.tokenRevocation(configuration, token, { token_type_hint: hint });
    return 'done';
  } catch (error) {
    const mapped = refusedByTokenEndpoint(
      error,
      { endpoint: 'revocation_endpoint', method: clientSettings.authentication.method },
      deps.recorder.exchanges.at(-1),
    );
    if (mapped instanceof OidcCliError && mapped.facts.error === 'unsupported_token_type') return 'not offered';
    if (
      mapped instanceof OidcCliError &&
      (mapped.code === 'token_request_refused' || mapped.code === 'token_response_invalid')
    ) {
      throw mapped.with({ code: 'revocation_refused', facts: { token: hint } });
    }
    throw mapped;
  }
}
