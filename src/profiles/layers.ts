import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { describeValue } from './describe-value.js';
import { ordinaryValues } from './logto-kind.js';
import { nearest } from './nearest.js';
import { absolutePath } from './paths.js';
import type { ProfileFlags, SecretReference, Source, UntrustedPlace } from './profile.js';
import type { ProfileFile } from './profile-file.js';
import type { ProfileValues } from './schema.js';
import { SECRET_KEYS, SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from './settings.js';

/** A client secret's place, and which layer named it. */
export interface LayerSecret {
  readonly reference: SecretReference;
  readonly source: Source;
  /** The file of the layer, where it is one. */
  readonly file?: string;
  /** The key, flag or variable that names it. */
  readonly key: string;
}

/** What one of the layers gives to a profile. */
export interface Layer {
  readonly layer: Source['layer'];
  /** Checked values without the secrets, Logto's in ordinary keys; `path` kinds are absolute. */
  readonly values: Readonly<ProfileValues>;
  readonly secret?: LayerSecret;
  /** Said where the layer's issuer is used: it was given as the address of its configuration. */
  readonly issuerWarning?: string;
  /** The place of its issuer, where the layer is a project's file in a folder that is not trusted. */
  readonly untrusted?: UntrustedPlace;
  source(key: SettingKey, parameter?: string): Source;
}

/**
 * The place that gives `layers`, highest first, another issuer than its lower
 * part `own` has: where the issuer is named, or the kind that makes it Logto's.
 */
export function issuerChangedBy(layers: readonly Layer[], own: readonly Layer[]): string | undefined {
  const named = (among: readonly Layer[]) => among.find(({ values }) => values.issuer !== undefined);
  const effective = named(layers);
  if (effective !== named(own)) return effective?.source('issuer').where;
  return layers.find(({ values }) => values.kind !== undefined)?.source('kind').where;
}

/** The value of an environment variable; an empty one counts as not set, as CI systems leave them. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name] || undefined;
}

function invalid(where: string, value: unknown, key: string, allowed: string): OidcCliError {
  return new OidcCliError('config_value_invalid', { where, found: describeValue(value, key), allowed });
}

function toNumber(text: string | number): unknown {
  if (typeof text === 'number') return text;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function toBoolean(text: string): unknown {
  const word = text.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (['0', 'false', 'no', 'off'].includes(word)) return false;
  return text;
}

/** `name=value` pairs as a mapping; the later of two equal names holds. */
function toParameters(pairs: readonly string[], where: string): Record<string, string> {
  const named: [string, string][] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw invalid(where, at < 0 ? pair : '', 'param', 'name=value');
    named.push([pair.slice(0, at), pair.slice(at + 1)]);
  }
  return Object.fromEntries(named);
}

function fromVariable(text: string, kind: Setting['kind']): unknown {
  switch (kind) {
    case 'number':
      return toNumber(text);
    case 'boolean':
      return toBoolean(text);
    case 'list':
      return text.split(/\s+/).filter((part) => part !== '');
    case 'parameters':
      return Object.fromEntries(new URLSearchParams(text));
    default:
      return text;
  }
}

/** Checks values that came as text with the file's schema. Throws `config_value_invalid` (facts: where, found, allowed). */
async function checkValues(
  given: ReadonlyMap<SettingKey, unknown>,
  where: (key: SettingKey) => string,
): Promise<ProfileValues> {
  if (given.size === 0) return {};
  const { profileSchema } = await import('./schema.js');
  const values: Record<string, unknown> = {};
  for (const [key, value] of given) {
    const result = profileSchema.shape[key].safeParse(value);
    if (result.success) {
      values[key] = result.data;
      continue;
    }
    const issue = result.error.issues[0];
    const name = issue?.path[0];
    const message = issue?.code === 'invalid_key' ? issue.issues[0]?.message : issue?.message;
    const faulty = Array.isArray(value) && typeof name === 'number' ? value[name] : value;
    throw new OidcCliError('config_value_invalid', {
      where: where(key),
      found: key === 'parameters' && name !== undefined ? JSON.stringify(String(name)) : describeValue(faulty, key),
      allowed: message ?? '',
    });
  }
  return values as ProfileValues;
}

