import { type CallbackListener, startAddressListener, startCallbackListener } from '../browser/callback-listener.js';
import type { Verdict } from '../browser/callback-page.js';
import { stateMatches } from '../browser/state-parameter.js';
import type { Clock } from '../context.js';
import { type Facts, OidcCliError } from '../errors.js';
import { isLoopback } from '../loopback.js';
import { maskedError } from '../masking/mask.js';
import type { CameBack } from '../protocol/token-requests.js';
import type { Recorder } from '../trace/recorder.js';
import { noteAuthorizationRequest, noteAuthorizationResponse, noteEvent } from './browser-steps.js';
import { type Driven, type DrivenEvent, throughDriver } from './driven-answer.js';
import { type OpenUrl, outcomeOf, type WaitEvent, waitForPerson } from './wait-for-person.js';

/** After this long without an answer the waiting line names the likely cause; milliseconds. */
const LONG_WAIT_MS = 20_000;

/** What a person is told while their browser is away at the provider. None of it holds a secret. */
export type AnswerEvent =
  | WaitEvent
  | DrivenEvent
  | { readonly type: 'listening'; readonly redirectUri: string }
  | { readonly type: 'no listener'; readonly redirectUri: string }
  /**
   * The address to open by hand. `once`: a one-time address on this machine,
   * which binds the sign-in to the browser that opens it; otherwise the
   * authorization request itself, whose response counts without a cookie.
   * Comes again where no browser could be opened.
   */
  | { readonly type: 'authorization request'; readonly url: string; readonly once: boolean }
  | { readonly type: 'long wait'; readonly redirectUri: string; readonly strays: number }
  | { readonly type: 'stray'; readonly reason: string; readonly count: number }
  | { readonly type: 'pasted ignored'; readonly reason: 'not a callback' | 'wrong state' }
  | { readonly type: 'answered'; readonly via: 'query' | 'form_post' | 'pasted' };

/** What it takes to send a person to the provider and to hear of it. */
export interface BrowserAnswerDeps {
  readonly clock: Clock;
  /** Is told of the browser's part, which we do not send. */
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  /** Shows the authorization URL to the person; absent with `--no-browser`. */
  readonly openUrl?: OpenUrl | undefined;
  /** Lines the person pastes, each perhaps the callback URL of a browser elsewhere. */
  readonly pasted?: AsyncIterable<string> | undefined;
  /** Signs in in place of a person: no listener, no browser window, nothing pasted. */
  readonly driven?: Driven | undefined;
  /** Words for the page in the browser when the sign-in failed. */
  readonly explain: (error: OidcCliError) => Promise<{ readonly message: string; readonly fix: string }>;
  readonly on: (event: AnswerEvent) => void;
}

/** A sign-in between its steps: what is asked, and what is made of the answer. */
export interface BrowserRoundTrip<Asked extends { readonly url: string }, T> {
  /** As registered; port 0 on loopback stands for any free one. Elsewhere the person pastes the answer. */
  readonly redirectUri: string;
  readonly responseMode?: string | undefined;
  /** Compared before anything else in an answer is believed. */
  readonly state: string;
  /** Seconds for the person's part. */
  readonly timeout: number;
  /** Makes the authorization request, for the redirect URI that listens; `url` is where the person is sent. */
  readonly ask: (redirectUri: string) => Promise<Asked>;
  /** The URL holds a secret: the person, too, gets no other address than the one-time one. */
  readonly secretUrl?: boolean | undefined;
  /** Makes a result of the answer. */
  readonly finish: (answer: URLSearchParams, asked: Asked, came: CameBack) => Promise<T>;
  /** Saves the result; the browser is told of success only after that. */
  readonly save?: ((result: T, asked: Asked) => Promise<void>) | undefined;
  /** Where nobody came back: what the provider shows to whoever comes with the request. Throws nothing. */
  readonly look?: ((asked: Asked) => Promise<Facts>) | undefined;
  /** Whom the browser's page greets. */
  readonly greet: (result: T, asked: Asked) => { readonly name: string; readonly issuer: string };
}

