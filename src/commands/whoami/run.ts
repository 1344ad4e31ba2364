import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { type SessionStatus, sessionStatus } from '../../sign-in/session-status.js';
import { printable, type Terminal } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { findSession, networkFor, type SessionSelection, sessionDeps } from '../session-access.js';
import { listedDocument, printSession, printSessions, sessionDocument } from './print.js';

/** What `whoami` was asked. */
export interface WhoamiOptions extends SessionSelection {
  readonly all?: boolean;
  readonly claims?: boolean;
  readonly userinfo?: boolean;
  readonly json?: boolean;
}

/**
 * `oidc-cli whoami`: who is signed in, where and until when. Makes no request
 * unless `--userinfo` asks for one. Exit code 0 signed in, 4 not or no more.
 */
export async function whoami(options: WhoamiOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  return options.all ? allSessions(options, context, terminal) : oneSession(options, context, terminal);
}

async function oneSession(options: WhoamiOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const sessions = openSessions(context, terminal);
  const opened = await findSession(options, sessions, context, terminal);
  const { entry } = opened;
  let { session } = opened;
  let userinfo: Readonly<Record<string, unknown>> | undefined;
  if (options.userinfo) {
    const network = await networkFor({ ...session, timeout: options.timeout }, context, terminal);
    try {
      const { currentSession, requestSessionUserinfo: userinfoOf } = await import('../../sign-in/current-session.js');
      const deps = sessionDeps(opened, sessions, context, network);
      session = (await currentSession({ session, force: false }, deps)).session;
      userinfo = await userinfoOf(session, deps);
    } finally {
      network.fetch.close();
    }
  }
  const now = Math.floor(context.clock.now() / 1000);
  const state = sessionStatus(session, now);
  const shown = { session, store: entry.store, state, userinfo };
  if (options.json) terminal.json(sessionDocument(shown, options));
  else printSession(shown, options, now, context, terminal);
  if (state === 'expired') {
    if (!options.json) {
      const facts = { profile: session.profile, scope: session.scope.requested.join(' ') };
      const { fix } = (await import('../../explain/explain.js')).explain('session_expired', facts);
      terminal.say(printable(fix));
    }
    return EXIT.notSignedIn;
  }
  return EXIT.done;
}

async function allSessions(options: WhoamiOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const now = Math.floor(context.clock.now() / 1000);
  const listed = (await openSessions(context, terminal).list()).map((entry) => {
    const expired = entry.expiresAt !== undefined && entry.expiresAt <= now;
    const state: SessionStatus = !expired ? 'valid' : entry.refreshable ? 'refreshable' : 'expired';
    return { entry, state };
  });
  if (listed.length === 0) throw new OidcCliError('not_signed_in', {}, { details: { sessions: [] } });
  if (options.json) terminal.json({ sessions: listed.map(listedDocument) });
  else printSessions(listed, now, terminal);
  return listed.some(({ state }) => state !== 'expired') ? EXIT.done : EXIT.notSignedIn;
}
