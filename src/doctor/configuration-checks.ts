import { CheckList, countText, type DoctorCheck, type Explain } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import { secretTraits } from '../oidc/secret-traits.js';
import type { CollectedProfile } from '../profiles/collect-profile.js';
import type { SecretReference, Source } from '../profiles/profile.js';
import { SETTING_KEYS, SETTINGS } from '../profiles/settings.js';

/** The profile as the command has read it before any request. */
export interface Configuration {
  /** As far as it could be read; else the error of the files. */
  readonly collected: CollectedProfile | OidcCliError;
  /** The settings of this machine; from flags and environment alone if the files cannot be read. */
  readonly local: LocalSettings;
  /** The source of the profile's name, for people. */
  readonly chosenBy: string;
  /** The client secret, or the error that makes it unavailable; undefined if the profile has none. */
  readonly secret: string | OidcCliError | undefined;
}

/** The settings of this machine, and the source of each. */
export interface LocalSettings {
  readonly values: Pick<
    CollectedProfile['values'],
    'kind' | 'redirectUri' | 'postLogoutRedirectUri' | 'browser' | 'store' | 'ca' | 'insecure' | 'timeout'
  >;
  readonly sources: CollectedProfile['sources'];
}

/** Settings with a check of their own. */
const SHOWN_ALONE = ['issuer', 'clientId', 'clientSecret', 'kind', 'endpoint', 'appId', 'appSecret'];

/** Checks the profile: its files, its settings with their sources, and whether its secret is available. */
export function configurationChecks(configuration: Configuration, explain: Explain): DoctorCheck[] {
  const checks = new CheckList('configuration', { explain });
  const { collected } = configuration;
  if (collected instanceof OidcCliError) {
    checks.failWith('files', collected, 'configuration');
    checks.notMade(['profile', 'issuer', 'client id', 'client secret', 'settings'], { name: 'files' });
    return checks.all;
  }
  files(checks, collected);
  profile(checks, configuration, collected);
  if (collected.name !== undefined) {
    nameCheck(checks, 'issuer', 'issuer', collected);
    nameCheck(checks, 'client id', 'clientId', collected);
    secret(checks, configuration, collected);
  }
  settings(checks, collected);
  for (const actual of collected.warnings) {
    const repair = 'Correct it where it stands, or take it out.';
    checks.warn('settings', { actual, repair, side: 'configuration' });
  }
  return checks.all;
}

function files(checks: CheckList, { files: read }: CollectedProfile): void {
  if (read === undefined) {
    checks.skip('files', 'not read: an issuer without the name of a profile stands for itself');
    return;
  }
  const there = [read.project?.path, read.user?.path];
  const words = read.searched.map((path) => `${path} (${there.includes(path) ? 'read' : 'not there'})`);
  checks.pass('files', words.join(', '));
}

function profile(checks: CheckList, { chosenBy }: Configuration, { name, values }: CollectedProfile): void {
  if (name === undefined) {
    const repair =
      'Name a provider with --issuer URL, or keep one: oidc-cli profile add NAME --issuer URL --client-id ID';
    checks.skip('profile', 'none: there is no provider to ask', repair);
    return;
  }
  checks.pass('profile', `${name} (${chosenBy})${values.kind === 'logto' ? ', an application of Logto' : ''}`);
}

function nameCheck(checks: CheckList, name: string, key: 'issuer' | 'clientId', collected: CollectedProfile): void {
  const { values, sources, chosenBy } = collected;
  const value = values[key];
  if (value !== undefined) {
    checks.pass(name, `${value} (${sourceText(sources[key])})`);
    return;
  }
  const { flag, variable } = SETTINGS[key];
  const repair = `Give it with ${flag} or ${variable}, or write ${key} into the profile.`;
  // An issuer alone can be examined without a client; a saved profile exists to sign in.
  const inFile = chosenBy === 'argument' || chosenBy === 'OIDC_CLI_PROFILE' || chosenBy === 'default in file';
  if (!inFile) {
    checks.skip(
      name,
      key === 'issuer' ? 'none is given' : 'none is given: what depends on the client is not tried',
      repair,
    );
    return;
  }
  const error = new OidcCliError('config_missing', { key, flag, variable, profile: collected.name });
  checks.failWith(name, error, 'configuration');
}

function secret(checks: CheckList, { secret: given }: Configuration, { values, sources }: CollectedProfile): void {
  const name = 'client secret';
  const reference = values.clientSecret;
  if (given instanceof OidcCliError) {
    checks.failWith(name, given, 'configuration');
    return;
  }
  if (reference === undefined || given === undefined) {
    checks.pass(name, 'none: a public client');
    return;
  }
  const { characters, oddities } = secretTraits(given);
  const where = `${secretPlace(reference)} (${sourceText(sources.clientSecret)})`;
  if (oddities.length === 0) {
    checks.pass(name, `${countText(characters, 'character')} ${where}`);
    return;
  }
  const actual = `${countText(characters, 'character')} ${where}; it ${oddities.join(', and ')}`;
  const why = 'The provider then answers invalid_client, once somebody has signed in.';
  const repair = "Copy it again from the provider's console, and look at what stands around it.";
  checks.warn(name, { actual, why, repair, side: 'configuration' });
}

function secretPlace(reference: SecretReference): string {
  switch (reference.kind) {
    case 'env':
      return `from $${reference.name}`;
    case 'file':
      return `from the file ${reference.path}`;
    case 'stored':
      return 'from the session store';
    case 'stdin':
      return 'from stdin';
    case 'value':
      return 'given as it is';
  }
}

/** Records the other settings and their sources. */
function settings(checks: CheckList, { values, sources }: CollectedProfile): void {
  const chosen = SETTING_KEYS.flatMap((key) => {
    const source = sources[key];
    if (SHOWN_ALONE.includes(key) || source === undefined || source.layer === 'default') return [];
    const value: unknown = key in values ? values[key as keyof typeof values] : undefined;
    const text = Array.isArray(value) ? value.join(' ') : typeof value === 'object' ? '…' : String(value);
    return value === undefined || text === '' ? [] : [`${key} ${text} (${sourceText(source)})`];
  });
  const parameters = Object.keys(values.parameters).map(
    (name) => `parameter ${name} (${sourceText(sources[`parameters.${name}`])})`,
  );
  const all = [...chosen, ...parameters];
  checks.pass('settings', all.length === 0 ? 'all else as it is by default' : all.join(', '));
}

/** The source of a value, for people: `--issuer`, a variable, or a file with its line. */
export function sourceText(source: Source | undefined): string {
  return source === undefined || source.layer === 'default' ? 'default' : source.where;
}
