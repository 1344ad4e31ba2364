import { CheckList, type CheckOutcome, type DoctorCheck } from '../../checks/check-list.js';
import { isPlainHttp, withoutQuery } from '../../oidc/endpoint-address.js';
import { textValues } from '../../oidc/json-values.js';
import type { AdvertisedMetadata } from '../../oidc/metadata.js';
import { isPublicKeySignature } from '../../oidc/signature-algorithms.js';
import type { ConnectorFile } from './file.js';
import { ASSERTION_ALGORITHMS, AUTH_METHODS } from './schema.js';
import type { ConnectorView } from './view.js';

/**
 * Checks by the provider's metadata whether it supports everything that Logto uses
 * (client authentication, response and grant types, scopes, claims, algorithms),
 * and whether it requires features that Logto lacks.
 */
export function capabilityChecks(
  file: ConnectorFile,
  view: ConnectorView,
  metadata: AdvertisedMetadata,
): DoctorCheck[] {
  const list = new CheckList('provider', { places: file });
  list.put('client authentication', clientAuthentication(view, metadata));
  if (view.method === 'client_secret_jwt') assertion(list, view, metadata);
  flow(list, view, metadata, file);
  demands(list, metadata);
  list.put('scopes', scopes(view, metadata));
  offlineAccess(list, view, metadata, file);
  claims(list, view, metadata);
  list.put('ID token algorithms', algorithms(view, metadata));
  return list.all;
}

function clientAuthentication(view: ConnectorView, metadata: AdvertisedMetadata): CheckOutcome {
  const details = {
    key: ['tokenEndpointAuthMethod'],
    actual: view.methodIsWritten ? view.method : `${view.method} (by default)`,
  };
  const { token_endpoint_auth_methods_supported: list } = metadata;
  // OIDC Discovery §3: if the member is absent, the default is client_secret_basic.
  const theirs = list === undefined ? ['client_secret_basic'] : textValues(list);
  if (theirs.includes(view.method)) return ['pass', details];
  const expected = theirs.join(', ');
  const both = AUTH_METHODS.filter((method) => theirs.includes(method));
  if (both.length === 0) {
    const why = 'Logto can authenticate with a client secret only: the provider cannot be used as it is.';
    const repair = `Have the provider allow one of ${AUTH_METHODS.join(', ')} to this client.`;
    return ['fail', { ...details, expected, why, repair }];
  }
  if (list === undefined) {
    const why = 'The provider announces no methods, which by the standard means client_secret_basic alone.';
    return [
      'warn',
      { ...details, expected, why, repair: 'Write client_secret_basic if the sign-in fails with invalid_client.' },
    ];
  }
  const why = 'The provider does not announce this method, and will probably answer invalid_client.';
  return ['fail', { ...details, expected, why, repair: `Set tokenEndpointAuthMethod to ${both.join(' or ')}.` }];
}

function assertion(list: CheckList, view: ConnectorView, metadata: AdvertisedMetadata): void {
  const theirs = textValues(metadata.token_endpoint_auth_signing_alg_values_supported);
  const key = ['clientSecretJwtSigningAlgorithm'];
  const actual = view.assertionAlgorithm;
  if (theirs.length > 0 && !theirs.includes(actual)) {
    const both = ASSERTION_ALGORITHMS.filter((alg) => theirs.includes(alg));
    list.add('fail', 'assertion algorithm', {
      key,
      actual,
      expected: theirs.join(', '),
      why: 'The provider does not announce this algorithm for client assertions.',
      repair:
        both.length === 0
          ? 'Use client_secret_basic or client_secret_post: Logto signs with HS256, HS384 or HS512 only.'
          : `Set clientSecretJwtSigningAlgorithm to ${both.join(' or ')}.`,
    });
  } else {
    list.add('pass', 'assertion algorithm', { key, actual });
  }
  const { token_endpoint: endpoint } = metadata;
  if (view.tokenEndpoint === undefined || typeof endpoint !== 'string' || view.tokenEndpoint === endpoint) return;
  list.add('fail', 'assertion audience', {
    key: ['tokenEndpoint'],
    actual: withoutQuery(view.tokenEndpoint),
    expected: withoutQuery(endpoint),
    why: 'Logto writes tokenEndpoint to the letter into aud of the client assertion, and the provider looks for its own spelling.',
    repair: `Write ${withoutQuery(endpoint)}.`,
  });
}

