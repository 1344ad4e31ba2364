import type { Context } from '../context.js';
import type { OidcCliError } from '../errors.js';
import { type Consent, checkUntrustedValue, referenceName, type UntrustedSecret } from '../profiles/client-secret.js';
import { untrustedError } from '../profiles/trust.js';
import {
  isSameQuestion,
  readTrustAnswers,
  rememberAnswers,
  type TrustAnswer,
  trustQuestion,
} from '../profiles/trust-answers.js';
import { printable, type Terminal } from '../terminal.js';

type Question = Omit<TrustAnswer, 'allowed'> & { readonly secret: UntrustedSecret };

/**
 * Decides whether secrets may be sent that a file names which came with a
 * folder. On a terminal it asks the first time, and remembers yes and no by
 * folder, host and name. Without one, what was not allowed before may be a
 * variable that the file names, and a line on stderr says what goes where.
 *
 * The consent throws `config_untrusted` (facts as `untrusted`, with `variable`
 * or `path`, `host`, and `declined` or `unasked`) before anything is sent,
 * `interrupted` after Ctrl-C, and `config_file_*` for the file of the answers.
 */
export function secretConsent(context: Context, terminal: Terminal): Consent {
  const allowed: Question[] = [];
  const isAllowed = (question: Question) => allowed.some((one) => isSameQuestion(one, question));
  const mayAsk = context.stdin.isTTY === true && context.stderr.isTTY === true && !context.env.CI;

  const decide = async (secrets: readonly UntrustedSecret[]): Promise<void> => {
    const questions: Question[] = [];
    for (const secret of secrets) {
      const question = { ...(await trustQuestion(secret)), secret };
      if (isAllowed(question) || questions.some((one) => isSameQuestion(one, question))) continue;
      questions.push(question);
    }
    if (questions.length === 0) return;
    for (const { secret } of questions) await checkUntrustedValue(secret, context);
    const answers = await readTrustAnswers(context);
    const open: Question[] = [];
    for (const question of questions) {
      const answer = answers.find((one) => isSameQuestion(one, question));
      if (answer?.allowed === false) throw declinedError(question);
      if (!answer) open.push(question);
    }
    if (open.length > 0) await (mayAsk ? ask(open, context, terminal) : printDecisions(open, terminal));
    allowed.push(...questions);
  };

  // One question at a time, also where several checks of one run need an answer.
  let last: Promise<unknown> = Promise.resolve();
  return (secrets) => {
    const decision = last.then(() => decide(secrets));
    last = decision.catch(() => {});
    return decision;
  };
}

async function ask(open: readonly Question[], context: Context, terminal: Terminal): Promise<void> {
  for (const [, questions] of groupByFileAndHost(open)) {
    const [{ secret, host } = {} as Question] = questions;
    terminal.say(
      `${printable(secret.untrusted.file)} is in a folder that you have not trusted. It wants to send to ${printable(host)}:`,
    );
    for (const { secret, name } of questions) {
      const label = secret.kind === 'env' ? 'the variable' : 'the content of the file';
      terminal.say(
        `  ${label} ${printable(name)}  (line ${secret.untrusted.line}, ${printable(secret.untrusted.key)})`,
      );
    }
  }
  context.stderr.write(terminal.talk.strong('Send them? [y/N] '));
  const { readLine: readAnswer } = await import('./read-line.js');
  const answer = await readAnswer(context);
  if (answer === undefined) throw declinedError(open[0] as Question, 'now');
  const answers = open.map(({ secret: _, ...question }) => ({ ...question, allowed: answer }));
  await rememberAnswers(answers, context);
  terminal.say(terminal.talk.dim('Saved for this folder. To see your answers: oidc-cli trust list'));
  if (!answer) throw declinedError(open[0] as Question, 'saved');
}

/** Without a terminal only variables may be sent, and a line says so. */
function printDecisions(open: readonly Question[], terminal: Terminal): void {
  const file = open.find(({ secret }) => secret.kind === 'file');
  if (file) {
    const { secret, host } = file;
    throw untrustedError(secret.untrusted, { ...referenceName(secret), host, unasked: true });
  }
  for (const [, questions] of groupByFileAndHost(open)) {
    const [{ secret, host } = {} as Question] = questions;
    const names = questions.map(({ name }) => printable(name)).join(', ');
    terminal.say(`${printable(secret.untrusted.file)} sends ${names} to ${printable(host)}.`);
  }
}

function groupByFileAndHost(questions: readonly Question[]): ReadonlyMap<string, readonly Question[]> {
  const groups = new Map<string, Question[]>();
  for (const question of questions) {
    const key = JSON.stringify([question.secret.untrusted.file, question.host]);
    groups.set(key, [...(groups.get(key) ?? []), question]);
  }
  return groups;
}

/** `now`: the answer is not saved, and the question comes again. `saved`: it has just been saved; `before`: by an earlier run. */
function declinedError({ secret, host }: Question, when: 'now' | 'saved' | 'before' = 'before'): OidcCliError {
  return untrustedError(secret.untrusted, { ...referenceName(secret), host, declined: when });
}
