import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../context.js';
import { type FactsOf, OidcCliError } from '../errors.js';
import { type LoopbackServer, listenOnLoopback } from '../network/loopback-server.js';
import { isOtherUsers } from '../network/tcp-table.js';
import { BrowserBinding, randomName } from './browser-binding.js';
import {
  type CallbackKind,
  PAGE_HEADERS,
  pageLanguage,
  plainPage,
  type Verdict,
  verdictPage,
} from './callback-page.js';
import { type ResponseVia, readCallback } from './callback-response.js';
import { type LoopbackRedirectUri, parseLoopbackRedirectUri } from './loopback-redirect-uri.js';
import { hasOurForm } from './state-parameter.js';
import { STRAY_STATUS, StrayCounter, type StrayCounts, type StrayReason, type StrayRequest } from './stray-requests.js';

/** The authorization response (RFC 6749 §4.1.2), proven by its state to belong to this sign-in. */
export interface CallbackResponse {
  /** Without the redirect URI's own parameters. As they came: one may be there twice. */
  readonly parameters: URLSearchParams;
  readonly via: ResponseVia;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** It came with the cookie of the browser that opened the one-time address; false where there is no such address. */
  readonly bound: boolean;
}

/** A listener on the redirect URI, for one answer. */
export interface CallbackListener {
  /** The exact one, with the real port when port 0 was asked for. */
  readonly redirectUri: string;
  /**
   * The first request with the right state, and with the cookie where there is
   * a one-time address. No stranger can end or fail it. Rejects when the
   * listener is closed or its signal aborted, and with `one_time_address_reused`
   * when a second client opens the one-time address.
   */
  readonly response: Promise<CallbackResponse>;
  readonly strays: StrayCounts;
  /**
   * Shows the verdict to the browser that waits for it. Resolves when the page
   * was handed over; at once when no browser is on its way to it.
   */
  conclude(verdict: Verdict): Promise<void>;
  /**
   * Makes an address on the redirect URI's host that leads to `url`, for the
   * browser's command line. The first client to open it gets a cookie, and from
   * now on only a response with that cookie counts. An earlier address leads
   * nowhere any more.
   */
  oneTimeAddress(url: string): string;
  /**
   * Takes the one-time address back, so that a response counts without a
   * cookie. Where a client has opened it already, `answer` rejects with
   * `one_time_address_reused`.
   */
  withdrawAddress(reason: string): void;
  /** Throws `one_time_address_reused` where a second client has opened the one-time address, even after the answer. */
  refuseSecondClient(): void;
  /** Stops at once and ends every connection; a browser that still waits is told so. */
  close(): Promise<void>;
}

/** What the listener is to wait for. */
export interface CallbackOptions {
  /** `http://localhost:8484/callback`, say; port 0 is any free one. */
  readonly redirectUri: string;
  readonly expectedState: string;
  readonly kind?: CallbackKind;
  readonly signal?: AbortSignal;
  /** A taken port is nothing unusual: it is not waited for. */
  readonly mayBeTaken?: boolean;
  readonly clock: Clock;
  readonly onStray?: (stray: StrayRequest) => void;
}

/** Milliseconds that a browser on its way to the verdict page is waited for, and one that does not take the page. */
const GRACE_MS = 1_000;

/** Browsers ask for these by themselves, beside any page: that is nobody's doing and not counted. */
const BROWSER_PATHS =
  /^\/(favicon\.ico|apple-touch-icon[\w-]*\.png|\.well-known\/appspecific\/com\.chrome\.devtools\.json)$/;

/**
 * Listens for the authorization response on exactly this redirect URI, on
 * loopback only (RFC 8252 §7.3, §8.3). The state is compared, in constant
 * time, before anything else in a request is believed; one answer is taken.
 *
 * @throws OidcCliError `redirect_uri_invalid`, `redirect_uri_not_loopback`,
 *   `port_taken`, `port_forbidden`, or the signal's reason when it is aborted
 */
