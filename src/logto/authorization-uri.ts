import type { ConnectorConfig } from './connector/schema.js';
import { snakeCaseParameters } from './snake-case.js';

/**
 * The exact address that Logto sends the browser to: its own parameters, then
 * `authRequestOptionalConfig`, then `customConfig`; later values override earlier
 * ones. No PKCE. An endpoint that has a query already gets a second `?`.
 */
export function authorizationUri(
  config: ConnectorConfig,
  request: { readonly redirectUri: string; readonly state: string; readonly nonce: string },
): string {
  const { responseType, clientId, scope } = config;
  const parameters = snakeCaseParameters({
    responseType,
    clientId,
    scope,
    redirectUri: request.redirectUri,
    state: request.state,
    nonce: request.nonce,
    ...config.authRequestOptionalConfig,
    ...config.customConfig,
  });
  return `${config.authorizationEndpoint}?${parameters}`;
}
