import type { Credentials, SignInStep } from '../browser/sign-in-driver.js';
import { noteSecretVariable } from '../child-environment.js';
import type { Clock, Environment, Input } from '../context.js';
import { OidcCliError } from '../errors.js';
import { acceptConnector, type Connector } from '../logto/connector/connector.js';
import { readConnectorFile } from '../logto/connector/file.js';
import { connectorSecret, connectorSecretReference } from '../logto/connector/secret.js';
import { textValue } from '../oidc/json-values.js';
import {
  type Consent,
  isUntrusted,
  readClientSecret,
  type SecretDeps,
  type UntrustedSecret,
} from '../profiles/client-secret.js';
import { invalid } from '../profiles/placed-yaml.js';
import { type Profile, type ResolvedProfile, resolveProfile } from '../profiles/profile.js';
import { adHocName } from '../profiles/profile-choice.js';
import { type ProfileFile, type ProfileFiles, userFilePath } from '../profiles/profile-file.js';
import { refuseStoreKeyName } from '../profiles/store-key-guard.js';
import { hostOf } from '../profiles/trust.js';
import type { SignInRequest } from '../sign-in/client.js';
import { createSignInRequest } from '../sign-in/sign-in-request.js';
import type { PlannedCheck, PlannedText } from './planned-check.js';
import type { ProviderSettings } from './providers.js';

/** Dependencies for resolving checks. */
export interface ResolveDeps {
  readonly env: Environment;
  readonly cwd: string;
  readonly folders: { readonly config: string; readonly data: string };
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stdin: Input;
  /** All of stdin, read once. */
  readonly readStdin: () => Promise<string>;
  readonly profileFiles: ProfileFiles;
  /** Whether secrets may be sent that an untrusted file names. */
  readonly consent: Consent;
  /** The client secret in the session store for this profile and issuer. */
  readonly storedClientSecret: (profile: string, issuer: string) => Promise<string | undefined>;
}

/** A check with its profile resolved; its secrets are read when it runs. */
export interface ResolvedCheck {
  readonly planned: PlannedCheck;
  /** The profile's name in reports. */
  readonly profileName: string;
  /** The issuer of the profile; for a connector its issuer, else the host of its authorization endpoint. */
  readonly issuer: string;
  readonly profile: Profile | undefined;
  /** The provider whose discovery document the check uses; absent for a connector without an issuer. */
  readonly discovery: ProviderSettings | undefined;
  readonly warnings: readonly string[];
  /** The reason that it cannot run, if any: the other checks still do. */
  readonly failure: OidcCliError | undefined;
  /** The sign-in at the profile's provider, with the client's secret. */
  readonly request: () => Promise<SignInRequest>;
  /** The Logto connector, with its secret. */
  readonly connector: () => Promise<Connector>;
  readonly credentials: () => Promise<Credentials>;
  readonly steps: () => Promise<readonly SignInStep[] | undefined>;
  readonly refreshToken: () => Promise<string | undefined>;
  /** Its secrets that an untrusted file names, each with the host that receives it. */
  readonly untrusted: readonly UntrustedSecret[];
}

/** Configuration errors, which are reported before any check runs. Any other error fails only its own check. */
const CONFIGURATION = /^(config_|profile_|connector_file_|store_key_as_secret)/;

/** The configuration errors without a place of their own. */
const CHECK_KEYS: readonly string[] = ['profile_unknown', 'config_missing', 'connector_file_unreadable'];

/**
 * Resolves the profiles of the checks, each once. Throws the errors of the files
 * themselves: `config_*`, `profile_*`, `connector_file_*`.
 */
export async function resolveChecks(
  planned: readonly PlannedCheck[],
  deps: ResolveDeps,
): Promise<readonly ResolvedCheck[]> {
  const profiles = new Map<string, Promise<ResolvedProfile>>();
  const secrets = new Map<string, Promise<string | undefined>>();
  const ready: ResolvedCheck[] = [];
  // Before any browser starts, since its environment must not have these variables.
  for (const check of planned) noteSecretVariables(check, deps.env);
  for (const check of planned) {
    try {
      ready.push(await resolveCheck(check, profiles, secrets, deps));
    } catch (error) {
      if (!(error instanceof OidcCliError)) throw error;
      if (CONFIGURATION.test(error.code)) throw withPlanPlace(error, check);
      ready.push(unresolvedCheck(check, error));
    }
  }
  return ready;
}

