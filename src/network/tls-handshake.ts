import type { ClientRequest } from 'node:http';
import https from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import type { Environment } from '../context.js';
import { certificateAuthorities } from './certificate-authorities.js';
import { distrustReason, networkError } from './network-error.js';
import { createProxyAgent, proxyFor } from './proxy.js';
import { abortError } from './resolve-name.js';

/** One certificate of a chain. Times are milliseconds since the epoch. */
export interface ChainLink {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: number;
  readonly validTo: number;
}

/** What a TLS handshake came to. */
export interface TlsHandshake {
  /** `TLSv1.3`, say. */
  readonly version: string;
  readonly cipher: string;
  /** As the server sent it, its own certificate first, completed from the authorities that are trusted here. */
  readonly chain: readonly ChainLink[];
  /** The host names that the certificate is for. */
  readonly names: readonly string[];
  /** Why the certificate is not trusted: Node's code, and words; undefined where it is. */
  readonly distrust: { readonly code: string; readonly reason: string } | undefined;
}

/**
 * Makes the TLS connection that a request to this URL would be sent through
 * (RFC 8446), by the proxy where one is in force, and sends nothing. A
 * certificate that is not trusted is not thrown but told, with the chain.
 *
 * @throws OidcCliError the `network_*` codes, `tls_failed`, `proxy_failed` and
 *   `ca_unreadable`; the signal's reason where that is no time limit
 */
export async function tlsHandshake(
  url: URL,
  { env, caFile, signal }: { readonly env: Environment; readonly caFile?: string; readonly signal: AbortSignal },
): Promise<TlsHandshake> {
  const ca = certificateAuthorities(caFile, env);
  const proxy = await proxyFor(url, env);
  signal.throwIfAborted();
  const trust = { ca, insecure: true, idleMs: 1_000, signalOf: () => signal };
  const agent = proxy ? await createProxyAgent(proxy, true, trust) : new https.Agent();
  const request = https.request({
    ...urlToHttpOptions(url),
    agent,
    // What is wrong with the certificate is to be seen, and nothing is sent to whom it is not for.
    rejectUnauthorized: false,
    ...(ca === undefined ? {} : { ca }),
  });
  let proxyPassed = proxy === undefined;
  request.on('proxyConnect', (connect: { statusCode?: number }) => {
    if (connect.statusCode === undefined || connect.statusCode === 200) proxyPassed = true;
    else request.destroy(new Error(`it answered ${connect.statusCode}`));
  });
  try {
    return handshakeFacts(await handshake(request, signal, url));
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw error;
    throw networkError(error, { url, proxy: proxy?.host, proxyPassed });
  } finally {
    // Stays for good: a destroyed request may still report an error.
    request.on('error', () => {});
    request.destroy();
    agent.destroy();
  }
}

function handshake(request: ClientRequest, signal: AbortSignal, url: URL): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const end = () => reject(abortError(signal, url));
    signal.addEventListener('abort', end, { once: true });
    request.once('close', () => signal.removeEventListener('abort', end));
    request.once('error', reject);
    request.once('response', (response) => reject(new Error(`it answered ${response.statusCode}`)));
    request.once('socket', (socket) => {
      socket.once('error', reject);
      socket.once('secureConnect', () => resolve(socket as TLSSocket));
    });
  });
}

function handshakeFacts(socket: TLSSocket): TlsHandshake {
  const code = socket.authorized ? undefined : String(socket.authorizationError);
  const own = socket.getPeerCertificate(true);
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    chain: certificateChain(own),
    names: own.subjectaltname?.split(', ') ?? [],
    distrust: code === undefined ? undefined : { code, reason: distrustReason(code) },
  };
}

/** Longer chains are no chains. */
const MAX_CHAIN_LENGTH = 10;

function certificateChain(own: DetailedPeerCertificate): ChainLink[] {
  const chain: ChainLink[] = [];
  const seen = new Set<string>();
  for (
    let link: DetailedPeerCertificate | undefined = own;
    link?.fingerprint256 !== undefined && !seen.has(link.fingerprint256) && chain.length < MAX_CHAIN_LENGTH;
    link = link.issuerCertificate
  ) {
    seen.add(link.fingerprint256);
    chain.push({
      subject: distinguishedName(link.subject),
      issuer: distinguishedName(link.issuer),
      validFrom: Date.parse(link.valid_from),
      validTo: Date.parse(link.valid_to),
    });
  }
  return chain;
}

function distinguishedName(name: { CN?: unknown; O?: unknown } | undefined): string {
  return String(name?.CN ?? name?.O ?? 'no name');
}
