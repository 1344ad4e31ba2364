import { dirname, join, relative } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { readClientSecret, readSecretFromStdin } from '../../profiles/client-secret.js';
import { fileLayer, flagLayer } from '../../profiles/layers.js';
import { LOGTO_DEFAULTS, logtoValues, ordinaryValues } from '../../profiles/logto-kind.js';
import { nearest } from '../../profiles/nearest.js';
import { isInside } from '../../profiles/paths.js';
import type { ProfileFlags } from '../../profiles/profile.js';
import { loadProfileFile, loadProfileFiles, PROJECT_FILE, userFilePath } from '../../profiles/profile-file.js';
import { secretValues } from '../../profiles/profile-values.js';
import { redirectUriWithPort } from '../../profiles/redirect-uri.js';
import { checkProfile, removeProfile, saveProfile } from '../../profiles/save-profile.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { DEFAULTS, SETTINGS } from '../../profiles/settings.js';
import { checkProjectTrust, isTrustedFolder } from '../../profiles/trust.js';
import { printable, type Terminal, table } from '../../terminal.js';

/** Where client secrets are kept: under the profile and the issuer they are for. */
export interface SecretWriter {
  /** Keeps the secret, replacing earlier ones of the profile. Throws `store_*`. */
  saveClientSecret(profile: string, issuer: string, secret: string): Promise<void>;
  /** Forgets what is kept for the profile. Throws `store_*`. */
  forgetClientSecret(profile: string): Promise<void>;
}

export interface ProfileListOptions {
  readonly json?: boolean;
}

interface ListedProfile {
  readonly name: string;
  readonly issuer: string | null;
  readonly clientId: string | null;
  /** The project's file first: it goes before the user's. */
  readonly files: readonly string[];
  readonly default: boolean;
}

/** `profile list`: every profile of both files, as the files alone have it. Throws as `loadProfileFiles`. */
export async function profileList(
  options: ProfileListOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { project, user, searched } = await loadProfileFiles(context);
  const byDefault = project?.default ?? user?.default;
  const files = [project, user].filter((file) => file !== undefined);
  const names = [...new Set(files.flatMap((file) => [...file.profiles.keys()]))].sort();
  const profiles = names.map((name): ListedProfile => {
    const inFiles = files.filter((file) => file.profiles.has(name));
    const fileValues = inFiles.map((file) => ordinaryValues(file.profiles.get(name) ?? {}, String).values);
    const first = (key: 'issuer' | 'clientId') =>
      fileValues.map((values) => values[key]).find((value) => value !== undefined) ?? null;
    return {
      name,
      issuer: first('issuer'),
      clientId: first('clientId'),
      files: inFiles.map((file) => file.path),
      default: name === byDefault,
    };
  });
  if (options.json) {
    terminal.json({ default: byDefault ?? null, profiles, searched });
  } else if (profiles.length === 0) {
    terminal.say(`No profiles in ${searched.map(printable).join(' or ')}.`);
    terminal.say('Add one with: oidc-cli profile add NAME --issuer URL --client-id ID');
  } else {
    const { strong, dim } = terminal.style;
    const head = ['PROFILE', 'ISSUER', 'CLIENT ID', 'FILE'].map((title) => strong(title));
    const rows = profiles.map((profile) => [
      printable(profile.name) + (profile.default ? ' (default)' : ''),
      profile.issuer === null ? dim('not set') : printable(profile.issuer),
      profile.clientId === null ? dim('not set') : printable(profile.clientId),
      profile.files.map(printable).join(', '),
    ]);
    for (const line of table([head, ...rows], '', terminal.style.columns)) terminal.out(line);
  }
  if (byDefault !== undefined && !names.includes(byDefault)) {
    terminal.say(`${terminal.talk.warn('Warning:')} the default profile ${printable(byDefault)} is in neither file.`);
  }
  return EXIT.done;
}

export interface ProfileAddOptions {
  readonly name: string;
  readonly flags: ProfileFlags;
  readonly makeDefault?: boolean;
  /** Replaces a profile of this name. */
  readonly force?: boolean;
  /** Writes `oidc-cli.yaml` in the current folder instead of the user's file. */
  readonly project?: boolean;
  readonly json?: boolean;
}

