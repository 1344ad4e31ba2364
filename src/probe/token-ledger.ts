import type { VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import { revokeToken } from '../oidc/revocation.js';
import type { RawClient } from './raw-requests.js';

type Kind = 'access_token' | 'refresh_token';

/** What became of the tokens that the probes got. */
export interface RemainingTokens {
  readonly revoked: number;
  /** Those that could not be revoked: they live until they expire. */
  readonly left: number;
  /** Why, in codes, each once. */
  readonly reasons: readonly string[];
}

/** Every token that the probes got and have not made useless, so that none is left behind. */
export class TokenLedger {
  private readonly living = new Map<string, Kind>();

  constructor(private readonly at: RawClient) {}

  /** Writes down the tokens of an answer, and hides them. */
  add({ accessToken, refreshToken, idToken }: Pick<VerifiedTokens, 'accessToken' | 'refreshToken' | 'idToken'>): void {
    this.at.deps.recorder.hide(accessToken, refreshToken, idToken);
    this.living.set(accessToken, 'access_token');
    if (refreshToken !== undefined) this.living.set(refreshToken, 'refresh_token');
  }

  /** The tokens of an answer that should have been a refusal. */
  addBody(body: Readonly<Record<string, unknown>>): void {
    const { access_token, refresh_token, id_token } = body;
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    const accessToken = text(access_token);
    const refreshToken = text(refresh_token);
    this.at.deps.recorder.hide(accessToken, refreshToken, text(id_token));
    if (accessToken !== undefined) this.living.set(accessToken, 'access_token');
    if (refreshToken !== undefined) this.living.set(refreshToken, 'refresh_token');
  }

  /** A token that the provider has been seen to refuse. */
  dead(token: string | undefined): void {
    if (token !== undefined) this.living.delete(token);
  }

  /** Revokes what is left, refresh tokens first: the access tokens of many providers go with them. Never throws but for an abort. */
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