/**
 * Sends a person through the browser and back (RFC 8252): listens on the
 * redirect URI, opens a one-time address that leads to the provider, takes the
 * one answer with the right state and that browser's cookie from the listener,
 * or a pasted line, finishes, saves, and tells the browser how it ended.
 * Throws `redirect_uri_*`, `port_*`, `login_timeout`, `callback_state_mismatch`,
 * `one_time_address_reused`, `interrupted`, and what `ask`, `finish` and `save`
 * throw; the listener is closed in every case.
 */
export async function throughBrowser<Asked extends { readonly url: string }, T>(
  trip: BrowserRoundTrip<Asked, T>,
  world: BrowserAnswerDeps,
): Promise<T> {
  const deps = { ...world, on: told(world) };
  deps.recorder.hideInWords(trip.state);
  if (deps.driven) return throughDriver(trip, deps.driven, deps);
  const local = isLoopback(new URL(trip.redirectUri).hostname);
  if (!local && trip.responseMode === 'form_post') {
    const reason = 'an answer by form_post reaches only its own address, and cannot be pasted';
    throw new OidcCliError('redirect_uri_invalid', { redirectUri: trip.redirectUri, reason });
  }
  if (!local && (!deps.pasted || trip.secretUrl))
    throw new OidcCliError('redirect_uri_not_loopback', { redirectUri: trip.redirectUri });

  const { clock, signal } = deps;
  const listener = local
    ? await startCallbackListener({
        redirectUri: trip.redirectUri,
        expectedState: trip.state,
        clock,
        signal,
        onStray: (stray) => deps.on({ type: 'stray', reason: stray.reason, count: stray.count }),
      })
    : undefined;
  const redirectUri = listener?.redirectUri ?? trip.redirectUri;
  deps.on(listener ? { type: 'listening', redirectUri } : { type: 'no listener', redirectUri });
  const conclude = async (verdict: Verdict) => listener?.conclude(verdict);
  let addresses = listener;
  let asked: Asked | undefined;
  try {
    asked = await trip.ask(redirectUri);
    noteAuthorizationRequest(deps, asked.url);
    // A pasted answer needs no listener, but the browser's command line may not hold the request.
    if (deps.openUrl) addresses ??= await startAddressListener({ clock, signal });
    const askedAt = deps.clock.now();
    const answer = await askPerson({ ...trip, url: asked.url, redirectUri }, listener, addresses, deps);
    noteAuthorizationResponse(deps, { redirectUri, ...answer });
    deps.on({ type: 'answered', via: answer.via });
    const by = answer.via === 'pasted' ? 'paste' : 'listener';
    const seconds = Math.round((deps.clock.now() - askedAt) / 1000);
    const result = await trip.finish(answer.parameters, asked, { by, seconds });
    // Whoever opened the address first may have been faster than the person's own browser.
    if (answer.via !== 'pasted') listener?.refuseSecondClient();
    await trip.save?.(result, asked);
    await conclude({ ok: true, ...trip.greet(result, asked) });
    return result;
  } catch (thrown) {
    const error = await withPage(thrown, asked, trip.look);
    if (error instanceof OidcCliError)
      await conclude({
        ok: false,
        code: error.code,
        ...(await deps.explain(maskedError(error, deps.recorder.masker))),
      });
    throw error;
  } finally {
    await Promise.all([listener?.close(), addresses?.close()]);
  }
}

/** Tells the recorder too, and it first. */
function told(deps: BrowserAnswerDeps): BrowserAnswerDeps['on'] {
  return (event) => {
    noteEvent(deps, event);
    deps.on(event);
  };
}

interface Answer {
  readonly parameters: URLSearchParams;
  readonly via: 'query' | 'form_post' | 'pasted';
  /** Absent where it was pasted. */
  readonly bound?: boolean;
}

/**
 * Opens a browser or shows the URL, then waits for the first true answer, from
 * the listener or pasted. `addresses` makes the one-time address.
 */
