import { dirname, join, relative } from 'node:path';
import type { Context } from '../context.js';
import { OidcCliError } from '../errors.js';
import { checkAuthorizationEndpoint } from '../logto/connector/authorization-endpoint.js';
import type { Connector } from '../logto/connector/connector.js';
import { type ImportedConnector, importedConnector } from '../logto/connector/document.js';
import { type ConnectorFile, configPath } from '../logto/connector/file.js';
import { invalidConnectorFile } from '../logto/connector/parse.js';
import { memberAt, pointer } from '../logto/connector/secret-members.js';
import { requestableUrl } from '../logto/token-request.js';
import { isInside } from '../profiles/paths.js';
import type { SecretReference } from '../profiles/profile.js';
import { loadProfileFile, PROJECT_FILE, userFilePath } from '../profiles/profile-file.js';
import { secretValues } from '../profiles/profile-values.js';
import { checkProfile, saveProfile } from '../profiles/save-profile.js';
import { type ProfileValues, profileSchema } from '../profiles/schema.js';
import { printable, type Terminal } from '../terminal.js';
import { connectorEntry, isSecretStored, type SecretWriter } from './secret-writer.js';
import { networkFor } from './session-access.js';

/** A connector with where its secret comes from, to be made a profile of. */
export interface ConnectorToImport {
  readonly source: ConnectorFile;
  readonly connector: Connector;
  /** Absent where the file has the secret itself. */
  readonly reference: SecretReference | undefined;
  /** Absent where it stays where it is. */
  readonly secret: string | undefined;
}

/** As which profile, and where. */
export interface ImportTarget {
  readonly name?: string;
  readonly issuer?: string;
  /** The flag that names the profile, for who has to choose another name. */
  readonly flag: string;
  readonly force?: boolean;
  readonly default?: boolean;
  readonly project?: boolean;
  /** Seconds to wait for each response of the provider. */
  readonly timeout?: number;
}

/** A connector that can be kept, with all that is known before anything is written. */
export interface PreparedImport {
  readonly name: string;
  readonly issuer: string;
  readonly file: string;
  readonly replaced: boolean;
  /** Members that go to the session store, as paths. */
  readonly stored: readonly string[];
  /** Paths of what Logto sends and an ordinary sign-in does not. */
  readonly unsent: readonly string[];
  /** Writes profile and secrets: all of it, or nothing. */
  save(writer: SecretWriter): Promise<void>;
}

/** Whether a secret stays in the environment or in its file: the store has no part in it. */
export function isExternalSecret(reference: SecretReference | undefined): boolean {
  return reference?.kind === 'env' || reference?.kind === 'file';
}

/**
 * Finds out what becomes of a connector as a profile, and whether it can be
 * one. Nothing is written before `keep`. Throws `connector_endpoint_invalid`,
 * `connector_file_invalid`, `config_missing` (no issuer to be had),
 * `config_value_invalid` and `profile_exists`; `keep` as `saveProfile` and the keeper do.
 */
export async function prepareImport(
  { source, connector, reference, secret }: ConnectorToImport,
  target: ImportTarget,
  context: Context,
  terminal: Terminal,
): Promise<PreparedImport> {
  const { force, project, default: makeDefault } = target;
  const imported = splitConnector(source, connector);
  const issuer =
    target.issuer ?? imported.values.issuer ?? (await discoveredIssuer(imported, target, context, terminal));
  checkIssuer(target.issuer, connector);
  const name = target.name ?? new URL(issuer).host.replace(/:(\d+)$/, '-$1');

  const file = project ? join(context.cwd, PROJECT_FILE) : userFilePath(context);
  const before = await loadProfileFile(file, project ? 'project' : 'user');
  const old = before?.profiles.get(name);
  if (old && !force) throw new OidcCliError('profile_exists', { name, file, flag: target.flag });

  const stays = isExternalSecret(reference);
  const { length: prefix } = configPath(source.whole);
  const inConfiguration = (path: readonly string[]) => path.slice(path[0] === 'config' ? prefix : 0).join('.');
  const values: ProfileValues = {
    ...imported.values,
    issuer,
    ...secretKeys(reference, project === true ? dirname(file) : undefined),
    connector: imported.kept,
  };
  await checkProfile(name, values);

  const keep = async (writer: SecretWriter): Promise<void> => {
    let saved = false;
    const keepSecret = async (entry: string, text: string) => {
      await writer.saveClientSecret(entry, issuer, text);
      saved = true;
    };
    await saveProfile(file, name, values, {
      replace: force,
      makeDefault,
      mode: project ? 0o644 : 0o600,
      signal: context.signal,
      // The store first: a profile that names a secret which was never kept would be of no use.
      before: async () => {
        if (!stays && secret !== undefined) await keepSecret(name, secret);
        if (imported.secrets.length > 0) await keepSecret(connectorEntry(name), JSON.stringify(imported.secrets));
      },
      // A secret that no profile names would stay for ever.
      undo: async (replaced) => {
        if (saved && !isSecretStored(replaced)) await writer.forgetClientSecret(name);
      },
      after: async (replaced) => {
        if (isSecretStored(replaced) && !isSecretStored(values)) await writer.forgetClientSecret(name);
        else if (replaced?.connector?.stored && imported.secrets.length === 0) {
          await writer.forgetClientSecret(connectorEntry(name));
        }
      },
    });
  };
  return {
    name,
    issuer,
    file,
    replaced: old !== undefined,
    stored: [...(stays ? [] : ['clientSecret']), ...imported.secretPaths.map(inConfiguration)],
    unsent: imported.unsent.map((path) => source.pathOf(path)),
    save: keep,
  };
}

