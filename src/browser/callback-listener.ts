import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../context.js';
import { OidcCliError } from '../errors.js';
import { type CallbackFault, hasOurForm, type ResponseVia, readCallback, stateDigest } from './callback-answer.js';
import {
  type CallbackKind,
  PAGE_HEADERS,
  pageLanguage,
  plainPage,
  type Verdict,
  verdictPage,
} from './callback-page.js';
import { type LoopbackRedirectUri, parseLoopbackRedirectUri } from './loopback-redirect-uri.js';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.js';

/** The authorization response (RFC 6749 §4.1.2), proven by its state to belong to this sign-in. */
export interface CallbackAnswer {
  /** Without the redirect URI's own parameters. As they came: one may be there twice. */
  readonly parameters: URLSearchParams;
  readonly via: ResponseVia;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** Why a request was not the answer. */
export type StrayReason =
  | CallbackFault
  /** A visit to the address itself, without any parameter. */
  | 'empty'
  | 'no state'
  | 'wrong state'
  | 'answered already'
  | 'foreign host'
  | 'other path'
  | 'malformed';

/** A request that was refused and changed nothing. */
export interface StrayRequest {
  readonly reason: StrayReason;
  readonly method: string;
  /** Without the query, which may hold anything. A stranger's words. */
  readonly path: string;
  /** How many there have been, this one included. */
  readonly count: number;
}

/** A request that looked like an answer, but without the right state: what it carried, never a value but `error`'s. */
export interface RefusedAnswer {
  readonly reason: 'no state' | 'wrong state';
  readonly via: ResponseVia;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly parameterNames: readonly string[];
  /** The `error` code it named. A stranger's word: to be shown, not believed. */
  readonly error: string | undefined;
  /** Its state has the form of this tool's own: that of an earlier sign-in, most likely. */
  readonly likeOurs: boolean;
}

/** Everything that came and was not the answer. */
export interface Strays {
  readonly count: number;
  readonly byReason: Readonly<Partial<Record<StrayReason, number>>>;
  /** The newest request that looked like an answer to another sign-in, or to none. */
  readonly lastWrongState: RefusedAnswer | undefined;
}

/** A listener on the redirect URI, for one answer. */
export interface CallbackListener {
  /** The exact one, with the real port when port 0 was asked for. */
  readonly redirectUri: string;
  /**
   * The first request with the right state. No stranger can end or fail it.
   * Rejects only when the listener is closed or its signal aborted.
   */
  readonly answer: Promise<CallbackAnswer>;
  readonly strays: Strays;
  /**
   * Shows the verdict to the browser that waits for it. Resolves when the page
   * was handed over; at once when no browser is on its way to it.
   */
  conclude(verdict: Verdict): Promise<void>;
  /**
   * A loopback address that sends the first who asks on to `url`, once: for a
   * URL with a secret in it, which must not be a program's argument.
   */
  oneTimeRedirect(url: string): string;
  /** Stops at once and ends every connection; a browser that still waits is told so. */
  close(): Promise<void>;
}

/** What the listener is to wait for. */
export interface CallbackOptions {
  /** `http://localhost:8484/callback`, say; port 0 is any free one. */
  readonly redirectUri: string;
  readonly expectedState: string;
  readonly kind?: CallbackKind;
  readonly signal?: AbortSignal | undefined;
  /** A taken port is nothing unusual: it is not waited for. */
  readonly mayBeTaken?: boolean | undefined;
  readonly clock: Clock;
  readonly onStray?: ((stray: StrayRequest) => void) | undefined;
}

/** Milliseconds that a browser on its way to the verdict page is waited for, and one that does not take the page. */
const GRACE_MS = 1_000;

const STATUS: Readonly<Record<StrayReason, number>> = {
  empty: 400,
  'no state': 400,
  'wrong state': 400,
  'own parameter missing': 400,
  'broken off': 400,
  malformed: 400,
  'other path': 404,
  method: 405,
  'answered already': 409,
  'too large': 413,
  'content type': 415,
  'foreign host': 421,
};

/** Browsers ask for these by themselves, beside any page: that is nobody's doing and not counted. */
const ASKED_BY_BROWSERS =
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

class Listener implements CallbackListener {
  readonly answer: Promise<CallbackAnswer>;
  redirectUri: string;
  private readonly uri: LoopbackRedirectUri;
  private readonly expectedState: Buffer;
  private readonly verdictPath = `/verdict/${randomName()}`;
  private readonly redirects = new Map<string, string>();
  private readonly waiting = new Set<ServerResponse>();
  private readonly counts: Partial<Record<StrayReason, number>> = {};
  private strayCount = 0;
  private lastWrongState: RefusedAnswer | undefined;
  private answered = false;
  private verdict: Verdict | undefined;
  /** Whether a browser has come for the verdict. */
  private visited = false;
  private accept!: (answer: CallbackAnswer) => void;
  private giveUp!: (reason: unknown) => void;
  private delivered: () => void = () => {};
  private closing: Promise<void> | undefined;
  private server!: LoopbackServer;
  private hosts: readonly string[] = [];

