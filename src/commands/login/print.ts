import { checkRows } from '../../checks/print.js';
import type { Context } from '../../context.js';
import { apiResources } from '../../profiles/logto-kind.js';
import type { StoreKind } from '../../sessions/session-store.js';
import type { SignInResult } from '../../sign-in/client.js';
import { printable, type Terminal, table } from '../../terminal.js';
import { storeText } from '../session-access.js';
import { claimRows, expiryText, personText, timestamp } from '../session-text.js';
import { clientAuthText } from '../sign-in-progress.js';

/** What a Logto application can have access tokens for beside userinfo; undefined for an ordinary one. */
function logtoTargets({ session }: SignInResult): { resources: string[]; organizations: string[] } | undefined {
  if (session.kind !== 'logto') return undefined;
  const organizations = session.claims.organizations ?? session.userinfo?.organizations;
  return {
    resources: apiResources(session.resource ?? []),
    organizations: Array.isArray(organizations) ? organizations.filter((id) => typeof id === 'string') : [],
  };
}

/** Whether a shell hands it on as it stands: the line is there to be copied, and the provider chose the ids. */
function isPlain(text: string): boolean {
  return /^[\w.:/@%+,=~-]+$/.test(text);
}

/** The one line by which the tokens of a Logto application are had. */
function targetRows(result: SignInResult): string[][] {
  const { resources = [], organizations = [] } = logtoTargets(result) ?? {};
  const { session } = result;
  const flags = [
    ...resources.filter(isPlain).map((uri) => `--resource ${uri}`),
    ...organizations.filter(isPlain).map((id) => `--organization ${id}`),
  ];
  if (flags.length === 0) return [];
  // Each is fetched by a refresh.
  if (session.refreshToken === undefined) return [['more tokens', 'none without a refresh token']];
  return [['more tokens', printable(`oidc-cli token ${session.profile} ${flags.join(' | ')}`)]];
}

/** A completed sign-in on stdout, for people. */
function printSignIn(
  result: SignInResult,
  saved: StoreKind,
  options: { readonly claims: boolean },
  context: Context,
  terminal: Terminal,
): void {
  const { session, report, scope, userinfo } = result;
  const { style } = terminal;
  const now = Math.floor(context.clock.now() / 1000);
  const refreshable = session.refreshToken === undefined ? 'no refresh token' : 'with a refresh token';
  const granted = scope.granted.length === 0 ? 'none' : scope.granted.map(printable).join(' ');
  const missing = style.warn(`not granted: ${scope.missing.map(printable).join(' ')}`);
  terminal.out(`${style.good('✓')} Signed in as ${style.strong(personText(session))}`);
  const rows = [
    ['subject', printable(session.subject)],
    ['issuer', printable(session.issuer)],
    ['client', `${printable(session.clientId)}, ${clientAuthText(result.clientAuth)}`],
    ['profile', printable(session.profile)],
    ['access token', `${expiryText(session.expiresAt, now)}, ${refreshable}`],
    ['scopes', granted],
    ...(scope.missing.length === 0 ? [] : [['', missing]]),
    ...targetRows(result),
    ['kept', storeText(saved, context)],
  ];
  for (const line of table(rows, '  ', style.columns)) terminal.out(line);
  terminal.out('');
  terminal.out(style.strong('ID token'));
  for (const line of checkRows(report.checks, style)) terminal.out(line);
  if (options.claims) {
    terminal.out('');
    terminal.out(style.strong('Claims'));
    for (const line of table(claimRows(session.claims), '  ', style.columns)) terminal.out(line);
  }
  if ('error' in userinfo) {
    terminal.say(
      terminal.talk.warn(`The userinfo endpoint did not help (${userinfo.error.code}): oidc-cli userinfo says more.`),
    );
  }
}

/** A completed sign-in as the one document of `--json`. Holds no token. */
function signInDocument(result: SignInResult, saved: StoreKind, warnings: readonly string[]) {
  const { session, report, scope, userinfo, clientAuth } = result;
  return {
    profile: session.profile,
    issuer: session.issuer,
    clientId: session.clientId,
    ...logtoTargets(result),
    subject: session.subject,
    claims: session.claims,
    userinfo: 'claims' in userinfo ? userinfo.claims : null,
    scope,
    expiresAt: timestamp(session.expiresAt),
    refreshable: session.refreshToken !== undefined,
    store: saved,
    clientAuth: { method: clientAuth.method, reason: clientAuth.reason },
    checks: report.checks,
    warnings,
  };
}

/** Prints a completed sign-in in the form that was asked for. */
export function printResult(
  result: SignInResult,
  saved: StoreKind,
  warnings: readonly string[],
  options: { readonly json?: boolean; readonly showClaims: boolean },
  context: Context,
  terminal: Terminal,
): void {
  if (options.json) terminal.json(signInDocument(result, saved, warnings));
  else printSignIn(result, saved, { claims: options.showClaims }, context, terminal);
}
