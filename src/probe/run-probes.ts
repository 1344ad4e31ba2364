import { withUnusedPort } from '../browser/loopback-redirect-uri.js';
import { isAbort, OidcCliError } from '../errors.js';
import { chooseClientAuthentication } from '../oidc/client-authentication.js';
import type { ProviderDeps } from '../oidc/provider.js';
import type { ClientAuthMethod } from '../profiles/profile.js';
import { connect, type SignInRequest } from '../sign-in/client.js';
import type { UserAgent } from '../sign-in/user-agent.js';
import { probeAuthorization, probePlainChallenge, verifyIss } from './authorization-probes.js';
import { probeCodes, probeFirstCode, probePlainCode } from './code-probes.js';
import type { Evidence } from './evidence.js';
import {
  type ProbePlan,
  WITH_FIRST_TOKENS,
  WITH_HOSTILE_SIGN_IN,
  WITH_LAST_SIGN_IN,
  WITH_MORE_CODES,
  WITH_REFRESH_TOKEN,
} from './plan.js';
import { PROBE_NAMES, type ProbeName, type ProbeResult } from './probe.js';
import { type Probing, Results, type Tokens } from './probing.js';
import { probeHostileSignIn, probeMaxAge } from './sign-in-probes.js';
import { type Grant, SignIns } from './sign-ins.js';
import { probeEndSession } from './sign-out-probe.js';
import { type RemainingTokens, TokenLedger } from './token-ledger.js';
import {
  probeOtherClient,
  probeReusedRefreshToken,
  probeRevokedAccessToken,
  probeRevokedRefreshToken,
} from './token-probes.js';
import { probeUserinfo } from './userinfo-probes.js';

/** The settings of a run. */
export interface ProbeOrder {
  readonly request: SignInRequest;
  readonly plan: ProbePlan;
  /** A second client at the same provider; its secret has been resolved. */
  readonly otherClient?: {
    readonly clientId: string;
    readonly secret?: string;
    readonly method?: ClientAuthMethod;
  };
  /** A program of the user signs in. */
  readonly byCommand: boolean;
}

/** Dependencies of a run. */
export interface ProbeDeps extends ProviderDeps {
  readonly signal: AbortSignal;
  readonly evidence: Evidence;
  /** Makes a user agent for one sign-in. All of them use one browser. */
  readonly newUserAgent: () => UserAgent;
  readonly on: (result: ProbeResult) => void;
}

/** The result of a run. */
export interface ProbeRun {
  readonly issuer: string;
  /** In the order of a report. */
  readonly results: readonly ProbeResult[];
  readonly tokens: RemainingTokens;
}

/**
 * Sends requests that a correct provider must reject. Saves nothing, and revokes
 * the received tokens at the end. Throws the errors of discovery and of the
 * sign-ins, with the results so far in the details.
 */
export async function runProbes(order: ProbeOrder, deps: ProbeDeps): Promise<ProbeRun> {
  const { request, plan, otherClient: other, byCommand } = order;
  const { provider, client } = await connect(request, deps);
  const at = { provider, client, deps };
  const ledger = new TokenLedger(at);
  const results = new Results(new Set(plan.names), deps.evidence, deps.on);
  deps.recorder.hideCredentials(other?.secret);
  const otherClient = other && {
    clientId: other.clientId,
    authentication: chooseClientAuthentication({ method: other.method, secret: other.secret }, provider.metadata),
  };
  const signIns = new SignIns(
    results.wants('max-age'),
    plan.signIns.least,
    request,
    at,
    deps.evidence,
    ledger,
    deps.newUserAgent,
  );
  const unusedRedirectUri = await withUnusedPort(request.redirectUri);
  const shared = { request, unusedRedirectUri, otherClient, signIns, ledger, evidence: deps.evidence, results };
  const probing: Probing = { ...at, ...shared };
  const sorted = () => {
    const byName = new Map(results.all().map((result) => [result.name, result]));
    return PROBE_NAMES.flatMap((name) => byName.get(name) ?? []);
  };
  try {
    await runInOrder(probing, byCommand);
  } catch (error) {
    if (isAbort(error) || deps.signal.aborted) throw error;
    await ledger.revokeAll().catch(() => undefined);
    if (!(error instanceof OidcCliError)) throw error;
    const probes = sorted().map(({ name, verdict, actual }) => ({ name, verdict, actual }));
    throw error.with({ details: { probes } });
  }
  return { issuer: provider.issuer, results: sorted(), tokens: await ledger.revokeAll() };
}

const USERINFO_PROBES: readonly ProbeName[] = ['userinfo-without-token', 'userinfo-foreign-token'];

/** Read-only probes come before those that spend tokens; a new sign-in follows each probe that ends tokens. */
async function runInOrder(probing: Probing, byCommand: boolean): Promise<void> {
  const { results, signIns } = probing;
  const grants: Grant[] = [];
  let tokens: Tokens | undefined;
  let survives: boolean | undefined;
  if (results.wants(...WITH_FIRST_TOKENS)) {
    const first = await probeFirstCode(probing);
    grants.push(first.grant);
    ({ tokens, survives } = first);
  }
  const control = await probeAuthorization(probing, tokens !== undefined);
  await results.guard(USERINFO_PROBES, () => probeUserinfo(probing, tokens));
  if (tokens) {
    await probeOtherClient(probing, tokens);
    if (results.of('refresh-other-client')?.verdict === 'violated' && results.wants(...WITH_REFRESH_TOKEN)) {
      tokens = await signIns.redeem(await signIns.getCode({ why: 'a refresh token that nobody else has spent' }));
    }
    await probeReusedRefreshToken(probing, tokens);
  }
  if (results.wants(...WITH_MORE_CODES)) await probeCodes(probing, survives);
  const plain = await probePlainChallenge(probing, control);
  if (plain) await probePlainCode(probing, plain.mark);
  if (results.wants(...WITH_HOSTILE_SIGN_IN)) {
    const odd = results.wants('state-unchanged', 'nonce-unchanged') ? await probeHostileSignIn(probing) : {};
    if (odd.grant) grants.push(odd.grant);
    if (results.wants('revoked-refresh-token')) {
      const fresh = odd.tokens ?? (await signIns.redeem(await signIns.getCode({ why: 'tokens to revoke' })));
      await probeRevokedRefreshToken(probing, fresh);
      tokens = fresh.idToken === undefined ? tokens : fresh;
    }
  }
  if (results.wants(...WITH_LAST_SIGN_IN)) {
    const last = await probeMaxAge(probing, byCommand);
    grants.push(last.grant);
    await probeRevokedAccessToken(probing, last.tokens);
    tokens = last.tokens;
  }
  const codeResponses = grants.map(({ iss, event }) => ({ value: iss, events: [event] }));
  verifyIss(probing, [...(control.iss ? [control.iss] : []), ...codeResponses]);
  await results.guard(['end-session-redirect'], () => probeEndSession(probing, tokens?.idToken));
}
