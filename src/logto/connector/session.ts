import { randomUUID } from 'node:crypto';
import { OidcCliError } from '../../errors.js';
import type { SecretSource, Session } from '../../sessions/session-store.js';
import type { ConnectorLoginRequest, ConnectorLoginResult } from '../application.js';

/** The parts of a session that do not come from the sign-in. */
export interface SessionSettings {
  readonly profile: string;
  readonly issuer: string;
  readonly clientSecret: SecretSource;
  readonly redirectUri: string;
  readonly ca?: string;
  readonly insecure?: boolean;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * The session of a sign-in with a connector, for `--save`. It is saved only if the
 * standard accepts the ID token too. Throws `token_response_invalid` without an
 * access token.
 */
export function connectorSession(
  result: ConnectorLoginResult,
  { connector, clockTolerance, strict, allowHttp }: ConnectorLoginRequest,
  settings: SessionSettings,
): Session {
  const { report, storage } = result;
  const { tokens } = storage;
  if (tokens.access_token === undefined)
    throw new OidcCliError('token_response_invalid', {
      reason: 'it has no access_token, so there is no session to keep',
    });
  const { config } = connector;
  const { authorizationEndpoint, tokenEndpoint, idTokenVerificationConfig } = config;
  const requested = config.scope.split(/[ +]/).filter((scope) => scope !== '');
  const { now, ca, insecure } = settings;
  return {
    version: 1,
    profile: settings.profile,
    issuer: settings.issuer,
    clientId: config.clientId,
    clientAuth: config.tokenEndpointAuthMethod,
    clientSecret: settings.clientSecret,
    redirectUri: settings.redirectUri,
    subject: String(report.claims.sub),
    claims: report.claims,
    idToken: result.idToken,
    accessToken: tokens.access_token,
    tokenType: tokens.token_type ?? 'Bearer',
    ...(tokens.expires_in === undefined ? {} : { expiresAt: now + tokens.expires_in }),
    ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
    endpoints: { authorizationEndpoint, tokenEndpoint, jwksUri: idTokenVerificationConfig.jwksUri },
    scope: { requested, granted: tokens.scope?.split(' ').filter((scope) => scope !== '') ?? requested },
    clockTolerance,
    strict,
    ...(allowHttp ? { allowHttp } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(insecure ? { insecure } : {}),
    signedInAt: now,
    signInId: randomUUID(),
  };
}
