import { exchangeCode, type VerifiedTokens } from '../../checks/verified-tokens.js';
import type { BrowserRoundTrip } from '../../flow/browser-answer.js';
import type { SignInRequest } from '../../flow/sign-in.js';
import {
  type AuthorizationRequest,
  createAuthorizationRequest,
  randomState,
} from '../../protocol/authorization-request.js';
import { jsonObject, type RawParty } from './raw-requests.js';
import type { TokenLedger } from './token-ledger.js';

/** A code that nobody has spent, with all that belongs to it. */
export interface Grant {
  readonly answer: URLSearchParams;
  readonly sent: AuthorizationRequest;
  readonly redirectUri: string;
  /** When the browser was sent away: milliseconds since the epoch. */
  readonly askedAt: number;
  /** The iss that came with it; `null` where none did. */
  readonly iss: string | null;
  /** The event of the answer: its number. */
  readonly event: number;
}

/** What is special about one sign-in. */
interface SignInWish {
  /** Why somebody has to sign in again: half a sentence. */
  readonly why: string;
  readonly state?: string;
  readonly nonce?: string;
  readonly maxAge?: number;
  /** Changes the address before the browser gets it. */
  readonly change?: (url: URL, sent: AuthorizationRequest) => void;
}

/** Sends somebody to the provider and back; `number` counts from 1, `why` is what for. */
export type RoundTrip = <Asked extends { readonly url: string }, T>(
  trip: BrowserRoundTrip<Asked, T>,
  about: { readonly number: number; readonly why: string },
) => Promise<T>;

/** Ten years, in seconds: asked for as max_age it makes nobody sign in again, and has auth_time put into the ID token. */
const LONG_AGO = 315_360_000;

/**
 * The sign-ins of one run: each gets one code. With `withAuthTime` their ID
 * tokens say when the person signed in (OIDC Core §2).
 */
export class SignIns {
  private count = 0;
  /** When the last one was over: milliseconds since the epoch. */
  endedAt: number | undefined;
  /** The newest auth_time so far: seconds since the epoch, by the provider's clock. */
  latestAuthTime: number | undefined;

  constructor(
    private readonly withAuthTime: boolean,
    private readonly request: SignInRequest & { readonly timeout: number },
    private readonly at: RawParty,
    private readonly evidence: { readonly mark: number },
    private readonly ledger: TokenLedger,
    private readonly roundTrip: RoundTrip,
  ) {}

  /** Throws what the browser's round trip throws, and the coded error of an answer without a code. */
  async getCode(wish: SignInWish): Promise<Grant> {
    const { request, at } = this;
    const { provider, party, deps } = at;
    this.count += 1;
    const state = wish.state ?? randomState();
    // Of what the profile asks of the person only the consent stays: some providers give a refresh token for it alone.
    const { prompt: asked, maxAge: _maxAge, ...others } = request.authorization;
    const authorization = asked?.split(' ').includes('consent') ? { ...others, prompt: 'consent' } : others;
    let askedAt = 0;
    const grant = await this.roundTrip<{ url: string; sent: AuthorizationRequest; redirectUri: string }, Grant>(
      {
        redirectUri: request.redirectUri,
        responseMode: authorization.responseMode,
        state,
        timeout: request.timeout,
        ask: async (redirectUri) => {
          const maxAge = this.withAuthTime ? { maxAge: wish.maxAge ?? LONG_AGO } : {};
          const asked = { ...authorization, ...maxAge, redirectUri };
          const sent = await createAuthorizationRequest(provider, party, asked, state, wish.nonce);
          const url = new URL(sent.url);
          wish.change?.(url, sent);
          if (!provider.keySet.kept()) provider.keySet.warm();
          askedAt = deps.clock.now();
          return { url: url.href, sent, redirectUri };
        },
        finish: async (answer, { sent, redirectUri }) => {
          const iss = answer.get('iss');
          return { answer, sent, redirectUri, askedAt, iss, event: this.evidence.mark };
        },
        greet: () => ({ name: `oidc-cli probe: ${wish.why}`, issuer: provider.issuer }),
      },
      { number: this.count, why: wish.why },
    );
    deps.recorder.hide(grant.answer.get('code') ?? undefined, grant.sent.codeVerifier);
    deps.recorder.hideInWords(grant.sent.nonce, state);
    this.endedAt = deps.clock.now();
    // An answer that is no code: openid-client says what it is.
    if (!grant.answer.get('code')) await this.redeem(grant);
    return grant;
  }

  /**
   * Gets the tokens of a code in the right way. A missing or wrong `iss` has
   * been written down, and does not end the run. Throws what `exchangeCode` throws.
   */
  async redeem(grant: Grant): Promise<VerifiedTokens & { readonly subject: string }> {
    const { provider, party, deps } = this.at;
    const { answer, sent, redirectUri } = grant;
    const known = new URLSearchParams(answer);
    if (provider.metadata.authorization_response_iss_parameter_supported === true || known.has('iss')) {
      known.set('iss', provider.issuer);
    }
    const { scope, resource } = this.request.authorization;
    const before = deps.recorder.exchanges.length;
    let tokens: VerifiedTokens;
    try {
      tokens = await exchangeCode(
        provider,
        party,
        known,
        {
          redirectUri,
          state: sent.state,
          nonce: sent.nonce,
          codeVerifier: sent.codeVerifier,
          resource: this.request.kind === 'logto' ? undefined : resource,
          scope,
        },
        deps,
      );
    } catch (error) {
      // What was refused here was issued all the same.
      const answer = deps.recorder.exchanges.slice(before).find(({ step }) => step === 'token request');
      this.ledger.addBody(jsonObject(answer?.responseBody ?? '') ?? {});
      throw error;
    }
    this.ledger.add(tokens);
    const authTime = tokens.report?.claims.auth_time;
    if (typeof authTime === 'number') this.latestAuthTime = Math.max(authTime, this.latestAuthTime ?? 0);
    return { ...tokens, subject: String(tokens.report?.claims.sub) };
  }
}
