import { isLoopback } from '../loopback.js';
import { INTERACTION_ERRORS } from '../oidc/authorization-errors.js';
import { hostileText, lostCharacters } from './hostile-text.js';
import type { ProbeName, ProbeVerdict } from './probe.js';
import type { Probing } from './probing.js';
import { type AuthorizationOutcome, openAuthorizationRequest, randomText } from './raw-requests.js';

/** Errors that reject the request itself, with or without a signed-in user. */
const REQUEST_ERRORS: readonly string[] = [
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_response_type',
  'server_error',
  'temporarily_unavailable',
];

/** A host that cannot exist (RFC 6761 §6.4). */
const RESERVED_HOST = 'oidc-cli.invalid';

/** Errors for a provider that is temporarily unable to respond. */
const PROVIDER_ERRORS: readonly string[] = ['server_error', 'temporarily_unavailable'];

/** The result of the control request, which is correct. It decides whether the other responses prove anything. */
interface Control {
  /** The response to prompt=none is an error at the redirect URI, so that a page means a refusal. */
  readonly tells: boolean;
  /** The status of the page that came instead. */
  readonly page?: number;
  readonly iss?: { readonly value: string | null; readonly events: readonly number[] };
}

/**
 * Sends authorization requests with prompt=none, in a browser without a signed-in
 * user: an accepted request ends in login_required, and a refused one shows
 * without a sign-in. `signedIn`: the same client has just signed in, so its
 * registration is not the cause of a refusal.
 */
export async function probeAuthorization(probing: Probing, signedIn: boolean): Promise<Control> {
  const control = await probePromptNone(probing, signedIn);
  await probeRedirectUris(probing, control);
  await probeResponseType(probing, control);
  await probeRequestObject(probing, control);
  await probeState(probing, control);
  return control;
}

const WITH_CONTROL: readonly ProbeName[] = [
  'prompt-none',
  'redirect-uri-other',
  'redirect-uri-suffix',
  'response-type-downgrade',
  'unsigned-request-object',
  'plain-challenge',
  'state-unchanged',
  'iss-in-answer',
];

async function probePromptNone(probing: Probing, signedIn: boolean): Promise<Control> {
  const { results, evidence } = probing;
  if (!results.wants(...WITH_CONTROL)) return { tells: false };
  const mark = evidence.mark;
  const outcome = await open(probing);
  const events = evidence.since(mark);
  const add = (verdict: 'met' | 'violated' | 'not testable', actual: string) =>
    results.add('prompt-none', verdict, actual, events);
  if (outcome.kind === 'unclear') add('not testable', outcome.reason);
  if (outcome.kind === 'page') {
    const what = pageText(outcome);
    const { status } = outcome;
    // A bot filter in front of a provider answers every request like this.
    if (status === 401 || status === 403) add('not testable', `${what}: a browser without cookies is turned away`);
    else if (isRefusal(outcome) && !signedIn)
      add('not testable', `${what}: this client may not be registered as it asks`);
    else add('violated', `${what} in place of an answer`);
    return { tells: false, page: status };
  }
  if (outcome.kind !== 'answered') return { tells: false };
  const error = outcome.parameters.get('error');
  const iss = { value: outcome.parameters.get('iss'), events };
  if (error === null) {
    add('violated', outcome.parameters.has('code') ? 'a code, though nobody is signed in' : 'neither error nor code');
    return { tells: false, iss };
  }
  if (INTERACTION_ERRORS.includes(error)) {
    add('met', error);
    return { tells: true, iss };
  }
  const foreign = REQUEST_ERRORS.includes(error);
  add(
    foreign ? 'not testable' : 'violated',
    `${errorText(error)}${foreign ? ', which says nothing of prompt=none' : ''}`,
  );
  return { tells: false, iss };
}

async function probeRedirectUris(probing: Probing, control: Control): Promise<void> {
  const registered = new URL(probing.unusedRedirectUri);
  const suffixed = new URL(registered);
  suffixed.pathname = `${registered.pathname.replace(/\/$/, '')}/oidc-cli-probe`;
  const foreign = new URL(`https://${RESERVED_HOST}`);
  foreign.pathname = registered.pathname;
  foreign.search = registered.search;
  for (const [name, redirectUri] of [
    ['redirect-uri-other', foreign.href],
    ['redirect-uri-suffix', suffixed.href],
  ] as const) {
    if (!probing.results.wants(name)) continue;
    const mark = probing.evidence.mark;
    const outcome = await open(probing, { redirect_uri: redirectUri });
    if (outcome.kind === 'unclear') {
      probing.results.addSince(mark, name, 'not testable', outcome.reason);
    } else if (outcome.kind === 'page') {
      const { verdict, actual } = pageOutcome(outcome, control);
      const more = verdict === 'met' ? ', and no redirect' : '';
      probing.results.addSince(mark, name, verdict, `${actual}${more}`);
    } else {
      const there = outcome.asAsked;
      const loopback = there && name === 'redirect-uri-suffix' && isLoopback(registered.hostname);
      const why = loopback ? ' (on loopback only the port may vary, RFC 8252 §7.3)' : '';
      const actual = there ? `a redirect there${why}` : 'a redirect to the registered one';
      probing.results.addSince(mark, name, there ? 'violated' : 'met', actual);
    }
  }
}

