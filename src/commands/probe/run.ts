import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { CLIENT_AUTH_METHODS } from '../../oidc/client-authentication.js';
import { chooseProbes, planProbes } from '../../probe/plan.js';
import { PROBE_NAMES, type ProbeName, type ProbeResult, probeDefinition } from '../../probe/probe.js';
import type { ProbeOrder, ProbeRun } from '../../probe/run-probes.js';
import { readClientSecret } from '../../profiles/client-secret.js';
import { nearest } from '../../profiles/nearest.js';
import type { ClientAuthMethod, ProfileFlags } from '../../profiles/profile.js';
import { printable, type Terminal } from '../../terminal.js';
import type { ShownEvent } from '../../trace/document.js';
import { type AutomationFlags, checkAutomationFlags } from '../automation.js';
import { openSessions } from '../open-sessions.js';
import { readLine } from '../read-line.js';
import { type ResolvedSignIn, resolveForSignIn, signInRequest, withFailureContext } from '../resolve-sign-in.js';
import { networkFor } from '../session-access.js';
import { openUserAgents, sayEvidence, type UserAgents } from '../user-agents.js';
import { planLines, probeDocument, probeLines, probeList, unfinishedLines } from './print.js';

/** What `probe` was asked. */
export interface ProbeOptions {
  readonly profile?: string;
  readonly flags: ProfileFlags;
  readonly automation?: AutomationFlags;
  /** False with `--no-browser`. */
  readonly openBrowser: boolean;
  /** Go on without asking. */
  readonly yes?: boolean;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** List the probes, and do nothing else. */
  readonly list?: boolean;
  readonly otherClientId?: string;
  readonly otherClientSecretEnv?: string;
  readonly otherClientSecretFile?: string;
  readonly otherClientAuth?: string;
  readonly json?: boolean;
}

/**
 * `oidc-cli probe`: tries at a provider what a sound one refuses, after it has
 * said what that will be and was allowed to. Exit code 1: something is
 * violated. Throws `usage` where nobody can be asked, and what sign-ins throw.
 */
export async function probe(options: ProbeOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const names = chooseProbes(probeNames('--only', options.only), probeNames('--skip', options.skip));
  if (options.list) return list(options.json, terminal);
  if (names.length === 0) {
    throw new OidcCliError('usage', {
      reason: '--skip leaves no probe over.',
      fix: 'List them with: oidc-cli probe --list',
    });
  }
  if (options.automation) checkAutomationFlags(options.automation, {});
  const mayAsk = context.stdin.isTTY === true && context.stderr.isTTY === true;
  if (!options.yes && !mayAsk) {
    throw new OidcCliError('usage', {
      reason: 'probe sends a provider what it must refuse, and nobody is here to be asked whether it may.',
      fix: 'Add --yes where you may do that: at your own provider, or with leave of whoever runs it.',
    });
  }
  const otherClient = await readOtherClient(options, context);
  const sessions = openSessions(context, terminal);
  const resolved = await resolveForSignIn(options, sessions, context);
  const { profile, warnings } = resolved;
  for (const text of warnings) terminal.say(terminal.talk.warn(`Warning: ${printable(text)}`));
  const named = { name: profile.name, userinfo: false };
  const request = await signInRequest(profile, named, sessions, context, terminal);
  const isPublic = request.clientSecret === undefined || request.clientAuth === 'none';
  const plan = planProbes(names, { isPublic, otherClient: otherClient !== undefined });
  for (const line of planLines(plan, request, terminal.talk)) terminal.say(line);
  if (!options.yes && !(await confirmProbe(context, terminal))) {
    terminal.say('Nothing was sent.');
    return EXIT.interrupted;
  }
  const byCommand = options.automation?.with === 'command';
  const { run, shown } = await runAtProvider(
    { request, plan, otherClient, byCommand },
    profile,
    options,
    context,
    terminal,
  );
  if (options.json) terminal.json(probeDocument(request, run, shown));
  else for (const line of probeLines(run, shown, terminal.style)) terminal.out(line);
  return run.results.some(({ verdict }) => verdict === 'violated') ? EXIT.checkFailed : EXIT.done;
}

