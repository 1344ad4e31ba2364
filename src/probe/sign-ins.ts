import { exchangeCode, type VerifiedTokens } from '../checks/verified-tokens.js';
import { type AuthorizationRequest, createAuthorizationRequest } from '../oidc/authorization-request.js';
import type { Application, Greeting } from '../sign-in/application.js';
import type { ClientRequest, SignInRequest } from '../sign-in/client.js';
import { signIn } from '../sign-in/sign-in.js';
import { noteProgress } from '../sign-in/steps.js';
import type { AuthorizationResponse, UserAgent } from '../sign-in/user-agent.js';
import { jsonObject, type RawClient } from './raw-requests.js';
import type { TokenLedger } from './token-ledger.js';

/** A code that is not spent, with the request and response it belongs to. */
export interface Grant {
  readonly response: URLSearchParams;
  readonly sent: AuthorizationRequest;
  readonly redirectUri: string;
  /** The time of the authorization request: milliseconds since the epoch. */
  readonly askedAt: number;
  /** The iss of the response; `null` if it has none. */
  readonly iss: string | null;
  /** The number of the response's event. */
  readonly event: number;
}

/** The particulars of one sign-in. */
interface SignInOptions {
  /** The reason that the user has to sign in again: half a sentence. */
  readonly why: string;
  readonly state?: string;
  readonly nonce?: string;
  /** Seconds. */
  readonly maxAge?: number;
  /** Changes the address before the browser opens it. */
  readonly change?: (url: URL, sent: AuthorizationRequest) => void;
}

/** Ten years, in seconds: as max_age it forces no new sign-in, but adds auth_time to the ID token. */
const LONG_AGO = 315_360_000;

/** An OIDC client that gets a code and leaves it for the probes to spend. */
class CodeOnly implements Application<RawClient, ClientRequest & { readonly askedAt: number }, Grant, Grant> {
  readonly redirectUri: string;
  readonly responseMode: string | undefined;
  readonly secretUrl = false;
  readonly state: string | undefined;

  constructor(
    private readonly request: SignInRequest,
    private readonly wish: SignInOptions,
    private readonly at: RawClient,
    private readonly evidence: { readonly mark: number },
  ) {
    this.redirectUri = request.redirectUri;
    this.responseMode = request.authorization.responseMode;
    this.state = wish.state;
  }

  async discover(): Promise<RawClient> {
    return this.at;
  }

  async authorizationRequest(at: RawClient, redirectUri: string, state: string) {
    const { wish: options, request } = this;
    const { provider, client, deps } = at;
    // Removes the profile's prompt and max_age, except the consent: some providers issue a refresh token only with it.
    const { prompt: asked, maxAge: _maxAge, ...others } = request.authorization;
    const prompt = asked?.split(' ').includes('consent') ? 'consent' : undefined;
    const authorization = { ...others, redirectUri, maxAge: options.maxAge, prompt };
    const sent = await createAuthorizationRequest(provider, client, authorization, state, options.nonce);
    const url = new URL(sent.url);
    options.change?.(url, sent);
    if (!provider.keySet.cached()) provider.keySet.warm();
    return { ...sent, url: url.href, redirectUri, repeatable: !sent.pushed, askedAt: deps.clock.now() };
  }

  async exchange(
    _at: RawClient,
    { askedAt, redirectUri, ...sent }: ClientRequest & { readonly askedAt: number },
    { parameters }: AuthorizationResponse,
  ): Promise<Grant> {
    const event = this.evidence.mark;
    return { response: parameters, sent, redirectUri, askedAt, iss: parameters.get('iss'), event };
  }

  async complete(_at: RawClient, _sent: ClientRequest, grant: Grant): Promise<Grant> {
    return grant;
  }

  greeting({ provider }: RawClient): Greeting {
    return { name: `oidc-cli probe: ${this.wish.why}`, issuer: provider.issuer };
  }
}

/**
 * The sign-ins of one run: each gets one code. With `withAuthTime` their ID tokens
 * have the time of the sign-in (OIDC Core §2).
 */
export class SignIns {
  private count = 0;
  /** The end of the last sign-in: milliseconds since the epoch. */
  endedAt: number | undefined;
  /** The newest auth_time so far: seconds since the epoch, by the provider's clock. */
  latestAuthTime: number | undefined;

  constructor(
    private readonly withAuthTime: boolean,
    /** The least number of sign-ins, for people. */
    private readonly planned: number,
    private readonly request: SignInRequest,
    private readonly at: RawClient,
    private readonly evidence: { readonly mark: number },
    private readonly ledger: TokenLedger,
    private readonly newUserAgent: () => UserAgent,
  ) {}

  /** Throws the errors of `signIn`, and the coded error of a response without a code. */
  async getCode(options: SignInOptions): Promise<Grant> {
    const { request, at, evidence, withAuthTime } = this;
    const { deps } = at;
    this.count += 1;
    const planned = Math.max(this.count, this.planned);
    noteProgress(deps, 'sign-in begins', { number: this.count, planned, why: options.why });
    const maxAge = withAuthTime ? (options.maxAge ?? LONG_AGO) : undefined;
    const application = new CodeOnly(request, { ...options, maxAge }, at, evidence);
    const { signedIn: grant, conclude } = await signIn(application, this.newUserAgent(), deps).finally(() =>
      noteProgress(deps, 'sign-in ends', {}),
    );
    await conclude();
    deps.recorder.hide(grant.response.get('code') ?? undefined);
    this.endedAt = deps.clock.now();
    // openid-client rejects a response without a code, with the reason.
    if (!grant.response.get('code')) await this.redeem(grant);
    return grant;
  }

  /**
   * Redeems a code with the right request. A missing or wrong `iss` is recorded
   * already, and does not end the run. Throws the errors of `exchangeCode`.
   */
  async redeem(grant: Grant): Promise<VerifiedTokens & { readonly subject: string }> {
    const { provider, client, deps } = this.at;
    const { response, sent, redirectUri } = grant;
    const known = new URLSearchParams(response);
    if (provider.metadata.authorization_response_iss_parameter_supported === true || known.has('iss')) {
      known.set('iss', provider.issuer);
    }
    const { scope, resource } = this.request.authorization;
    const before = deps.recorder.exchanges.length;
    let tokens: VerifiedTokens;
    try {
      tokens = await exchangeCode(
        provider,
        client,
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
      // The provider has issued these tokens although we refuse them.
      const received = deps.recorder.exchanges.slice(before).find(({ step }) => step === 'token request');
      this.ledger.addBody(jsonObject(received?.responseBody ?? '') ?? {});
      throw error;
    }
    this.ledger.add(tokens);
    const authTime = tokens.report?.claims.auth_time;
    if (typeof authTime === 'number') this.latestAuthTime = Math.max(authTime, this.latestAuthTime ?? 0);
    return { ...tokens, subject: String(tokens.report?.claims.sub) };
  }
}
