import type { Check } from '../../check.js';
import type { OidcCliError } from '../../errors.js';
import type { Provider } from '../../oidc/provider.js';
import type { ProviderFacts } from '../providers.js';
import type { ReadyCheck } from '../resolve.js';
import type { PhaseTime } from '../result.js';
import type { SignedIn } from '../signed-in.js';
import { judgeDiscovery } from './baseline.js';
import { judgeCertificates } from './certificates.js';
import { judgeClaims } from './claims.js';
import { judgeIntrospection } from './introspection.js';
import { judgeLogout } from './logout.js';
import { judgeLogtoProfile } from './logto-profile.js';
import { inWords, judged, listed, skipped } from './outcome.js';
import { judgeOldRefreshToken, judgeRefresh } from './refresh.js';
import { judgeAccessTokenRevocation, judgeRefreshTokenRevocation } from './revocation.js';
import { judgeTimes } from './time-budget.js';
import { judgeAccessToken, judgeIdToken, judgeScopes } from './tokens.js';
import { judgeUserinfo } from './userinfo.js';

/** The provider as the try met it: absent where nobody asked for discovery, as a connector may not. */
export interface ProviderAsMet {
  readonly provider: Provider | undefined;
  readonly facts: ProviderFacts;
}

/**
 * Holds a sign-in against everything that its check expects, in an order in
 * which nothing is spoiled: first what only looks, then what spends tokens, the
 * sign-out last. `totalMs` is the sign-in's time.
 */
export async function judgeSignIn(
  check: ReadyCheck,
  signedIn: SignedIn,
  met: ProviderAsMet,
  phases: readonly PhaseTime[],
  totalMs: number,
): Promise<readonly Check[]> {
  const { expect } = check.planned;
  const results: Check[] = [];
  if (expect.failure !== undefined) {
    results.push(judged(false, 'failure', listed([expect.failure].flat(), 'or'), 'the sign-in succeeded'));
  }
  if (expect.claims) {
    results.push(
      ...(signedIn.idToken
        ? judgeClaims('claims', expect.claims, signedIn.idToken.claims)
        : Object.keys(expect.claims).map((name) =>
            skipped(`claims.${name}`, 'in the ID token', 'there is no ID token'),
          )),
    );
  }
  if (expect.idToken) results.push(...judgeIdToken(expect.idToken, signedIn));
  if (expect.scopes) results.push(judgeScopes(expect.scopes, signedIn));
  if (expect.accessToken) results.push(...judgeAccessToken(expect.accessToken, signedIn));
  if (expect.profile) results.push(...judgeLogtoProfile(expect.profile, signedIn));
  if (expect.userinfo) results.push(...judgeUserinfo(expect.userinfo, signedIn));
  // A connector signs in without discovery: whoever expects something of it is told that it failed.
  const unmet = check.discovery ? 'failed' : 'not asked';
  results.push(...(await judgeAround(check, met, phases, totalMs, signedIn.deps.clock.now(), unmet)));
  if (expect.introspection) results.push(...(await judgeIntrospection(signedIn)));

  let newest = signedIn;
  if (expect.refresh) {
    const refreshed = await judgeRefresh(expect.refresh, signedIn);
    results.push(...refreshed.results);
    newest = refreshed.signedIn;
  }
  if (expect.revocation) results.push(...(await judgeAccessTokenRevocation(newest)));
  // A provider may end the whole grant when a spent token comes again: after what needs a living one.
  if (expect.refresh?.oldRefused) results.push(...(await judgeOldRefreshToken(signedIn, newest)));
  if (expect.revocation) results.push(...(await judgeRefreshTokenRevocation(newest)));
  if (expect.logout) results.push(...(await judgeLogout(signedIn)));
  return results;
}

/** A failure held against the one that is expected. */
export interface JudgedFailure {
  /** It is the failure that was to be. */
  readonly asExpected: boolean;
  readonly expectations: readonly Check[];
}

/** Holds a failed sign-in against the failure that its check expects. */
export async function judgeFailure(
  check: ReadyCheck,
  error: OidcCliError,
  met: ProviderAsMet,
  phases: readonly PhaseTime[],
  totalMs: number,
): Promise<JudgedFailure> {
  const wanted = [check.planned.expect.failure ?? []].flat();
  const asExpected = wanted.includes(error.code);
  const result = judged(asExpected, 'failure', listed(wanted, 'or'), inWords(error));
  const around = await judgeAround(check, met, phases, totalMs, Date.now(), 'not asked');
  return { asExpected, expectations: [result, ...around] };
}

/** What holds whether or not somebody signed in. `now` is in milliseconds; `unmet` tells why there is no provider, where there is none. */
async function judgeAround(
  { planned, issuer }: ReadyCheck,
  { provider, facts }: ProviderAsMet,
  phases: readonly PhaseTime[],
  totalMs: number,
  now: number,
  unmet: 'failed' | 'not asked',
): Promise<readonly Check[]> {
  const { within, discovery, certificateDays } = planned.expect;
  return [
    ...(within ? judgeTimes(within, phases, totalMs) : []),
    ...(discovery === undefined ? [] : await judgeDiscovery(discovery, issuer, provider, unmet)),
    ...(certificateDays === undefined ? [] : judgeCertificates(certificateDays, provider, facts, now / 1000)),
  ];
}
