import type { ServerMetadata } from 'openid-client';
import { OidcCliError } from '../errors.js';
import { parseJson } from '../json.js';
import { truncatedJson } from '../safe-text.js';
import type { Exchange } from '../trace/recorder.js';
import { objectMembers } from './json-values.js';

/** The members of a provider's metadata that have the type of the standard; their values are not verified. */
export type AdvertisedMetadata = Readonly<Partial<ServerMetadata>>;

/** The document in a discovery response, also in one that was refused. */
export function jsonDocument(exchange: Exchange | undefined): Readonly<Record<string, unknown>> | undefined {
  if (exchange?.status !== 200 || exchange.responseBody === undefined) return undefined;
  try {
    const document = objectMembers(parseJson(exchange.responseBody));
    return typeof document.issuer === 'string' ? document : undefined;
  } catch {
    return undefined;
  }
}

/** The members of a discovery response that have the right type. */
export function advertisedMetadata(exchange: Exchange | undefined): AdvertisedMetadata | undefined {
  const document = jsonDocument(exchange);
  return document && readMetadata(document).metadata;
}

/** A member whose type is not that of the standard. */
export interface MistypedMember {
  readonly name: string;
  /** For people: `a list of names`. */
  readonly expected: string;
  /** As JSON, shortened. */
  readonly actual: string;
}

const isText = (value: unknown) => typeof value === 'string';

/** The types of metadata, each with its name and test. */
const TYPES = {
  text: { words: 'a text', holds: isText },
  list: { words: 'a list of names', holds: (value: unknown) => Array.isArray(value) && value.every(isText) },
  flag: { words: 'true or false', holds: (value: unknown) => typeof value === 'boolean' },
};

/**
 * Members by their type (OIDC Discovery §3, RFC 8414 §2, and the specifications
 * that extend them). Members that are not listed are not read.
 */
const MEMBERS: Readonly<Record<keyof typeof TYPES, readonly string[]>> = {
  text: [
    'issuer',
    'authorization_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
    'revocation_endpoint',
    'introspection_endpoint',
    'end_session_endpoint',
    'pushed_authorization_request_endpoint',
    'registration_endpoint',
    'jwks_uri',
  ],
  list: [
    'scopes_supported',
    'claims_supported',
    'claim_types_supported',
    'response_types_supported',
    'response_modes_supported',
    'grant_types_supported',
    'subject_types_supported',
    'acr_values_supported',
    'display_values_supported',
    'prompt_values_supported',
    'code_challenge_methods_supported',
    'id_token_signing_alg_values_supported',
    'userinfo_signing_alg_values_supported',
    'request_object_signing_alg_values_supported',
    'token_endpoint_auth_methods_supported',
    'token_endpoint_auth_signing_alg_values_supported',
  ],
  flag: [
    'claims_parameter_supported',
    'request_parameter_supported',
    'request_uri_parameter_supported',
    'require_pushed_authorization_requests',
    'require_signed_request_object',
    'authorization_response_iss_parameter_supported',
  ],
};

/**
 * Reads metadata by type: `metadata` has each member with the right type,
 * `mistyped` the others, in the order of the standard. This is the one place that
 * knows the type of a member.
 */
export function readMetadata(document: Readonly<Record<string, unknown>>): {
  readonly metadata: AdvertisedMetadata;
  readonly mistyped: readonly MistypedMember[];
} {
  const mistyped: MistypedMember[] = [];
  for (const [type, names] of Object.entries(MEMBERS) as [keyof typeof TYPES, readonly string[]][]) {
    const { words: expected, holds } = TYPES[type];
    for (const name of names) {
      const value = Object.hasOwn(document, name) ? document[name] : undefined;
      if (value !== undefined && !holds(value)) mistyped.push({ name, expected, actual: truncatedJson(value) });
    }
  }
  const unusable = new Set(mistyped.map(({ name }) => name));
  const usable = Object.entries(document).filter(([name]) => !unusable.has(name));
  return { metadata: Object.fromEntries(usable) as AdvertisedMetadata, mistyped };
}

/**
 * Endpoints that every sign-in needs. An unusable one is reported at once, since
 * three steps later it would look like a different fault.
 */
const REQUIRED_ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;

/** Lists that decide what is sent and accepted: a sign-in must not treat an invalid one as absent. */
const LISTS: readonly string[] = ['token_endpoint_auth_methods_supported', 'id_token_signing_alg_values_supported'];

/**
 * Validates the metadata that a sign-in needs (OIDC Discovery §3). Does not
 * require a member to be present; its user does. Throws `discovery_invalid`.
 */
export function checkMetadata(document: Readonly<ServerMetadata>, allowed: (url: URL) => boolean): void {
  for (const name of REQUIRED_ENDPOINTS) checkEndpoint(document, name, allowed);
  if (document.require_pushed_authorization_requests === true) {
    checkEndpoint(document, 'pushed_authorization_request_endpoint', allowed);
  }
  for (const { name, expected } of readMetadata(document).mistyped) {
    if (!LISTS.includes(name)) continue;
    throw new OidcCliError('discovery_invalid', {
      issuer: document.issuer,
      reason: `its ${name} is no ${expected.slice(2)}`,
    });
  }
}

/**
 * Validates the URL of one endpoint, if present: absolute, and plain http only
 * without others in between. Throws `discovery_invalid`.
 */
export function checkEndpoint(document: Readonly<ServerMetadata>, name: string, allowed: (url: URL) => boolean): void {
  const value: unknown = document[name];
  if (value === undefined) return;
  const invalid = (fault: string) => {
    const shown = typeof value === 'string' ? value.slice(0, 200) : truncatedJson(value, 200);
    return new OidcCliError('discovery_invalid', { issuer: document.issuer, reason: `its ${name} ${fault}: ${shown}` });
  };
  if (typeof value !== 'string' || !URL.canParse(value)) throw invalid('is not an absolute URL');
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid('is no http or https URL');
  if (!allowed(url)) throw invalid('is plain http, which anybody on the way could read');
}
