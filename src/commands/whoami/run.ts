import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { relativeTime } from '../../oidc/relative-time.js';
import type { SavedAccessToken } from '../../sessions/session-store.js';
import { type SessionStatus, sessionStatus } from '../../sign-in/session-status.js';
import { printable, type Terminal, table } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { findSession, networkFor, type SessionSelection, sessionDeps, storeText } from '../session-access.js';
import { claimRows, expiryText, personName, personText, timestamp } from '../session-text.js';

/** What `whoami` was asked. */
export interface WhoamiOptions extends SessionSelection {
  readonly all?: boolean;
  readonly claims?: boolean;
  readonly userinfo?: boolean;
  readonly json?: boolean;
}

const STATUS_TEXT: Readonly<Record<SessionStatus, string>> = {
  valid: 'signed in',
  refreshable: 'signed in (the access token has expired and can be refreshed)',
  expired: 'expired: there is no refresh token',
};

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
    const network = await networkFor(session, context, terminal);
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
  const { name, email } = personName(session);
  if (options.json) {
    terminal.json({
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
      store: entry.store,
      ...(session.accessTokens?.length ? { accessTokens: session.accessTokens.map(targetDocument) } : {}),
      ...(options.claims ? { claims: session.claims } : {}),
      userinfo,
    });
  } else {
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
      ['kept', storeText(entry.store, context)],
    ];
    if (userinfo) rows.push(['userinfo', 'speaks of the same subject']);
    for (const line of table(rows, '  ', style.columns)) terminal.out(line);
    if (options.claims) section('ID token claims', session.claims, terminal);
    if (userinfo) section('Userinfo', userinfo, terminal);
  }
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

/** Whom a kept access token is for and until when, without the token. */
function targetDocument({ resource, organization, expiresAt }: SavedAccessToken) {
  return { resource, organization, expiresAt: timestamp(expiresAt) };
}

function section(title: string, claims: Readonly<Record<string, unknown>>, terminal: Terminal): void {
  terminal.out('');
  terminal.out(terminal.style.strong(title));
  for (const line of table(claimRows(claims), '  ', terminal.style.columns)) terminal.out(line);
}

async function allSessions(options: WhoamiOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const now = Math.floor(context.clock.now() / 1000);
  const listed = (await openSessions(context, terminal).list()).map((entry) => {
    const expired = entry.expiresAt !== undefined && entry.expiresAt <= now;
    const state: SessionStatus = !expired ? 'valid' : entry.refreshable ? 'refreshable' : 'expired';
    return { entry, state };
  });
  if (listed.length === 0) throw new OidcCliError('not_signed_in', {}, { details: { sessions: [] } });
  if (options.json) {
    const sessions = listed.map(({ entry, state }) => ({
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
    }));
    terminal.json({ sessions });
  } else {
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
  return listed.some(({ state }) => state !== 'expired') ? EXIT.done : EXIT.notSignedIn;
}
