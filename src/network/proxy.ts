import type { Agent, ClientRequest } from 'node:http';
import { isIP } from 'node:net';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { shownUrl } from './network-error.js';

/** What a proxy agent needs to know of our TLS settings; they hold for an https proxy too. */
export interface ProxyAgentOptions {
  readonly ca: string[] | undefined;
  readonly insecure: boolean;
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs: number;
  /** Ends the way through the proxy for one request; agents have no such thing themselves. */
  readonly signalOf: (request: ClientRequest) => AbortSignal | undefined;
}

/** A host that means this machine: a proxy would look for it on its own machine, so none is used. */
function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  if (hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

function variableNames(...stems: string[]): string[] {
  return stems.flatMap((stem) => [stem, stem.toUpperCase()]);
}

const VARIABLES = variableNames('http_proxy', 'https_proxy', 'all_proxy');

/**
 * The proxy that a request goes through, or undefined: `https_proxy`,
 * `http_proxy`, `all_proxy` and `no_proxy` of `env`, in lower or upper case.
 * Loopback hosts are never proxied.
 *
 * @throws OidcCliError `proxy_failed` when the variable holds no URL of an
 *   http or https proxy. The value is not among the facts: it may hold a password.
 */
export async function proxyFor(url: URL, env: Environment): Promise<URL | undefined> {
  if (isLoopback(url.hostname)) return undefined;
  if (!VARIABLES.some((name) => env[name])) return undefined;
  const { getProxyForUrl } = await import('proxy-from-env');
  const text = withEnvironment(env, () => getProxyForUrl(url.href));
  if (!text) return undefined;
  const facts = { url: shownUrl(url), host: url.host };
  if (!URL.canParse(text)) {
    throw new OidcCliError('proxy_failed', { ...facts, reason: 'the proxy variable does not hold a URL' });
  }
  const proxy = new URL(text);
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    const reason = `${proxy.protocol.slice(0, -1)} proxies are not supported, only http and https`;
    throw new OidcCliError('proxy_failed', { ...facts, proxy: proxy.host, reason });
  }
  return proxy;
}

/** Which proxy the requests for a URL go through, and what says so. */
export type ProxySettings =
  /** `proxy` is its address without user name and password; `variable` the one that names it. */
  | { readonly proxy: string; readonly variable: string; readonly credentials: boolean }
  | { readonly proxy: undefined; readonly because: 'no variable' | 'this machine' | 'NO_PROXY' };

/** Tells which proxy is in force for a URL. Throws `proxy_failed` as `proxyFor` does. */
export async function proxySettings(url: URL, env: Environment): Promise<ProxySettings> {
  const proxy = await proxyFor(url, env);
  // In the order in which proxy-from-env looks.
  const variable = variableNames(`${url.protocol.slice(0, -1)}_proxy`, 'all_proxy').find((name) => env[name]);
  if (proxy && variable !== undefined) {
    return { proxy: `${proxy.protocol}//${proxy.host}`, variable, credentials: proxy.username !== '' };
  }
  if (variable === undefined) return { proxy: undefined, because: 'no variable' };
  return { proxy: undefined, because: isLoopback(url.hostname) ? 'this machine' : 'NO_PROXY' };
}

/** The variables about proxies that are set, each with its proxy's address where it holds one; no credentials. */
export function proxyVariables(env: Environment): { readonly name: string; readonly shown: string }[] {
  return VARIABLES.flatMap((name) => {
    const text = env[name];
    if (!text) return [];
    const url = text.includes('://') ? text : `http://${text}`;
    return [{ name, shown: URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : 'no URL' }];
  });
}

/**
 * proxy-from-env reads `process.env` and takes no other. It is synchronous, so
 * lending it the environment of this run for the length of the call shows
 * nobody else a different one. A proxy without a scheme speaks http, as every
 * other program takes it; the library would give it the scheme of the target.
 */
function withEnvironment<T>(env: Environment, read: () => T): T {
  const real = process.env;
  const lent: NodeJS.ProcessEnv = { ...env };
  for (const name of VARIABLES) {
    const value = lent[name];
    if (value && !value.includes('://')) lent[name] = `http://${value}`;
  }
  process.env = lent;
  try {
    return read();
  } finally {
    process.env = real;
  }
}

/** The agent that leads requests for `secure` (https) or plain http targets through the proxy. */
export async function createProxyAgent(proxy: URL, secure: boolean, options: ProxyAgentOptions): Promise<Agent> {
  const settings = {
    keepAlive: true,
    timeout: options.idleMs,
    rejectUnauthorized: !options.insecure,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  if (secure) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    const agent = new (abortable(HttpsProxyAgent, options.signalOf))(proxy, settings);
    // This agent drops its options after reading them; without them an idle tunnel would stay open for good.
    agent.options.timeout = options.idleMs;
    return agent;
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new (abortable(HttpProxyAgent, options.signalOf))(proxy, settings);
}

type ProxyAgentClass = new (
  // biome-ignore lint/suspicious/noExplicitAny: TypeScript wants `any[]` for the parameters of a class to extend
  ...args: any[]
) => Agent & {
  connectOpts: object;
  connect(request: ClientRequest, options: never): Promise<unknown>;
};

/**
 * While a proxy keeps silent, its socket belongs to the agent alone: ending
 * the request does not end it, and it would hold the process. So each
 * connection is made with the request's own signal.
 */
function abortable<Base extends ProxyAgentClass>(
  base: Base,
  signalOf: (request: ClientRequest) => AbortSignal | undefined,
): Base {
  return class extends base {
    override async connect(request: ClientRequest, options: never): Promise<unknown> {
      const ends = new AbortController();
      const signal = signalOf(request);
      const end = () => ends.abort();
      if (signal?.aborted) end();
      signal?.addEventListener('abort', end);
      try {
        // Read synchronously by `connect`, before it first awaits.
        this.connectOpts = { ...this.connectOpts, signal: ends.signal };
        return await super.connect(request, options);
      } finally {
        signal?.removeEventListener('abort', end);
      }
    }
  };
}
