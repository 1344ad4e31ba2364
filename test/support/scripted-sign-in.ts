import { expect } from 'vitest';
import type { Check } from '../../src/check.js';
import type { Environment, OpenUrl } from '../../src/context.js';
import { ERROR_EXIT_CODES, type ErrorCode } from '../../src/errors.js';
import { CookieBrowser } from './cookie-browser.js';
import { createMachine, type Finished, type Machine, type RunWorld } from './run.js';
import type { Script, ScriptedProvider } from './scripted-provider.js';

/** What `login --json` writes, of success and failure alike. */
export interface LoginDocument {
  readonly subject?: string;
  readonly scope?: { readonly requested: string[]; readonly granted: string[]; readonly missing: string[] };
  readonly clientAuth?: { readonly method: string; readonly reason: string };
  readonly userinfo?: unknown;
  readonly expiresAt?: string | null;
  readonly issuer?: string;
  readonly profile?: string;
  readonly clientId?: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly causes: readonly string[];
    readonly fix: string;
    readonly exitCode: number;
    readonly facts: Readonly<Record<string, unknown>>;
  };
  readonly checks: readonly Check[];
}

/** A finished `login --json`. */
export interface SignedIn extends Finished {
  readonly document: LoginDocument;
}

/** A failed one: its error is there. */
export interface Refused extends SignedIn {
  readonly error: NonNullable<LoginDocument['error']>;
}

/** A browser that follows redirects and shows nothing: the scripted provider asks nothing of anybody. */
export const followRedirects: OpenUrl = async (url) => {
  const page = await new CookieBrowser().open(url);
  await page.text();
};

/** The flags by which one signs in at a scripted provider. */
function loginFlags(issuer: string): string[] {
  return ['login', '--issuer', issuer, '--client-id', 'app', '--redirect-uri', 'http://127.0.0.1:0/callback'];
}

/** Runs `login` on a machine of its own and removes that. */
export async function login(issuer: string, flags: readonly string[] = [], deps: RunWorld = {}): Promise<Finished> {
  const machine = await createMachine();
  try {
    return await loginOn(machine, issuer, flags, deps);
  } finally {
    await machine.remove();
  }
}

/** Runs `login` on a machine that is there. */
export function loginOn(
  machine: Machine,
  issuer: string,
  flags: readonly string[] = [],
  deps: RunWorld = {},
): Promise<Finished> {
  return machine.run([...loginFlags(issuer), ...flags], { openUrl: followRedirects, ...deps });
}

/** Plays a script and runs `login --json` against it. */
export async function signIn(
  provider: ScriptedProvider,
  script: Script = {},
  flags: readonly string[] = [],
  deps: RunWorld = {},
): Promise<SignedIn> {
  provider.play(script);
  const finished = await login(provider.issuer, ['--json', ...flags], deps);
  return { ...finished, document: JSON.parse(finished.stdout) as LoginDocument };
}

/** As `signIn`, where the sign-in must fail: with words fit to be read, and the exit code that it states. */
export async function refused(
  provider: ScriptedProvider,
  script: Script = {},
  flags: readonly string[] = [],
  deps: RunWorld = {},
): Promise<Refused> {
  return asRefused(await signIn(provider, script, flags, deps));
}

/** A sign-in that must fail, and how. */
export interface Failure {
  readonly script?: Script;
  readonly flags?: readonly string[];
  readonly env?: Environment;
  /** The stable code; its exit code is looked up. */
  readonly code: ErrorCode;
  /** In the message. */
  readonly says?: RegExp;
  /** In the first cause. */
  readonly because?: RegExp;
  /** In what to change. */
  readonly fix?: RegExp;
}

/** Runs a failing `login`, with --json and as text, and holds both against what is expected. */
export async function expectFailure(provider: ScriptedProvider, failure: Failure): Promise<Refused> {
  const { script, flags, env = {}, code } = failure;
  const finished = await refused(provider, script, flags, { env });
  const { error } = finished;
  expect(error).toMatchObject({ code, exitCode: ERROR_EXIT_CODES[code] });
  if (failure.says) expect(error.message).toMatch(failure.says);
  if (failure.because) expect(error.causes[0]).toMatch(failure.because);
  if (failure.fix) expect(error.fix).toMatch(failure.fix);

  provider.play(script ?? {});
  const inText = await login(provider.issuer, flags, { env });
  expect(inText.code).toBe(finished.code);
  expect(inText.stdout).toBe('');
  const whole = (text: string) =>
    text
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z(, (in \d+ \w+|\d+ \w+ ago))?/g, 'TIME')
      .replaceAll(/127\.0\.0\.1:\d+\/callback/g, 'CALLBACK');
  expect(whole(inText.stderr)).toContain(whole(`✗ ${error.message}\n`));
  for (const cause of error.causes) expect(whole(inText.stderr)).toContain(whole(cause));
  expect(inText.stderr).toMatch(/\n {2}To fix: .+\n {2}\(\w+, exit code \d+\)\n$/);
  expect(whole(inText.stderr)).toContain(whole(`  To fix: ${error.fix}\n  (${code}, exit code ${error.exitCode})\n`));
  return finished;
}

/** Holds a failed `login --json` against what every failure owes its reader. */
export function asRefused(finished: SignedIn | Finished): Refused {
  const document = 'document' in finished ? finished.document : (JSON.parse(finished.stdout) as LoginDocument);
  const { error } = document;
  if (!error) throw new Error(`the sign-in succeeded: ${finished.stdout}`);
  expect(finished.code).toBe(error.exitCode);
  expectPlainWords(error);
  return { ...finished, document, error };
}

/** Sentences for people: whole, on one line, without a trace of the machinery. */
export function expectPlainWords(words: { message: string; causes: readonly string[]; fix: string }): void {
  const { message, causes, fix } = words;
  for (const text of [message, fix, ...causes]) {
    expect(text).not.toMatch(
      /undefined|\[object|\bnull\b|\bNaN\b|something went wrong|OAUTH_|\n| {2}|""|\( ?\)| [.,:;]/,
    );
    expect(text).not.toMatch(/[.?!:;,]["”]?[.;:,]["”]?$|\.\.|: ?\.|\?\.$/);
    expect(text).toMatch(/^\S.*\S$/);
  }
  expect(message).toMatch(/[.?!]"?$/);
  // A fix may end in the command to type.
  expect(fix).toMatch(/[.?!]$|oidc-cli [\w -]+.*$/);
}

/** The verdicts of the report by name, without those that had nothing to check. */
export function verdicts(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(
    checks.filter(({ verdict }) => verdict !== 'skip').map(({ name, verdict }) => [name, verdict]),
  );
}