/**
 * `profile add NAME`: writes the flags as a profile into the user's file, or
 * the project's. A secret given as such (stdin, or `--client-secret`) goes to
 * the session store; the file says only that it is there.
 *
 * Throws `profile_exists` (facts: name, file), `config_missing`,
 * `config_value_invalid`, `client_secret_unavailable`, and as `saveProfile`
 * and the secret keeper do.
 */
export async function profileAdd(
  options: ProfileAddOptions,
  context: Context,
  terminal: Terminal,
  writer: SecretWriter,
): Promise<ExitCode> {
  const { name, flags, project } = options;
  const file = project ? join(context.cwd, PROJECT_FILE) : userFilePath(context);
  const layer = await flagLayer(flags, context.cwd, context.env);
  const { issuer, clientId, kind } = layer.values;
  const missing = (key: 'issuer' | 'clientId' | 'endpoint' | 'appId') =>
    new OidcCliError('config_missing', { key, flag: SETTINGS[key].flag });
  if (issuer === undefined) throw missing(kind === 'logto' ? 'endpoint' : 'issuer');
  if (clientId === undefined) throw missing(kind === 'logto' ? 'appId' : 'clientId');
  const before = await loadProfileFile(file, project ? 'project' : 'user');
  const old = before?.profiles.get(name);
  if (old && !options.force) throw new OidcCliError('profile_exists', { name, file });

  const reference = layer.secret?.reference;
  const ordinary: ProfileValues = { ...layer.values, ...secretValues(reference) };
  for (const key of ['ca', 'clientSecretFile'] as const) {
    if (project && ordinary[key] !== undefined) ordinary[key] = pathFrom(dirname(file), ordinary[key]);
  }
  if (flags.port !== undefined) {
    const byDefault = (kind === 'logto' ? LOGTO_DEFAULTS : DEFAULTS).redirectUri;
    ordinary.redirectUri = redirectUriWithPort(ordinary.redirectUri ?? byDefault, flags.port);
  }
  const values = logtoValues(ordinary);
  // Nothing is asked for or kept for a profile that could not be written.
  await checkProfile(name, values);
  let saved = false;
  let keepSecret: (() => Promise<void>) | undefined;
  if (reference?.kind === 'stdin' || reference?.kind === 'value') {
    if (reference.kind === 'stdin' && context.stdin.isTTY) terminal.say('Client secret (what you type is not shown):');
    const secret = await readClientSecret(reference, {
      env: context.env,
      folders: context.folders,
      stdin: () => readSecretFromStdin(context.stdin, context),
    });
    keepSecret = async () => {
      await writer.saveClientSecret(name, issuer, secret);
      saved = true;
    };
  }
  await saveProfile(file, name, values, {
    replace: options.force,
    makeDefault: options.makeDefault,
    mode: project ? 0o644 : 0o600,
    signal: context.signal,
    // The store first: a profile that names a secret which was never kept would be of no use.
    before: keepSecret,
    // A secret that no profile names would stay for ever.
    undo: async (replaced) => {
      if (saved && !isSecretStored(replaced)) await writer.forgetClientSecret(name);
    },
    after: async (replaced) => {
      if (isSecretStored(replaced) && !isSecretStored(values)) await writer.forgetClientSecret(name);
    },
  });

  const warnings: string[] = [];
  if (layer.issuerWarning !== undefined) warnings.push(layer.issuerWarning);
  if (reference?.kind === 'value') {
    warnings.push(
      "The client secret on the command line is visible to other users of this machine and stays in the shell's history: --client-secret-stdin does not show it.",
    );
  }
  if (project) warnings.push(...(await trustWarnings(name, context)));
  if (options.json) {
    const result = {
      profile: name,
      file,
      replaced: old !== undefined,
      default: options.makeDefault === true,
      warnings,
    };
    terminal.json(result);
  }
  terminal.say(`${old ? 'Replaced' : 'Added'} profile ${printable(name)} in ${printable(file)}`);
  if (isSecretStored(values)) terminal.say('The client secret is in the session store.');
  warn(terminal, warnings);
  if (!options.json) terminal.say(`Sign in with: oidc-cli login ${printable(name)}`);
  return EXIT.done;
}

