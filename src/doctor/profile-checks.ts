import { CheckList, type DoctorCheck, type Explain } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import { unadvertisedScopes } from '../oidc/authorization-errors.js';
import { chooseClientAuthentication } from '../oidc/client-authentication.js';
import { textValues } from '../oidc/json-values.js';
import type { AdvertisedMetadata } from '../oidc/metadata.js';
import { PORTABLE_SIGNATURES } from '../oidc/signature-algorithms.js';
import type { Profile } from '../profiles/profile.js';

/** The settings of a profile that the provider has to support. */
export type RequestedSettings = Pick<
  Profile,
  'scope' | 'prompt' | 'clientAuth' | 'responseMode' | 'acrValues' | 'display' | 'claims' | 'resource'
> & {
  /** The client secret: the value if it is known, else whether one is configured. */
  readonly secret: string | undefined;
  readonly hasSecret: boolean;
  readonly hasClient: boolean;
};

/** Checks that the provider advertises what this profile needs (OIDC Discovery §3, RFC 8414 §2). */
export function profileChecks(
  wanted: RequestedSettings,
  metadata: AdvertisedMetadata,
  explain: Explain,
): DoctorCheck[] {
  const checks = new CheckList('profile', { explain });
  codeFlow(checks, metadata);
  pkce(checks, metadata);
  scopes(checks, wanted, metadata);
  authentication(checks, wanted, metadata);
  idTokenAlgorithm(checks, metadata);
  membershipCheck(checks, 'prompt', splitWords(wanted.prompt), metadata.prompt_values_supported);
  membershipCheck(checks, 'response mode', splitWords(wanted.responseMode), metadata.response_modes_supported);
  membershipCheck(checks, 'acr values', splitWords(wanted.acrValues), metadata.acr_values_supported);
  membershipCheck(checks, 'display', splitWords(wanted.display), metadata.display_values_supported);
  claims(checks, wanted, metadata);
  refresh(checks, wanted, metadata);
  requests(checks, metadata);
  return checks.all;
}

function splitWords(text: string | undefined): string[] {
  return (text ?? '').split(' ').filter(Boolean);
}

function codeFlow(checks: CheckList, metadata: AdvertisedMetadata): void {
  const types = textValues(metadata.response_types_supported);
  const grants = textValues(metadata.grant_types_supported);
  // Discovery §3: if the member is absent, the default is the code and implicit grants.
  const granted = metadata.grant_types_supported === undefined || grants.includes('authorization_code');
  if (types.length === 0) checks.skip('code flow', 'the provider does not say which response types it has');
  else if (types.includes('code') && granted) checks.pass('code flow', 'response type code, grant authorization_code');
  else {
    checks.fail('code flow', {
      actual: types.includes('code') ? `grants ${grants.join(', ')}` : `response types ${types.join(', ')}`,
      expected: 'response type code and grant authorization_code',
      why: 'This tool signs in by the authorization code flow, and the provider does not announce it.',
      repair: 'Have the provider allow it: it is the one flow that RFC 9700 leaves for sign-ins.',
      side: 'provider',
    });
  }
}

function pkce(checks: CheckList, metadata: AdvertisedMetadata): void {
  const methods = metadata.code_challenge_methods_supported;
  const details = { expected: 'S256', side: 'provider' as const };
  if (methods === undefined) {
    checks.warn('PKCE S256', {
      ...details,
      actual: 'not announced',
      why: 'It is sent with every request; a provider that does not know it ignores it, and the code is not protected (RFC 9700 §2.1.1).',
      repair: 'Ask the provider’s operators whether it verifies code_challenge, and have them announce it.',
    });
  } else if (textValues(methods).includes('S256')) checks.pass('PKCE S256', 'announced');
  else {
    checks.fail('PKCE S256', {
      ...details,
      actual: textValues(methods).join(', ') || 'none',
      why: 'The provider announces PKCE without the one method that protects (RFC 7636 §4.2), and no other is sent.',
      repair: 'Have the provider allow S256.',
    });
  }
}

function scopes(checks: CheckList, { scope }: RequestedSettings, metadata: AdvertisedMetadata): void {
  if (textValues(metadata.scopes_supported).length === 0) {
    checks.skip('scopes', `${scope}: the provider announces none to compare with`);
    return;
  }
  const unknown = unadvertisedScopes(scope, { ...metadata, issuer: metadata.issuer ?? '' });
  if (unknown === undefined) {
    checks.pass('scopes', scope);
    return;
  }
  checks.warn('scopes', {
    actual: `${unknown.join(' ')} not announced`,
    expected: textValues(metadata.scopes_supported).join(' '),
    why: 'The provider may ignore it, or refuse the request with invalid_scope; it need not announce every one.',
    repair: 'Take it out of --scope, unless the provider documents it.',
    side: 'configuration',
  });
}

