import type { Check } from '../../check.js';
import type { OidcCliError } from '../../errors.js';
import type { Provider } from '../../oidc/provider.js';
import type { ProviderFacts } from '../providers.js';
import type { ResolvedCheck } from '../resolve.js';
import type { PhaseTime } from '../result.js';
import type { SignedIn } from '../signed-in.js';
import { checkDiscovery } from './baseline.js';
import { checkCertificates } from './certificates.js';
import { checkClaims } from './claims.js';
import { checkIntrospection } from './introspection.js';
import { checkLogout } from './logout.js';
import { checkLogtoProfile } from './logto-profile.js';
import { errorText, expectationResult, joinWords, skippedResult } from './outcome.js';
import { checkOldRefreshToken, checkRefresh } from './refresh.js';
import { checkAccessTokenRevocation, checkRefreshTokenRevocation } from './revocation.js';
import { checkTimes } from './time-budget.js';
import { checkAccessToken, checkIdToken, checkScopes } from './tokens.js';
import { checkUserinfo } from './userinfo.js';

/** The provider of this try; absent without discovery, as for a connector. */
export interface ObservedProvider {
  readonly provider: Provider | undefined;
  readonly facts: ProviderFacts;
}

/**
 * Compares a sign-in with all expectations of its check, in an order in which none
 * spoils another: first those that only read, then those that spend tokens, the
 * sign-out last. `totalMs` is the sign-in's time.
 */
export async function checkSignIn(
  check: ResolvedCheck,
  signedIn: SignedIn,
  connection: ObservedProvider,
  phases: readonly PhaseTime[],
  totalMs: number,
): Promise<readonly Check[]> {
  const { expect } = check.planned;
  const results: Check[] = [];
  if (expect.failure !== undefined) {
    results.push(
      expectationResult(false, 'failure', joinWords([expect.failure].flat(), 'or'), 'the sign-in succeeded'),
    );
  }
  if (expect.claims) {
    results.push(
      ...(signedIn.idToken
        ? checkClaims('claims', expect.claims, signedIn.idToken.claims)
        : Object.keys(expect.claims).map((name) =>
            skippedResult(`claims.${name}`, 'in the ID token', 'there is no ID token'),
          )),
    );
  }
  if (expect.idToken) results.push(...checkIdToken(expect.idToken, signedIn));
  if (expect.scopes) results.push(checkScopes(expect.scopes, signedIn));
  if (expect.accessToken) results.push(...checkAccessToken(expect.accessToken, signedIn));
  if (expect.profile) results.push(...checkLogtoProfile(expect.profile, signedIn));
  if (expect.userinfo) results.push(...checkUserinfo(expect.userinfo, signedIn));
  // A connector signs in even if discovery fails: the expectations that need discovery then state the reason.
  const unmet = check.discovery ? 'failed' : 'not asked';
  results.push(...(await checkSurroundings(check, connection, phases, totalMs, signedIn.deps.clock.now(), unmet)));
  if (expect.introspection) results.push(...(await checkIntrospection(signedIn)));

  let newest = signedIn;
  if (expect.refresh) {
    const refreshed = await checkRefresh(expect.refresh, signedIn);
    results.push(...refreshed.results);
    newest = refreshed.signedIn;
  }
  if (expect.revocation) results.push(...(await checkAccessTokenRevocation(newest)));
  // A provider may revoke the whole grant when a spent token is used again, so this follows every expectation that
  // needs a valid token.
  if (expect.refresh?.oldRefused) results.push(...(await checkOldRefreshToken(signedIn, newest)));
  if (expect.revocation) results.push(...(await checkRefreshTokenRevocation(newest)));
  if (expect.logout) results.push(...(await checkLogout(signedIn)));
  return results;
}

/** A failure compared with the expected one. */
export interface FailureResult {
  /** The failure is the expected one. */
  readonly asExpected: boolean;
  readonly expectations: readonly Check[];
}

/** Compares a failed sign-in with the failure that its check expects. */
export async function checkFailure(
  check: ResolvedCheck,
  error: OidcCliError,
  connection: ObservedProvider,
  phases: readonly PhaseTime[],
  totalMs: number,
): Promise<FailureResult> {
  const wanted = [check.planned.expect.failure ?? []].flat();
  const asExpected = wanted.includes(error.code);
  const result = expectationResult(asExpected, 'failure', joinWords(wanted, 'or'), errorText(error));
  const around = await checkSurroundings(check, connection, phases, totalMs, Date.now(), 'not asked');
  return { asExpected, expectations: [result, ...around] };
}

/**
 * Checks the expectations that do not depend on the sign-in. `now` is in
 * milliseconds; `unmet` is the reason for a missing provider.
 */
async function checkSurroundings(
  { planned, issuer }: ResolvedCheck,
  { provider, facts }: ObservedProvider,
  phases: readonly PhaseTime[],
  totalMs: number,
  now: number,
  unmet: 'failed' | 'not asked',
): Promise<readonly Check[]> {
  const { within, discovery, certificateDays } = planned.expect;
  return [
    ...(within ? checkTimes(within, phases, totalMs) : []),
    ...(discovery === undefined ? [] : await checkDiscovery(discovery, issuer, provider, unmet)),
    ...(certificateDays === undefined ? [] : checkCertificates(certificateDays, provider, facts, now / 1000)),
  ];
}
