import { join } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { nearest } from '../../profiles/nearest.js';
import { loadProfileFiles, PROJECT_FILE, userFilePath } from '../../profiles/profile-file.js';
import { removeProfile } from '../../profiles/save-profile.js';
import { printable, type Terminal } from '../../terminal.js';
import { isSecretStored, type SecretWriter } from '../secret-writer.js';

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
