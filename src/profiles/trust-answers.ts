import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { OidcCliError } from '../errors.js';
import { isObject } from '../json.js';
import { type StillHeld, withLock } from '../lock.js';
import { writeWholeFile } from '../write-file.js';
import { referenceName, type UntrustedSecret } from './client-secret.js';
import { readConfigFile } from './profile-file.js';

/** An answer of the person to the question whether a file that came with a folder may send a secret. */
export interface TrustAnswer {
  /** The folder of the file, without links. */
  readonly folder: string;
  /** As `addressHost` has it. */
  readonly host: string;
  /** `NAME` of a variable, or a file's path from the folder on, with slashes. */
  readonly name: string;
  readonly kind: 'variable' | 'file';
  readonly allowed: boolean;
}

/** The folder of the file with the answers, and what ends a wait for it. */
export interface AnswerDeps {
  readonly folders: { readonly config: string };
  readonly signal?: AbortSignal;
}

const FILE = 'trust.json';

/** As long as for the user's file. */
const LOCK_TIMEOUT_MS = 40_000;

/** The path of the file with the answers, whether it is there or not. */
export function trustAnswersPath({ folders }: AnswerDeps): string {
  return join(folders.config, FILE);
}

/** The key that an answer about a secret is saved by. The secret's place has a host. */
export async function trustQuestion(reference: UntrustedSecret): Promise<Omit<TrustAnswer, 'allowed'>> {
  const { folder, host = '' } = reference.untrusted;
  const here = await realpath(folder).catch(() => folder);
  const { variable } = referenceName(reference);
  return reference.kind === 'env'
    ? { folder: here, host, name: String(variable), kind: 'variable' }
    : { folder: here, host, name: relative(here, reference.path).replaceAll('\\', '/'), kind: 'file' };
}

/** Whether two answers are about the same folder, host and name. */
export function isSameQuestion(one: Omit<TrustAnswer, 'allowed'>, other: Omit<TrustAnswer, 'allowed'>): boolean {
  return one.folder === other.folder && one.host === other.host && one.name === other.name && one.kind === other.kind;
}

/**
 * Every answer that is remembered, the oldest first. Throws
 * `config_file_unreadable`, and `config_file_invalid` for a file that holds
 * something else.
 */
export async function readTrustAnswers(deps: AnswerDeps): Promise<readonly TrustAnswer[]> {
  const file = trustAnswersPath(deps);
  const text = await readConfigFile(file);
  if (text === undefined) return [];
  const invalid = (actual: string) => {
    const allowed = 'what oidc-cli writes there; remove the file to be asked again';
    return new OidcCliError('config_file_invalid', { file, line: 1, key: 'answers', found: actual, allowed });
  };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw invalid('no JSON');
  }
  const answers: unknown = isObject(content) ? content.answers : undefined;
  if (!Array.isArray(answers)) throw invalid('no list of answers');
  if (!answers.every(isAnswer)) throw invalid('an answer without folder, host, name, kind or allowed');
  return answers;
}

/** Remembers answers in place of earlier ones about the same. Throws as `readTrustAnswers`, also where it cannot be written. */
export async function rememberAnswers(answers: readonly TrustAnswer[], deps: AnswerDeps): Promise<void> {
  await change(deps, (before) => [
    ...before.filter((one) => !answers.some((other) => isSameQuestion(one, other))),
    ...answers,
  ]);
}

/** Forgets the answers that `isMeant` picks, and returns them. Throws as `rememberAnswers`. */
export async function forgetAnswers(
  isMeant: (answer: TrustAnswer) => boolean,
  deps: AnswerDeps,
): Promise<readonly TrustAnswer[]> {
  let forgotten: readonly TrustAnswer[] = [];
  await change(deps, (before) => {
    forgotten = before.filter(isMeant);
    return forgotten.length === 0 ? before : before.filter((answer) => !isMeant(answer));
  });
  return forgotten;
}

/** Replaces the file whole, under its lock, so that of two processes neither undoes the other's answer. */
async function change(
  deps: AnswerDeps,
  edit: (before: readonly TrustAnswer[]) => readonly TrustAnswer[],
): Promise<void> {
  const file = trustAnswersPath(deps);
  const unwritable = (reason: string | undefined, cause: unknown) =>
    new OidcCliError('config_file_unreadable', { file, reason: reason ?? 'unknown', doing: 'write' }, { cause });
  const work = async (stillHeld: StillHeld) => {
    const before = await readTrustAnswers(deps);
    const answers = edit(before);
    if (answers === before) return;
    await stillHeld();
    try {
      await writeWholeFile(file, `${JSON.stringify({ version: 1, answers }, undefined, 2)}\n`, { mode: 0o600 });
    } catch (error) {
      throw unwritable((error as NodeJS.ErrnoException).code, error);
    }
  };
  await withLock(file, work, { timeoutMs: LOCK_TIMEOUT_MS, signal: deps.signal, failure: unwritable });
}

function isAnswer(value: unknown): value is TrustAnswer {
  if (!isObject(value) || typeof value.allowed !== 'boolean') return false;
  if (value.kind !== 'variable' && value.kind !== 'file') return false;
  return [value.folder, value.host, value.name].every((one) => typeof one === 'string');
}
