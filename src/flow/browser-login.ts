import { timingSafeEqual } from 'node:crypto';
import { type CallbackListener, startCallbackListener } from '../browser/callback-listener.js';
import { OidcCliError } from '../errors.js';
import { randomState } from '../protocol/authorization-request.js';
import { isLoopback, type ProviderDeps } from '../protocol/provider.js';
import type { TokenClient } from '../protocol/token-requests.js';
import {
  completeSignIn,
  meetProvider,
  type PreparedSignIn,
  prepareSignIn,
  type SignInRequest,
  type SignInResult,
} from './sign-in.js';
import { type OpenUrl, type WaitEvent, waitForPerson } from './wait-for-person.js';

/** After this long without an answer the waiting line names the likely cause; milliseconds. */
const LONG_WAIT_MS = 20_000;

/** What a person is told while a sign-in goes on. None of it holds a secret; `url` is the authorization request. */
export type LoginEvent =
  | WaitEvent
  | { readonly type: 'listening'; readonly redirectUri: string }
  | { readonly type: 'no listener'; readonly redirectUri: string }
  | {
      readonly type: 'discovered';
      readonly asked: string;
      readonly issuer: string;
      readonly authentication: TokenClient['authentication'];
    }
  | { readonly type: 'authorization request'; readonly url: string }
  | { readonly type: 'long wait'; readonly redirectUri: string; readonly strays: number }
  | { readonly type: 'stray'; readonly reason: string; readonly count: number }
  | { readonly type: 'pasted ignored'; readonly reason: 'not a callback' | 'wrong state' }
  | { readonly type: 'answered'; readonly via: 'query' | 'form_post' | 'pasted' };

/** What the flow needs of the world. */
export interface BrowserLoginDeps extends ProviderDeps {
  readonly signal: AbortSignal;
  /** Shows the authorization URL to the person; absent with `--no-browser`. */
  readonly openUrl?: OpenUrl | undefined;
  /** Lines the person pastes, each perhaps the callback URL of a browser elsewhere. */
  readonly pasted?: AsyncIterable<string> | undefined;
  /** Keeps the session; the browser is told of success only after it. */
  readonly keep: (result: SignInResult) => Promise<void>;
  /** Words for the page in the browser when the sign-in failed. */
  readonly explain: (error: OidcCliError) => { readonly message: string; readonly fix: string };
  readonly on: (event: LoginEvent) => void;
}

/**
 * One sign-in in a browser, from listening to keeping the session (RFC 8252).
 * `timeout` is in seconds and covers the person's part. Throws the code of the
 * step that failed; the listener is closed in every case.
 */
export async function browserLogin(
  request: SignInRequest & { readonly timeout: number },
  deps: BrowserLoginDeps,
): Promise<SignInResult> {
  const local = isLoopback(new URL(request.redirectUri).hostname);
  if (!local && request.authorization.responseMode === 'form_post') {
    const reason = 'an answer by form_post reaches only its own address, and cannot be pasted';
    throw new OidcCliError('redirect_uri_invalid', { redirectUri: request.redirectUri, reason });
  }
  if (!local && !deps.pasted) throw new OidcCliError('redirect_uri_not_loopback', { redirectUri: request.redirectUri });

  const state = randomState();
  // Listening and discovery overlap; should one fail, the other is undone.
  const meeting = meetProvider(request, deps);
  meeting.catch(() => undefined);
  const listener = local
    ? await startCallbackListener({
        redirectUri: request.redirectUri,
        expectedState: state,
        clock: deps.clock,
        signal: deps.signal,
        onStray: (stray) => deps.on({ type: 'stray', reason: stray.reason, count: stray.count }),
      })
    : undefined;
  const redirectUri = listener?.redirectUri ?? request.redirectUri;
  deps.on(listener ? { type: 'listening', redirectUri } : { type: 'no listener', redirectUri });
  try {
    const met = await meeting;
    deps.on({
      type: 'discovered',
      asked: request.issuer,
      issuer: met.provider.issuer,
      authentication: met.party.authentication,
    });
    const prepared = await prepareSignIn(request, met, redirectUri, state);
    met.provider.keySet.warm();
    const answer = await askPerson(request.timeout, prepared, listener, deps);
    deps.on({ type: 'answered', via: answer.via });
    const result = await completeSignIn(request, prepared, answer.parameters, deps);
    await deps.keep(result);
    await listener?.conclude({ ok: true, name: personName(result), issuer: met.provider.issuer });
    return result;
  } catch (error) {
    if (error instanceof OidcCliError)
      await listener?.conclude({ ok: false, code: error.code, ...deps.explain(error) });
    throw error;
  } finally {
    await listener?.close();
  }
}