/** Adds the check's place in the plan to an error that its keys cause. */
function withPlanPlace(error: OidcCliError, { plan, index, connector }: PlannedCheck): OidcCliError {
  if (!CHECK_KEYS.includes(error.code)) return error;
  const path = ['checks', String(index), connector === undefined ? 'profile' : 'connector'];
  const check = `${plan.path}, line ${plan.lineOf(path)}, key ${path.join('.')}`;
  return error.with({ facts: { check } });
}

function noteSecretVariables({ user, password, totp, refreshToken, steps = [] }: PlannedCheck, env: Environment): void {
  const typed = steps.map((step) => ('fill' in step ? step.value : undefined));
  for (const place of [user, password, totp, refreshToken, ...typed]) {
    if (place?.kind === 'env') noteSecretVariable(env, place.name);
  }
}

function memoize<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key) ?? make();
  cache.set(key, known);
  return known;
}

async function resolveCheck(
  check: PlannedCheck,
  profiles: Map<string, Promise<ResolvedProfile>>,
  secrets: Map<string, Promise<string | undefined>>,
  deps: ResolveDeps,
): Promise<ResolvedCheck> {
  if (check.connector !== undefined) {
    const ready = await resolveConnector(check, check.connector, deps);
    const { pages, untrusted, ...rest } = ready;
    const own = await ownSecrets(check, pages, deps);
    return { planned: check, failure: undefined, ...rest, ...own, untrusted: [...untrusted, ...own.untrusted] };
  }

  const inline = typeof check.profile === 'object';
  const key = inline ? `${check.plan.path} ${check.index}` : `named ${String(check.profile)}`;
  const { profile: resolved, warnings } = await memoize(profiles, key, () => resolveCheckProfile(check, deps));
  if (resolved.clientSecret?.kind === 'env') noteSecretVariable(deps.env, resolved.clientSecret.name);
  const profile = check.redirectUri === undefined ? resolved : { ...resolved, redirectUri: check.redirectUri };
  const name = inline ? adHocName(profile.issuer) : profile.name;
  const reference = profile.clientSecret;
  const clientSecret = () =>
    memoize(secrets, key, async () => {
      if (!reference) return undefined;
      const stored = () => deps.storedClientSecret(profile.name, profile.issuer);
      return readClientSecret(reference, { ...secretDeps(deps), stored });
    });
  const own = await ownSecrets(check, profile.issuer, deps);
  return {
    planned: check,
    failure: undefined,
    ...own,
    untrusted: [...(reference && isUntrusted(reference) ? [reference] : []), ...own.untrusted],
    profileName: name,
    issuer: profile.issuer,
    profile,
    discovery: profile,
    warnings,
    request: async () => {
      const userinfo = Boolean(check.expect.userinfo);
      return createSignInRequest(profile, { name, userinfo, clientSecret: await clientSecret() });
    },
    connector: () => Promise.reject(new OidcCliError('internal', { reason: 'the check has no connector' })),
  };
}

function secretDeps({ env, folders, readStdin, consent }: ResolveDeps) {
  return { env, folders, stdin: readStdin, consent };
}

/**
 * The texts that the check itself types or sends. `address` is that of the pages
 * that receive them. Throws `store_key_as_secret`.
 */
async function ownSecrets(check: PlannedCheck, address: string, deps: ResolveDeps) {
  const host = hostOf(address);
  const untrusted: UntrustedSecret[] = [];
  const placed = async <T extends PlannedText | undefined>(text: T): Promise<T> => {
    if (text === undefined || text.kind === 'text') return text;
    await refuseStoreKeyName(text, deps);
    if (!isUntrusted(text)) return text;
    const sent = { ...text, untrusted: { ...text.untrusted, host } };
    untrusted.push(sent);
    return sent;
  };
  const read = (text: PlannedText | undefined, what: string) =>
    Promise.resolve(text && readPlannedText(text, what, secretDeps(deps)));
  const user = await placed(check.user);
  const password = await placed(check.password);
  const totp = await placed(check.totp);
  const token = await placed(check.refreshToken);
  const steps = check.steps && [...check.steps];
  for (const [at, step] of steps?.entries() ?? []) {
    if (steps && 'fill' in step) steps[at] = { ...step, value: await placed(step.value) };
  }
  return {
    untrusted,
    credentials: async (): Promise<Credentials> => ({
      username: (await read(user, 'user')) ?? '',
      password: await read(password, 'password'),
      totp: await read(totp, 'totp'),
    }),
    steps: async () =>
      steps &&
      Promise.all(
        steps.map(
          async (step): Promise<SignInStep> =>
            'fill' in step
              ? {
                  fill: step.fill,
                  value: (await read(step.value, `value for ${step.fill}`)) ?? '',
                  secret: step.value.kind !== 'text',
                }
              : step,
        ),
      ),
    refreshToken: () => read(token, 'refresh token'),
  };
}

