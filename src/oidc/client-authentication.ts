import * as client from 'openid-client';
import { type FactsOf, OidcCliError } from '../errors.js';
import type { ClientAuthMethod } from '../profiles/profile.js';
import { type SecretTraits, secretTraits } from './secret-traits.js';

/** The supported methods of client authentication (OIDC Core §9). */
export const CLIENT_AUTH_METHODS: readonly ClientAuthMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'none',
];

/** The method in use, the reason for it, and the function that openid-client calls for it. */
export interface ClientAuthentication {
  readonly method: ClientAuthMethod;
  /**
   * `asked for` by the profile; `announced`: advertised first by the provider;
   * `default` of the standard if it advertises none; `no secret`.
   */
  readonly reason: 'asked for' | 'announced' | 'default' | 'no secret';
  /** The methods that the provider advertises; empty if it advertises none. */
  readonly announced: readonly string[];
  readonly apply: client.ClientAuth;
  /** The traits of the secret, if one is sent. */
  readonly secret?: SecretTraits;
}

/**
 * Chooses the client's authentication at the token endpoint: the requested method,
 * else the first advertised one that is supported. Without a secret it is `none`.
 * Throws `client_auth_unsupported` when a secret method has no secret, or when the
 * provider advertises no supported method.
 */
export function chooseClientAuthentication(
  request: { readonly method?: ClientAuthMethod; readonly secret?: string },
  metadata: Readonly<client.ServerMetadata>,
): ClientAuthentication {
  const advertised = metadata.token_endpoint_auth_methods_supported ?? [];
  const { method, reason } = chooseMethod(request, advertised);
  const secret = method === 'none' || request.secret === undefined ? undefined : secretTraits(request.secret);
  return {
    method,
    reason,
    announced: advertised,
    apply: authenticationFunction(method, request.secret),
    ...(secret ? { secret } : {}),
  };
}

/** Facts that explain a refusal: the method, the advertised methods and the secret's traits. Never the secret. */
export function authenticationFacts({
  method,
  announced: advertised,
  secret,
}: ClientAuthentication): FactsOf<'client_auth_unsupported'> {
  return {
    method,
    announced: advertised,
    ...(secret ? { secretCharacters: secret.characters, secretOddities: secret.oddities } : {}),
  };
}

function chooseMethod(
  request: { readonly method?: ClientAuthMethod; readonly secret?: string },
  advertised: readonly string[],
): Pick<ClientAuthentication, 'method' | 'reason'> {
  if (request.method) {
    if (request.method !== 'none' && !request.secret) {
      throw new OidcCliError('client_auth_unsupported', { method: request.method, reason: 'no secret' });
    }
    return { method: request.method, reason: 'asked for' };
  }
  if (!request.secret) return { method: 'none', reason: 'no secret' };
  // OIDC Discovery §3: if the member is absent, the default is client_secret_basic.
  if (advertised.length === 0) return { method: 'client_secret_basic', reason: 'default' };
  const method = advertised.find(isSecretMethod);
  if (!method) throw new OidcCliError('client_auth_unsupported', { announced: advertised, reason: 'none in common' });
  return { method, reason: 'announced' };
}

function isSecretMethod(method: string): method is ClientAuthMethod {
  return method !== 'none' && (CLIENT_AUTH_METHODS as readonly string[]).includes(method);
}

function authenticationFunction(method: ClientAuthMethod, secret: string | undefined): client.ClientAuth {
  if (method === 'none' || secret === undefined) return client.None();
  if (method === 'client_secret_post') return client.ClientSecretPost(secret);
  if (method === 'client_secret_jwt') return client.ClientSecretJwt(secret);
  return clientSecretBasic(secret);
}

/**
 * `client_secret_basic` as in RFC 6749 §2.3.1: id and secret are form-urlencoded
 * (the WHATWG serializer, which does not escape `*`, `-`, `.` and `_`) and then
 * joined. The serializer of openid-client escapes those four as well, and some
 * servers in use never decode them.
 */
function clientSecretBasic(secret: string): client.ClientAuth {
  return (_server, metadata, _body, headers) => {
    const credentials = `${formEncode(metadata.client_id)}:${formEncode(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };
}

function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}