export async function startCallbackListener(options: CallbackOptions): Promise<CallbackListener> {
  options.signal?.throwIfAborted();
  const listener = new Listener(options);
  await listener.listen();
  return listener;
}

/**
 * A listener for its one-time address alone, where nothing listens on the
 * redirect URI: its `answer` never resolves, and rejects as that of any other.
 *
 * @throws OidcCliError as `startCallbackListener`
 */
export function startAddressListener(options: Pick<CallbackOptions, 'clock' | 'signal'>): Promise<CallbackListener> {
  return startCallbackListener({
    ...options,
    redirectUri: `http://127.0.0.1:0/${randomName()}`,
    expectedState: randomName(),
  });
}

class Listener implements CallbackListener {
  readonly response: Promise<CallbackResponse>;
  redirectUri: string;
  private readonly uri: LoopbackRedirectUri;
  private readonly verdictPath = `/verdict/${randomName()}`;
  private binding: BrowserBinding | undefined;
  private readonly posted = new PostedResponses<Omit<CallbackResponse, 'bound'>>();
  private readonly waiting = new Set<ServerResponse>();
  private readonly strayCounter: StrayCounter;
  private answered = false;
  private reused: OidcCliError | undefined;
  private verdict: Verdict | undefined;
  /** Whether a browser has come for the verdict. */
  private visited = false;
  private take!: (response: CallbackResponse) => void;
  private giveUp!: (reason: unknown) => void;
  private delivered: () => void = () => {};
  private closing: Promise<void> | undefined;
  private server!: LoopbackServer;
  private hosts: readonly string[] = [];

  constructor(private readonly options: CallbackOptions) {
    if (options.expectedState === '') throw new OidcCliError('internal', { reason: 'an empty state proves nothing' });
    this.uri = parseLoopbackRedirectUri(options.redirectUri);
    this.redirectUri = options.redirectUri;
    this.strayCounter = new StrayCounter(options.onStray);
    this.response = new Promise((resolve, reject) => {
      this.take = resolve;
      this.giveUp = reject;
    });
    // Whoever waits for it hears of it; when nobody does, that is no failure.
    this.response.catch(() => {});
  }

  get strays(): StrayCounts {
    return this.strayCounter.strays;
  }

  async listen(): Promise<void> {
    const { uri, options } = this;
    this.server = await listenOnLoopback(
      uri.addresses,
      uri.port,
      (request, response) => void this.handle(request, response),
      { ...options, onMalformed: () => this.strayCounter.count('malformed', '', '') },
    );
    this.hosts = uri.hostHeaders(this.server.port);
    this.redirectUri = uri.withPort(this.server.port);
    if (options.signal?.aborted) {
      await this.close();
      throw options.signal.reason;
    }
    options.signal?.addEventListener('abort', this.onAbort);
  }