async function askPerson(
  trip: {
    readonly url: string;
    readonly state: string;
    readonly timeout: number;
    readonly redirectUri: string;
    readonly secretUrl?: boolean | undefined;
  },
  listener: CallbackListener | undefined,
  addresses: CallbackListener | undefined,
  deps: BrowserAnswerDeps,
): Promise<Answer> {
  const { url, state, timeout, redirectUri } = trip;
  const answers: Promise<Answer>[] = [];
  if (listener) answers.push(listener.answer);
  // This listener gives no answer. It rejects when a second client opens the address.
  if (addresses && addresses !== listener) answers.push(addresses.answer);
  if (deps.pasted) answers.push(pastedAnswer(deps.pasted, state, redirectUri, deps.on, listener !== undefined));
  const hint = setInterval(
    () => deps.on({ type: 'long wait', redirectUri, strays: listener?.strays.count ?? 0 }),
    LONG_WAIT_MS,
  );
  const { openUrl } = deps;
  const opened = openUrl && addresses?.oneTimeAddress(url);
  const show = (once: string | undefined) =>
    deps.on({ type: 'authorization request', url: once ?? url, once: once !== undefined });
  const secret = trip.secretUrl ? listener : undefined;
  // The one-time address can be opened by hand as well, but only on this machine: a pasted answer comes from any.
  show(opened !== undefined && listener ? opened : secret?.oneTimeAddress(url));
  try {
    return await waitForPerson(
      {
        openUrl:
          openUrl && opened
            ? async () => {
                const outcome = await outcomeOf(openUrl, opened);
                if (outcome.opened || deps.signal.aborted) return outcome;
                addresses?.withdrawAddress(outcome.reason);
                show(secret?.oneTimeAddress(url));
                return outcome;
              }
            : undefined,
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
  const noState = strays?.byReason['no state'] ?? 0;
  const wrongState = (strays?.byReason['wrong state'] ?? 0) + noState;
  const facts = { seconds: timeout, redirectUri, strays: strays?.count ?? 0, wrongState };
  const otherBrowser = strays?.byReason['other browser'] ?? 0;
  if (wrongState === 0 || otherBrowser > 0) {
    return new OidcCliError('login_timeout', {
      ...facts,
      otherBrowser,
      otherUser: strays?.byReason['other user'] ?? 0,
      emptyVisits: strays?.byReason.empty ?? 0,
    });
  }
  const { likeOurs, error } = strays?.lastWrongState ?? {};
  return new OidcCliError('callback_state_mismatch', { ...facts, noState, likeOurs, strayError: error });
}

/** Adds what the provider shows to a browser that comes with the request: a person who sees an error page does not come back. */
async function withPage<Asked>(
  error: unknown,
  asked: Asked | undefined,
  look: ((asked: Asked) => Promise<Facts>) | undefined,
): Promise<unknown> {
  if (!(error instanceof OidcCliError) || error.code !== 'login_timeout' || asked === undefined || !look) return error;
  // The provider did answer, to a browser without the cookie.
  if (Number(error.facts.otherBrowser) > 0) return error;
  return error.with({ facts: await look(asked) });
}

/**
 * The first pasted line that is a callback with our state. When the input ends
 * the listener goes on; without one no answer can come any more, and that is said.
 */
async function pastedAnswer(
  lines: AsyncIterable<string>,
  state: string,
  redirectUri: string,
  on: BrowserAnswerDeps['on'],
  listening: boolean,
): Promise<Answer> {
  for await (const line of lines) {
    const parameters = callbackParameters(line, redirectUri);
    if (!parameters) {
      if (line.trim() !== '') on({ type: 'pasted ignored', reason: 'not a callback' });
    } else if (!stateMatches(parameters, state)) {
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
    // Not by their origins: a URL with the scheme of an app has none.
    if (url.protocol !== expected.protocol || url.host !== expected.host) return undefined;
    if (url.pathname !== expected.pathname) return undefined;
    for (const name of new Set(expected.searchParams.keys())) url.searchParams.delete(name);
    return url.searchParams.has('state') ? url.searchParams : undefined;
  } catch {
    return undefined;
  }
}
