import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { explain } from '../../explain/explain.js';
import { defaultPostLogoutRedirectUri } from '../../profiles/redirect-uri.js';
import type { Session } from '../../sessions/session-store.js';
import type { SessionEntry, Sessions } from '../../sessions/sessions.js';
import { type LogoutStep, logout as runLogout } from '../../sign-in/logout.js';
import { followSteps } from '../../sign-in/steps.js';
import { printable, type Terminal } from '../../terminal.js';
import type { Recorder } from '../../trace/recorder.js';
import { chooseBrowser } from '../browser-choice.js';
import { openSessions } from '../open-sessions.js';
import {
  findEntry,
  forgetSession,
  networkFor,
  openEntry,
  type SessionSelection,
  sessionDeps,
} from '../session-access.js';

/** What `logout` was asked. */
export interface LogoutOptions extends SessionSelection {
  readonly local?: boolean;
  readonly all?: boolean;
  /** False with `--no-browser`: the address is printed instead. */
  readonly browser?: string | false;
  /** False with `--no-end-session`: revokes and forgets, without a browser. */
  readonly endSession?: boolean;
  readonly postLogoutRedirectUri?: string;
  /** Seconds for the person to confirm at the provider. */
  readonly timeout: number;
  readonly json?: boolean;
}

interface Outcome {
  readonly entry: SessionEntry;
  readonly steps: readonly LogoutStep[];
}

/**
 * `oidc-cli logout`: revokes, forgets, and signs out at the provider. The
 * session is forgotten whatever the provider does; what could not be done is
 * said, and decides the exit code.
 */
export async function logout(options: LogoutOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const sessions = openSessions(context, terminal);
  const entries = options.all ? await sessions.list() : [await findEntry(options, sessions, context, terminal)];
  // To sign out everywhere where nobody is signed in is done at once: a clean-up script need not ask first.
  if (entries.length === 0) terminal.say('Nobody was signed in.');
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    const steps = await stepsFor(entry, options, sessions, context, terminal).catch((error) => {
      // One session that cannot be read must not keep the others signed in.
      if (!options.all || !(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
      return [{ step: 'forget session', outcome: 'failed', error } satisfies LogoutStep];
    });
    outcomes.push({ entry, steps });
    if (!options.json) printOutcome({ entry, steps }, terminal);
  }
  if (options.json) terminal.json({ sessions: outcomes.map(outcomeDocument) });
  const failed = outcomes.flatMap(({ steps }) => steps).find((step) => step.outcome === 'failed');
  return failed?.error?.exitCode ?? EXIT.done;
}

function stepsFor(
  entry: SessionEntry,
  options: LogoutOptions,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<readonly LogoutStep[]> {
  return options.local ? forgetLocally(entry, sessions) : logoutSession(entry, options, sessions, context, terminal);
}

async function forgetLocally(entry: SessionEntry, sessions: Sessions): Promise<LogoutStep[]> {
  return [{ step: 'forget session', outcome: await forgetSession(entry, sessions) }];
}

async function logoutSession(
  entry: SessionEntry,
  options: LogoutOptions,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<readonly LogoutStep[]> {
  const opened = await openEntry(entry, sessions, context);
  // Gone from its store behind our back: there is nothing left to revoke with.
  if (!opened) return forgetLocally(entry, sessions);
  const { session } = opened;
  const network = await networkFor(session, context, terminal);
  followSignOut(network.recorder, session, options, terminal);
  try {
    return await runLogout(
      session,
      {
        postLogoutRedirectUri:
          options.postLogoutRedirectUri ?? session.postLogoutRedirectUri ?? defaultPostLogoutRedirectUri(session.kind),
        timeout: options.timeout,
        endSession: options.endSession !== false,
      },
      {
        ...sessionDeps(opened, sessions, context, network),
        signal: context.signal,
        openUrl: chooseBrowser(options.browser, context),
      },
    );
  } finally {
    terminal.status(undefined);
    network.fetch.close();
  }
}

/** Says on stderr what goes on in a sign-out. The address is a one-time one: the real one holds the ID token and is shown nowhere. */
function followSignOut(recorder: Recorder, { issuer }: Session, { browser }: LogoutOptions, terminal: Terminal): void {
  let address = '';
  followSteps(recorder, {
    'browser address': ({ url }) => {
      // A second one comes where no browser could be opened.
      address = url;
      if (browser !== false) return;
      terminal.say('Open this address in a browser on this machine to sign out at the provider:');
      terminal.say(address);
    },
    'browser opened': () => terminal.say(`Signing out at ${printable(issuer)} in your browser.`),
    'browser not opened': ({ reason }) => {
      terminal.say(`No browser could be opened: ${printable(reason)}. Open this address in one on this machine:`);
      terminal.say(address);
    },
    waiting: ({ seconds }) =>
      terminal.status(`Waiting up to ${seconds} s for the browser to come back … (Ctrl-C ends it)`),
  });
}

const STEP_TEXT: Readonly<Record<LogoutStep['step'], string>> = {
  'revoke refresh token': 'refresh token revoked',
  'revoke access token': 'access token revoked',
  'end session': 'signed out at the provider',
  'forget session': 'session forgotten on this machine',
};

function printOutcome({ entry, steps }: Outcome, terminal: Terminal): void {
  const { style } = terminal;
  terminal.out(`${style.strong(printable(entry.name ?? entry.subject))} at ${printable(entry.issuer)}`);
  for (const { step, outcome, error } of steps) {
    if (outcome === 'done') terminal.out(`  ${style.good('✓')} ${STEP_TEXT[step]}`);
    if (outcome === 'not offered')
      terminal.out(`  ${style.dim('-')} not ${STEP_TEXT[step]}: the provider does not offer it`);
    if (outcome === 'not asked') terminal.out(`  ${style.dim('-')} not ${STEP_TEXT[step]}: not asked to`);
    if (outcome === 'newer stays')
      terminal.out(`  ${style.dim('-')} a newer sign-in, made meanwhile, stays on this machine`);
    if (outcome === 'failed' && error) {
      const { message, fix } = explain(error.code, error.facts);
      terminal.out(`  ${style.bad('✗')} not ${STEP_TEXT[step]}: ${printable(message)}`);
      terminal.out(`    To fix: ${printable(fix)} ${style.dim(`(${error.code})`)}`);
    }
  }
}

function outcomeDocument({ entry, steps }: Outcome) {
  return {
    profile: entry.profile,
    issuer: entry.issuer,
    subject: entry.subject,
    steps: steps.map(({ step, outcome, error }) => ({
      step,
      outcome,
      ...(error ? { error: { code: error.code, ...explain(error.code, error.facts), exitCode: error.exitCode } } : {}),
    })),
  };
}
