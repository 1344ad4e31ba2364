import { createHash } from 'node:crypto';
import { chooseClientAuthentication } from '../oidc/client-authentication.js';
import { isTokenActive } from '../sign-in/token-activity.js';
import type { ProbeName } from './probe.js';
import type { Probing, Tokens } from './probing.js';
import { postForm, type RawOutcome, randomText } from './raw-requests.js';
import type { Grant } from './sign-ins.js';

/** A wrong token request for a code. */
interface WrongRequest {
  readonly name: ProbeName;
  readonly send: (probing: Probing, grant: Grant) => Promise<RawOutcome>;
}

/** The wrong requests in the order of their use; the first shows whether a code survives one. */
const WRONG_REQUESTS: readonly WrongRequest[] = [
  {
    name: 'code-verifier-wrong',
    send: (probing, grant) => sendCode(probing, grant, { code_verifier: secretRandom(probing) }),
  },
  { name: 'code-verifier-missing', send: (probing, grant) => sendCode(probing, grant, { code_verifier: undefined }) },
  {
    name: 'code-verifier-plain',
    send: (probing, grant) => sendCode(probing, grant, { code_verifier: codeChallenge(grant.sent.codeVerifier) }),
  },
  {
    name: 'redirect-uri-at-token',
    send: (probing, grant) => {
      const other = new URL(grant.redirectUri);
      other.pathname = `${other.pathname.replace(/\/$/, '')}/oidc-cli-probe`;
      return sendCode(probing, grant, { redirect_uri: other.href });
    },
  },
  {
    name: 'client-secret-wrong',
    send: (probing, grant) => {
      const { clientId, authentication } = probing.client;
      const random = { method: authentication.method, secret: secretRandom(probing) };
      const wrong = chooseClientAuthentication(random, probing.provider.metadata);
      return postForm(probing, 'token_endpoint', codeRequest(probing, grant), { clientId, authentication: wrong });
    },
  },
];

/**
 * Gets the first tokens, and sends the first wrong request with their code before
 * that: if the right request still succeeds, codes survive refusals at this
 * provider, and one code is enough for all the others.
 */
export async function probeFirstCode(probing: Probing): Promise<{
  readonly grant: Grant;
  readonly tokens: Tokens;
  readonly survives: boolean | undefined;
}> {
  const { signIns, results } = probing;
  let grant = await signIns.getCode({ why: 'the first tokens' });
  const [first] = selectedRequests(probing);
  if (first?.name !== 'code-verifier-wrong') {
    return { grant, tokens: await signIns.redeem(grant), survives: undefined };
  }
  const mark = probing.evidence.mark;
  const outcome = await first.send(probing, grant);
  addResult(probing, first.name, outcome, mark);
  if (outcome.kind === 'refused' || outcome.kind === 'unclear') {
    try {
      return { grant, tokens: await signIns.redeem(grant), survives: true };
    } catch (error) {
      // A failed right request after a wrong one may mean that the wrong one used up the code: the next sign-in shows
      // that.
      if (!isInvalidGrant(error)) throw error;
    }
  }
  grant = await signIns.getCode({ why: 'the first tokens, since that code was used up' });
  const survives = results.of(first.name)?.verdict === 'violated' ? undefined : false;
  return { grant, tokens: await signIns.redeem(grant), survives };
}

/**
 * Sends the other wrong requests, with one code if codes survive, else with one
 * each; then uses the redeemed code once more.
 */
export async function probeCodes(probing: Probing, survives: boolean | undefined): Promise<void> {
  const { signIns, results, evidence } = probing;
  let grant: Grant | undefined;
  /** The probes refused with this code. They are proven only if the code still gets its tokens afterwards. */
  let unproven: ProbeName[] = [];
  let alive = survives;
  for (const { name, send } of selectedRequests(probing).filter((one) => one.name !== 'code-verifier-wrong')) {
    grant ??= await signIns.getCode({ why: redirectReason(name) });
    const mark = evidence.mark;
    const outcome = await send(probing, grant);
    addResult(probing, name, outcome, mark);
    if (outcome.kind === 'done') {
      grant = undefined;
      unproven = [];
    } else if (alive === true) unproven.push(name);
    else if (alive === undefined) {
      alive = await isGrantUsable(probing, grant);
      grant = undefined;
    } else grant = undefined;
  }
  if (results.wants('code-reuse', 'code-reuse-revokes')) {
    grant ??= await signIns.getCode({ why: 'a code to use twice' });
    await probeReuse(probing, grant, unproven);
  } else if (grant && !(await isGrantUsable(probing, grant))) markUnproven(probing, unproven);
}

/** The wanted requests that can be sent: a client without a secret cannot send a wrong one. */
function selectedRequests({ results, client }: Probing): readonly WrongRequest[] {
  const isPublic = client.authentication.method === 'none';
  if (isPublic) results.add('client-secret-wrong', 'not applicable', 'a public client has no secret');
  return WRONG_REQUESTS.filter(({ name }) => results.wants(name) && !(isPublic && name === 'client-secret-wrong'));
}