async function probeResponseType(probing: Probing, control: Control): Promise<void> {
  const name = 'response-type-downgrade';
  if (!probing.results.wants(name)) return;
  const mark = probing.evidence.mark;
  const outcome = await open(probing, {
    response_type: 'id_token token',
    code_challenge: undefined,
    code_challenge_method: undefined,
  });
  const { verdict, actual } = refusalOutcome(outcome, control);
  probing.results.addSince(mark, name, verdict, actual);
}

/**
 * Sends an unsigned request object whose state differs from that of the address:
 * the state in the response shows which one the provider used.
 */
async function probeRequestObject(probing: Probing, control: Control): Promise<void> {
  const name = 'unsigned-request-object';
  if (!probing.results.wants(name)) return;
  const { provider, client, results, evidence } = probing;
  const metadata: unknown = provider.metadata.request_object_signing_alg_values_supported;
  if (Array.isArray(metadata) && metadata.includes('none')) {
    results.add(name, 'not applicable', 'the provider announces that it takes unsigned ones');
    return;
  }
  const mark = evidence.mark;
  const inside = randomText();
  const parameters = { ...Object.fromEntries(authorizationParameters(probing)), state: inside };
  const { UnsecuredJWT } = await import('jose');
  const request = new UnsecuredJWT(parameters).setIssuer(client.clientId).setAudience(provider.issuer).encode();
  const outcome = await open(probing, { request });
  const add = (verdict: 'met' | 'violated' | 'not testable', actual: string) =>
    results.addSince(mark, name, verdict, actual);
  if (outcome.kind === 'unclear') add('not testable', outcome.reason);
  else if (outcome.kind === 'page') {
    const { verdict, actual } = pageOutcome(outcome, control);
    add(verdict, actual);
  } else if (outcome.parameters.get('state') === inside)
    add('violated', 'its parameters were taken: its state came back');
  else {
    const error = outcome.parameters.get('error');
    const ignored = error === null || INTERACTION_ERRORS.includes(error);
    add('met', ignored ? 'it was not read: the state of the address came back' : errorText(error));
  }
}

/** The half of the state probe that needs no sign-in; the other half needs a code. */
async function probeState(probing: Probing, { tells }: Control): Promise<void> {
  const name = 'state-unchanged';
  if (!probing.results.wants(name)) return;
  if (!tells) {
    probing.results.add(name, 'not testable', 'prompt=none gets no answer here that a state could come back with');
    return;
  }
  const mark = probing.evidence.mark;
  const state = hostileText();
  const outcome = await open(probing, { state });
  const add = (verdict: 'met' | 'violated' | 'not testable', actual: string) =>
    probing.results.addSince(mark, name, verdict, actual);
  if (outcome.kind === 'unclear') return add('not testable', outcome.reason);
  if (outcome.kind === 'page') return add('violated', `${pageText(outcome)}: such a state is refused`);
  const back = outcome.parameters.get('state');
  if (back === state) return add('met', 'unchanged with an error');
  const error = outcome.parameters.get('error');
  const refused = error !== null && !INTERACTION_ERRORS.includes(error) ? ` (${errorText(error)})` : '';
  add('violated', `${lostCharacters(state, back)} with an error${refused}`);
}

/** Whether the provider refuses `plain` before any sign-in: `met`, or the response. */
export async function probePlainChallenge(
  probing: Probing,
  control: Control,
): Promise<{ readonly mark: number } | undefined> {
  const name = 'plain-challenge';
  const { provider, results, evidence } = probing;
  if (!results.wants(name)) return undefined;
  const methods: unknown = provider.metadata.code_challenge_methods_supported;
  if (!Array.isArray(methods) || !methods.includes('S256')) {
    results.add(name, 'not applicable', 'the provider does not announce S256');
    return undefined;
  }
  if (methods.includes('plain')) {
    results.add(name, 'not applicable', 'the provider announces plain as well');
    return undefined;
  }
  const mark = evidence.mark;
  const outcome = await open(probing, { code_challenge: randomText(), code_challenge_method: 'plain' });
  const { verdict, actual } = refusalOutcome(outcome, control);
  if (verdict !== 'violated') {
    results.addSince(mark, name, verdict, actual);
    return undefined;
  }
  return { mark };
}

