import type { OidcCliError } from '../../errors.js';
import { explain } from '../../explain/explain.js';
import type { ConnectorLoginResult } from '../../logto/application.js';
import type { Connector } from '../../logto/connector/connector.js';
import type { TokenStorage } from '../../logto/token-storage.js';
import { LINKED_BY, PROFILE_SYNC } from '../../logto/user-profile.js';
import { withoutQuery } from '../../oidc/endpoint-address.js';
import { cutForTable, printable, type Terminal, table } from '../../terminal.js';
import { claimRows } from '../session-text.js';
import { twoReadingsRows } from '../two-readings-table.js';

/** What a completed sign-in with a connector is told with. */
export interface ConnectorReportOptions {
  readonly json?: boolean;
  readonly showClaims: boolean;
  /** The profile under which it was kept, if `--save` asked for that. */
  readonly saved?: string;
  readonly warnings: readonly string[];
}

/** A completed sign-in with a connector, in the form that was asked for. Holds no token. */
export function printConnectorLogin(
  result: ConnectorLoginResult,
  connector: Connector,
  options: ConnectorReportOptions,
  terminal: Terminal,
): void {
  if (options.json) terminal.json(connectorDocument(result, connector, options));
  else printForPeople(result, connector, options, terminal);
}

/** The part of the JSON document that failures have as well. */
export function connectorFacts({ file, config }: Connector) {
  return {
    connector: {
      file: file.name,
      clientId: config.clientId,
      tokenEndpointAuthMethod: config.tokenEndpointAuthMethod,
      authorizationEndpoint: withoutQuery(config.authorizationEndpoint),
      tokenEndpoint: withoutQuery(config.tokenEndpoint),
    },
  };
}

/** What Logto makes of an accepted sign-in, for `--json`: also where the standard then refuses it. */
export function acceptedByLogto(result: ConnectorLoginResult, { file }: Connector) {
  const { profile, storage } = result;
  const { stored, reason, expiresIn, refresh, error } = storage;
  return {
    accepted: true,
    profile: Object.fromEntries(profile.map(({ field, value }) => [field, value ?? null])),
    profileSources: profile.map(({ field, claim, reason: why }) => ({
      field,
      claim: claim ?? null,
      reason: why ?? null,
    })),
    sync: { first: PROFILE_SYNC.first, later: PROFILE_SYNC.later, on: file.syncProfile ?? null },
    linkedBy: LINKED_BY.filter((field) => profile.some((line) => line.field === field && line.value !== undefined)),
    tokens: {
      stored,
      reason: reason ?? null,
      expiresIn: expiresIn ?? null,
      refresh,
      error: error ? explainError(error) : null,
      on: file.tokenStorage ?? null,
    },
  };
}

/** A refresh that failed: what happened, and what to change. */
function explainError({ code, facts }: OidcCliError) {
  const { message, fix } = explain(code, facts);
  return { code, message, fix };
}

function connectorDocument(result: ConnectorLoginResult, connector: Connector, options: ConnectorReportOptions) {
  const { report, readings, issuer, refusedByStandard } = result;
  return {
    ...connectorFacts(connector),
    redirectUri: result.redirectUri,
    issuer: issuer ?? null,
    subject: report.claims.sub ?? null,
    claims: report.claims,
    logto: acceptedByLogto(result, connector),
    standard: { accepted: refusedByStandard === undefined, refusedBy: refusedByStandard?.name ?? null },
    checks: readings,
    saved: options.saved ?? null,
    warnings: options.warnings,
  };
}

