import {
  type CallbackListener,
  type CallbackResponse,
  startAddressListener,
  startCallbackListener,
} from '../browser/callback-listener.js';
import { stateMatches } from '../browser/state-parameter.js';
import { type Facts, OidcCliError } from '../errors.js';
import { isLoopback } from '../loopback.js';
import { maskError } from '../masking/mask.js';
import type { NetworkFetch } from '../network/fetch.js';
import type { AuthorizationUrl, Greeting, Redirect } from './application.js';
import { authorizationPage } from './authorization-page.js';
import { callbackParameters, isPastable } from './callback-parameters.js';
import { noteAuthorizationRequest, noteProgress, noteStep } from './steps.js';
import type { AuthorizationResponse, UserAgent } from './user-agent.js';
import { type OpenUrl, type WaitDeps, waitForPerson } from './wait-for-person.js';

/** Milliseconds without a response after which the waiting line names the likely cause. */
const LONG_WAIT_MS = 20_000;

/** Settings of a person's sign-in. */
interface PersonOptions {
  /** Seconds that the user may take. */
  readonly timeout: number;
  /** Opens the one-time address for the user; absent with `--no-browser`. */
  readonly openUrl?: OpenUrl;
  /**
   * Yields the lines that the user pastes until `over` aborts; each may be the
   * callback URL of a browser on another machine.
   */
  readonly pasted?: (over: AbortSignal) => AsyncIterable<string>;
  /** Text for the page in the browser after a failed sign-in. */
  readonly explain: (error: OidcCliError) => Promise<{ readonly message: string; readonly fix: string }>;
}

/** Dependencies of a person's sign-in. */
interface PersonDeps extends WaitDeps {
  readonly fetch: NetworkFetch;
}

/**
 * A person with a browser (RFC 8252): listens on the redirect URI, opens a
 * one-time address that leads to the provider, and takes the one response with
 * the right state and that browser's cookie from the listener, or a pasted line.
 */
export class Person implements UserAgent {
  private state = '';
  private redirect!: Redirect;
  private redirectUri = '';
  /** Listens on the redirect URI, if that is on this machine. */
  private listener: CallbackListener | undefined;
  /** Serves the one-time address: the listener, or a server of its own. */
  private addresses: CallbackListener | undefined;
  private pasted = false;
  private readonly over = new AbortController();

  constructor(
    private readonly options: PersonOptions,
    private readonly deps: PersonDeps,
  ) {}

  /** Throws `redirect_uri_*` and `port_*`. */
  async open(redirect: Redirect, state: string): Promise<string> {
    const { redirectUri, responseMode, secretUrl } = redirect;
    const { clock, signal } = this.deps;
    this.state = state;
    this.redirect = redirect;
    if (isLoopback(new URL(redirectUri).hostname)) {
      this.listener = await startCallbackListener({
        redirectUri,
        expectedState: state,
        clock,
        signal,
        onStray: ({ reason, count }) => this.noteStray(reason, count),
      });
      this.addresses = this.listener;
      this.redirectUri = this.listener.redirectUri;
      const note = `for the answer at ${this.redirectUri}`;
      noteStep(this.deps, 'listening', { redirectUri: this.redirectUri }, { note });
      return this.redirectUri;
    }
    if (!isPastable(responseMode)) {
      const reason = 'an answer by form_post reaches only its own address, and cannot be pasted';
      throw new OidcCliError('redirect_uri_invalid', { redirectUri, reason });
    }
    if (!this.options.pasted || secretUrl) throw new OidcCliError('redirect_uri_not_loopback', { redirectUri });
    this.redirectUri = redirectUri;
    noteStep(this.deps, 'not listening', { redirectUri }, { note: `${redirectUri} is not on this machine` });
    return redirectUri;
  }

  /** Throws `login_timeout`, `callback_state_mismatch`, `one_time_address_reused`, `redirect_uri_not_loopback` and `interrupted`. */
  async authorize({ url, repeatable }: AuthorizationUrl): Promise<AuthorizationResponse> {
    const { clock, signal } = this.deps;
    // A pasted response needs no listener. The one-time address keeps the request off the browser's command line.
    if (this.options.openUrl) this.addresses ??= await startAddressListener({ clock, signal });
    const sentAt = clock.now();
    noteAuthorizationRequest(this.deps, url);
    try {
      const response = await this.waitForResponse(url);
      const afterSeconds = Math.round((clock.now() - sentAt) / 1000);
      if (response instanceof URLSearchParams) {
        this.pasted = true;
        return { parameters: response, mode: 'query', delivery: { via: 'paste', afterSeconds } };
      }
      const { parameters, via, bound } = response;
      return { parameters, mode: via, bound, delivery: { via: 'listener', afterSeconds } };
    } catch (error) {
      if (!(error instanceof OidcCliError) || error.code !== 'login_timeout' || !repeatable) throw error;
      // The provider did send a response, to a browser without the cookie.
      if (Number(error.facts.otherBrowser) > 0) throw error;
      // A user who sees an error page does not return to the redirect URI.
      throw error.with({ code: 'login_timeout', facts: await authorizationPage(url, this.redirectUri, this.deps) });
    }
  }

