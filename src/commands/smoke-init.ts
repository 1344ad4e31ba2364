// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../errors.js';
import { resolveProfile } from '../profiles/profile.js';
import { firstPlan, passwordVariable } from '../smoke/first-plan.js';
import { PLAN_FILE } from '../smoke/plan-file.js';
import { printable, type Terminal } from '../terminal.js';

/** What `smoke init` was asked. */
export interface SmokeInitOptions {
  readonly profile?: string | undefined;
  readonly output?: string | undefined;
  readonly user?: string | undefined;
  readonly force?: boolean | undefined;
  readonly trustProject?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `oidc-cli smoke init`: writes a first file of checks from a profile, with comments. */
export async function smokeInit(options: SmokeInitOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const file = resolve(context.cwd, options.output ?? PLAN_FILE);
  const { trustProject } = options;
  const { profile, sources } = await resolveProfile({ name: options.profile, flags: { trustProject } }, context);
  const layer = sources.issuer?.layer;
  const text = firstPlan(profile, layer === 'project file' || layer === 'user file', options.user);
  try {
    // Never over a file that is there, also one that has come in between.
    await writeFile(file, text, { flag: options.force ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new OidcCliError('plan_exists', { file }, { cause: error });
    throw new OidcCliError('report_unwritable', { file, reason: code ?? message }, { cause: error });
  }
  const variable = passwordVariable(profile.name);
  if (options.json) {
    terminal.json({ file, profile: profile.name, passwordVariable: variable });
    return EXIT.done;
  }
  terminal.say(`Written: ${printable(file)}`);
  if (layer === 'user file') {
    terminal.say(
      `The profile ${printable(profile.name)} is in your own file. For CI, write it to this project's too: oidc-cli profile add ${printable(profile.name)} --project`,
    );
  }
  terminal.say(`Put the test user's name into it, the password into ${variable}, and run: oidc-cli smoke`);
  return EXIT.done;
}
