import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import type { Session, TokenTarget } from '../../sessions/session-store.js';
import { currentSession } from '../../sign-in/current-session.js';
import type { Terminal } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { findSession, networkFor, type SessionSelection, sessionDeps } from '../session-access.js';
import { timestamp } from '../session-text.js';
import { printToken, type TokenOutput } from './print.js';

/** What `token` was asked. */
export interface TokenOptions extends SessionSelection, TokenTarget {
  readonly idToken?: boolean;
  readonly refresh?: boolean;
  readonly header?: boolean;
  readonly json?: boolean;
}

/** An ID token with less than this left, in seconds, is worth a refresh when it is what was asked for. */
const ID_TOKEN_EXPIRES_SOON_SECONDS = 30;

/**
 * `oidc-cli token`: the access token alone on stdout, refreshed first when it
 * is about to expire; with `--resource` or `--organization` the one for that.
 * One of the two outputs that show a token, because it was asked for.
 */
export async function token(options: TokenOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  checkTarget(options);
  const sessions = openSessions(context, terminal);
  const opened = await findSession(options, sessions, context, terminal);
  const network = await networkFor({ ...opened.session, timeout: options.timeout }, context, terminal);
  try {
    const now = Math.floor(context.clock.now() / 1000);
    const deps = sessionDeps(opened, sessions, context, network);
    const handed = hasTarget(options)
      ? await targetToken(opened.session, options, deps)
      : await sessionToken(opened.session, options, now, deps);
    if (handed.refreshed) terminal.say(terminal.talk.dim('refreshed'));
    // It was asked for.
    context.masker?.allow(handed.value);
    printToken(handed, options, terminal);
    if (options.idToken && idTokenExpiry(handed.session) <= now) {
      terminal.say('This ID token has expired; the provider gave no newer one. Sign in again for a new one.');
    }
  } finally {
    network.fetch.close();
  }
  return EXIT.done;
}

function hasTarget({ resource, organization }: TokenTarget): boolean {
  return resource !== undefined || organization !== undefined;
}

/** Refuses on the command line what the provider could only refuse after a refresh token is on its way. */
function checkTarget(options: TokenOptions): void {
  const { resource, organization, idToken } = options;
  const refuse = (reason: string) => {
    throw new OidcCliError('usage', { reason });
  };
  if (idToken && hasTarget(options)) {
    refuse('An ID token is for this application alone: leave out --resource and --organization, or --id-token.');
  }
  // RFC 8707 §2.
  if (resource !== undefined && (!URL.canParse(resource) || /[\s#]/.test(resource))) {
    refuse(`"${resource}" is no resource: an absolute URI without fragment is (RFC 8707).`);
  }
  if (organization?.trim() === '') refuse('--organization needs the id of an organization.');
}

/** The access token for one resource or organization. */
async function targetToken(
  session: Session,
  options: TokenOptions,
  deps: ReturnType<typeof sessionDeps>,
): Promise<TokenOutput> {
  const { resourceToken } = await import('../../sign-in/resource-token.js');
  const { resource, organization } = options;
  const target = { resource, organization };
  const { token, ...rest } = await resourceToken({ session, target, force: options.refresh === true }, deps);
  const { accessToken, tokenType, expiresAt, scope } = token;
  const members = { accessToken, tokenType, expiresAt: timestamp(expiresAt), ...target, scope };
  return { ...rest, value: accessToken, members };
}

/** The session's own access token, or its ID token. */
async function sessionToken(
  session: Session,
  options: TokenOptions,
  now: number,
  deps: ReturnType<typeof sessionDeps>,
): Promise<TokenOutput> {
  const force = options.refresh === true || (options.idToken === true && idTokenWantsRefresh(session, now));
  const current = await currentSession({ session, force }, deps);
  const { idToken, accessToken, tokenType, expiresAt, scope } = current.session;
  const members = {
    ...(options.idToken
      ? { idToken, expiresAt: timestamp(idTokenExpiry(current.session)) }
      : { accessToken, tokenType, expiresAt: timestamp(expiresAt) }),
    scope: scope.granted,
  };
  return { ...current, value: options.idToken ? idToken : accessToken, members };
}

function idTokenExpiry(session: Session): number {
  return typeof session.claims.exp === 'number' ? session.claims.exp : 0;
}

function idTokenWantsRefresh(session: Session, now: number): boolean {
  return session.refreshToken !== undefined && idTokenExpiry(session) <= now + ID_TOKEN_EXPIRES_SOON_SECONDS;
}