  /** Throws if a second client opened the one-time address: the first may not have been the user's browser. */
  confirm(): void {
    if (!this.pasted) this.listener?.refuseSecondClient();
  }

  async conclude(greeting: Greeting): Promise<void> {
    await this.listener?.conclude({ ok: true, ...greeting });
    await this.close();
  }

  async fail(error: unknown): Promise<unknown> {
    if (this.listener && error instanceof OidcCliError) {
      const words = await this.options.explain(maskError(error, this.deps.recorder.masker));
      await this.listener.conclude({ ok: false, code: error.code, ...words });
    }
    await this.close();
    return error;
  }

  private async close(): Promise<void> {
    this.over.abort();
    await Promise.all([this.listener?.close(), this.addresses?.close()]);
  }

  /** Opens a browser or shows the URL, then waits for the first genuine response, from the listener or pasted. */
  private async waitForResponse(url: string): Promise<CallbackResponse | URLSearchParams> {
    const { listener, addresses, redirectUri, deps } = this;
    const { openUrl, pasted, timeout } = this.options;
    const responses: Promise<CallbackResponse | URLSearchParams>[] = [];
    if (listener) responses.push(listener.response);
    // This listener returns no response. It rejects when a second client opens the address.
    if (addresses && addresses !== listener) responses.push(addresses.response);
    if (pasted) responses.push(this.pastedResponse(pasted(this.over.signal)));
    const hint = setInterval(
      () => noteProgress(deps, 'long wait', { redirectUri, strays: listener?.strays.count ?? 0 }),
      LONG_WAIT_MS,
    );
    const address = openUrl && addresses?.oneTimeAddress(url);
    const withSecret = this.redirect.secretUrl ? listener : undefined;
    // The user may also open the one-time address by hand, but only on this machine. A pasted response may come from
    // any.
    this.showAddress(url, address !== undefined && listener ? address : withSecret?.oneTimeAddress(url));
    const onFailure = (reason: string) => {
      addresses?.withdrawAddress(reason);
      this.showAddress(url, withSecret?.oneTimeAddress(url));
    };
    try {
      const open = openUrl && address ? { openUrl, address, onFailure } : undefined;
      return await waitForPerson(
        { open, answers: responses, seconds: timeout, timeoutError: () => this.timeoutError() },
        deps,
      );
    } finally {
      clearInterval(hint);
    }
  }

  /** Shows the address to open by hand: the one-time address, or else the request's own. */
  private showAddress(url: string, oneTimeAddress: string | undefined): void {
    const once = oneTimeAddress !== undefined;
    noteProgress(this.deps, 'browser address', { url: oneTimeAddress ?? url, once });
  }

  private noteStray(reason: string, count: number): void {
    // Records counts 1, 10, 100 and so on, so that a flood does not hide the rest of a trace.
    const transient = !/^10*$/.test(String(count));
    const note = `${reason}; ignored (${count} so far)`;
    noteStep(this.deps, 'stray request', { reason, count }, { from: 'browser', note, transient });
  }

  /**
   * The first pasted line that is a callback with our state. After the end of the
   * input the listener goes on; without a listener no response can arrive any more,
   * and this rejects with that reason.
   */
  private async pastedResponse(lines: AsyncIterable<string>): Promise<URLSearchParams> {
    const { redirectUri, state } = this;
    const ignore = (reason: 'not a callback' | 'wrong state') =>
      noteStep(this.deps, 'pasted address ignored', { reason }, { from: 'browser', note: reason });
    for await (const line of lines) {
      const parameters = callbackParameters(line, redirectUri);
      if (!parameters) {
        if (line.trim() !== '') ignore('not a callback');
      } else if (!stateMatches(parameters, state)) {
        ignore('wrong state');
      } else {
        return parameters;
      }
    }
    if (!this.listener) throw new OidcCliError('redirect_uri_not_loopback', { redirectUri });
    return new Promise(() => undefined);
  }

  /** Responses with a different state and then silence mean a mismatch, not an absent user. */
  private timeoutError(): OidcCliError {
    const { redirectUri, options } = this;
    const strays = this.listener?.strays;
    const { byReason = {}, lastWrongState } = strays ?? {};
    const noState = byReason['no state'] ?? 0;
    const wrongState = (byReason['wrong state'] ?? 0) + noState;
    const facts: Facts = { seconds: options.timeout, redirectUri, strays: strays?.count ?? 0, wrongState };
    const otherBrowser = byReason['other browser'] ?? 0;
    if (wrongState === 0 || otherBrowser > 0) {
      const others = { otherBrowser, otherUser: byReason['other user'] ?? 0, emptyVisits: byReason.empty ?? 0 };
      return new OidcCliError('login_timeout', { ...facts, ...others });
    }
    const { likeOurs, error: strayError } = lastWrongState ?? {};
    return new OidcCliError('callback_state_mismatch', { ...facts, noState, likeOurs, strayError });
  }
}
