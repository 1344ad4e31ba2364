import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { environmentTimeout } from '../../profiles/layers.js';
import { defaultPostLogoutRedirectUri } from '../../profiles/redirect-uri.js';
import type { SessionEntry, Sessions } from '../../sessions/sessions.js';
import { type LogoutStep, logout as runLogout } from '../../sign-in/logout.js';
import type { Terminal } from '../../terminal.js';
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
import { followSignOut, type Outcome, outcomeDocument, printOutcome } from './print.js';

/** What `logout` was asked. */
export interface LogoutOptions extends SessionSelection {
  readonly local?: boolean;
  readonly all?: boolean;
  /** False with `--no-browser`: the address is printed instead. */
  readonly browser?: string | false;
  /** False with `--no-end-session`: revokes and forgets, without a browser. */
  readonly endSession?: boolean;
  readonly postLogoutRedirectUri?: string;
  readonly json?: boolean;
}

/** Seconds that a person has to confirm the sign-out at the provider. */
const BROWSER_TIMEOUT = 60;

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
  const network = await networkFor({ ...session, timeout: options.timeout }, context, terminal);
  followSignOut(network.recorder, session, options, terminal);
  try {
    return await runLogout(
      session,
      {
        postLogoutRedirectUri:
          options.postLogoutRedirectUri ?? session.postLogoutRedirectUri ?? defaultPostLogoutRedirectUri(session.kind),
        timeout: options.timeout ?? (await environmentTimeout(context.env)) ?? BROWSER_TIMEOUT,
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
