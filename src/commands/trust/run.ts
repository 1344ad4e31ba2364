import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { absolutePath } from '../../profiles/paths.js';
import { loadProfileFile, userFilePath } from '../../profiles/profile-file.js';
import { forgetAnswers, readTrustAnswers, type TrustAnswer, trustAnswersPath } from '../../profiles/trust-answers.js';
import { printable, type Terminal, table } from '../../terminal.js';

/** `trust list`: what the person allowed and declined, and the trusted folders. Throws `config_file_*`. */
export async function trustList(
  { json }: { readonly json?: boolean },
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const user = await loadProfileFile(userFilePath(context), 'user');
  const trustedFolders = (user?.trustedFolders ?? []).map((entry) =>
    absolutePath(entry, user?.folder ?? context.cwd, context.env),
  );
  const answers = await readTrustAnswers(context);
  if (json) {
    terminal.json({ file: trustAnswersPath(context), answers, trustedFolders });
    return EXIT.done;
  }
  if (answers.length === 0) terminal.say(`No answers in ${printable(trustAnswersPath(context))}.`);
  else {
    const head = ['FOLDER', 'HOST', 'WHAT', 'ANSWER'].map((title) => terminal.style.strong(title));
    const rows = answers.map((answer) => [
      printable(answer.folder),
      printable(answer.host),
      describeSecret(answer),
      verdict(answer),
    ]);
    for (const line of table([head, ...rows], '', terminal.style.columns)) terminal.out(line);
  }
  for (const folder of trustedFolders)
    terminal.out(`Trusted folder (in ${printable(userFilePath(context))}): ${printable(folder)}`);
  return EXIT.done;
}

/** The answers that `trust remove` forgets. */
export interface TrustRemoveOptions {
  /** Absent: the current folder. */
  readonly folder?: string;
  readonly host?: string;
  /** A variable, or a file as `trust list` shows it. */
  readonly name?: string;
  /** Those of every folder. */
  readonly all?: boolean;
  readonly json?: boolean;
}

/**
 * `trust remove [folder]`: forgets answers, so that the question is asked
 * again. Throws `usage` for a folder beside `--all`, `config_value_invalid`
 * where there is no such answer, and `config_file_*`.
 */
export async function trustRemove(
  options: TrustRemoveOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { host, name, all, json } = options;
  if (all && options.folder !== undefined) {
    throw new OidcCliError('usage', {
      reason: '--all removes the answers for all folders, and a folder is given too.',
      fix: 'Pass only one of them.',
    });
  }
  const named = resolve(context.cwd, options.folder ?? '.');
  // A folder that is gone is known by the name that was written down.
  const folder = await realpath(named).catch(() => named);
  const forgotten = await forgetAnswers(
    (answer) =>
      (all === true || answer.folder === folder) &&
      (host === undefined || answer.host === host) &&
      (name === undefined || answer.name === name),
    context,
  );
  if (forgotten.length === 0) {
    const answers = await readTrustAnswers(context);
    throw new OidcCliError('config_value_invalid', {
      where: 'trust remove',
      found: all
        ? 'a host or name without saved answers'
        : `a folder, host or name without saved answers (${JSON.stringify(folder)})`,
      allowed: [...new Set(answers.map((answer) => answer.folder))].join(', ') || 'nothing, since no answers are saved',
    });
  }
  if (json) terminal.json({ removed: forgotten });
  for (const answer of forgotten) {
    terminal.say(
      `Removed: ${verdict(answer)} to send ${describeSecret(answer)} to ${printable(answer.host)} (${printable(answer.folder)})`,
    );
  }
  return EXIT.done;
}

function describeSecret({ kind, name }: TrustAnswer): string {
  return kind === 'variable' ? `$${printable(name)}` : `file ${printable(name)}`;
}

function verdict({ allowed }: TrustAnswer): string {
  return allowed ? 'allowed' : 'declined';
}