async function runAtProvider(
  order: ProbeOrder & { readonly request: ResolvedSignIn },
  profile: {
    readonly browser?: string;
    readonly loginHint?: string;
    readonly clientSecret?: { readonly kind: string };
  },
  options: ProbeOptions,
  context: Context,
  terminal: Terminal,
): Promise<{ run: ProbeRun; shown: ReadonlyMap<number, ShownEvent> }> {
  const [{ Evidence }, { runProbes }] = await Promise.all([
    import('../../probe/evidence.js'),
    import('../../probe/run-probes.js'),
  ]);
  const { request, plan } = order;
  const evidence = new Evidence(context.follower);
  const network = await networkFor(request, { ...context, follower: evidence }, terminal);
  const { ca, insecure, issuer, allowHttp, timeout } = request;
  const { browser, loginHint } = profile;
  const settings = { settings: { ca, insecure }, fetch: network.fetch, browser, loginHint, issuer, allowHttp };
  const asked = { automation: options.automation, openBrowser: options.openBrowser, timeout };
  let userAgents: UserAgents | undefined;
  try {
    const stdinTaken = profile.clientSecret?.kind === 'stdin';
    userAgents = await openUserAgents({ ...settings, ...asked, stdinTaken }, network, context, terminal);
    const { next: newUserAgent } = userAgents;
    const on = progress(plan.names.length, terminal);
    const run = await runProbes(order, { ...network, signal: context.signal, evidence, newUserAgent, on });
    // A table shows the exchanges of what is violated alone.
    const details = run.results.filter(({ verdict }) => options.json || verdict === 'violated');
    return { run, shown: evidence.shown(details.flatMap(({ events }) => events)) };
  } catch (error) {
    terminal.status(undefined);
    sayEvidence(error, terminal);
    const { probes = [] } = (error instanceof OidcCliError ? error.details : {}) as { probes?: ProbeResult[] };
    if (!options.json) for (const line of unfinishedLines(probes, terminal.style)) terminal.out(line);
    throw withFailureContext(error, request, context);
  } finally {
    await userAgents?.close();
    network.fetch.close();
  }
}

/** Tells a person how far it is; in a log the report is enough. */
function progress(all: number, terminal: Terminal): (result: ProbeResult) => void {
  const seen = new Set<string>();
  return ({ name }) => {
    seen.add(name);
    if (terminal.interactive) terminal.status(`${seen.size} of ${all} probes …`);
  };
}

/** Names as they were typed. Throws `usage` for one that does not exist, with the nearest that does. */
function probeNames(flag: string, given: readonly string[] = []): readonly ProbeName[] {
  return given.map((word) => {
    const known = PROBE_NAMES.find((name) => name === word);
    if (known !== undefined) return known;
    const meant = nearest(word, PROBE_NAMES);
    throw new OidcCliError('usage', {
      flag,
      reason: `There is no probe ${JSON.stringify(word)}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
      fix: 'List them with: oidc-cli probe --list',
    });
  });
}

async function readOtherClient(options: ProbeOptions, context: Context): Promise<ProbeOrder['otherClient']> {
  const { otherClientId: clientId, otherClientSecretEnv, otherClientSecretFile, otherClientAuth } = options;
  const refuse = (reason: string, fix: string) => {
    throw new OidcCliError('usage', { reason, fix });
  };
  if (otherClientSecretEnv !== undefined && otherClientSecretFile !== undefined) {
    refuse('--other-client-secret-env and --other-client-secret-file name two secrets.', 'Leave one of them.');
  }
  if (clientId === undefined) {
    if ([otherClientSecretEnv, otherClientSecretFile, otherClientAuth].some((flag) => flag !== undefined)) {
      refuse('A secret or method of another client is given, and not which client.', 'Add --other-client-id ID.');
    }
    return undefined;
  }
  const method = CLIENT_AUTH_METHODS.find((known) => known === otherClientAuth);
  if (otherClientAuth !== undefined && method === undefined) {
    const known = CLIENT_AUTH_METHODS.join(', ');
    refuse(`--other-client-auth ${JSON.stringify(otherClientAuth)} is no method: ${known} are.`, 'Write one of them.');
  }
  const secret = await readOtherSecret(otherClientSecretEnv, otherClientSecretFile, context);
  return { clientId, secret, method: method as ClientAuthMethod | undefined };
}

async function readOtherSecret(
  variable: string | undefined,
  file: string | undefined,
  { env, folders, cwd }: Pick<Context, 'env' | 'folders' | 'cwd'>,
): Promise<string | undefined> {
  if (variable !== undefined) return readClientSecret({ kind: 'env', name: variable }, { env, folders });
  return file === undefined
    ? undefined
    : readClientSecret({ kind: 'file', path: resolve(cwd, file) }, { env, folders });
}

function list(json: boolean | undefined, terminal: Terminal): ExitCode {
  if (json) {
    const probes = PROBE_NAMES.map((name) => {
      const { group, tries, expected, clause, level } = probeDefinition(name);
      return { name, group, tries, expected, clause, level };
    });
    terminal.json({ probes });
  } else for (const line of probeList(terminal.style)) terminal.out(line);
  return EXIT.done;
}

/** Asks on the terminal; anything but yes is no. Throws `interrupted` after Ctrl-C. */
async function confirmProbe(context: Context, terminal: Terminal): Promise<boolean> {
  context.stderr.write(terminal.talk.strong('Go on? [y/N] '));
  return (await readLine(context)) === true;
}
