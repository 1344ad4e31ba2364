import { OidcCliError } from '../../errors.js';
import { isLoopback } from '../../loopback.js';
import { addressFault } from './address.js';
import type { ConnectorConfig } from './schema.js';
import { isSecret } from './secret-members.js';

/** Parameters of a connector's own that are secrets, by their key in the configuration. */
interface SecretParameter {
  readonly key: string;
  readonly value: string;
}

/** The connector's own parameters that are secrets in the authorization URL. */
export function secretParameters(config: ConnectorConfig): SecretParameter[] {
  return (['authRequestOptionalConfig', 'customConfig'] as const).flatMap((place) =>
    Object.entries(config[place] ?? {}).flatMap(([key, value]) =>
      value !== undefined && isSecret(key, value) ? [{ key: `${place}.${key}`, value }] : [],
    ),
  );
}

/**
 * Refuses an unusable authorization endpoint. Logto checks it neither when it
 * saves the connector nor when it redirects there, so there is no error of Logto's
 * for it. Throws `connector_endpoint_invalid`.
 */
export function checkAuthorizationEndpoint({ authorizationEndpoint }: ConnectorConfig): void {
  const reason = addressFault(authorizationEndpoint);
  if (reason === undefined) return;
  throw new OidcCliError('connector_endpoint_invalid', { key: 'authorizationEndpoint', reason });
}

/**
 * Refuses an authorization URL that cannot be used here. Throws
 * `connector_endpoint_invalid`, and `usage` for a URL with a secret if the
 * response is to be pasted, since the URL would have to be printed.
 */
export function refuseUnusableAddress(
  config: ConnectorConfig,
  { redirectUri, pasting }: { readonly redirectUri: string; readonly pasting: boolean },
): void {
  checkAuthorizationEndpoint(config);
  const keys = secretParameters(config).map(({ key }) => key);
  if (keys.length === 0 || !pasting || isLoopback(new URL(redirectUri).hostname)) return;
  const holds = `${keys.join(' and ')} ${keys.length === 1 ? 'is a secret' : 'are secrets'}`;
  throw new OidcCliError('usage', {
    reason: `${holds} in the authorization URL, which is not shown for that reason; so no answer can be pasted.`,
    fix: 'Leave out --redirect-uri, and register http://localhost:8484/callback at the provider for the test.',
  });
}