function flow(list: CheckList, view: ConnectorView, metadata: AdvertisedMetadata, file: ConnectorFile): void {
  const responseTypes = textValues(metadata.response_types_supported);
  if (responseTypes.length > 0) {
    const code = responseTypes.includes('code');
    list.add(code ? 'pass' : 'fail', 'response type', {
      actual: 'code',
      ...(code
        ? {}
        : {
            expected: responseTypes.join(', '),
            why: 'The provider does not announce the code flow, and Logto knows no other.',
            repair: 'Have the provider allow the authorization code flow.',
          }),
    });
  }
  const grants = textValues(metadata.grant_types_supported);
  if (grants.length > 0 && !grants.includes('authorization_code')) {
    list.add('fail', 'grant type', {
      actual: 'authorization_code',
      expected: grants.join(', '),
      why: 'The provider does not announce this grant, and Logto knows no other for a sign-in.',
      repair: 'Have the provider allow the authorization code flow.',
    });
  }
  if (file.tokenStorage === true && grants.length > 0 && !grants.includes('refresh_token')) {
    list.add('warn', 'grant type', {
      actual: 'no refresh_token',
      why: 'The provider announces no refresh, so stored tokens are gone when they expire.',
      repair: 'Allow refresh tokens at the provider, or switch token storage off.',
    });
  }
  const modes = textValues(metadata.response_modes_supported);
  const mode = view.requestOptions.responseMode;
  if (mode === undefined || modes.length === 0 || modes.includes(mode)) return;
  list.add('warn', 'response mode', {
    key: ['authRequestOptionalConfig', 'responseMode'],
    actual: mode,
    expected: modes.join(', '),
    why: 'The provider does not announce it.',
    repair: 'Remove it.',
  });
}

/** Checks the requirements that a provider may have for every client and Logto does not meet. */
function demands(list: CheckList, metadata: AdvertisedMetadata): void {
  if (metadata.require_pushed_authorization_requests === true) {
    list.add('fail', 'pushed requests', {
      actual: 'require_pushed_authorization_requests',
      why: 'The provider takes pushed authorization requests only (RFC 9126), and Logto pushes none.',
      repair: 'Switch the requirement off for this client at the provider.',
    });
  }
  if (metadata.require_signed_request_object === true) {
    list.add('fail', 'signed requests', {
      actual: 'require_signed_request_object',
      why: 'The provider takes signed authorization requests only (RFC 9101), and Logto signs none.',
      repair: 'Switch the requirement off for this client at the provider.',
    });
  }
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    const address: unknown = metadata[name];
    if (typeof address !== 'string' || !isPlainHttp(address)) continue;
    list.add('warn', 'plain http', {
      actual: `${name} ${withoutQuery(address)}`,
      expected: 'https',
      why: 'Anybody on the way can read and change what is sent there.',
      repair: 'Have the provider serve it over TLS.',
    });
  }
}

function scopes(view: ConnectorView, metadata: AdvertisedMetadata): CheckOutcome {
  const key = ['scope'];
  const theirs = textValues(metadata.scopes_supported);
  if (theirs.length === 0) return ['skip', { actual: 'the provider announces none' }];
  if (view.scopes.some((scope) => scope.includes('+')))
    return ['skip', { actual: 'the scope is not separated: see above' }];
  const unknown = view.scopes.filter((scope) => !theirs.includes(scope));
  if (unknown.length === 0) return ['pass', { key, actual: view.scopes.join(' ') }];
  return [
    'warn',
    {
      key,
      actual: unknown.join(' '),
      expected: theirs.join(' '),
      why: 'The provider does not announce it: it may ignore it, or refuse the request with invalid_scope.',
      repair: 'Remove it, unless the provider documents it.',
    },
  ];
}

