import { createHash } from 'node:crypto';
import type { Clock, Environment } from '../context.js';
import type { Masker } from '../masking/mask.js';
import { createFetch, type NetworkFetch } from '../network/fetch.js';
import type { NetworkInit } from '../network/outgoing-request.js';
import type { ConfiguredEndpoints, Provider } from '../oidc/provider.js';
import { discoverProvider } from '../oidc/provider.js';
import type { ClientDeps } from '../sign-in/client.js';
import { type Follower, Recorder } from '../trace/recorder.js';

/** The settings that two checks must share to use the same provider object. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly allowHttp: boolean;
  readonly endpoints?: ConfiguredEndpoints;
  readonly ca?: string;
  readonly insecure: boolean;
}

/** The deps of one try of one check: its own recorder over the run's connections. */
export interface JobDeps extends ClientDeps {
  readonly signal: AbortSignal;
  /** Requests each provider's metadata once per run. Also throws the reason of the job's signal. */
  readonly discoverProvider: typeof discoverProvider;
}

/** A provider's facts for reports. */
export interface ProviderFacts {
  /** Seconds since the epoch; absent for plain http. */
  readonly certificateExpiresAt?: number;
  /** A hash of its public keys; absent before they are fetched. */
  readonly keySet?: string;
}

/** The providers of one run: each is asked once for its metadata and keys, and connections are reused. */
export interface Providers {
  /** The connections themselves, for unrecorded requests: the provider's pages. */
  fetchFor(settings: Pick<ProviderSettings, 'ca' | 'insecure'>): NetworkFetch;
  /** The deps for a check's requests; `name` is the check's, for a trace. */
  job(settings: Pick<ProviderSettings, 'ca' | 'insecure'>, signal: AbortSignal, name: string): JobDeps;
  /** The provider of these settings, once discovery has succeeded. */
  discovered(settings: ProviderSettings | undefined, job: JobDeps): Provider | undefined;
  /** A provider's facts for reports, once the check is over. */
  facts(settings: ProviderSettings | undefined, job: JobDeps): ProviderFacts;
  /** Closes every connection. */
  close(): void;
}

interface Shared {
  readonly discovery: Promise<Provider>;
  readonly recorder: Recorder;
  /** Present once discovery has succeeded. */
  provider?: Provider;
}

/** Makes the providers of one run. `signal` ends all running requests; `onWait` as for `createFetch`. */
export function createProviders(context: {
  env: Environment;
  clock: Clock;
  signal: AbortSignal;
  follower?: Follower;
  masker?: Masker;
  /** Milliseconds for one response. */
  timeoutMs?: number;
  onWait?: (longestMs: number) => void;
}): Providers {
  const fetches = new Map<string, NetworkFetch>();
  const shared = new Map<string, Shared>();

  const fetchFor = ({ ca, insecure }: Pick<ProviderSettings, 'ca' | 'insecure'>): NetworkFetch => {
    const key = JSON.stringify([ca, insecure]);
    const made = fetches.get(key) ?? createFetch({ ...context, caFile: ca, insecure });
    fetches.set(key, made);
    return made;
  };

  const discover = (settings: ProviderSettings): Shared => {
    const { issuer, allowHttp, endpoints } = settings;
    const key = keyOf(settings);
    const known = shared.get(key);
    if (known) return known;
    const recorder = new Recorder(context);
    // Only the run's signal ends these requests: one check's time limit must not end the discovery that others wait
    // for.
    const deps = { fetch: recordingFetch(fetchFor(settings), recorder), recorder, clock: context.clock };
    const made: Shared = { discovery: discoverProvider({ issuer, allowHttp, endpoints }, deps), recorder };
    shared.set(key, made);
    made.discovery.then(
      (provider) => {
        made.provider = provider;
      },
      // The next check, or the next try, sends the request again.
      () => shared.delete(key),
    );
    return made;
  };

  return {
    fetchFor,
    job: (settings, signal, name) => {
      const recorder = new Recorder(context, name);
      const { ca, insecure } = settings;
      const job: JobDeps = {
        ...{ fetch: recordingFetch(fetchFor(settings), recorder, signal), recorder, clock: context.clock, signal },
        discoverProvider: async ({ issuer, allowHttp = false, endpoints }) => {
          const { discovery } = discover({ issuer, allowHttp, endpoints, ca, insecure });
          return (await rejectOnAbort(discovery, signal)).forJob(job);
        },
      };
      return job;
    },
    discovered: (settings, job) => settings && shared.get(keyOf(settings))?.provider?.forJob(job),
    facts: (settings, job) => {
      const { provider, recorder } = (settings && shared.get(keyOf(settings))) ?? {};
      if (!provider || !recorder) return certificateIn([job.recorder]);
      return providerFacts(provider, [recorder, job.recorder]);
    },
    close: () => {
      for (const fetch of fetches.values()) fetch.close();
    },
  };
}

/** The same connections, with a recorder and a signal of their own. */
function recordingFetch(fetch: NetworkFetch, recorder: Recorder, own?: AbortSignal): NetworkFetch {
  const jobInit = (init: NetworkInit = {}): NetworkInit => ({ ...init, recorder, jobSignal: own });
  return Object.assign((url: string | URL, init?: NetworkInit) => fetch(url, jobInit(init)), {
    ask: (url: string | URL, init?: NetworkInit) => fetch.ask(url, jobInit(init)),
    // The run owns the connections.
    close: () => undefined,
  });
}

/** The promise's result, or the signal's reason if that comes first: the work itself continues. */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function providerFacts(provider: Provider, recorders: readonly Recorder[]): ProviderFacts {
  const keys = provider.keySet.cached()?.jwks.keys;
  return { ...certificateIn(recorders), ...(keys === undefined ? {} : { keySet: keySetHash(keys) }) };
}

/** The settings that two checks share if they share a provider, as a key. */
function keyOf({ issuer, allowHttp, endpoints, ca, insecure }: ProviderSettings): string {
  return JSON.stringify([issuer, allowHttp, endpoints, ca, insecure]);
}

function certificateIn(recorders: readonly Pick<Recorder, 'exchanges'>[]): Pick<ProviderFacts, 'certificateExpiresAt'> {
  // The pages of a sign-in may be on other servers, for example of another provider behind this one.
  const asked = recorders.flatMap(({ exchanges }) => exchanges.filter(({ step }) => step !== 'sign-in page'));
  const expiries = asked.flatMap((one) => one.certificateExpiresAt ?? []);
  return expiries.length === 0 ? {} : { certificateExpiresAt: Math.min(...expiries) };
}

const hashes = new WeakMap<object, string>();

/** One value for one set of public keys, in any order. */
function keySetHash(keys: readonly object[]): string {
  const known = hashes.get(keys);
  if (known !== undefined) return known;
  const each = keys.map((key) => JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))));
  const hash = createHash('sha256').update(each.sort().join('\n')).digest('hex').slice(0, 16);
  hashes.set(keys, hash);
  return hash;
}