/** What a profile needs of a connector, each at its place in the configuration. */
const REQUIRED_VALUES = {
  clientId: ['clientId'],
  scope: ['scope'],
  authorizationEndpoint: ['authorizationEndpoint'],
  tokenEndpoint: ['tokenEndpoint'],
  jwksUri: ['idTokenVerificationConfig', 'jwksUri'],
} as const satisfies Partial<Record<keyof ProfileValues, readonly string[]>>;

/** Takes a connector apart, and refuses what no profile can sign in with. */
function splitConnector(source: ConnectorFile, { config }: Connector): ImportedConnector {
  checkAuthorizationEndpoint(config);
  requestableUrl(config.tokenEndpoint, 'tokenEndpoint');
  requestableUrl(config.idTokenVerificationConfig.jwksUri, 'jwksUri');
  if (source.inexact) {
    const reason = 'the number cannot be kept to its last digit, neither here nor in Logto';
    const fix = 'Write it with fewer digits, or put it in quotes.';
    throw invalidConnectorFile(source.name, { ...source.inexact, reason, fix });
  }
  const imported = importedConnector(source);
  const refuse = (place: readonly string[], actual: string, allowed: string) =>
    new OidcCliError('config_value_invalid', {
      where: `${source.pathOf(place)} (${source.name}:${source.lineOf(place)})`,
      found: actual,
      allowed,
    });
  // Without it no profile can sign in, and with it the secret would stand in a file.
  const before = configPath(source.whole);
  const secret = Object.values(REQUIRED_VALUES).find((place) =>
    imported.kept.stored?.includes(pointer([...before, ...place])),
  );
  if (secret) throw refuse(secret, 'a value with a secret in it', 'one without a password, key or token');
  for (const [key, place] of Object.entries(REQUIRED_VALUES) as [keyof typeof REQUIRED_VALUES, readonly string[]][]) {
    if (imported.values[key] !== undefined) continue;
    const issue = profileSchema.shape[key].safeParse(memberAt(source.config, place)).error?.issues[0];
    throw refuse(place, 'a value that Logto takes', issue?.message ?? 'another value');
  }
  return imported;
}

/** An issuer named beside the connector's own is one of them, or somebody is mistaken. Throws `config_value_invalid`. */
export function checkIssuer(named: string | undefined, { config }: Connector): void {
  if (named === undefined) return;
  const check = profileSchema.shape.issuer.safeParse(named);
  const own = config.idTokenVerificationConfig.issuer ?? [];
  const valid = (typeof own === 'string' ? [own] : own).filter(
    (one) => profileSchema.shape.issuer.safeParse(one).success,
  );
  if (check.success && (valid.length === 0 || valid.includes(named))) return;
  throw new OidcCliError('config_value_invalid', {
    where: '--issuer',
    found: check.success ? 'another issuer than the connector has' : 'no issuer',
    allowed: check.success ? valid.join(', ') : (check.error.issues[0]?.message ?? ''),
  });
}

/** Throws `config_missing` where the issuer is not to be found. */
async function discoveredIssuer(
  { values }: ImportedConnector,
  { timeout }: ImportTarget,
  context: Context,
  terminal: Terminal,
): Promise<string> {
  const { authorizationEndpoint = '', tokenEndpoint = '' } = values;
  const [{ findIssuer: issuerOfEndpoints }, network] = await Promise.all([
    import('../logto/connector/provider.js'),
    networkFor({ timeout }, context, terminal),
  ]);
  try {
    const issuer = await issuerOfEndpoints({ authorizationEndpoint, tokenEndpoint }, network);
    if (issuer === undefined) throw new OidcCliError('config_missing', { key: 'issuer', flag: '--issuer' });
    terminal.say(`The connector names no issuer; discovery has ${printable(issuer)}.`);
    return issuer;
  } finally {
    network.fetch.close();
  }
}

/** Where the profile says the secret is: a project's file names a file inside of its folder from there. */
function secretKeys(reference: SecretReference | undefined, folder: string | undefined): ProfileValues {
  if (reference?.kind !== 'env' && reference?.kind !== 'file') return { clientSecretStored: true };
  const keys = secretValues(reference);
  if (folder === undefined || keys.clientSecretFile === undefined) return keys;
  return { clientSecretFile: pathFrom(folder, keys.clientSecretFile) };
}

/** A path as a project's file keeps it: relative where it lies inside, since the folder may move. */
export function pathFrom(folder: string, path: string): string {
  return isInside(path, folder) ? `./${relative(folder, path).replaceAll('\\', '/')}` : path;
}
