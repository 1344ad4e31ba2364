import { OidcCliError } from '../errors.js';
import { introspectToken } from '../oidc/introspection.js';
import type { Provider, ProviderDeps } from '../oidc/provider.js';
import type { TokenClient } from '../oidc/token-requests.js';
import { requestUserinfo } from '../oidc/userinfo.js';

/**
 * Whether the provider itself accepts an access token, by introspection or
 * userinfo; undefined if it offers neither. Throws the network's codes and those
 * of responses that are neither acceptance nor refusal.
 */
export async function isTokenActive(
  provider: Provider,
  client: TokenClient,
  accessToken: string,
  subject: string | undefined,
  deps: ProviderDeps,
): Promise<boolean | undefined> {
  const { introspection_endpoint: introspection, userinfo_endpoint: userinfo } = provider.metadata;
  if (introspection !== undefined) {
    try {
      return (await introspectToken(provider, client, accessToken, 'access_token', deps)).active;
    } catch (error) {
      const refused = error instanceof OidcCliError && ['introspection_refused', 'invalid_client'].includes(error.code);
      if (!refused) throw error;
    }
  }
  if (userinfo === undefined || subject === undefined) return undefined;
  try {
    await requestUserinfo(provider, client, accessToken, subject, deps);
    return true;
  } catch (error) {
    if (error instanceof OidcCliError && error.code === 'userinfo_refused') return false;
    throw error;
  }
}
