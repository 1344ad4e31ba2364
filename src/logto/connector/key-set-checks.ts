import type { JSONWebKeySet, JWK } from 'jose';
import { CheckList, type CheckOutcome, type DoctorCheck } from '../../checks/check-list.js';
import { keyChecks } from '../../checks/key-checks.js';
import type { OidcCliError } from '../../errors.js';
import { isRedirect } from '../../network/redirect.js';
import { withoutQuery } from '../../oidc/endpoint-address.js';
import { textValues } from '../../oidc/json-values.js';
import { describeKey, servedAlgorithms } from '../../oidc/key-facts.js';
import type { AdvertisedMetadata } from '../../oidc/metadata.js';
import { isPublicKeySignature, PORTABLE_SIGNATURES } from '../../oidc/signature-algorithms.js';
import { isNetworkFailure } from '../refusals.js';
import { KEY_SET_LIMIT_MS, remoteKeySet } from '../remote-key-set.js';
import type { ConnectorDeps } from '../token-request.js';
import { addressFault, badAddress } from './address.js';
import type { ConnectorFile } from './file.js';
import type { ConnectorView } from './view.js';

const JWKS_URI = ['idTokenVerificationConfig', 'jwksUri'];

/**
 * Fetches the key set as Logto does at each sign-in (jose: one GET, no redirect, 5
 * s, status 200, JSON with a list of keys), and checks whether its keys can verify
 * the provider's signatures. If the configured address is not the advertised one,
 * it fetches the advertised set too and compares them.
 */
export async function keySetChecks(
  file: ConnectorFile,
  view: ConnectorView,
  metadata: AdvertisedMetadata | undefined,
  deps: ConnectorDeps,
): Promise<DoctorCheck[]> {
  const list = new CheckList('key set', { places: file });
  const { jwksUri } = view;
  if (jwksUri === undefined) return list.all;
  const fault = addressFault(jwksUri);
  if (fault !== undefined) {
    list.put('key set', badAddress(JWKS_URI, fault, 'every sign-in ends with 500'));
    return list.all;
  }
  const fetched = await fetchAsLogto(jwksUri, deps);
  if (typeof fetched === 'string') {
    list.add('fail', 'key set', {
      key: JWKS_URI,
      actual: `${withoutQuery(jwksUri)}: ${fetched}`,
      ...(typeof metadata?.jwks_uri === 'string' && metadata.jwks_uri !== jwksUri
        ? { expected: withoutQuery(metadata.jwks_uri) }
        : {}),
      why: 'Logto fetches it at each sign-in: every one ends with 500.',
      repair: "Copy jwks_uri from the provider's discovery document.",
    });
    return list.all;
  }
  const { keys } = fetched;
  const actual = `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} from ${withoutQuery(jwksUri)}`;
  list.add('pass', 'key set', { key: JWKS_URI, actual });
  await sameKeys(list, jwksUri, keys, metadata, deps);
  list.put('keys', await usableKeys(fetched, view, metadata));
  keyChecks(list, keys);
  return list.all;
}

/** The key set, or the reason that Logto does not get it. Rejects only when aborted. */
async function fetchAsLogto(address: string, deps: ConnectorDeps): Promise<JSONWebKeySet | string> {
  const { keySet, asked } = await remoteKeySet(address, deps);
  try {
    await keySet.reload();
    return keySet.jwks() ?? 'its answer is no key set';
  } catch (error) {
    if (isNetworkFailure(error)) return unreachable(error);
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('ERR_J')) throw error;
    const { status = 0 } = asked;
    if (isRedirect(status)) return `it redirects (${status}), and Logto does not follow`;
    if (status !== 200) return `it answered ${status}, and Logto takes 200 only`;
    return error.code === 'ERR_JWKS_INVALID' ? 'its answer has no list of keys' : 'its answer is not JSON';
  }
}