/** Whether a profile says that its secret is in the session store. */
export function isSecretStored(values: ProfileValues | undefined): boolean {
  return (
    values?.clientSecretStored === true || values?.appSecretStored === true || values?.connector?.stored !== undefined
  );
}

/** A path as a project's file keeps it: relative where it lies inside, since the folder may move. */
export function pathFrom(folder: string, path: string): string {
  return isInside(path, folder) ? `./${relative(folder, path).replaceAll('\\', '/')}` : path;
}

/** What the next sign-in would refuse in the project's file, said while it can still be changed. */
export async function trustWarnings(name: string, context: Context): Promise<string[]> {
  const { project, user } = await loadProfileFiles(context);
  const values = project?.profiles.get(name);
  if (!project || !values || (await isTrustedFolder(project.folder, user, context.env))) return [];
  const layer = fileLayer(project, name, values, context.env);
  const userFile = userFilePath(context);
  try {
    await checkProjectTrust(layer, { file: project, name, lower: user?.profiles.get(name) ?? {}, userFile });
    return [];
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    return [
      `${error.facts.key} is refused in a project's file that is not trusted. ${error.facts.how}, if you trust ${project.folder}.`,
    ];
  }
}

export interface ProfileRemoveOptions {
  readonly name: string;
  /** From `oidc-cli.yaml` here or in the nearest folder above, instead of the user's file. */
  readonly project?: boolean;
  readonly json?: boolean;
}

/**
 * `profile remove NAME`: takes the profile out of the user's file, or the
 * project's, with its stored client secret, and says where else the name is
 * defined. Where the secret cannot be forgotten the profile stays. Throws
 * `profile_unknown` (facts: name, known, files), and as `removeProfile` and the
 * secret keeper do.
 */
export async function profileRemove(
  options: ProfileRemoveOptions,
  context: Context,
  terminal: Terminal,
  writer: SecretWriter,
): Promise<ExitCode> {
  const { name } = options;
  const files = await loadProfileFiles(context);
  const [file, other] = options.project ? [files.project, files.user] : [files.user, files.project];
  const elsewhere = other?.profiles.has(name) ? other : undefined;
  if (!file?.profiles.has(name)) {
    const there = [...(file?.profiles.keys() ?? [])].sort();
    throw new OidcCliError('profile_unknown', {
      name,
      known: there,
      suggestion: nearest(name, there),
      removing: true,
      files: [file?.path ?? (options.project ? join(context.cwd, PROJECT_FILE) : userFilePath(context))],
      ...(elsewhere
        ? {
            elsewhere: elsewhere.path,
            command: `oidc-cli profile remove ${name}${elsewhere.kind === 'project' ? ' --project' : ''}`,
          }
        : {}),
    });
  }
  let secretForgotten = false;
  const { defaultRemoved } = await removeProfile(file.path, name, {
    mode: options.project ? 0o644 : 0o600,
    signal: context.signal,
    // First, as long as there is a profile that names it: where the store is out of reach it can be asked for again.
    before: async (removed) => {
      // The same name in the other file may live on the secret.
      if (!isSecretStored(removed) || isSecretStored(elsewhere?.profiles.get(name))) return;
      await writer.forgetClientSecret(name);
      secretForgotten = true;
    },
  });
  terminal.say(`Removed profile ${printable(name)} from ${printable(file.path)}`);
  if (defaultRemoved) terminal.say('It was the default of that file, which now has none.');
  if (elsewhere) {
    const line = elsewhere.lineOf(['profiles', name]);
    terminal.say(`It is still defined in ${printable(elsewhere.path)}:${line}`);
  }
  if (secretForgotten) terminal.say('Its client secret is forgotten.');
  if (options.json) {
    const result = {
      profile: name,
      file: file.path,
      defaultRemoved,
      secretForgotten,
      elsewhere: elsewhere?.path ?? null,
    };
    terminal.json(result);
  }
  return EXIT.done;
}

function warn(terminal: Terminal, warnings: readonly string[]): void {
  for (const warning of warnings) terminal.say(`${terminal.talk.warn('Warning:')} ${printable(warning)}`);
}
