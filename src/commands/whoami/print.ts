import type { Context } from '../../context.js';
import { relativeTime } from '../../oidc/relative-time.js';
import type { SavedAccessToken, Session, StoreKind } from '../../sessions/session-store.js';
import type { SessionEntry } from '../../sessions/sessions.js';
import type { SessionStatus } from '../../sign-in/session-status.js';
import { printable, type Terminal, table } from '../../terminal.js';
import { storeText } from '../session-access.js';
import { claimRows, expiryText, personName, personText, timestamp } from '../session-text.js';

const STATUS_TEXT: Readonly<Record<SessionStatus, string>> = {
  valid: 'signed in',
  refreshable: 'signed in (the access token has expired and can be refreshed)',
  expired: 'expired: there is no refresh token',
};

/** A session with its status, and the userinfo response where one was requested. */
interface ShownSession {
  readonly session: Session;
  readonly store: StoreKind;
  readonly state: SessionStatus;
  readonly userinfo: Readonly<Record<string, unknown>> | undefined;
}

/** A session as the one document of `--json`. It holds no token. */
export function sessionDocument(
  { session, store, state, userinfo }: ShownSession,
  { claims }: { readonly claims?: boolean },
) {
  const { name, email } = personName(session);
  return {
    profile: session.profile,
    issuer: session.issuer,
    clientId: session.clientId,
    subject: session.subject,
    name: name ?? null,
    email: email ?? null,
    signedIn: state !== 'expired',
    state,
    expiresAt: timestamp(session.expiresAt),
    refreshable: session.refreshToken !== undefined,
    signedInAt: timestamp(session.signedInAt),
    store: store,
    ...(session.accessTokens?.length ? { accessTokens: session.accessTokens.map(targetDocument) } : {}),
    ...(claims ? { claims: session.claims } : {}),
    userinfo,
  };
}

/** Prints a session for people; `now` in seconds since the epoch. */
export function printSession(
  { session, store, state, userinfo }: ShownSession,
  { claims }: { readonly claims?: boolean },
  now: number,
  context: Context,
  terminal: Terminal,
): void {
  const { style } = terminal;
  const mark = state === 'expired' ? style.bad('✗') : style.good('✓');
  terminal.out(`${mark} ${style.strong(personText(session))} — ${STATUS_TEXT[state]}`);
  const rows = [
    ['subject', printable(session.subject)],
    ['issuer', printable(session.issuer)],
    ['client', printable(session.clientId)],
    ['profile', printable(session.profile)],
    ['access token', expiryText(session.expiresAt, now)],
    ['refresh token', session.refreshToken === undefined ? 'none' : 'yes'],
    ['signed in', relativeTime(session.signedInAt, now)],
    ['kept', storeText(store, context)],
  ];
  if (userinfo) rows.push(['userinfo', 'speaks of the same subject']);
  for (const line of table(rows, '  ', style.columns)) terminal.out(line);
  if (claims) section('ID token claims', session.claims, terminal);
  if (userinfo) section('Userinfo', userinfo, terminal);
}

/** A saved access token's target and expiry, without the token. */
function targetDocument({ resource, organization, expiresAt }: SavedAccessToken) {
  return { resource, organization, expiresAt: timestamp(expiresAt) };
}

function section(title: string, claims: Readonly<Record<string, unknown>>, terminal: Terminal): void {
  terminal.out('');
  terminal.out(terminal.style.strong(title));
  for (const line of table(claimRows(claims), '  ', terminal.style.columns)) terminal.out(line);
}

/** An entry of the list of sessions with its status. */
interface ListedSession {
  readonly entry: SessionEntry;
  readonly state: SessionStatus;
}

/** One session of `whoami --all` as a member of the document of `--json`. */
export function listedDocument({ entry, state }: ListedSession) {
  return {
    profile: entry.profile,
    issuer: entry.issuer,
    clientId: entry.clientId,
    subject: entry.subject,
    name: entry.name ?? null,
    signedIn: state !== 'expired',
    state,
    expiresAt: timestamp(entry.expiresAt),
    refreshable: entry.refreshable,
    store: entry.store,
  };
}

/** Prints the sessions of `whoami --all` as a table; `now` in seconds since the epoch. */
export function printSessions(listed: readonly ListedSession[], now: number, terminal: Terminal): void {
  const rows = listed.map(({ entry, state }) => [
    state === 'expired' ? terminal.style.bad('✗') : terminal.style.good('✓'),
    printable(entry.profile),
    printable(entry.name ?? entry.subject),
    printable(entry.issuer),
    state,
    entry.expiresAt === undefined ? '' : relativeTime(entry.expiresAt, now),
    entry.store,
  ]);
  const head = ['', 'PROFILE', 'WHO', 'ISSUER', 'STATE', 'ACCESS TOKEN', 'STORE'].map((text) =>
    terminal.style.dim(text),
  );
  for (const line of table([head, ...rows], '', terminal.style.columns)) terminal.out(line);
}
