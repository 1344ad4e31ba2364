import { OidcCliError } from '../errors.js';
import type { Connector } from './connector/connector.js';
import { type ConnectorDeps, type ConnectorTokens, refreshAsLogto } from './token-request.js';

/** The state of the tokens in Logto with "persistent token storage" on. */
export interface TokenStorage {
  readonly stored: boolean;
  /** The reason that they are not stored, or the later consequence. */
  readonly reason?: string;
  /** Seconds until Logto treats the access token as expired; absent: never. */
  readonly expiresIn?: number;
  /** Whether Logto could renew them: tried if there was a refresh token. */
  readonly refresh: 'works' | 'fails' | 'no refresh token' | 'never needed' | 'nothing stored';
  /** The error of the tried refresh. */
  readonly error?: OidcCliError;
  /** The newest tokens: a refresh may have replaced the ones of the sign-in. */
  readonly tokens: ConnectorTokens;
}

/**
 * Reports whether Logto could store and renew the tokens of a sign-in. With a
 * refresh token it makes a real refresh as Logto does, since only the provider's
 * response is certain. Never throws for a failed refresh: the result has its
 * error.
 */
export async function tryTokenStorage(
  { saved }: Connector,
  tokens: ConnectorTokens,
  deps: ConnectorDeps,
): Promise<TokenStorage> {
  if (tokens.access_token === undefined) {
    return { stored: false, reason: 'the token response has no access_token', refresh: 'nothing stored', tokens };
  }
  const { expires_in: expiresIn, refresh_token: refreshToken } = tokens;
  const lifetime = expiresIn === undefined ? {} : { expiresIn };
  if (refreshToken === undefined) {
    return expiresIn === undefined
      ? {
          stored: true,
          reason: 'without expires_in Logto takes the access token for good for ever',
          refresh: 'never needed',
          tokens,
        }
      : {
          stored: true,
          reason: 'once expired they are dropped (401), and the person has to sign in again',
          ...lifetime,
          refresh: 'no refresh token',
          tokens,
        };
  }
  try {
    const renewed = await refreshAsLogto(saved as unknown as Connector['config'], refreshToken, deps);
    const never = expiresIn === undefined ? 'without expires_in Logto never refreshes, though it could' : undefined;
    return {
      stored: true,
      reason: never,
      ...lifetime,
      refresh: 'works',
      tokens: { ...tokens, ...renewed },
    };
  } catch (error) {
    // Any other error (Ctrl-C, the time limit of a whole check) is not a refusal of Logto's.
    if (!(error instanceof OidcCliError) || error.facts.logtoStatus === undefined) throw error;
    return { stored: true, ...lifetime, refresh: 'fails', error: whileRefreshing(error), tokens };
  }
}

/** A failed refresh is never shown on the sign-in page. */
function whileRefreshing(error: OidcCliError): OidcCliError {
  return error.with({ facts: { refreshing: true } });
}