/**
 * A profile by its name, or from the keys in the plan. The environment gives no
 * values, since a plan has several profiles.
 */
async function resolveCheckProfile(
  { profile, plan, index }: PlannedCheck,
  deps: ResolveDeps,
): Promise<ResolvedProfile> {
  const flags = { trustProject: plan.trusted };
  if (typeof profile !== 'object') {
    return resolveProfile({ name: profile, flags, files: deps.profileFiles }, deps);
  }
  const name = 'inline';
  const { user } = deps.profileFiles;
  const inPlan = (key: string) => `checks.${index}.profile${key.slice(`profiles.${name}`.length)}`;
  const file: ProfileFile = {
    kind: 'project',
    path: plan.path,
    folder: plan.folder,
    default: undefined,
    trustedFolders: undefined,
    profiles: new Map([[name, profile]]),
    lineOf: ([, , ...keys]) => plan.lineOf(['checks', String(index), 'profile', ...keys]),
  };
  // The user's file decides what is trusted, and has no other effect on this profile.
  const files = { project: file, user: user && { ...user, profiles: new Map() }, searched: [plan.path] };
  try {
    return await resolveProfile({ name, flags, files }, deps);
  } catch (error) {
    if (!(error instanceof OidcCliError) || typeof error.facts.key !== 'string') throw error;
    const { key } = error.facts;
    if (error.code === 'config_missing') {
      const path = ['checks', String(index), 'profile'];
      const facts = { line: plan.lineOf(path), key: path.join('.'), found: `a profile without ${key}` };
      throw invalid(plan.path, { ...facts, allowed: 'the name of a profile, or at least issuer and clientId' });
    }
    throw error.with({ facts: { key: key.startsWith('profiles.') ? inPlan(key) : key, profile: undefined } });
  }
}

/** Logto has no setting that would weaken this. */
function connectorDiscovery(issuer: string): ProviderSettings {
  return { issuer, allowHttp: false, insecure: false };
}

async function resolveConnector(check: PlannedCheck, path: string, deps: ResolveDeps) {
  const file = await readConnectorFile(path, deps);
  const { issuer } = (file.config.idTokenVerificationConfig ?? {}) as { issuer?: unknown };
  const endpoint = textValue(file.config.authorizationEndpoint) ?? '';
  const stated = Array.isArray(issuer) ? issuer[0] : issuer;
  const trust = { trusted: check.plan.trusted, folder: check.plan.folder, userFile: userFilePath(deps) };
  const reference = await connectorSecretReference(file, {}, deps, trust);
  if (reference?.kind === 'env') noteSecretVariable(deps.env, reference.name);
  return {
    profileName: check.plan.folder === '' ? path : path.slice(path.lastIndexOf('/') + 1),
    issuer: typeof stated === 'string' ? stated : URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint,
    profile: undefined,
    discovery: typeof stated === 'string' ? connectorDiscovery(stated) : undefined,
    warnings: [],
    pages: endpoint,
    untrusted: reference && isUntrusted(reference) ? [reference] : [],
    request: () => Promise.reject(new OidcCliError('internal', { reason: 'the check has no profile' })),
    connector: async () => acceptConnector(file, await connectorSecret(file, reference, deps)),
  };
}

/** A check that fails before it begins, for its own reason. */
function unresolvedCheck(check: PlannedCheck, failure: OidcCliError): ResolvedCheck {
  const { profile } = check;
  const reject = () => Promise.reject(failure);
  return {
    planned: check,
    profileName: typeof profile === 'string' ? profile : 'inline',
    issuer: (typeof profile === 'object' && profile.issuer) || '',
    profile: undefined,
    discovery: undefined,
    warnings: [],
    failure,
    request: reject,
    connector: reject,
    credentials: reject,
    steps: reject,
    refreshToken: reject,
    untrusted: [],
  };
}

/**
 * Reads the text of a plan's reference. `what` names it for people. Throws
 * `smoke_secret_unavailable` (facts: what, variable, file or source, reason), and
 * otherwise the errors of `readClientSecret`.
 */
async function readPlannedText(place: PlannedText, what: string, deps: SecretDeps): Promise<string> {
  if (place.kind === 'text') return place.value;
  try {
    return await readClientSecret(place, deps);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
    throw new OidcCliError('smoke_secret_unavailable', { what, ...error.facts }, { cause: error.cause });
  }
}
