import { CheckList, type DoctorCheck, type Explain, findingsStep } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import type { NetworkFetch } from '../network/fetch.js';
import type { AdvertisedMetadata } from '../oidc/metadata.js';
import type { Provider, ProviderDeps } from '../oidc/provider.js';
import type { CollectedProfile } from '../profiles/collect-profile.js';
import { configuredEndpoints } from '../sign-in/sign-in-request.js';
import { AUTHORIZATION_CHECKS, authorizationChecks } from './authorization-checks.js';
import { type Configuration, configurationChecks, sourceText } from './configuration-checks.js';
import { connectionChecks } from './connection-checks.js';
import { clockCheck, discover, discoveryChecks, responseTimesCheck } from './discovery-checks.js';
import { endpointChecks } from './endpoint-checks.js';
import { keySetChecks } from './key-set-checks.js';
import { type MachineDeps, machineChecks } from './machine-checks.js';
import { profileChecks } from './profile-checks.js';
import { type Versions, versionChecks } from './version-checks.js';

/** The profile to examine. */
export interface ProfileExamination {
  readonly configuration: Configuration;
  readonly versions: Versions;
}

/** Dependencies of an examination. */
export interface ExaminationDeps extends MachineDeps, Omit<ProviderDeps, 'fetch'> {
  /**
   * Makes the fetch with the profile's TLS settings; called only if there is a
   * request to make. Throws `ca_unreadable`.
   */
  readonly connect: () => NetworkFetch;
  /** Called with the name of each step before it begins. */
  readonly on?: (step: string) => void;
}

/** The result for a profile, its provider and this machine without a sign-in. Holds no secret. */
export interface ProfileReport {
  readonly checks: readonly DoctorCheck[];
  /** The first check to fix: others may follow from it. */
  readonly finding: DoctorCheck | undefined;
  /** Whether there was a provider to ask. */
  readonly provider: boolean;
}

/** A finding in an earlier group is more likely to cause those in later groups than the reverse. */
const CAUSE_ORDER: readonly DoctorCheck['group'][] = [
  'versions',
  'configuration',
  'connection',
  'discovery',
  'endpoints',
  'authorization request',
  'key set',
  'profile',
  'machine',
];

/**
 * Examines a profile without a sign-in: its configuration, this machine, the
 * connection to the provider, the provider's metadata, and its response to the
 * profile's authorization request. Every fault becomes a check. Rejects only when
 * aborted.
 */
export async function examineProfile(examination: ProfileExamination, deps: ExaminationDeps): Promise<ProfileReport> {
  const { configuration, versions } = examination;
  const collected = configuration.collected instanceof OidcCliError ? undefined : configuration.collected;
  const local = machineChecks(configuration.local, deps);
  const configurationResults = configurationChecks(configuration, deps.explain);
  const remote = providerChecks(configuration, configurationResults, deps);
  const [machineResults, providerResults] = await Promise.all([local, remote]);
  const checks = [
    ...configurationResults,
    ...providerResults,
    ...machineResults,
    ...versionChecks(versions, deps.explain),
  ];
  deps.recorder.note(findingsStep(checks, deps.clock.now()));
  const failed = CAUSE_ORDER.flatMap((group) => checks.filter((one) => one.group === group && one.verdict === 'fail'));
  return { checks, finding: failed[0], provider: collected?.values.issuer !== undefined };
}

/** The checks that need the network; without an issuer only those of the network's settings. */
async function providerChecks(
  configuration: Configuration,
  configurationResults: readonly DoctorCheck[],
  deps: ExaminationDeps,
): Promise<DoctorCheck[]> {
  const { collected, local } = configuration;
  const { explain, on, recorder } = deps;
  const values = collected instanceof OidcCliError ? undefined : collected.values;
  const { ca, insecure } = local.values;
  const settings = { ca, caSource: sourceText(local.sources.ca), insecure };
  const issuer = values?.issuer;
  const url = issuer === undefined ? undefined : new URL(issuer);
  on?.(url === undefined ? 'Looking at this machine' : `Connecting to ${url.host}`);
  const connection = await connectionChecks(url, settings, deps);
  if (values === undefined || issuer === undefined) return connection;
  const broken = connection.find(({ verdict }) => verdict === 'fail');
  if (broken) return [...connection, ...skippedChecks(broken, explain)];

  on?.('Asking for the discovery document');
  const asking = { ...deps, fetch: deps.connect() };
  const request = { issuer, allowHttp: values.allowHttp, endpoints: configuredEndpoints(values) };
  const discovered = await discover(request, asking);
  const discovery = discoveryChecks(issuer, discovered, explain);
  const cause = discovery.find(({ verdict }) => verdict === 'fail');
  const rest =
    discovered.metadata === undefined
      ? skippedChecks(cause ?? { name: 'status', group: 'discovery' }, explain)
      : await metadataChecks(
          { metadata: discovered.metadata, provider: discovered.provider, cause },
          { values, secret: configuration.secret, configurationResults },
          asking,
        );
  const clock = clockCheck(recorder.exchanges, values.clockTolerance, explain);
  const times = responseTimesCheck(recorder.exchanges, explain);
  return [...connection, ...clock, ...times, ...discovery, ...rest];
}