function offlineAccess(list: CheckList, view: ConnectorView, metadata: AdvertisedMetadata, file: ConnectorFile): void {
  if (file.tokenStorage !== true || view.scopes.includes('offline_access')) return;
  if (!textValues(metadata.scopes_supported).includes('offline_access')) return;
  list.add('warn', 'offline access', {
    key: ['scope'],
    actual: 'not asked for',
    expected: 'offline_access',
    why: 'Logto is to keep the tokens, and the provider gives a refresh token for this scope: without it they are gone when they expire.',
    repair: 'Add offline_access to the scope.',
  });
}

/** The claims that fill a profile in Logto, besides sub. */
const READ = ['name', 'picture', 'email', 'email_verified'];

function claims(list: CheckList, view: ConnectorView, metadata: AdvertisedMetadata): void {
  const theirs = textValues(metadata.claims_supported);
  list.put('claims', readClaims(theirs));
  if (!view.scopes.includes('phone') || theirs.includes('phone') || !theirs.includes('phone_number')) return;
  list.add('warn', 'phone', {
    key: ['scope'],
    actual: 'phone_number',
    expected: 'phone and phone_verified',
    why: 'Logto reads phone and phone_verified, and never the standard phone_number: the phone stays empty.',
    repair: 'Have the provider add these two claims, or remove phone from the scope.',
  });
}

function readClaims(theirs: readonly string[]): CheckOutcome {
  if (theirs.length === 0) return ['skip', { actual: 'the provider announces none' }];
  const missing = READ.filter((claim) => !theirs.includes(claim));
  if (missing.length === 0) return ['pass', { actual: READ.join(', ') }];
  const actual = `${missing.join(', ')} not announced`;
  const why =
    missing.includes('email_verified') && !missing.includes('email')
      ? 'Without email_verified Logto takes no email, unless trustUnverifiedEmail is set.'
      : 'What the ID token does not have stays empty in Logto, which never asks the userinfo endpoint.';
  return [
    'warn',
    { actual, why, repair: 'Have the provider put these claims into the ID token, where they are wanted.' },
  ];
}

function algorithms(view: ConnectorView, metadata: AdvertisedMetadata): CheckOutcome {
  const key = ['idTokenVerificationConfig', 'algorithms'];
  const theirs = textValues(metadata.id_token_signing_alg_values_supported);
  const actual = view.algorithms?.join(', ') ?? 'any';
  if (theirs.length === 0) return ['skip', { actual: 'the provider announces none' }];
  const usable = theirs.filter(isPublicKeySignature);
  const expected = theirs.join(', ');
  if (usable.length === 0) {
    const why = 'The provider signs ID tokens with the client secret or not at all, and Logto cannot verify that.';
    return [
      'fail',
      { key, actual, expected, why, repair: 'Have the provider sign for this client with RS256 or ES256.' },
    ];
  }
  const taken = usable.filter((alg) => view.algorithms?.includes(alg) ?? true);
  if (taken.length === 0) {
    const why = 'Logto accepts none of the algorithms that the provider signs with: every sign-in ends with 500.';
    return [
      'fail',
      { key, actual, expected, why, repair: `Add the one that the provider uses: ${usable.join(', ')}.` },
    ];
  }
  if (taken.length === usable.length)
    return ['pass', { key, actual: view.algorithms === undefined ? `any of ${taken.join(', ')}` : actual }];
  const why = 'The provider may sign with one of the others, and Logto then answers 500.';
  return [
    'warn',
    {
      key,
      actual,
      expected: usable.join(', '),
      why,
      repair: 'Compare with what the provider uses for this client, or leave algorithms out.',
    },
  ];
}
