import { CheckList, type DoctorCheck, type Explain, type Side } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import type { NetworkFetch } from '../network/fetch.js';
import {
  type AuthorizationEndpointResult,
  classifyRefusal,
  type RefusedRequest,
  tryAuthorizationRequest,
} from '../oidc/authorization-endpoint.js';
import {
  type AuthorizationParameters,
  createAuthorizationRequest,
  randomState,
} from '../oidc/authorization-request.js';
import { chooseClientAuthentication } from '../oidc/client-authentication.js';
import type { AdvertisedMetadata } from '../oidc/metadata.js';
import type { Provider } from '../oidc/provider.js';
import type { ClientAuthMethod } from '../profiles/profile.js';
import type { Recorder } from '../trace/recorder.js';
import { failureSide } from './connection-checks.js';

/** The authorization request of a profile. */
export interface TriedRequest {
  readonly clientId: string;
  readonly clientAuth: ClientAuthMethod | undefined;
  readonly secret: string | undefined;
  readonly authorization: AuthorizationParameters;
}

/** Dependencies of these checks. */
export interface AuthorizationDeps {
  readonly fetch: NetworkFetch;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly explain: Explain;
}

const ANSWER = 'authorization endpoint';
const CLIENT = 'client known';
const REDIRECT = 'redirect URI registered';
const SCOPES = 'scopes allowed';
const ISS = 'iss in the answer';

/** The names of all these checks, for a provider that cannot be asked. */
export const AUTHORIZATION_CHECKS = [ANSWER, CLIENT, REDIRECT, SCOPES, ISS];

/**
 * Sends the profile's own authorization request once (OIDC Core §3.1.2.1) without
 * a signed-in user, and follows no redirect. The checks show the provider's
 * response to the client, the redirect URI and the scopes before a sign-in. A
 * check that the response does not decide is reported as not testable.
 */
export async function authorizationChecks(
  provider: Provider,
  tried: TriedRequest,
  deps: AuthorizationDeps,
): Promise<DoctorCheck[]> {
  const checks = new CheckList('authorization request', deps);
  const { authorization } = tried;
  const state = randomState();
  let url: string;
  let nonce: string;
  try {
    const authentication = chooseClientAuthentication(
      { method: tried.clientAuth, secret: tried.secret },
      provider.metadata,
    );
    const client = { clientId: tried.clientId, authentication, clockTolerance: 0, strict: false };
    ({ url, nonce } = await createAuthorizationRequest(provider, client, authorization, state));
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
    refusedWhenPushed(checks, error);
    return checks.all;
  }
  const response = await tryAuthorizationRequest(url, authorization.redirectUri, deps);
  const given = Object.values(authorization.parameters ?? {}).filter((value) => value.length >= 8);
  // Some providers repeat the request that they refuse.
  deps.recorder.hideInWords(state, nonce);
  deps.recorder.maskInWords(tried.secret, ...given);
  addChecks(checks, response, tried, (words) => deps.recorder.maskWords(words));
  checks.all.push(issCheck(provider.metadata, response, deps.explain));
  return checks.all;
}

/** Records the refusal of the pushed authorization request (RFC 9126 §2.3), or of the choice of its authentication. */
function refusedWhenPushed(checks: CheckList, error: OidcCliError): void {
  const complaint = classifyRefusal({
    error: String(error.facts.error ?? ''),
    words: String(error.facts.description ?? ''),
  });
  const [name, side]: [string, Side] =
    error.code === 'invalid_client' || error.code === 'unauthorized_client'
      ? [CLIENT, 'registration']
      : error.code === 'invalid_scope'
        ? [SCOPES, 'registration']
        : complaint === 'redirect URI'
          ? [REDIRECT, 'registration']
          : [ANSWER, /^(network|tls|proxy)/.test(error.code) ? failureSide(error) : 'provider'];
  for (const each of AUTHORIZATION_CHECKS) {
    if (each === name) checks.failWith(name, error, side);
    else checks.notMade([each], { name });
  }
}

function addChecks(
  checks: CheckList,
  response: AuthorizationEndpointResult,
  { clientId, authorization: { redirectUri, scope, prompt } }: TriedRequest,
  mask: (words: string) => string,
): void {
  switch (response.kind) {
    case 'unreachable':
      checks.failWith(ANSWER, response.error, failureSide(response.error));
      checks.notMade([CLIENT, REDIRECT, SCOPES], { name: ANSWER });
      return;
    case 'page':
      checks.pass(ANSWER, `answers ${response.status} with a page${response.form ? ' to be filled in' : ''}`);
      if (response.form) passRequest(checks, clientId, redirectUri, scope);
      else {
        const actual = 'not testable: the provider answers with a page that says neither yes nor no without a browser';
        for (const name of [CLIENT, REDIRECT, SCOPES]) checks.skip(name, actual, 'oidc-cli login shows it.');
      }
      return;
    case 'sent on':
      checks.pass(ANSWER, `answers ${response.status} and sends the browser to ${response.to}`);
      passRequest(checks, clientId, redirectUri, scope);
      return;
    case 'answered':
      if (response.error === undefined) checks.pass(ANSWER, 'answers with a code');
      else if (prompt?.split(' ').includes('none'))
        checks.pass(ANSWER, `answers ${response.error}: nobody is signed in`);
      else {
        checks.fail(ANSWER, {
          actual: `the provider answers ${response.error} at the redirect URI`,
          expected: 'its sign-in page',
          why: 'The provider does not let anybody sign in: it refuses as if it might show no page, which only prompt=none asks for (OIDC Core §3.1.2.6).',
          repair: 'Look at the sign-in methods and policies of this client at the provider.',
          side: 'registration',
        });
      }
      passRequest(checks, clientId, redirectUri, scope);
      return;
    case 'refused':
      failRequest(checks, { ...response, words: mask(response.words) }, clientId, redirectUri, scope);
  }
}

