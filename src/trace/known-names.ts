import { isSecretClaim, PROTOCOL_SECRETS } from '../masking/secret-names.js';

/*
 * What may be shown. Everything that no list here names is taken for a secret,
 * or, among the claims of a person, for personal.
 */

const nameSet = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Parameters, members and claims of the protocol that say nothing secret. */
const HARMLESS = nameSet(`
  response_type response_mode client_id redirect_uri post_logout_redirect_uri scope scopes code_challenge
  code_challenge_method prompt max_age ui_locales claims_locales acr_values display resource audience claims
  grant_type token_type_hint client_assertion_type subject_token_type requested_token_type issued_token_type
  authorization_details dpop_jkt token_type expires_in expires_at refresh_expires_in refresh_token_expires_in
  ext_expires_in not-before-policy active iss aud azp exp iat nbf auth_time acr amr at_hash c_hash s_hash events ver
  email_verified phone_number_verified
  alg typ cty kid enc zip crit jku x5u x5t x5t#S256 jwk
  error error_codes error_uri status statusCode timestamp trace_id correlation_id request_id
  realm algs authorization_uri resource_metadata
  first_screen identifier direct_sign_in interaction_mode organization_id
`);

/** Words of the provider: shown, less what in them is or looks like a secret. */
const TEXTS = nameSet('error_description message detail title reason error_hint');

/** Who somebody is: masked in a file that is handed on. */
const PERSONAL = nameSet(`
  sub name given_name family_name middle_name nickname preferred_username profile picture website email gender
  birthdate zoneinfo locale phone_number address updated_at login_hint logout_hint username upn unique_name oid
  formatted street_address locality region postal_code country
`);

/** Metadata of a provider (OIDC Discovery §3, RFC 8414 §2), public by its nature. */
const METADATA =
  /^(issuer|check_session_iframe|mtls_endpoint_aliases|service_documentation|op_policy_uri|op_tos_uri|signed_metadata|tenant_region_scope|cloud_instance_name|cloud_graph_host_name|msgraph_host|rbac_url|.+_(endpoint|endpoints|uri|supported|required|access_tokens))$/;

/** Members of a public key (RFC 7517 §4, RFC 7518 §6). */
const PUBLIC_KEY = nameSet('keys kty use key_ops alg kid x5u x5c x5t x5t#S256 n e crv x y ext issuer nbf exp iat');

/** Headers that say nothing secret; identifiers of a request are what a provider's support asks for. */
const HEADERS = nameSet(`
  accept accept-encoding accept-language content-type content-length content-encoding content-language user-agent
  host cache-control pragma expires age date vary server via connection keep-alive transfer-encoding retry-after
  allow last-modified strict-transport-security x-content-type-options x-frame-options x-xss-protection
  referrer-policy permissions-policy cross-origin-opener-policy cross-origin-resource-policy
  cross-origin-embedder-policy access-control-allow-origin access-control-allow-methods
  access-control-allow-headers access-control-allow-credentials access-control-expose-headers access-control-max-age
  x-powered-by x-request-id x-correlation-id request-id x-ms-request-id client-request-id x-amzn-requestid
  x-amz-cf-id cf-ray x-trace-id traceparent x-okta-request-id x-auth0-requestid x-azure-ref x-ms-ests-server
  accept-ranges alt-svc upgrade-insecure-requests x-robots-tag x-dns-prefetch-control x-download-options
  x-permitted-cross-domain-policies origin-agent-cluster x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset
`);

/** Steps whose request goes to an address that was configured or announced: its path is no secret. */
const ENDPOINT_STEPS = nameSet(
  'discovery key-set token-request userinfo-request revocation-request introspection-request pushed-authorization-request authorization-request end-session-request authorization-response end-session-response',
);

/** What is being read: it decides which names are known, and what an unknown one is taken for. */
export type Reading = 'parameters' | 'metadata' | 'key set' | 'claims';

/** How a value may be shown. */
export type Handling = 'shown' | 'text' | 'personal' | 'secret';

/** How a value of this name may be shown. */
export function nameHandling(name: string, reading: Reading): Handling {
  if (reading === 'key set') return PUBLIC_KEY.has(name) ? 'shown' : 'secret';
  if (reading === 'metadata' && METADATA.test(name)) return 'shown';
  if (HARMLESS.has(name)) return 'shown';
  if (TEXTS.has(name)) return 'text';
  if (PERSONAL.has(name)) return 'personal';
  return reading === 'claims' && !isSecretClaim(name) ? 'personal' : 'secret';
}

const SECRETS: ReadonlySet<string> = new Set(PROTOCOL_SECRETS);

/** Whether a name is one of the protocol: it is nobody's secret, even where somebody chose the same word for theirs. */
export function isKnownName(name: string): boolean {
  const lists = [HARMLESS, TEXTS, PERSONAL, PUBLIC_KEY, HEADERS, SECRETS];
  return lists.some((list) => list.has(name)) || METADATA.test(name);
}

/** Whether a header, in lower case, may be shown as it is. */
export function isHarmlessHeader(name: string): boolean {
  return HEADERS.has(name);
}

/** Whether the path of this step's address is known not to be a secret. */
export function hasPublicPath(step: string): boolean {
  return ENDPOINT_STEPS.has(step.replaceAll(' ', '-'));
}