type Values = CollectedProfile['values'];

/** The checks that need a document: the advertised endpoints and features, the keys, and the authorization request. */
async function metadataChecks(
  {
    metadata,
    provider,
    cause,
  }: { metadata: AdvertisedMetadata; provider: Provider | undefined; cause: DoctorCheck | undefined },
  {
    values,
    secret,
    configurationResults,
  }: { values: Values; secret: Configuration['secret']; configurationResults: readonly DoctorCheck[] },
  deps: ExaminationDeps & ProviderDeps,
): Promise<DoctorCheck[]> {
  const { explain, on } = deps;
  on?.('Asking the endpoints');
  const [endpointResults, keyResults] = await Promise.all([
    endpointChecks(metadata, deps),
    keySetChecks(metadata, deps),
  ]);
  const known = typeof secret === 'string' ? secret : undefined;
  const client = {
    secret: known,
    hasSecret: values.clientSecret !== undefined,
    hasClient: values.clientId !== undefined,
  };
  const profileResults = profileChecks({ ...values, ...client }, metadata, explain);

  on?.('Trying the authorization request');
  const checks = new CheckList('authorization request', { explain });
  // Only a pushed request is authenticated (RFC 9126 §2.1), so any other is sent without the secret.
  const pushed = metadata.require_pushed_authorization_requests === true;
  const unable = [...configurationResults, ...profileResults].find(
    ({ verdict, name }) => verdict === 'fail' && (name === 'client secret' || name === 'client authentication'),
  );
  if (provider === undefined) {
    const refused = cause ?? endpointResults.find(({ verdict }) => verdict === 'fail');
    checks.notMade(AUTHORIZATION_CHECKS, refused ?? { name: 'required members' });
  } else if (values.clientId === undefined) {
    for (const name of AUTHORIZATION_CHECKS) checks.skip(name, 'not made: no client id is given');
  } else if (pushed && unable) checks.notMade(AUTHORIZATION_CHECKS, unable);
  else {
    const { clientId } = values;
    const clientAuth = pushed ? values.clientAuth : 'none';
    const authorization = { ...values, redirectUri: isLoopbackRedirect(values.redirectUri) };
    const tried = { clientId, clientAuth, secret: known, authorization };
    checks.all.push(...(await authorizationChecks(provider, tried, deps)));
  }
  return [...endpointResults, ...profileResults, ...keyResults, ...checks.all];
}

/** Replaces port 0, which means any free port, by a number, since the request needs one. Nothing is sent there. */
function isLoopbackRedirect(redirectUri: string): string {
  return redirectUri.replace(/^(http:\/\/(?:\[[^\]]*\]|[^/?#:]*):)0+(?=[/?#]|$)/i, '$18484');
}

/** The checks that cannot be made if the provider is not reachable or has no metadata. */
function skippedChecks(cause: Pick<DoctorCheck, 'name' | 'group'>, explain: Explain): DoctorCheck[] {
  const groups = [
    ...(cause.group === 'connection' ? [['discovery', ['discovery']] as const] : []),
    ['endpoints', ['endpoints']] as const,
    ['profile', ['what this profile needs']] as const,
    ['key set', ['key set']] as const,
    ['authorization request', AUTHORIZATION_CHECKS.slice(0, 1)] as const,
  ];
  return groups.flatMap(([group, names]) => {
    const checks = new CheckList(group, { explain });
    checks.notMade(names, cause);
    return checks.all;
  });
}