interface Answer {
  readonly parameters: URLSearchParams;
  readonly via: 'query' | 'form_post' | 'pasted';
}

/** Shows the URL, then waits for the first true answer, from the listener or pasted. */
async function askPerson(
  timeout: number,
  { sent, redirectUri }: PreparedSignIn,
  listener: CallbackListener | undefined,
  deps: BrowserLoginDeps,
): Promise<Answer> {
  deps.on({ type: 'authorization request', url: sent.url });
  const answers: Promise<Answer>[] = [];
  if (listener) answers.push(listener.answer);
  if (deps.pasted) answers.push(pastedAnswer(deps.pasted, sent.state, redirectUri, deps.on, listener !== undefined));
  const hint = setInterval(
    () => deps.on({ type: 'long wait', redirectUri, strays: listener?.strays.count ?? 0 }),
    LONG_WAIT_MS,
  );
  try {
    return await waitForPerson(
      {
        url: sent.url,
        openUrl: deps.openUrl,
        answers,
        seconds: timeout,
        onTimeout: () => timedOut(timeout, redirectUri, listener),
      },
      deps,
    );
  } finally {
    clearInterval(hint);
  }
}

/** Requests with another state and then silence: that is a mismatch, not a person who went away. */
function timedOut(timeout: number, redirectUri: string, listener: CallbackListener | undefined): OidcCliError {
  const strays = listener?.strays;
  const wrongState = (strays?.byReason['wrong state'] ?? 0) + (strays?.byReason['no state'] ?? 0);
  const facts = { seconds: timeout, redirectUri, strays: strays?.count ?? 0, wrongState };
  return new OidcCliError(wrongState > 0 ? 'callback_state_mismatch' : 'login_timeout', facts);
}

/**
 * The first pasted line that is a callback with our state. When the input ends
 * the listener goes on; without one no answer can come any more, and that is said.
 */
async function pastedAnswer(
  lines: AsyncIterable<string>,
  state: string,
  redirectUri: string,
  on: BrowserLoginDeps['on'],
  listening: boolean,
): Promise<Answer> {
  for await (const line of lines) {
    const parameters = callbackParameters(line, redirectUri);
    if (!parameters) {
      if (line.trim() !== '') on({ type: 'pasted ignored', reason: 'not a callback' });
    } else if (!sameState(parameters.get('state'), state)) {
      on({ type: 'pasted ignored', reason: 'wrong state' });
    } else {
      return { parameters, via: 'pasted' };
    }
  }
  if (!listening) throw new OidcCliError('redirect_uri_not_loopback', { redirectUri });
  return new Promise(() => undefined);
}

/** The parameters of a pasted callback URL, or undefined when the text is not one of this redirect URI. */
export function callbackParameters(text: string, redirectUri: string): URLSearchParams | undefined {
  try {
    const url = new URL(text.trim());
    const expected = new URL(redirectUri);
    if (url.origin !== expected.origin || url.pathname !== expected.pathname) return undefined;
    for (const name of new Set(expected.searchParams.keys())) url.searchParams.delete(name);
    return url.searchParams.has('state') ? url.searchParams : undefined;
  } catch {
    return undefined;
  }
}

/** Compares in constant time, so that a guess learns nothing from how long it took. */
export function sameState(given: string | null, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Name, e-mail address or subject: what the person would call themselves. */
function personName(result: Pick<SignInResult, 'session'>): string {
  const { claims, userinfo, subject } = result.session;
  for (const source of [claims, userinfo ?? {}]) {
    for (const claim of ['name', 'preferred_username', 'email']) {
      const value = source[claim];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return subject;
}
