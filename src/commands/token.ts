import type { Context } from '../context.js';
import { EXIT, type ExitCode } from '../errors.js';
import { currentSession } from '../flow/current-session.js';
import type { Session } from '../sessions/session-store.js';
import type { Terminal } from '../terminal.js';
import { openSessions } from './open-sessions.js';
import { findSession, networkFor, type SessionSelection, sessionDeps } from './session-access.js';
import { timestamp } from './session-text.js';

/** What `token` was asked. */
export interface TokenOptions extends SessionSelection {
  readonly idToken?: boolean | undefined;
  readonly refresh?: boolean | undefined;
  readonly header?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** An ID token with less than this left, in seconds, is worth a refresh when it is what was asked for. */
const ID_TOKEN_EXPIRES_SOON_SECONDS = 30;

/**
 * `oidc-cli token`: the access token alone on stdout, refreshed first when it
 * is about to expire. One of the two outputs that show a token, because it was asked for.
 */
export async function token(options: TokenOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const sessions = openSessions(context, terminal);
  const found = await findSession(options, sessions, context, terminal);
  const network = await networkFor(found.session, context, terminal);
  try {
    const now = Math.floor(context.clock.now() / 1000);
    const force = options.refresh === true || (options.idToken === true && idTokenWantsRefresh(found.session, now));
    const { session, refreshed } = await currentSession(
      { session: found.session, force },
      sessionDeps(found, sessions, context, network),
    );
    if (refreshed) terminal.say(terminal.talk.dim('refreshed'));
    print(session, refreshed, options, terminal);
    if (options.idToken && idTokenExpiry(session) <= now) {
      terminal.say('This ID token has expired; the provider gave no newer one. Sign in again for a new one.');
    }
  } finally {
    network.fetch.close();
  }
  return EXIT.done;
}

function print(session: Session, refreshed: boolean, options: TokenOptions, terminal: Terminal): void {
  const value = options.idToken ? session.idToken : session.accessToken;
  if (options.json) {
    terminal.json({
      profile: session.profile,
      issuer: session.issuer,
      ...(options.idToken
        ? { idToken: value, expiresAt: timestamp(idTokenExpiry(session)) }
        : { accessToken: value, tokenType: session.tokenType, expiresAt: timestamp(session.expiresAt) }),
      scope: session.scope.granted,
      refreshed,
    });
    return;
  }
  terminal.out(options.header ? `Authorization: Bearer ${value}` : value);
}

function idTokenExpiry(session: Session): number {
  return typeof session.claims.exp === 'number' ? session.claims.exp : 0;
}

function idTokenWantsRefresh(session: Session, now: number): boolean {
  return session.refreshToken !== undefined && idTokenExpiry(session) <= now + ID_TOKEN_EXPIRES_SOON_SECONDS;
}
