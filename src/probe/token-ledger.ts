import type { VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import { revokeToken } from '../oidc/revocation.js';
import type { RawClient } from './raw-requests.js';

type Kind = 'access_token' | 'refresh_token';

/** The state of the tokens at the end of a run. */
export interface RemainingTokens {
  readonly revoked: number;
  /** Tokens that could not be revoked: they are valid until they expire. */
  readonly left: number;
  /** The reasons as codes, each once. */
  readonly reasons: readonly string[];
}

/** Every token that the probes received and that may still be valid, so that all are revoked at the end. */
export class TokenLedger {
  private readonly living = new Map<string, Kind>();

  constructor(private readonly at: RawClient) {}

  /** Records the tokens of a response, and masks them. */
  add({ accessToken, refreshToken, idToken }: Pick<VerifiedTokens, 'accessToken' | 'refreshToken' | 'idToken'>): void {
    this.at.deps.recorder.hide(accessToken, refreshToken, idToken);
    this.living.set(accessToken, 'access_token');
    if (refreshToken !== undefined) this.living.set(refreshToken, 'refresh_token');
  }

  /** Records the tokens of a response that should have been a refusal. */
  addBody(body: Readonly<Record<string, unknown>>): void {
    const { access_token, refresh_token, id_token } = body;
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    const accessToken = text(access_token);
    const refreshToken = text(refresh_token);
    this.at.deps.recorder.hide(accessToken, refreshToken, text(id_token));
    if (accessToken !== undefined) this.living.set(accessToken, 'access_token');
    if (refreshToken !== undefined) this.living.set(refreshToken, 'refresh_token');
  }

  /** Removes a token that the provider has refused. */
  dead(token: string | undefined): void {
    if (token !== undefined) this.living.delete(token);
  }

  /**
   * Revokes the remaining tokens, refresh tokens first: many providers revoke the
   * access tokens with them. Throws only when aborted.
   */
  async revokeAll(): Promise<RemainingTokens> {
    const { provider, client, deps } = this.at;
    const tokens = [...this.living].sort(([, one], [, other]) => other.localeCompare(one));
    if (provider.metadata.revocation_endpoint === undefined) {
      return { revoked: 0, left: tokens.length, reasons: ['endpoint_missing'] };
    }
    const reasons: string[] = [];
    for (const [token, kind] of tokens) {
      try {
        const outcome = await revokeToken(provider, client, token, kind, deps);
        if (outcome === 'not offered') reasons.push('unsupported_token_type');
      } catch (error) {
        if (!(error instanceof OidcCliError)) throw error;
        reasons.push(error.code);
      }
    }
    return { revoked: tokens.length - reasons.length, left: reasons.length, reasons: [...new Set(reasons)] };
  }
}