function authentication(checks: CheckList, wanted: RequestedSettings, advertised: AdvertisedMetadata): void {
  const [method, algorithm] = ['client authentication', 'authentication algorithm'] as const;
  if (!wanted.hasClient) {
    checks.skip(method, 'no client id is given');
    return;
  }
  // The choice of the method depends on whether there is a secret, not on its value.
  const secret = wanted.secret ?? (wanted.hasSecret ? 'not known' : undefined);
  let chosen: ReturnType<typeof chooseClientAuthentication>;
  try {
    const metadata = { ...advertised, issuer: advertised.issuer ?? '' };
    chosen = chooseClientAuthentication({ method: wanted.clientAuth, secret }, metadata);
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith(method, error, 'configuration');
    return;
  }
  const because = { 'asked for': 'as the profile says', announced: 'the first announced', default: 'the default' };
  const reason = chosen.reason === 'no secret' ? 'there is no secret' : because[chosen.reason];
  const announcedMethods = chosen.announced;
  if (announcedMethods.length > 0 && !announcedMethods.includes(chosen.method)) {
    const details = {
      actual: `${chosen.method} (${reason})`,
      expected: announcedMethods.join(', '),
      side: 'configuration' as const,
    };
    if (chosen.method === 'none') {
      checks.warn(method, {
        ...details,
        why: 'The provider does not announce clients without a secret; some take them all the same.',
        repair: 'If the client has a secret, name it with --client-secret-env NAME.',
      });
    } else {
      checks.fail(method, {
        ...details,
        why: 'The provider does not announce this method: the token request will be refused with invalid_client.',
        repair: `Leave --client-auth out, or choose one of ${announcedMethods.join(', ')}.`,
      });
    }
  } else checks.pass(method, `${chosen.method} (${reason})`);
  if (chosen.method !== 'client_secret_jwt') return;
  const algorithms = textValues(advertised.token_endpoint_auth_signing_alg_values_supported);
  if (algorithms.length === 0 || algorithms.includes('HS256')) checks.pass(algorithm, 'HS256');
  else {
    checks.fail(algorithm, {
      actual: 'HS256',
      expected: algorithms.join(', '),
      why: 'The provider does not announce the algorithm that client assertions are signed with here.',
      repair: 'Use --client-auth client_secret_basic or client_secret_post.',
      side: 'configuration',
    });
  }
}

function idTokenAlgorithm(checks: CheckList, metadata: AdvertisedMetadata): void {
  const name = 'ID token algorithm';
  const theirs = textValues(metadata.id_token_signing_alg_values_supported);
  if (theirs.length === 0) {
    checks.skip(name, 'the provider announces none');
    return;
  }
  const usable = theirs.filter((alg) => PORTABLE_SIGNATURES.includes(alg));
  if (usable.length === 0) {
    checks.fail(name, {
      actual: theirs.join(', '),
      expected: `one of ${PORTABLE_SIGNATURES.join(', ')}`,
      why: 'None of them can be verified here with a key of the key set: every sign-in ends with a refused ID token.',
      repair: 'Have the provider sign for this client with RS256 or ES256.',
      side: 'provider',
    });
  } else checks.pass(name, usable.join(', '));
}

/** Compares values that the profile requests with a list that the provider may advertise. */
function membershipCheck(checks: CheckList, name: string, asked: readonly string[], metadata: unknown): void {
  if (asked.length === 0) {
    // A report always has a line for prompt, and for the other lists only if the profile requests a value.
    if (name === 'prompt') checks.skip(name, 'the profile asks for none');
    return;
  }
  const theirs = textValues(metadata);
  const unknown = asked.filter((value) => !theirs.includes(value));
  if (theirs.length === 0) checks.skip(name, `${asked.join(' ')}: the provider announces none to compare with`);
  else if (unknown.length === 0) checks.pass(name, asked.join(' '));
  else {
    checks.warn(name, {
      actual: `${unknown.join(' ')} not announced`,
      expected: theirs.join(' '),
      why: 'The provider may ignore it, or refuse the request.',
      repair: `Leave it out, or choose one that is announced.`,
      side: 'configuration',
    });
  }
}

function claims(checks: CheckList, wanted: RequestedSettings, metadata: AdvertisedMetadata): void {
  if (wanted.claims === undefined) return;
  // Discovery §3: if the member is absent, the default is false.
  if (metadata.claims_parameter_supported === true) {
    checks.pass('claims parameter', 'announced');
    return;
  }
  checks.warn('claims parameter', {
    actual: 'not announced',
    why: 'The provider ignores it: the claims that are asked for by it do not come.',
    repair: 'Leave --claims out, and ask by scopes.',
    side: 'configuration',
  });
}

function refresh(checks: CheckList, { scope }: RequestedSettings, metadata: AdvertisedMetadata): void {
  const grants = textValues(metadata.grant_types_supported);
  if (!splitWords(scope).includes('offline_access') || grants.length === 0) return;
  if (grants.includes('refresh_token')) {
    checks.pass('refresh', 'grant refresh_token');
    return;
  }
  checks.warn('refresh', {
    actual: grants.join(', '),
    expected: 'refresh_token',
    why: 'offline_access is asked for, and the provider announces no refresh: the session ends with its access token.',
    repair: 'Take offline_access out of the scope, or have the provider allow refresh tokens.',
    side: 'configuration',
  });
}

/** Checks what a provider may require of every request (RFC 9126 §5, RFC 9101 §10.5). */
function requests(checks: CheckList, metadata: AdvertisedMetadata): void {
  if (metadata.require_signed_request_object === true) {
    checks.fail('signed requests', {
      actual: 'require_signed_request_object',
      why: 'The provider takes signed authorization requests only (RFC 9101), and this tool signs none.',
      repair: 'Switch the requirement off for this client at the provider.',
      side: 'registration',
    });
  } else checks.pass('signed requests', 'not required');
  const pushed = metadata.require_pushed_authorization_requests === true;
  checks.pass('pushed requests', pushed ? 'required, and the request is pushed' : 'not required');
}
