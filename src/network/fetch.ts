import { setMaxListeners } from 'node:events';
import http, { type Agent, type ClientRequest } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls, { type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import type { Clock, Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { isNestedTooDeep, MAX_JSON_DEPTH } from '../json.js';
import type { Exchange, Recorder } from '../trace/recorder.js';
import { certificateAuthorities } from './certificate-authorities.js';
import { type Circumstances, networkError, shownUrl } from './network-error.js';
import { type NetworkInit, type OutgoingRequest, outgoingRequest } from './outgoing-request.js';
import { createProxyAgent, proxyFor } from './proxy.js';
import { RequestEnd, TimeLimit } from './request-end.js';
import { type RequestWatch, watchRequest } from './request-times.js';
import { collectResponse, type NetworkResponse, toResponse } from './response.js';

/** A fetch over node:http, which also does for openid-client's and jose's `customFetch`. */
export type NetworkFetch = ((url: string | URL, init?: NetworkInit) => Promise<Response>) & {
  /** The same request without the `Response` around its answer, which costs as much as the request: for whoever asks often. */
  ask(url: string | URL, init?: NetworkInit): Promise<NetworkResponse>;
  /** Ends what is under way (as aborted) and closes every kept connection. */
  close(): void;
};

/** Milliseconds after which no answer is waited for any longer. */
const RESPONSE_TIMEOUT_MS = 30_000;

/** Milliseconds that a request which cannot be made again has left when its run is ended. */
const NON_IDEMPOTENT_TIMEOUT_MS = 5_000;

/** What the requests of one run have in common. */
export interface FetchOptions {
  readonly env: Environment;
  readonly clock: Clock;
  readonly recorder?: Recorder;
  /** A PEM file of authorities to trust in addition. */
  readonly caFile?: string;
  /** Accept any certificate. The command that sets it warns. */
  readonly insecure?: boolean;
  /** Milliseconds for one whole answer, from the first packet to the last; more than `LONGEST_ANSWER_MS` is that. */
  readonly timeoutMs?: number;
  /** Bytes of one answer, both as sent and as decoded. */
  readonly maxBytes?: number;
  /** Ends every request of this fetch; one that is `onlyOnce`, and may have been received, after 5 s. */
  readonly signal?: AbortSignal;
  /** Told when `signal` was aborted and such a request is still waited for, with the longest that takes, milliseconds. */
  readonly onWait?: (longestMs: number) => void;
}

/**
 * Idle connections are closed after this. Long enough for requests in a row;
 * short enough that the token request, sent after a person was in the browser,
 * starts on a fresh one and not on one that a server or firewall has dropped.
 */
const IDLE_MS = 4_000;

interface ReceivedResponse extends NetworkResponse {
  /** Of a fresh TLS connection. */
  readonly certificate?: PeerCertificate;
}

/** A connection that failed before any byte of the answer, with what is known. */
class SendFailure extends Error {
  constructor(
    override readonly cause: unknown,
    readonly circumstances: Circumstances,
    /** The server closed a kept-alive connection just as it was used again. */
    readonly stale: boolean,
  ) {
    super();
  }
}

/**
 * Makes the one fetch of a run over node:http and node:https (Node's global
 * fetch costs a sign-in more than all else). Connections are kept alive, but
 * never keep the process alive.
 *
 * Its requests reject with `OidcCliError`: `network_*`, `tls_not_trusted`,
 * `tls_failed`, `proxy_failed`, `response_too_large`, `response_too_deep`, each with the facts
 * `url` (no query) and `host`; when a caller's signal is aborted, with that
 * signal's reason.
 *
 * @throws OidcCliError `ca_unreadable` when the CA file is no use.
 */
export function createFetch(options: FetchOptions): NetworkFetch {
  const { env, clock, recorder, insecure = false, maxBytes = 2 * 1024 * 1024 } = options;
  const timeoutMs = Math.min(options.timeoutMs ?? RESPONSE_TIMEOUT_MS, RESPONSE_TIMEOUT_MS);
  const ca = certificateAuthorities(options.caFile, env);
  // Made once: each connection would else read all authorities anew, which takes longer than the connection.
  let trusted: SecureContext | undefined;
  const trust = () => {
    if (ca === undefined) return {};
    trusted ??= tls.createSecureContext({ ca });
    return { secureContext: trusted };
  };
  const running = new Set<RequestEnd>();
  let closed: DOMException | undefined;
  const endAll = (reason: unknown) => {
    for (const ending of running) ending.end(reason);
  };
  /** Of requests that are `onlyOnce`, those that the server may have. */
  const spent = new Set<RequestEnd>();
  const interrupt = () => {
    const reason: unknown = options.signal?.reason;
    for (const ending of running) if (!spent.has(ending)) ending.end(reason);
    if (spent.size === 0) return;
    setTimeout(() => endAll(reason), NON_IDEMPOTENT_TIMEOUT_MS).unref();
    options.onWait?.(NON_IDEMPOTENT_TIMEOUT_MS);
  };
  if (options.signal) {
    // One for each fetch of a run, and there may be many.
    setMaxListeners(0, options.signal);
    options.signal.addEventListener('abort', interrupt);
  }
  const agents = new Map<string, Promise<Agent>>();
  const freedAt = new WeakMap<object, number>();
  const limits = new WeakMap<ClientRequest, AbortSignal>();

  const agentFor = (secure: boolean, proxy: URL | undefined): Promise<Agent> => {
    const key = `${secure} ${proxy?.href ?? ''}`;
    const made = agents.get(key);
    if (made) return made;
    const agent = proxy
      ? createProxyAgent(proxy, secure, { ca, insecure, idleMs: IDLE_MS, signalOf: (request) => limits.get(request) })
      : Promise.resolve(new (secure ? https : http).Agent({ keepAlive: true, timeout: IDLE_MS }));
    const watched = agent.then((made) => made.on('free', (socket: object) => freedAt.set(socket, performance.now())));
    agents.set(key, watched);
    return watched;
  };

  /** A process that was kept busy may come to its next request before the timer that ends an idle connection. */
  const endIdle = (agent: Agent) => {
    const now = performance.now();
    for (const host in agent.freeSockets) {
      for (const socket of agent.freeSockets[host] ?? []) {
        if (now - (freedAt.get(socket) ?? now) > IDLE_MS) socket.destroy();
      }
    }
  };

  const send = async (
    outgoing: OutgoingRequest,
    ending: RequestEnd,
    onRequest: (request: ClientRequest, proxied: boolean) => void,
  ): Promise<ReceivedResponse> => {
    const secure = outgoing.url.protocol === 'https:';
    const proxy = await proxyFor(outgoing.url, env);
    const agent = await agentFor(secure, proxy);
    endIdle(agent);
    const attempt = () => {
      const request = (secure ? https : http).request({
        ...serverAddress(outgoing.url),
        method: outgoing.method,
        headers: outgoing.headers,
        agent,
        rejectUnauthorized: !insecure,
        ...(secure ? trust() : {}),
      });
      if (proxy) limits.set(request, ending.signal());
      onRequest(request, proxy !== undefined);
      return receiveResponse(request, outgoing, proxy, maxBytes, ending);
    };
    try {
      return await attempt();
    } catch (failure) {
      // RFC 9110 §9.2.2: only what is idempotent may be sent again.
      if (!(failure instanceof SendFailure && failure.stale && outgoing.method === 'GET')) throw failure;
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
      return await attempt();
    }
  };

  const ask = async (input: string | URL, init: NetworkInit = {}): Promise<ReceivedResponse> => {
    const { jobSignal, nonIdempotent } = init;
    const ending = new RequestEnd(timeoutMs, nonIdempotent ? [init.signal] : [init.signal, jobSignal]);
    if (closed) ending.end(closed);
    // It has one listener for all requests.
    if (options.signal?.aborted) ending.end(options.signal.reason);
    running.add(ending);
    const leaveJob = nonIdempotent && jobSignal ? withJobSignal(ending, jobSignal, spent) : undefined;
    const startedAt = clock.now();
    let exchange: Exchange | undefined;
    let watch: RequestWatch | undefined;
    try {
      const outgoing = await outgoingRequest(input, init);
      if (ending.over) throw ending.reason;
      exchange = (init.recorder ?? recorder)?.begin({
        step: init.step ?? 'request',
        method: outgoing.method,
        url: outgoing.url.href,
        requestHeaders: outgoing.headers,
        requestBody: outgoing.body?.toString(),
        startedAt,
      });
      const { url } = outgoing;
      const watching = (request: ClientRequest, proxied: boolean) => {
        watch = watchRequest(request, { url, proxied, startedAt, now: () => clock.now() });
        if (nonIdempotent) whenConnected(request, () => spent.add(ending));
      };
      const response = await send(outgoing, ending, watching).catch((failure: unknown) => {
        throw toNetworkError(failure, url, ending, timeoutMs, clock.now() - startedAt);
      });
      if (exchange) {
        exchange.status = response.status;
        exchange.responseHeaders = response.headers;
        if (response.cookies.length > 0) exchange.responseCookies = response.cookies;
        exchange.responseBody = response.body.toString();
        const expires = Date.parse(response.certificate?.valid_to ?? '');
        if (!Number.isNaN(expires)) exchange.certificateExpiresAt = Math.floor(expires / 1000);
      }
      const text = exchange?.responseBody ?? response.body.toString();
      if (isJsonInForm(text) && isNestedTooDeep(text)) {
        const facts = { url: shownUrl(url), host: url.host, limit: MAX_JSON_DEPTH };
        throw new OidcCliError('response_too_deep', facts);
      }
      if (response.status < 200 || response.status > 599) {
        const reason = `the status ${response.status} is outside of what HTTP has`;
        throw new OidcCliError('network_failed', { url: shownUrl(url), host: url.host, reason });
      }
      return response;
    } catch (error) {
      if (exchange) exchange.failure = error instanceof Error ? describe(error) : String(error);
      throw error;
    } finally {
      if (exchange) {
        const endedAt = clock.now();
        exchange.durationMs = endedAt - startedAt;
        Object.assign(exchange, watch?.seen(endedAt));
        (init.recorder ?? recorder)?.end(exchange);
      }
      ending.release();
      running.delete(ending);
      if (nonIdempotent) spent.delete(ending);
      leaveJob?.();
    }
  };

  return Object.assign(async (input: string | URL, init?: NetworkInit) => toResponse(await ask(input, init)), {
    ask,
    close: () => {
      closed = new DOMException('The connections were closed', 'AbortError');
      endAll(closed);
      options.signal?.removeEventListener('abort', interrupt);
      for (const agent of agents.values()) {
        agent.then(
          (made) => made.destroy(),
          () => {},
        );
      }
      agents.clear();
    },
  });
}

/** Ends a request that is `onlyOnce` with its job: at once, or after a while where it is `spent`. What it returns undoes that. */
function withJobSignal(ending: RequestEnd, job: AbortSignal, spent: ReadonlySet<RequestEnd>): () => void {
  const end = () => ending.end(job.reason);
  const onAbort = () => (spent.has(ending) ? void setTimeout(end, NON_IDEMPOTENT_TIMEOUT_MS).unref() : end());
  if (job.aborted) end();
  job.addEventListener('abort', onAbort);
  return () => job.removeEventListener('abort', onAbort);
}

/**
 * Tells when a request has a connection that what it sends gets through:
 * before that the server can have nothing of it.
 */
function whenConnected(request: ClientRequest, tell: () => void): void {
  request.once('socket', (socket: Socket & { readonly secureConnecting?: boolean }) => {
    if (socket.secureConnecting) socket.once('secureConnect', tell);
    else if (socket.connecting) socket.once('connect', tell);
    else tell();
  });
}

/** Whether a response would be read as JSON, whatever type it states: what begins like neither object nor list nests nothing. */
function isJsonInForm(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

function describe(error: Error): string {
  if (!(error instanceof OidcCliError)) return error.name;
  return error.facts.reason === undefined ? error.code : `${error.code}: ${error.facts.reason}`;
}

/** The address of a request, and no more: node:http copies all that it is given, four times. */
function serverAddress(url: URL): http.RequestOptions {
  // Only it knows what is in user name and password.
  if (url.username !== '' || url.password !== '') return urlToHttpOptions(url);
  const { protocol, hostname, port } = url;
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return { protocol, hostname: host, path: url.pathname + url.search, ...(port === '' ? {} : { port }) };
}

/** The certificate that each connection showed at its beginning. */
const certificates = new WeakMap<object, PeerCertificate>();

/** Sends the request and collects the whole answer. Rejects with `SendFailure` or `OidcCliError`. */
function receiveResponse(
  request: ClientRequest,
  outgoing: OutgoingRequest,
  proxy: URL | undefined,
  maxBytes: number,
  ending: RequestEnd,
): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    let certificate: PeerCertificate | undefined;
    let proxyPassed = proxy === undefined;
    let answered = false;

    const fail = (cause: unknown) => {
      ending.off(onEnd);
      const { code } = (cause ?? {}) as { code?: unknown };
      const stale = request.reusedSocket && !answered && (code === 'ECONNRESET' || code === 'EPIPE');
      reject(new SendFailure(cause, { url: outgoing.url, proxy: proxy?.host, proxyPassed, certificate }, stale));
      request.destroy();
    };
    const onEnd = () => fail(ending.reason);
    // Stays for good: a destroyed request may still report an error, and nobody else listens.
    request.on('error', fail);
    if (ending.over) return onEnd();
    ending.on(onEnd);
    request.on('socket', (socket) => {
      if (request.reusedSocket) proxyPassed = true;
      // Before Node's own listener for the end of the handshake, which destroys the socket of a server it does not trust.
      if ('getPeerCertificate' in socket && outgoing.url.protocol === 'https:') {
        // A connection that is used once more shows none: its first request saw it.
        certificate = certificates.get(socket);
        const onSecure = () => {
          certificate = (socket as TLSSocket).getPeerCertificate();
          certificates.set(socket, certificate);
        };
        if (!certificate) socket.prependOnceListener('secure', onSecure);
      }
    });
    request.on('proxyConnect', (connect: { statusCode?: number }) => {
      // Of the http agent this says: connected; of the https agent: the proxy's answer to CONNECT.
      if (connect.statusCode === undefined || connect.statusCode === 200) proxyPassed = true;
      else fail(new Error(`it answered ${connect.statusCode}`));
    });
    request.on('response', (response) => {
      answered = true;
      if (proxy && response.statusCode === 407) {
        proxyPassed = false;
        return fail(new Error('it answered 407'));
      }
      collectResponse(response, outgoing.url, maxBytes).then((received) => {
        ending.off(onEnd);
        resolve({ ...received, certificate });
      }, fail);
    });
    request.end(outgoing.body);
  });
}

/** What the caller is told: a time limit, an abort, or the network's failure in our codes. */
function toNetworkError(failure: unknown, url: URL, ending: RequestEnd, timeoutMs: number, elapsedMs: number): unknown {
  const cause = failure instanceof SendFailure ? failure.cause : failure;
  const { over, reason } = ending;
  if (over && cause === reason) {
    const ours = reason instanceof TimeLimit;
    if (!ours && (reason as Error | undefined)?.name !== 'TimeoutError') return reason;
    const seconds = Math.max(1, Math.round((ours ? timeoutMs : elapsedMs) / 1000));
    return new OidcCliError('network_timeout', { url: shownUrl(url), host: url.host, seconds }, { cause: reason });
  }
  const circumstances = failure instanceof SendFailure ? failure.circumstances : { url, proxyPassed: true };
  return networkError(cause, circumstances);
}
