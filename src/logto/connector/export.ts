import { OidcCliError } from '../../errors.js';
import type { Provider } from '../../oidc/provider.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { orderMembers, plainConfig } from './profile.js';
import { ASSERTION_ALGORITHMS, AUTH_METHODS } from './schema.js';
import { breaksUnderRawBasic } from './secret-checks.js';

type Method = (typeof AUTH_METHODS)[number];

/** Logto's methods, the one with the fewest pitfalls first. */
const METHODS: readonly Method[] = [
  'client_secret_post',
  ...AUTH_METHODS.filter((one) => one !== 'client_secret_post'),
];

/** A whole connector configuration without its secret, and remarks on it. */
export interface ConnectorDraft {
  readonly config: Record<string, unknown>;
  readonly warnings: readonly string[];
}

/**
 * Makes the configuration of a connector that signs in at this provider as the
 * profile does: endpoints, key set and issuer as advertised, and a client
 * authentication that both sides support. `secret` is only searched for characters
 * that Logto's Basic does not encode. Throws `client_auth_unsupported` if Logto
 * supports none of the provider's methods.
 */
export function connectorDraft(
  values: ProfileValues & { readonly clientId: string },
  provider: Provider,
  secret: string | undefined,
): ConnectorDraft {
  const { metadata } = provider;
  const warnings: string[] = [];
  const { method, algorithm } = authentication(values, metadata, secret, warnings);
  const placeholder = /[{}]/.test(provider.issuer);
  const config = plainConfig({
    ...values,
    authorizationEndpoint: provider.endpoint('authorization_endpoint'),
    tokenEndpoint: provider.endpoint('token_endpoint'),
    jwksUri: provider.endpoint('jwks_uri'),
    issuer: placeholder ? undefined : provider.issuer,
    // Our tolerance; without this key Logto has none.
    clockTolerance: values.clockTolerance,
    clientAuth: method,
  });
  if (algorithm !== undefined) config.clientSecretJwtSigningAlgorithm = algorithm;
  if (placeholder)
    warnings.push(
      'The issuer has a placeholder for the tenant in it: Logto compares to the letter, so it is left out and not checked.',
    );
  warnings.push(...whatLogtoCannotDo(values, metadata));
  return { config: orderMembers(config), warnings };
}

function authentication(
  { clientAuth }: ProfileValues,
  metadata: Provider['metadata'],
  secret: string | undefined,
  warnings: string[],
): { method: Method; algorithm?: string } {
  // OIDC Discovery §3: if the member is absent, the default is client_secret_basic.
  const advertised = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const both = METHODS.filter((method) => advertised.includes(method));
  const breaks = secret !== undefined && breaksUnderRawBasic(secret);
  const asked = METHODS.find((method) => method === clientAuth);
  if (clientAuth === 'none' || (asked === undefined && both.length === 0)) {
    throw new OidcCliError('client_auth_unsupported', {
      announced: clientAuth === 'none' ? ['none'] : advertised,
      reason: 'none in common',
    });
  }
  const best = both.find((method) => !breaks || method !== 'client_secret_basic') ?? both[0];
  const method = asked ?? best ?? 'client_secret_post';
  if (asked !== undefined && !advertised.includes(asked)) {
    warnings.push(`The profile says ${asked}, and the provider announces ${advertised.join(', ')}.`);
  }
  if (method === 'client_secret_basic' && breaks) {
    warnings.push(
      'The client secret has characters that Logto does not encode for client_secret_basic (RFC 6749 §2.3.1): a strict provider will refuse it.',
    );
  }
  if (method !== 'client_secret_jwt') return { method };
  const algorithms = metadata.token_endpoint_auth_signing_alg_values_supported ?? [];
  return { method, algorithm: ASSERTION_ALGORITHMS.find((one) => algorithms.includes(one)) ?? 'HS256' };
}

function whatLogtoCannotDo(values: ProfileValues, metadata: Provider['metadata']): string[] {
  const warnings: string[] = [];
  if (metadata.require_pushed_authorization_requests === true) {
    warnings.push(
      'The provider requires pushed authorization requests (RFC 9126), which Logto does not make: it cannot be used.',
    );
  } else if (metadata.code_challenge_methods_supported !== undefined) {
    warnings.push('Logto sends no PKCE: switch it off for this client at the provider if it is required there.');
  }
  const types = metadata.response_types_supported;
  if (types !== undefined && !types.includes('code'))
    warnings.push('The provider does not announce the response type code, the only one that Logto has.');
  const algorithms = metadata.id_token_signing_alg_values_supported;
  if (algorithms?.every((one) => one === 'none' || one.startsWith('HS'))) {
    warnings.push(`The provider signs ID tokens with ${algorithms.join(', ')}, which Logto cannot verify.`);
  }
  const several = Array.isArray(values.resource) && values.resource.length > 1;
  if (several) warnings.push('Logto sends one resource at most: resource is left out.');
  const custom = [
    ...(values.claims === undefined ? [] : ['claims']),
    ...(values.resource === undefined || values.resource.length === 0 || several ? [] : ['resource']),
    ...Object.keys(values.parameters ?? {}),
  ];
  if (custom.length > 0) {
    warnings.push(`Logto sends ${custom.join(', ')} (customConfig) to the token endpoint too.`);
  }
  return warnings;
}