async function probeReuse(probing: Probing, grant: Grant, unproven: readonly ProbeName[]): Promise<void> {
  const { signIns, results, evidence, ledger } = probing;
  const mark = evidence.mark;
  let tokens: Tokens;
  try {
    tokens = await signIns.redeem(grant);
  } catch (error) {
    if (unproven.length === 0 || !isInvalidGrant(error)) throw error;
    markUnproven(probing, unproven);
    const again = await signIns.getCode({ why: 'a code to use twice' });
    return probeReuse(probing, again, []);
  }
  const outcome = await sendCode(probing, grant, {});
  addResult(probing, 'code-reuse', outcome, mark);
  const name = 'code-reuse-revokes';
  if (!results.wants(name)) return;
  if (outcome.kind === 'done') return results.add(name, 'not testable', 'the code could be used twice');
  if (outcome.kind === 'unclear') return results.add(name, 'not testable', outcome.reason);
  const { provider, client, deps } = probing;
  await results.guard([name], async () => {
    const inUse = await isTokenActive(provider, client, tokens.accessToken, tokens.subject, deps);
    if (inUse === undefined) {
      return results.addSince(mark, name, 'not testable', 'neither introspection nor userinfo can be asked');
    }
    if (!inUse) {
      ledger.dead(tokens.accessToken);
      ledger.dead(tokens.refreshToken);
    }
    results.addSince(mark, name, inUse ? 'violated' : 'met', inUse ? 'the access token still works' : 'of no use');
  });
}

/** Records the outcome of a wrong request. */
function addResult({ results, ledger }: Probing, name: ProbeName, outcome: RawOutcome, mark: number): void {
  if (outcome.kind === 'done') {
    ledger.addBody(outcome.body);
    const got = ['access_token', 'id_token', 'refresh_token'].filter((member) => member in outcome.body);
    results.addSince(mark, name, 'violated', `accepted: ${got.join(', ') || 'an answer without tokens'}`);
  } else if (outcome.kind === 'unclear') results.addSince(mark, name, 'not testable', outcome.reason);
  else results.addSince(mark, name, 'met', refusalText(outcome));
}

/** A refusal in words: its error, or its status. */
export function refusalText({ status, error }: Extract<RawOutcome, { kind: 'refused' }>): string {
  return error === undefined ? `refused (${status})` : `${error.slice(0, 60)} (${status})`;
}

/** Whether a refused code still gets its tokens with the right request. */
async function isGrantUsable({ signIns }: Probing, grant: Grant): Promise<boolean> {
  try {
    await signIns.redeem(grant);
    return true;
  } catch (error) {
    if (isInvalidGrant(error)) return false;
    throw error;
  }
}

/** The code became invalid during these requests, so only the first of them is known to be refused for its fault. */
function markUnproven({ results }: Probing, unproven: readonly ProbeName[]): void {
  for (const name of unproven.slice(1)) {
    const result = results.of(name);
    const why = 'refused, but the code had been used up by another refusal before';
    if (result?.verdict === 'met') results.add(name, 'not testable', why, result.events);
  }
}

function isInvalidGrant(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'invalid_grant';
}

function sendCode(
  probing: Probing,
  grant: Grant,
  different: Readonly<Record<string, string | undefined>>,
): Promise<RawOutcome> {
  const parameters = new Map<string, string | undefined>(codeRequest(probing, grant));
  for (const [name, value] of Object.entries(different)) parameters.set(name, value);
  const given = [...parameters].filter((pair): pair is [string, string] => pair[1] !== undefined);
  return postForm(probing, 'token_endpoint', given);
}

/** The right request (RFC 6749 §4.1.3, RFC 7636 §4.5). */
function codeRequest({ request }: Probing, { response, sent, redirectUri }: Grant): [string, string][] {
  const resource = request.kind === 'logto' ? [] : (request.authorization.resource ?? []);
  return [
    ['grant_type', 'authorization_code'],
    ['code', response.get('code') ?? ''],
    ['redirect_uri', redirectUri],
    ['code_verifier', sent.codeVerifier],
    ...resource.map((uri): [string, string] => ['resource', uri]),
  ];
}

function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function secretRandom({ deps }: Probing): string {
  const value = randomText();
  deps.recorder.hide(value);
  return value;
}

function redirectReason(name: ProbeName): string {
  return name === 'client-secret-wrong' ? 'a code for a wrong client secret' : 'a code for wrong requests';
}

/** Probes a code that was requested with `plain`: whether its challenge is accepted as its verifier. */
export async function probePlainCode(probing: Probing, mark: number): Promise<void> {
  const { signIns, provider, results } = probing;
  const name = 'plain-challenge';
  if (provider.metadata.require_pushed_authorization_requests === true) {
    results.addSince(mark, name, 'violated', 'accepted when it was pushed');
    return;
  }
  const grant = await signIns.getCode({
    why: 'a code with code_challenge_method=plain',
    change: (url, sent) => {
      url.searchParams.set('code_challenge', sent.codeVerifier);
      url.searchParams.set('code_challenge_method', 'plain');
    },
  });
  const outcome = await sendCode(probing, grant, {});
  addResult(probing, name, outcome, mark);
}
