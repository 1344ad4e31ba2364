// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { type Profile, resolveProfile } from '../../profiles/profile.js';
import { shellWord } from '../../safe-text.js';
import { firstPlan, passwordVariable, secretVariable } from '../../smoke/first-plan.js';
import { PLAN_FILE } from '../../smoke/plan-file.js';
import { writeOutputFile } from '../../smoke/reporters/report-file.js';
import { printable, type Terminal } from '../../terminal.js';

/** What `smoke init` was asked. */
export interface SmokeInitOptions {
  readonly profile?: string;
  readonly output?: string;
  readonly user?: string;
  readonly force?: boolean;
  readonly trustProject?: boolean;
  readonly json?: boolean;
}

/** `oidc-cli smoke init`: writes a first file of checks from a profile, with comments. */
export async function smokeInit(options: SmokeInitOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const file = resolve(context.cwd, options.output ?? PLAN_FILE);
  const { profile, sources } = await resolveInitProfile(options, context);
  const layer = sources.issuer?.layer;
  const inFile = layer === 'project file' || layer === 'user file';
  const text = firstPlan(profile, inFile, options.user);
  try {
    // Never over a file that is there, also one that has come in between.
    await writeOutputFile(file, context.cwd, text, { exclusive: options.force !== true });
  } catch (error) {
    if (!(error instanceof OidcCliError) || !isExistingFile(error.cause)) throw error;
    throw new OidcCliError('plan_exists', { file }, { cause: error });
  }
  const variable = passwordVariable(profile.name);
  if (options.json) {
    terminal.json({ file, profile: profile.name, passwordVariable: variable });
    return EXIT.done;
  }
  terminal.say(`Written: ${printable(file)}`);
  if (layer === 'user file') {
    terminal.say(
      `The profile ${printable(profile.name)} is in your own file. For CI, write it to this project's too: ${printable(addToProject(profile))}`,
    );
  }
  const secret = secretVariable(profile, inFile);
  const todo = [
    ...(options.user === undefined ? ["the test user's name into it"] : []),
    `the password into ${variable}`,
    ...(secret === undefined || context.env[secret] ? [] : [`the client secret into ${printable(secret)}`]),
  ];
  const named = options.output === undefined ? '' : ` ${printable(shellWord(options.output))}`;
  const trust = options.trustProject ? ' --trust-project' : '';
  terminal.say(`Put ${todo.join(', ')}, and run: oidc-cli smoke${named}${trust}`);
  return EXIT.done;
}

/** Whether the file system said that there is a file of the name already. */
function isExistingFile(cause: unknown): boolean {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  return code === 'EEXIST' && syscall !== 'mkdir';
}

/** The command that writes the profile to the project's file, its secret as a variable that such a file may name. */
function addToProject({ name, kind, issuer, clientId, clientSecret, scope }: Profile): string {
  const words = ['oidc-cli', 'profile', 'add', name, '--project'];
  if (kind === 'logto') words.push('--endpoint', issuer.replace(/\/oidc\/?$/, ''), '--app-id', clientId);
  else words.push('--issuer', issuer, '--client-id', clientId, '--scope', scope);
  if (clientSecret) {
    const named =
      clientSecret.kind === 'env' && clientSecret.name.startsWith('OIDC_CLI_') ? clientSecret.name : undefined;
    words.push(kind === 'logto' ? '--app-secret-env' : '--client-secret-env', named ?? 'OIDC_CLI_CLIENT_SECRET');
  }
  return words.map(shellWord).join(' ');
}

/** The profile to write about. Throws as `resolveProfile` does; its secret is not asked for. */
async function resolveInitProfile({ profile: name, trustProject }: SmokeInitOptions, context: Context) {
  try {
    return await resolveProfile({ name, flags: { trustProject }, withoutSecret: true }, context);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'config_missing') throw error;
    // It has no flags for what is missing.
    throw error.with({ code: 'config_missing', facts: { command: 'smoke init' } });
  }
}