/** Records an accepted request. Some providers ignore unknown scopes without an error (RFC 6749 §3.3). */
function passRequest(checks: CheckList, clientId: string, redirectUri: string, scope: string): void {
  checks.pass(CLIENT, clientId);
  checks.pass(REDIRECT, redirectUri);
  checks.pass(SCOPES, `${scope}: not refused before the sign-in`);
}

function failRequest(
  checks: CheckList,
  { error, words, reportedTo, address, status }: RefusedRequest,
  clientId: string,
  redirectUri: string,
  scope: string,
): void {
  const complaint = classifyRefusal({ error, words });
  const where = {
    'redirect URI': 'the provider answers at the redirect URI',
    'another address': `the provider sends the browser to ${address}`,
    page: `the provider shows a page (${status})`,
  }[reportedTo];
  const actual = `${where}: ${words}`;
  const isRequestFault = complaint === 'other' || complaint === 'PKCE';
  if (isRequestFault) {
    checks.fail(ANSWER, {
      actual,
      why: 'The provider refuses the request: nobody gets to the sign-in page.',
      repair: status >= 500 ? 'Look into the provider’s log.' : 'Correct what the provider complains of.',
      side: status >= 500 ? 'provider' : 'registration',
    });
  } else checks.pass(ANSWER, `answers ${status}`);
  const untold = (name: string) => {
    const reason = isRequestFault
      ? 'for something else'
      : `for ${complaint === 'client' ? 'its client' : `its ${complaint}`}`;
    checks.skip(name, `not testable: the request was refused ${reason}`);
  };
  // RFC 6749 §4.1.2.1: a provider redirects to the redirect URI only if client and redirect URI are valid.
  const known = reportedTo === 'redirect URI' && complaint !== 'client' && complaint !== 'redirect URI';
  if (complaint === 'client') {
    checks.fail(CLIENT, {
      actual,
      expected: `a client "${clientId}"`,
      why: `Unknown client: the provider does not know "${clientId}", or does not allow it this way of signing in.`,
      repair: `Compare --client-id with the client at the provider, in the tenant or realm of this issuer, and allow it the authorization code flow.`,
      side: 'registration',
    });
  } else if (known) checks.pass(CLIENT, clientId);
  else untold(CLIENT);
  if (complaint === 'redirect URI') {
    checks.fail(REDIRECT, {
      actual,
      expected: redirectUri,
      why: `Redirect URI not registered: ${redirectUri} is not among those of this client, to the letter.`,
      repair: `Register ${redirectUri} for the client "${clientId}" at the provider, or give the registered one with --redirect-uri.`,
      side: 'registration',
    });
  } else if (known) checks.pass(REDIRECT, redirectUri);
  else untold(REDIRECT);
  if (complaint === 'scope') {
    checks.fail(SCOPES, {
      actual,
      expected: 'scopes that this client may ask for',
      why: `Scope not allowed: the provider refuses one of "${scope}" for this client.`,
      repair: 'Allow the scope for this client at the provider, or leave it out with --scope.',
      side: 'registration',
    });
  } else untold(SCOPES);
}

/** RFC 9207 §2.4: a provider that advertises iss must send it, also in an error response. */
function issCheck(metadata: AdvertisedMetadata, response: AuthorizationEndpointResult, explain: Explain): DoctorCheck {
  const checks = new CheckList('authorization request', { explain });
  const iss = response.kind === 'answered' || response.kind === 'refused' ? response.iss : undefined;
  const promised = metadata.authorization_response_iss_parameter_supported === true;
  const { issuer } = metadata;
  if (iss !== undefined && ((promised && iss === null) || (iss !== null && iss !== issuer))) {
    checks.fail(ISS, {
      actual: iss ?? 'absent',
      expected: String(issuer),
      why: 'An answer without it, or with another one, is refused: it may be another provider’s (RFC 9207 §2.4).',
      repair: 'Have the provider send its issuer as iss, or not announce it.',
      side: 'provider',
      code: 'callback_issuer_mismatch',
    });
  } else if (iss) checks.pass(ISS, iss);
  else if (promised) checks.pass(ISS, 'announced (RFC 9207)');
  else checks.skip(ISS, 'not announced: an answer cannot be told from another provider’s by it (RFC 9207)');
  return checks.all[0] as DoctorCheck;
}
