import * as client from 'openid-client';
import { type Facts, OidcCliError } from '../errors.js';
import type { ClientAuthMethod } from '../profiles/profile.js';
import { type SecretTraits, secretTraits } from './secret-traits.js';

/** The methods of client authentication this tool speaks (OIDC Core §9). */
export const CLIENT_AUTH_METHODS: readonly ClientAuthMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'none',
];

/** The method in use, why it was chosen, and the function openid-client calls for it. */
export interface ClientAuthentication {
  readonly method: ClientAuthMethod;
  /** `asked for` by the profile; `announced` first by the provider; `default` of the standard where nothing is announced; `no secret`. */
  readonly reason: 'asked for' | 'announced' | 'default' | 'no secret';
  /** What the provider announces, empty when it announces nothing. */
  readonly announced: readonly string[];
  readonly apply: client.ClientAuth;
  /** What the secret looks like, where one is sent. */
  readonly secret?: SecretTraits | undefined;
}

/**
 * Chooses how the client authenticates at the token endpoint: as asked, else
 * what the provider announces first among ours. Without a secret it is `none`.
 * Throws `client_auth_unsupported` when a secret method has no secret, or when
 * the provider announces none of ours.
 */
export function chooseClientAuthentication(
  request: { readonly method?: ClientAuthMethod | undefined; readonly secret?: string | undefined },
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

/** What a refusal is read by: the method, what is announced, and what the secret looks like. Never the secret. */
export function authenticationFacts({ method, announced: advertised, secret }: ClientAuthentication): Facts {
  return {
    method,
    announced: advertised,
    ...(secret ? { secretCharacters: secret.characters, secretOddities: secret.oddities } : {}),
  };
}

function chooseMethod(
  request: { readonly method?: ClientAuthMethod | undefined; readonly secret?: string | undefined },
  advertised: readonly string[],
): Pick<ClientAuthentication, 'method' | 'reason'> {
  if (request.method) {
    if (request.method !== 'none' && !request.secret) {
      throw new OidcCliError('client_auth_unsupported', { method: request.method, reason: 'no secret' });
    }
    return { method: request.method, reason: 'asked for' };
  }
  if (!request.secret) return { method: 'none', reason: 'no secret' };
  // OIDC Discovery §3: where the member is left out, the default is client_secret_basic.
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
 * `client_secret_basic` as RFC 6749 §2.3.1 has it: id and secret are form-urlencoded
 * (the WHATWG serializer, which leaves `*`, `-`, `.` and `_` alone) and then
 * joined. openid-client's own escapes those four as well, and some servers in
 * use never decode them.
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
