import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkError } from './network-error.js';

/**
 * The addresses of a URL's host, as this machine resolves it for every
 * request; none where the host is an address itself. `signal` bounds the wait.
 *
 * @throws OidcCliError `network_dns`, `network_timeout` when the signal's
 *   reason is a time limit, else the signal's reason
 */
export async function resolveName(url: URL, signal: AbortSignal): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return [];
  signal.throwIfAborted();
  let stop = () => {};
  // The system's call cannot be ended; what it still says is not waited for.
  const ended = new Promise<never>((_, reject) => {
    const end = () => reject(abortError(signal, url));
    signal.addEventListener('abort', end, { once: true });
    stop = () => signal.removeEventListener('abort', end);
  });
  try {
    const addresses = await Promise.race([lookup(host, { all: true }), ended]);
    return [...new Set(addresses.map(({ address }) => address))];
  } catch (error) {
    if (signal.aborted && !(error instanceof Error && 'syscall' in error)) throw error;
    throw networkError(error, { url, proxyPassed: true });
  } finally {
    stop();
  }
}

/** What an aborted wait rejects with: a time limit is a failure of the network, anything else the caller's own. */
export function abortError(signal: AbortSignal, url: URL): unknown {
  const reason: unknown = signal.reason;
  const late = reason instanceof Error && reason.name === 'TimeoutError';
  return late
    ? networkError(Object.assign(new Error('too late'), { code: 'ETIMEDOUT' }), { url, proxyPassed: true })
    : reason;
}