  private readonly onAbort = () => {
    this.giveUp(this.options.signal?.reason);
    void this.close();
  };

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.giveUp(new DOMException('The callback listener was closed', 'AbortError'));
    this.delivered();
    await Promise.all(
      [...this.waiting].map((response) => this.deliver(response, plainPage('ended', requestLanguage(response.req)))),
    );
    await this.server.close();
  }

  oneTimeAddress(url: string): string {
    this.binding = new BrowserBinding(new URL(url).href, this.server.port);
    return `http://${this.hosts[0]}${this.binding.path}`;
  }

  withdrawAddress(reason: string): void {
    if (this.binding?.visited) this.endReused({ browserFailed: reason });
    else this.binding = undefined;
  }

  refuseSecondClient(): void {
    if (this.reused) throw this.reused;
  }

  /** Ends the wait: whoever of two clients has the cookie, nobody can tell whether it is the person's browser. */
  private endReused(facts: FactsOf<'one_time_address_reused'>): void {
    const of = this.options.kind === 'sign-out' ? { of: 'sign-out' } : {};
    this.reused ??= new OidcCliError('one_time_address_reused', { ...facts, ...of });
    this.giveUp(this.reused);
  }

  async conclude(verdict: Verdict): Promise<void> {
    if (this.verdict) return;
    this.verdict = verdict;
    if (this.waiting.size > 0) {
      await Promise.all([...this.waiting].map((response) => this.deliver(response, this.pageOf(verdict, response))));
    } else if (this.answered && !this.visited) {
      await waitForGrace((done) => {
        this.delivered = done;
      });
    }
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const questionMark = url.indexOf('?');
    const path = questionMark < 0 ? url : url.slice(0, questionMark);
    const query = questionMark < 0 ? '' : url.slice(questionMark + 1);
    const refusal = await this.serve(request, response, path, query);
    if (refusal === undefined) return;
    this.strayCounter.count(refusal, method, path);
    if (refusal === 'method') response.setHeader('allow', path === this.uri.pathname ? 'GET, POST' : 'GET');
    const topic = refusal === 'other browser' ? 'other browser' : 'stray';
    this.send(response, STRAY_STATUS[refusal], plainPage(topic, requestLanguage(request)));
  }

  /** Answers the request, or says why it will not. */
  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
  ): Promise<StrayReason | undefined> {
    // A page can make its own host name point here (DNS rebinding), but can't make the browser send another Host.
    if (!this.hosts.includes(request.headers.host?.toLowerCase() ?? '')) return 'foreign host';
    if (path === this.uri.pathname) return await this.serveCallback(request, response, query);
    const serve = this.ownPage(path);
    if (serve !== undefined) {
      // Programs that look before they go send HEAD: it must use nothing up.
      return request.method === 'GET' ? serve(request, response) : 'method';
    }
    if (!BROWSER_PATHS.test(path)) return 'other path';
    this.send(response, path === '/favicon.ico' ? 204 : 404, '');
    return undefined;
  }

  /** What serves a path that this listener has made up, which nobody can guess. */
  private ownPage(path: string) {
    if (path === this.verdictPath) return this.serveVerdict;
    const { binding } = this;
    if (path === binding?.path) {
      return (request: IncomingMessage, response: ServerResponse) =>
        this.serveOneTimeAddress(binding, request, response);
    }
    if (!this.posted.has(path)) return undefined;
    return (request: IncomingMessage, response: ServerResponse) => {
      const received = this.posted.take(path);
      return received && this.accept(received, request, response);
    };
  }

  private serveOneTimeAddress(
    binding: BrowserBinding,
    request: IncomingMessage,
    response: ServerResponse,
  ): StrayReason | undefined {
    // Who reads a browser's command line may be faster than that browser.
    if (isOtherUsers(request.socket)) return 'other user';
    switch (binding.visit(request)) {
      case 'first':
        response.setHeader('set-cookie', binding.setCookie);
        return this.redirect(response, binding.destination);
      case 'again':
        return this.redirect(response, binding.destination);
      case 'prefetch':
        return this.send(response, 503, '');
      case 'second client':
        if (this.verdict === undefined) this.endReused({});
        // It may be the person's own browser, which is told why it is not sent on.
        return this.serveVerdict(request, response);
    }
  }

  private async serveCallback(
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
  ): Promise<StrayReason | undefined> {
    const reading = await readCallback(request, query, this.uri.ownParameters, this.options.expectedState);
    if (reading.kind === 'refused') return reading.reason;
    const { via, parameters } = reading;
    const receivedAt = this.options.clock.now();
    if (reading.kind === 'wrong state') {
      const names = [...new Set(parameters.keys())];
      if (names.length === 0) return 'empty';
      const reason = parameters.getAll('state').some(Boolean) ? 'wrong state' : 'no state';
      const parameterNames = names.slice(0, 20).map((name) => name.slice(0, 64));
      const error = parameters.get('error')?.slice(0, 64);
      const likeOurs = hasOurForm(parameters.get('state'));
      this.strayCounter.lastWrongState = { reason, via, receivedAt, parameterNames, error, likeOurs };
      return reason;
    }
    const received = { parameters, via, receivedAt };
    if (via === 'form_post' && this.binding?.isFrom(request) === false) {
      return this.redirect(response, this.posted.hold(received));
    }
    return this.accept(received, request, response);
  }

  /** Takes an answer with the right state, where it is the first and comes from the right browser. */
  private accept(
    received: Omit<CallbackResponse, 'bound'>,
    request: IncomingMessage,
    response: ServerResponse,
  ): StrayReason | undefined {
    if (this.answered || this.reused) return 'answered already';
    if (this.binding?.isFrom(request) === false) return 'other browser';
    this.answered = true;
    // So that no code stays in the browser's history, nor goes on as a referrer.
    this.redirect(response, this.verdictPath);
    this.take({ ...received, bound: this.binding !== undefined });
    return undefined;
  }

  private readonly serveVerdict = (request: IncomingMessage, response: ServerResponse): undefined => {
    this.visited = true;
    if (this.verdict) {
      void this.deliver(response, this.pageOf(this.verdict, response)).then(() => this.delivered());
      return;
    }
    this.server.protect(request.socket);
    this.waiting.add(response);
    response.once('close', () => this.waiting.delete(response));
  };

  private pageOf(verdict: Verdict, response: ServerResponse): string {
    return verdictPage(verdict, this.options.kind ?? 'sign-in', requestLanguage(response.req));
  }

  /** Resolves when the page was handed over, or the browser has gone or does not take it. */
  private deliver(response: ServerResponse, page: string): Promise<void> {
    this.waiting.delete(response);
    return waitForGrace((done) => {
      response.once('finish', done);
      response.once('close', done);
      // A second request on a connection hears nothing of its own when the first one's answer ends that.
      response.req.socket.once('close', done);
      if (this.binding) response.setHeader('set-cookie', this.binding.clearCookie);
      this.send(response, 200, page);
    });
  }

  private redirect(response: ServerResponse, location: string): undefined {
    response.setHeader('location', location);
    this.send(response, 303, '');
  }

  private send(response: ServerResponse, status: number, page: string): undefined {
    const type = page === '' ? {} : { 'content-type': 'text/html; charset=utf-8' };
    // One request a connection: none is left open on our side that a browser might still want to use.
    response.writeHead(status, { ...PAGE_HEADERS, ...type, connection: 'close' });
    response.end(page);
  }
}

/** Waits for `done` to be called, but no longer than a moment. */
function waitForGrace(start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GRACE_MS);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function requestLanguage(request: IncomingMessage): ReturnType<typeof pageLanguage> {
  return pageLanguage(request.headers['accept-language']);
}

/** Form posts that are held at one time; of more, the oldest is dropped. */
const MAX_POSTED = 8;

/**
 * Answers that came as a form post without the cookie. A browser sends no Lax
 * cookie with a post from another site, but with the GET that it is redirected
 * to: each is held under a one-time path until that GET takes it.
 */
class PostedResponses<Answer> {
  private readonly byPath = new Map<string, Answer>();

  /** Holds an answer and returns the path that takes it. */
  hold(response: Answer): string {
    for (const oldest of this.byPath.keys()) {
      if (this.byPath.size < MAX_POSTED) break;
      this.byPath.delete(oldest);
    }
    const path = `/response/${randomName()}`;
    this.byPath.set(path, response);
    return path;
  }

  has(path: string): boolean {
    return this.byPath.has(path);
  }

  /** The answer, which is held no longer. */
  take(path: string): Answer | undefined {
    const response = this.byPath.get(path);
    this.byPath.delete(path);
    return response;
  }
}