/** Verifies the iss of the responses, with an error and with a code (RFC 9207 §2). */
export function verifyIss(
  { provider, results }: Probing,
  seen: readonly { readonly value: string | null; readonly events: readonly number[] }[],
): void {
  const metadata = provider.metadata.authorization_response_iss_parameter_supported === true;
  const wrong = seen.find(({ value }) => value !== null && value !== provider.issuer);
  const missing = seen.find(({ value }) => value === null);
  const result = (): [ProbeVerdict, string, (readonly number[])?] => {
    if (seen.length === 0) return ['not testable', 'no answer came'];
    if (wrong) return ['violated', `another: ${wrong.value?.slice(0, 200)}`, wrong.events];
    if (!missing) return ['met', 'the issuer', seen.flatMap(({ events }) => events)];
    if (metadata) return ['violated', 'absent, though it is announced', missing.events];
    return ['not applicable', 'the provider does not announce it', missing.events];
  };
  results.add('iss-in-answer', ...result());
}

type ProbeOutcome = { readonly verdict: 'met' | 'violated' | 'not testable'; readonly actual: string };

/** The outcome of a request that must be refused: login_required means that it was accepted. */
function refusalOutcome(outcome: AuthorizationOutcome, control: Control): ProbeOutcome {
  if (outcome.kind === 'unclear') return { verdict: 'not testable', actual: outcome.reason };
  if (outcome.kind === 'page') return pageOutcome(outcome, control);
  const { parameters } = outcome;
  const error = parameters.get('error');
  if (error === null) {
    return { verdict: 'violated', actual: `accepted: ${[...parameters.keys()].join(', ').slice(0, 200)}` };
  }
  if (INTERACTION_ERRORS.includes(error)) {
    return { verdict: 'violated', actual: `accepted: it only lacks a sign-in (${error})` };
  }
  return { verdict: PROVIDER_ERRORS.includes(error) ? 'not testable' : 'met', actual: errorText(error) };
}

/** The outcome of a page in place of a redirect: a refusal, unless a correct request gets such a page too. */
function pageOutcome(outcome: Page, { tells, page }: Control): ProbeOutcome {
  const actual = pageText(outcome);
  if (tells || (isRefusal(outcome) && outcome.status !== page)) return { verdict: 'met', actual };
  return { verdict: 'not testable', actual: `${actual}, which a request with nothing wrong may get here as well` };
}

type Page = Extract<AuthorizationOutcome, { kind: 'page' }>;

function isRefusal({ status, error }: Page): boolean {
  return status >= 400 || error !== undefined;
}

/** Sends the profile's authorization request with prompt=none and these changes; `undefined` removes a parameter. */
function open(
  probing: Probing,
  different: Readonly<Record<string, string | undefined>> = {},
): Promise<AuthorizationOutcome> {
  const parameters = authorizationParameters(probing);
  for (const [name, value] of Object.entries(different)) {
    if (value === undefined) parameters.delete(name);
    else parameters.set(name, value);
  }
  return openAuthorizationRequest(probing, parameters, probing.unusedRedirectUri);
}

function authorizationParameters({ request, unusedRedirectUri, client, deps }: Probing): URLSearchParams {
  const { scope, acrValues, claims, resource = [], parameters = {} } = request.authorization;
  const [state, nonce] = [randomText(), randomText()];
  deps.recorder.hideInWords(state, nonce);
  const optional = { acr_values: acrValues, claims };
  const given = Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const all = new URLSearchParams([...Object.entries(parameters), ...(given as [string, string][])]);
  const own = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: unusedRedirectUri,
    scope,
    state,
    nonce,
    // No code is redeemed here, so the verifier is not needed.
    code_challenge: randomText(),
    code_challenge_method: 'S256',
    prompt: 'none',
  };
  for (const [name, value] of Object.entries(own)) all.set(name, value);
  // A page that posts the response would look like any other page.
  all.delete('response_mode');
  for (const each of resource) all.append('resource', each);
  return all;
}

function pageText({ status, error }: { readonly status: number; readonly error?: string }): string {
  if (error !== undefined) return `refused when it was pushed: ${errorText(error)}`;
  return `${status >= 400 ? 'an error page' : 'a page'} (${status})`;
}

/** The code of an error; any other text is shortened. */
function errorText(error: string): string {
  return error.slice(0, 60);
}
