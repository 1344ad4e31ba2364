import { OidcCliError } from '../errors.js';
import type { Connector } from './connector/connector.js';
import { type ConnectorDeps, type ConnectorTokens, refreshAsLogto } from './token-request.js';

/** What becomes of the tokens in Logto where "persistent token storage" is on. */
export interface TokenStorage {
  readonly stored: boolean;
  /** Why they are not stored, or what will not work with them later. */
  readonly reason?: string;
  /** Seconds until Logto takes the access token for expired; absent: never. */
  readonly expiresIn?: number;
  /** Whether Logto could renew them: tried, where there was a refresh token. */
  readonly refresh: 'works' | 'fails' | 'no refresh token' | 'never needed' | 'nothing stored';
  /** With what a tried refresh failed. */
  readonly error?: OidcCliError;
  /** The newest tokens: a refresh may have replaced the ones of the sign-in. */
  readonly tokens: ConnectorTokens;
}

/**
 * Tells whether Logto could keep and renew the tokens of a sign-in. With a
 * refresh token a real refresh is made, as Logto makes it, since the only sure
 * answer is the provider's. Never throws for a refresh that fails: it says so.
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
      ...(never === undefined ? {} : { reason: never }),
      ...lifetime,
      refresh: 'works',
      tokens: { ...tokens, ...renewed },
    };
  } catch (error) {
    // Anything else (Ctrl-C, the time of a whole check) is no refusal of Logto's.
    if (!(error instanceof OidcCliError) || error.facts.logtoStatus === undefined) throw error;
    return { stored: true, ...lifetime, refresh: 'fails', error: whileRefreshing(error), tokens };
  }
}

/** A failed refresh is never shown on the sign-in page. */
function whileRefreshing(error: OidcCliError): OidcCliError {
  return error.with({ facts: { refreshing: true } });
}
