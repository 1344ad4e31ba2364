import type { ClientAuthMethod, ClientMetadata, ResponseType } from 'oidc-provider';
import type { FileClient } from './client-schema.js';

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/**
 * A client as the built-in provider knows it: the metadata of OIDC Dynamic
 * Client Registration 2, as a file of clients has it, in camel case.
 */
export type ClientRegistration = { readonly clientId: string } & {
  readonly [Name in keyof FileClient as Exclude<CamelCase<Name>, 'grantTypes'>]?: Readonly<
    NonNullable<FileClient[Name]>
  >;
} & {
  readonly responseTypes?: readonly ResponseType[];
  /** Also those that a file may not name. */
  readonly grantTypes?: readonly string[];
};

/** The clients every start has: one public, one confidential, both with any loopback redirect URI. */
export const DEFAULT_CLIENTS: readonly ClientRegistration[] = [
  { clientId: 'demo', clientName: 'Demo app' },
  { clientId: 'demo-confidential', clientSecret: 'demo-secret', clientName: 'Demo app with a secret' },
];

/** Clients in order; a later one replaces an earlier one of the same id. */
export function mergeClients(clients: readonly ClientRegistration[]): ClientRegistration[] {
  return [...new Map(clients.map((client) => [client.clientId, client])).values()];
}

/** The method a client authenticates with at the token endpoint, as registered or by default. */
export function authenticationMethod(client: ClientRegistration): ClientAuthMethod {
  return client.tokenEndpointAuthMethod ?? (client.clientSecret === undefined ? 'none' : 'client_secret_basic');
}

/** The registration in the provider's terms. Undefined members mean the provider's defaults. */
export function clientMetadata(client: ClientRegistration): ClientMetadata {
  return {
    client_id: client.clientId,
    // OIDC Dynamic Client Registration 2: only a native application may have the scheme of an app (RFC 8252 7.1).
    application_type: client.redirectUris?.some((uri) => !/^https?:/i.test(uri)) ? 'native' : undefined,
    client_secret: client.clientSecret,
    client_name: client.clientName,
    // The provider wants at least one; whether it counts is decided by `redirectUriAllowed`.
    redirect_uris: client.redirectUris ?? ['http://127.0.0.1/'],
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    token_endpoint_auth_method: authenticationMethod(client),
    token_endpoint_auth_signing_alg: client.tokenEndpointAuthSigningAlg,
    grant_types: client.grantTypes ?? ['authorization_code', 'refresh_token'],
    response_types: client.responseTypes,
    scope: client.scope,
    id_token_signed_response_alg: client.idTokenSignedResponseAlg,
    default_acr_values: client.defaultAcrValues,
    default_max_age: client.defaultMaxAge,
    require_auth_time: client.requireAuthTime,
    jwks: client.jwks,
  };
}

/** Whether a URI is http on a loopback host, without a fragment or credentials: RFC 8252 7.3, and `localhost`. */
export function isLoopbackUri(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  return protocol === 'http:' && isLoopbackHost(hostname) && username === '' && password === '' && !value.includes('#');
}

/** Whether a host name, as `URL` writes it, is one of this machine's own. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
}