/**
 * The issuer of what may be the address of its configuration, which is what
 * people find to copy (OpenID Connect Discovery 1.0 section 4).
 */
function layerIssuer(given: string): string {
  return given.replace(/\/\.well-known\/openid-configuration\/?$/, '');
}

/** Takes secrets out of checked values, makes the keys ordinary, the paths absolute, and the issuer an issuer. */
function finish(
  layer: Source['layer'],
  given: ProfileValues,
  place: (key: string, parameter?: string) => string,
  secret: LayerSecret | undefined,
  folder: string,
  env: Environment,
): Layer {
  const ordinary = ordinaryValues(given, place);
  const where = (key: string, parameter?: string) => place(ordinary.givenBy(key), parameter);
  const rest = { ...ordinary.values };
  for (const key of SECRET_KEYS) delete rest[key];
  if (rest.ca !== undefined) rest.ca = absolutePath(rest.ca, folder, env);
  let { issuerWarning } = ordinary;
  if (rest.issuer !== undefined && layerIssuer(rest.issuer) !== rest.issuer) {
    const given = rest.issuer;
    rest.issuer = layerIssuer(given);
    issuerWarning = `${where('issuer')}: ${given} is the address of a provider's configuration; its issuer is taken to be ${rest.issuer}`;
  }
  return {
    layer,
    values: rest,
    secret,
    issuerWarning,
    source: (key, parameter) => ({ layer, where: where(key, parameter) }),
  };
}

/** The client secrets that flags give, under either of its names; `values` are the checked ones of the flags. */
function flagSecrets(flags: ProfileFlags, values: ProfileValues, cwd: string, env: Environment): LayerSecret[] {
  const secrets: LayerSecret[] = [];
  const add = (flag: string, reference: SecretReference) =>
    secrets.push({ reference, source: { layer: 'flag', where: flag }, key: flag });
  for (const word of ['client', 'app'] as const) {
    const { flag } = SETTINGS[`${word}Secret`];
    const [value, name, path] = [flags[`${word}Secret`], flags[`${word}SecretEnv`], values[`${word}SecretFile`]];
    if (value !== undefined) {
      if (value === '') throw invalid(flag, '', 'clientSecret', 'text that is not empty');
      add(flag, { kind: 'value', value });
    }
    if (name !== undefined) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        // Somebody may have given the secret itself: it is not repeated.
        throw invalid(`${flag}-env`, name, 'clientSecretEnv', 'the name of a variable');
      }
      add(`${flag}-env`, { kind: 'env', name });
    }
    if (path !== undefined) add(`${flag}-file`, { kind: 'file', path: absolutePath(path, cwd, env) });
    if (flags[`${word}SecretStdin`]) add(`${flag}-stdin`, { kind: 'stdin' });
  }
  return secrets;
}

/**
 * The layer of the command line. `cwd` is where relative paths begin. Throws
 * `config_value_invalid`, also where more than one flag gives a client secret.
 */
export async function flagLayer(flags: ProfileFlags, cwd: string, env: Environment): Promise<Layer> {
  const given = new Map<SettingKey, unknown>();
  for (const key of SETTING_KEYS) {
    const setting: Setting = SETTINGS[key];
    // A secret on the command line is never a ${NAME}: the schema does not check it.
    if (setting.flag === undefined || setting.kind === 'secret') continue;
    const value = key === 'parameters' ? flags.param : flags[key as keyof ProfileFlags];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    if (key === 'parameters') given.set(key, toParameters(flags.param ?? [], '--param'));
    else if (setting.kind === 'number') given.set(key, toNumber(value as string | number));
    else given.set(key, value);
  }
  const where = (key: string) => (SETTINGS[key as SettingKey] as Setting).flag ?? key;
  const values = await checkValues(given, where as (key: SettingKey) => string);

  return finish('flag', values, where, onlySecret(flagSecrets(flags, values, cwd, env)), cwd, env);
}

/** The client secret of a layer, which gives one at most. Throws `config_value_invalid`. */
function onlySecret(secrets: readonly LayerSecret[]): LayerSecret | undefined {
  if (secrets.length < 2) return secrets[0];
  throw new OidcCliError('config_value_invalid', {
    where: secrets.map(({ key }) => key).join(', '),
    found: 'more than one client secret',
    allowed: 'one of them',
  });
}