function unreachable({ code, facts }: OidcCliError): string {
  switch (code) {
    case 'network_timeout':
      return `it did not answer within the ${KEY_SET_LIMIT_MS / 1000} s that Logto waits`;
    case 'network_dns':
      return 'its host name is not known';
    case 'network_refused':
      return 'nothing listens there';
    case 'tls_not_trusted':
      return `its certificate is not trusted: ${facts.reason}`;
    case 'response_too_large':
      return 'its answer is too large';
    case 'response_too_deep':
      return 'its answer is nested too deep to be read here';
    default:
      return `it could not be reached (${code})`;
  }
}

/** Whether the configured and the advertised address have the same keys. */
async function sameKeys(
  list: CheckList,
  ours: string,
  keys: readonly JWK[],
  metadata: AdvertisedMetadata | undefined,
  deps: ConnectorDeps,
): Promise<void> {
  const theirs: unknown = metadata?.jwks_uri;
  if (typeof theirs !== 'string' || addressFault(theirs) !== undefined) return;
  if (new URL(theirs).href === new URL(ours).href) return;
  const other = await fetchAsLogto(theirs, deps);
  if (typeof other === 'string') return;
  const known = new Set(other.keys.map(keyMaterial));
  const shared = keys.filter((key) => known.has(keyMaterial(key)));
  if (shared.length > 0) {
    list.add('pass', 'same keys', { actual: `${shared.length} of them are at the announced address as well` });
    return;
  }
  list.add('fail', 'same keys', {
    key: JWKS_URI,
    actual: 'none of the keys at the announced address',
    expected: withoutQuery(theirs),
    why: 'They are the keys of another provider or tenant: no signature will verify, and every sign-in ends with 500.',
    repair: `Write ${withoutQuery(theirs)}.`,
  });
}

/** The members that identify a key (RFC 7638 §3.2, without the hash). */
function keyMaterial({ kty, crv, n, e, x, y, pub }: JWK): string {
  return JSON.stringify([kty, crv, n, e, x, y, pub]);
}

/** Checks whether the set has a key for an algorithm that the provider may use and Logto accepts, as jose decides. */
async function usableKeys(
  set: JSONWebKeySet,
  view: ConnectorView,
  metadata: AdvertisedMetadata | undefined,
): Promise<CheckOutcome> {
  const details = { key: JWKS_URI, actual: describeKeys(set.keys) || 'no key at all' };
  if (set.keys.some((key) => key.d !== undefined)) {
    const why =
      'A private key stands in it, for everybody to sign with; Logto refuses the ID tokens signed by it (500).';
    return [
      'fail',
      { ...details, actual: 'a private key', why, repair: 'Have the provider replace its keys at once.' },
    ];
  }
  const theirs = textValues(metadata?.id_token_signing_alg_values_supported).filter(isPublicKeySignature);
  const wanted = theirs.length === 0 ? PORTABLE_SIGNATURES : theirs;
  const accepted = wanted.filter((alg) => view.algorithms?.includes(alg) ?? true);
  // Another check reports lists without a common algorithm; then the connector's own algorithms count here.
  const algorithms = accepted.length > 0 ? accepted : (view.algorithms ?? wanted).filter(isPublicKeySignature);
  const good = await servedAlgorithms(set, algorithms);
  if (good.length > 0) return ['pass', { ...details, actual: `for ${good.join(', ')}` }];
  const why = 'Logto finds no key for an ID token of this provider: every sign-in ends with 500.';
  const expected = `a key for ${algorithms.join(' or ') || 'an algorithm that Logto verifies'}`;
  return [
    'fail',
    { ...details, expected, why, repair: "Compare jwksUri and algorithms with the provider's discovery document." },
  ];
}

/** Keys that a message describes. */
const MAX_SHOWN = 8;

function describeKeys(keys: readonly JWK[]): string {
  const more = keys.length > MAX_SHOWN ? [`${keys.length - MAX_SHOWN} more`] : [];
  return [...keys.slice(0, MAX_SHOWN).map(describeKey), ...more].join(', ');
}