  constructor(private readonly options: CallbackOptions) {
    if (options.expectedState === '') throw new OidcCliError('internal', { reason: 'an empty state proves nothing' });
    this.uri = parseLoopbackRedirectUri(options.redirectUri);
    this.redirectUri = options.redirectUri;
    this.expectedState = stateDigest(options.expectedState);
    this.answer = new Promise((resolve, reject) => {
      this.accept = resolve;
      this.giveUp = reject;
    });
    // Whoever waits for it hears of it; when nobody does, that is no failure.
    this.answer.catch(() => {});
  }

  get strays(): Strays {
    return { count: this.strayCount, byReason: { ...this.counts }, lastWrongState: this.lastWrongState };
  }

  async listen(): Promise<void> {
    const { uri, options } = this;
    this.server = await listenOnLoopback(
      uri.addresses,
      uri.port,
      (request, response) => void this.handle(request, response),
      () => this.count('malformed', '', ''),
      options,
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
      [...this.waiting].map((response) => this.deliver(response, plainPage('ended', languageOf(response.req)))),
    );
    await this.server.close();
  }

  oneTimeRedirect(url: string): string {
    const path = `/go/${randomName()}`;
    this.redirects.set(path, new URL(url).href);
    return `http://${this.hosts[0]}${path}`;
  }

  async conclude(verdict: Verdict): Promise<void> {
    if (this.verdict) return;
    this.verdict = verdict;
    if (this.waiting.size > 0) {
      await Promise.all([...this.waiting].map((response) => this.deliver(response, this.pageOf(verdict, response))));
    } else if (this.answered && !this.visited) {
      await withinGrace((done) => {
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
    this.count(refusal, method, path);
    if (refusal === 'method') response.setHeader('allow', path === this.uri.pathname ? 'GET, POST' : 'GET');
    this.send(response, STATUS[refusal], plainPage('stray', languageOf(request)));
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
    const destination = this.redirects.get(path);
    if (path === this.verdictPath || destination !== undefined) {
      // Programs that look before they go send HEAD: it must use nothing up.
      if (request.method !== 'GET') return 'method';
      if (destination === undefined) this.serveVerdict(request, response);
      else {
        this.redirects.delete(path);
        this.redirect(response, destination);
      }
      return undefined;
    }
    if (!ASKED_BY_BROWSERS.test(path)) return 'other path';
    this.send(response, path === '/favicon.ico' ? 204 : 404, '');
    return undefined;
  }

  private async serveCallback(
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
  ): Promise<StrayReason | undefined> {
    const reading = await readCallback(request, query, this.uri.ownParameters, this.expectedState);
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
      this.lastWrongState = { reason, via, receivedAt, parameterNames, error, likeOurs };
      return reason;
    }
    if (this.answered) return 'answered already';
    this.answered = true;
    // So that no code stays in the browser's history, nor goes on as a referrer.
    this.redirect(response, this.verdictPath);
    this.accept({ parameters, via, receivedAt });
    return undefined;
  }

  private serveVerdict(request: IncomingMessage, response: ServerResponse): void {
    this.visited = true;
    if (this.verdict) {
      void this.deliver(response, this.pageOf(this.verdict, response)).then(() => this.delivered());
      return;
    }
    this.server.protect(request.socket);
    this.waiting.add(response);
    response.once('close', () => this.waiting.delete(response));
  }

  private pageOf(verdict: Verdict, response: ServerResponse): string {
    return verdictPage(verdict, this.options.kind ?? 'sign-in', languageOf(response.req));
  }

  /** Resolves when the page was handed over, or the browser has gone or does not take it. */
  private deliver(response: ServerResponse, page: string): Promise<void> {
    this.waiting.delete(response);
    return withinGrace((done) => {
      response.once('finish', done);
      response.once('close', done);
      // A second request on a connection hears nothing of its own when the first one's answer ends that.
      response.req.socket.once('close', done);
      this.send(response, 200, page);
    });
  }

  private redirect(response: ServerResponse, location: string): void {
    response.setHeader('location', location);
    this.send(response, 303, '');
  }

  private send(response: ServerResponse, status: number, page: string): void {
    const type = page === '' ? {} : { 'content-type': 'text/html; charset=utf-8' };
    // One request a connection: none is left open on our side that a browser might still want to use.
    response.writeHead(status, { ...PAGE_HEADERS, ...type, connection: 'close' });
    response.end(page);
  }

  private count(reason: StrayReason, method: string, path: string): void {
    this.strayCount += 1;
    this.counts[reason] = (this.counts[reason] ?? 0) + 1;
    this.options.onStray?.({ reason, method, path: path.slice(0, 200), count: this.strayCount });
  }
}

/** Waits for `done` to be called, but no longer than a moment. */
function withinGrace(start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GRACE_MS);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function randomName(): string {
  return randomBytes(18).toString('base64url');
}

function languageOf(request: IncomingMessage): ReturnType<typeof pageLanguage> {
  return pageLanguage(request.headers['accept-language']);
}