function printForPeople(
  result: ConnectorLoginResult,
  connector: Connector,
  options: ConnectorReportOptions,
  terminal: Terminal,
): void {
  const { style } = terminal;
  const { report, readings, profile, refusedByStandard } = result;
  const { config, file } = connector;
  const name = profile.find(({ field, value }) => field === 'name' && value)?.value;
  terminal.out(
    `${style.good('✓')} Logto would accept this sign-in${name === undefined ? '' : ` of ${style.strong(cutForTable(name))}`}`,
  );
  const about = [
    ['subject', cutForTable(String(report.claims.sub))],
    ['client', `${printable(config.clientId)}, ${config.tokenEndpointAuthMethod}`],
    ['redirect URI', printable(result.redirectUri)],
    ['scopes', cutForTable(result.grantedScope ?? config.scope)],
  ];
  for (const line of table(about, '  ', style.columns)) terminal.out(line);
  terminal.out('');
  for (const line of twoReadingsRows(readings, style)) terminal.out(line);
  if (refusedByStandard) {
    terminal.out('');
    terminal.out(
      style.warn(
        `  The standard refuses this sign-in (${refusedByStandard.name}), and Logto does not look: other applications would fail here.`,
      ),
    );
  }
  terminal.out('');
  terminal.out(style.strong('Profile in Logto'));
  const lines = profile.map(({ field, value, claim, reason }) =>
    value === undefined
      ? [field, style.dim('-'), printable(reason ?? '')]
      : [field, cutForTable(value), style.dim(`from the claim ${claim}`)],
  );
  for (const line of table(lines, '  ', style.columns)) terminal.out(line);
  for (const line of table(syncRows(result, file.syncProfile), '  ', style.columns)) terminal.out(line);
  terminal.out('');
  terminal.out(style.strong('Tokens in Logto'));
  for (const line of table(storageRows(result.storage, file.tokenStorage), '  ', style.columns)) terminal.out(line);
  if (options.showClaims) {
    terminal.out('');
    terminal.out(style.strong('Claims'));
    for (const line of table(claimRows(report.claims), '  ')) terminal.out(line);
  }
  terminal.out('');
  terminal.out(
    options.saved === undefined
      ? 'Nothing was kept (--save NAME keeps session and profile).'
      : `Kept as profile ${printable(options.saved)}.`,
  );
}

/** What Logto writes into its user, the first time and later. */
function syncRows({ profile }: ConnectorLoginResult, syncProfile: boolean | undefined): string[][] {
  const filled = new Set(profile.filter(({ value }) => value !== undefined).map(({ field }) => field));
  const named = (fields: readonly ('name' | 'avatar' | 'email' | 'phone')[]) => {
    const there = fields.filter((field) => filled.has(field));
    return there.length === 0 ? 'nothing' : there.join(', ');
  };
  const unique = filled.has('email') || filled.has('phone') ? ' (email and phone only if no other user has them)' : '';
  const later = named(PROFILE_SYNC.later);
  const linking = LINKED_BY.filter((field) => filled.has(field)).join(', else ');
  return [
    ['first sign-in', named(PROFILE_SYNC.first) + unique],
    [
      'later ones',
      syncProfile === undefined
        ? `with "sync at each sign-in": ${later}; otherwise nothing`
        : syncProfile
          ? `${later} (sync at each sign-in is on)`
          : 'nothing (sync at each sign-in is off)',
    ],
    [
      'known again',
      `by id, under the connector's target${linking === '' ? '' : `; a new one may be linked to the user with the same ${linking}`}`,
    ],
  ];
}

function storageRows(storage: TokenStorage, on: boolean | undefined): string[][] {
  const { stored, reason, expiresIn, refresh, error } = storage;
  const lifetime = expiresIn === undefined ? '' : `, good for ${expiresIn} s`;
  return [
    ...(on === false ? [['storage', 'is off in this connector; with it on:']] : []),
    ['stored', stored ? `yes${lifetime}` : `no: ${reason}`],
    ['refresh', refreshText(refresh, error)],
    ...(error ? [['to fix', printable(explainError(error).fix)]] : []),
    ...(stored && reason !== undefined ? [['note', reason]] : []),
  ];
}

function refreshText(refresh: TokenStorage['refresh'], error: OidcCliError | undefined): string {
  switch (refresh) {
    case 'works':
      return 'works (tried just now)';
    case 'fails':
      return error ? `fails: ${printable(explainError(error).message)}` : 'fails';
    case 'no refresh token':
      return 'not possible: the provider gave no refresh token (scope offline_access?)';
    case 'never needed':
      return 'never tried by Logto';
    case 'nothing stored':
      return 'nothing to refresh';
  }
}
