import * as client from 'openid-client';
import type { Provider } from './provider.js';
import type { TokenClient } from './token-requests.js';

/**
 * Builds the end session URL (OIDC RP-Initiated Logout §2). It holds an ID token:
 * never print it or pass it to a program as an argument. Throws `endpoint_missing`
 * when the provider advertises no end session endpoint.
 */
export async function createEndSessionRequest(
  provider: Provider,
  clientSettings: TokenClient,
  request: { readonly idToken: string; readonly postLogoutRedirectUri: string; readonly state: string },
): Promise<string> {
  provider.endpoint('end_session_endpoint');
  const configuration = await provider.configuration({
    clientId: clientSettings.clientId,
    clockTolerance: clientSettings.clockTolerance,
    authentication: clientSettings.authentication.apply,
  });
  return client.buildEndSessionUrl(configuration, {
    id_token_hint: request.idToken,
    client_id: clientSettings.clientId,
    post_logout_redirect_uri: request.postLogoutRedirectUri,
    state: request.state,
  }).href;
}
