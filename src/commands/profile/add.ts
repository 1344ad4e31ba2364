import { dirname, join } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { readClientSecret, readSecretFromStdin } from '../../profiles/client-secret.js';
import { fileLayer, flagLayer } from '../../profiles/layers.js';
import { LOGTO_DEFAULTS, logtoValues } from '../../profiles/logto-kind.js';
import type { ProfileFlags } from '../../profiles/profile.js';
import { loadProfileFile, loadProfileFiles, PROJECT_FILE, userFilePath } from '../../profiles/profile-file.js';
import { secretValues } from '../../profiles/profile-values.js';
import { redirectUriWithPort } from '../../profiles/redirect-uri.js';
import { checkProfile, saveProfile } from '../../profiles/save-profile.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { DEFAULTS, SETTINGS } from '../../profiles/settings.js';
import { checkProjectTrust, isTrustedFolder } from '../../profiles/trust.js';
import { printable, type Terminal } from '../../terminal.js';
import { pathFrom } from '../connector-import.js';
import { isSecretStored, type SecretWriter } from '../secret-writer.js';

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

function warn(terminal: Terminal, warnings: readonly string[]): void {
  for (const warning of warnings) terminal.say(`${terminal.talk.warn('Warning:')} ${printable(warning)}`);
}
