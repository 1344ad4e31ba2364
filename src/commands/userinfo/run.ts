import type { Context } from '../../context.js';
import { EXIT, type ExitCode } from '../../errors.js';
import { currentSession, requestSessionUserinfo } from '../../sign-in/current-session.js';
import { type Terminal, table } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { findSession, networkFor, type SessionSelection, sessionDeps } from '../session-access.js';
import { claimRows } from '../session-text.js';

/** What `userinfo` was asked. */
export interface UserinfoOptions extends SessionSelection {
  readonly json?: boolean;
}

/** `oidc-cli userinfo`: what the userinfo endpoint says of the person, its `sub` compared with the ID token's. */
export async function userinfo(options: UserinfoOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const sessions = openSessions(context, terminal);
  const opened = await findSession(options, sessions, context, terminal);
  const network = await networkFor({ ...opened.session, timeout: options.timeout }, context, terminal);
  try {
    const deps = sessionDeps(opened, sessions, context, network);
    const { session } = await currentSession({ session: opened.session, force: false }, deps);
    const claims = await requestSessionUserinfo(session, deps);
    if (options.json) terminal.foreignJson(claims);
    else for (const line of table(claimRows(claims), '', terminal.style.columns)) terminal.out(line);
  } finally {
    network.fetch.close();
  }
  return EXIT.done;
}