/**
 * The layer of the environment: `OIDC_CLI_ISSUER` and the like; an empty
 * variable counts as not set. Throws `config_value_invalid`, also where more
 * than one variable gives a client secret.
 */
export async function environmentLayer(env: Environment, cwd: string): Promise<Layer> {
  const where = (key: string) => (SETTINGS[key as SettingKey] as Setting).variable ?? key;
  const given = new Map<SettingKey, unknown>();
  for (const key of SETTING_KEYS) {
    const setting: Setting = SETTINGS[key];
    const text = setting.variable === undefined ? undefined : variable(env, setting.variable);
    if (text !== undefined && setting.kind !== 'secret') given.set(key, fromVariable(text, setting.kind));
  }
  const values = await checkValues(given, where);
  const secrets: LayerSecret[] = [];
  const add = (key: string, reference: SecretReference) =>
    secrets.push({ reference, source: { layer: 'environment', where: key }, key });
  for (const word of ['client', 'app'] as const) {
    const name = SETTINGS[`${word}Secret`].variable;
    if (variable(env, name) !== undefined) add(name, { kind: 'env', name });
    const path = values[`${word}SecretFile`];
    if (path === undefined) continue;
    add(SETTINGS[`${word}SecretFile`].variable, { kind: 'file', path: absolutePath(path, cwd, env) });
  }
  return finish('environment', values, where, onlySecret(secrets), cwd, env);
}

/**
 * The seconds of `OIDC_CLI_TIMEOUT`, for a command that reads no profile;
 * undefined if it is not set. Throws `config_value_invalid`.
 */
export async function environmentTimeout(env: Environment): Promise<number | undefined> {
  const name = SETTINGS.timeout.variable;
  const text = variable(env, name);
  if (text === undefined) return undefined;
  return (await checkValues(new Map([['timeout', toNumber(text)]]), () => name)).timeout;
}

/** The layer of one profile in a file, which has been checked already. */
export function fileLayer(file: ProfileFile, name: string, values: ProfileValues, env: Environment): Layer {
  const layer = file.kind === 'project' ? 'project file' : 'user file';
  const where = (key: string, parameter?: string) =>
    `${file.path}:${file.lineOf(['profiles', name, key, ...(parameter === undefined ? [] : [parameter])])}`;
  const key = SECRET_KEYS.find((one) => values[one] !== undefined && values[one] !== false);
  const reference = key && secretInFile(ordinaryValues(values, where).values, file.folder, env);
  const secret: LayerSecret | undefined =
    key && reference
      ? { reference, source: { layer, where: where(key) }, file: file.path, key: `profiles.${name}.${key}` }
      : undefined;
  return finish(layer, values, where, secret, file.folder, env);
}

function secretInFile(values: ProfileValues, folder: string, env: Environment): SecretReference | undefined {
  if (values.clientSecret !== undefined) {
    const name = /^\$\{(\w+)\}$/.exec(values.clientSecret)?.[1];
    return name === undefined ? { kind: 'value', value: values.clientSecret } : { kind: 'env', name };
  }
  if (values.clientSecretFile !== undefined) {
    return { kind: 'file', path: absolutePath(values.clientSecretFile, folder, env) };
  }
  return values.clientSecretStored ? { kind: 'stored' } : undefined;
}

/** A warning for each `OIDC_CLI_*` variable that is near to one of ours, and does nothing. */
export function variableWarnings(env: Environment): string[] {
  const known = ['OIDC_CLI_PROFILE', 'OIDC_CLI_HOME', 'OIDC_CLI_STORE_KEY'];
  for (const key of SETTING_KEYS) {
    const setting: Setting = SETTINGS[key];
    if (setting.variable !== undefined) known.push(setting.variable);
  }
  const short = known.map((name) => name.slice('OIDC_CLI_'.length));
  return Object.keys(env)
    .filter((name) => name.startsWith('OIDC_CLI_') && env[name] !== undefined && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name.slice('OIDC_CLI_'.length), short);
      return meant === undefined ? [] : [`${name} is not a variable of oidc-cli: did you mean OIDC_CLI_${meant}?`];
    });
}
