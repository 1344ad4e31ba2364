import { readFileSync } from 'node:fs';
import { OidcCliError } from '../errors.js';
import type { Recorder } from '../trace/recorder.js';
import { shownUrl } from './network-error.js';

/** What a request may be told; openid-client's and jose's own options fit it. */
export interface NetworkInit {
  readonly method?: string;
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly body?: ConstructorParameters<typeof Response>[0];
  readonly signal?: AbortSignal | null;
  /** Ends it as well: of the job that the request belongs to, where one connection serves several. */
  readonly jobSignal?: AbortSignal;
  /**
   * What it brings cannot be had a second time: once it may have been
   * received, the end of the run, and that of its job, let it come to its
   * answer, for a few seconds.
   */
  readonly nonIdempotent?: boolean;
  /** Redirects are never followed here: following is the caller's decision, where a standard has them. */
  readonly redirect?: 'manual' | 'follow' | 'error';
  readonly duplex?: 'half';
  /** Which step of the flow asks, for the recorder: `discovery`, `key set`, `token request`, … */
  readonly step?: string;
  /** Records this request in place of the fetch's own recorder: several jobs may share one fetch and its connections. */
  readonly recorder?: Recorder;
}

/** One request, ready to be sent as often as needed. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
}

/**
 * Makes of what a caller of `fetch` gives what node:http takes: a body of known
 * length, lower-case header names, our user agent.
 *
 * @throws OidcCliError `network_failed` for a scheme other than http and https
 */
export async function outgoingRequest(input: string | URL, init: NetworkInit): Promise<OutgoingRequest> {
  const url = new URL(input);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    const reason = `${url.protocol.slice(0, -1)} is not a scheme that can be requested`;
    throw new OidcCliError('network_failed', { url: shownUrl(url), host: url.host, reason });
  }
  const method = (init.method ?? 'GET').toUpperCase();
  const headers: Record<string, string> = {};
  const given = init.headers instanceof Headers ? init.headers : Object.entries(init.headers ?? {});
  for (const [name, value] of given) headers[name.toLowerCase()] = value;
  const { body } = init;
  const bytes = body === undefined || body === null ? undefined : await bodyBytes(body);
  if (body instanceof URLSearchParams) headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8';
  if (bytes !== undefined || (method !== 'GET' && method !== 'HEAD')) {
    headers['content-length'] = String(bytes?.length ?? 0);
  }
  headers['accept-encoding'] ??= 'gzip, deflate, br';
  headers['user-agent'] = userAgent(headers['user-agent']);
  return { url, method, headers, body: bytes };
}

async function bodyBytes(body: NonNullable<NetworkInit['body']>): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return Buffer.from(await new Response(body).arrayBuffer());
}

let ownUserAgent: string | undefined;

/** Ours, unless a caller set another. The libraries' own names are not a caller's wish: they follow ours. */
function userAgent(given: string | undefined): string {
  if (ownUserAgent === undefined) {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    ownUserAgent = `oidc-cli/${(JSON.parse(text) as { version: string }).version}`;
  }
  if (given === undefined) return ownUserAgent;
  return /^(openid-client|oauth4webapi|jose)\//.test(given) ? `${ownUserAgent} ${given}` : given;
}
