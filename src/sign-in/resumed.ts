import { OidcCliError } from '../errors.js';
import type { Redirect } from './application.js';
import { callbackParameters } from './callback-parameters.js';
import type { ClientRequest, SignInRequest } from './client.js';
import type { AuthorizationResponse, UserAgent } from './user-agent.js';

/** Seconds in which a pending sign-in can be finished. */
const PENDING_LIFETIME_SECONDS = 600;

/**
 * A sign-in saved between `login --start` and `login --callback-url`. It holds the
 * code verifier, a secret, so it goes only into the session store.
 */
export interface PendingSignIn {
  readonly state: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly request: Omit<SignInRequest, 'clientSecret'>;
  /** The kind of store for the session. */
  readonly store: string;
  readonly [key: string]: unknown;
}

/** The part of the authorization request that `login --start` saves. `now` is in milliseconds since the epoch. */
export function pendingSignIn(
  { clientSecret: _secret, ...request }: SignInRequest,
  { state, nonce, codeVerifier, redirectUri }: ClientRequest,
  store: string,
  now: number,
): PendingSignIn {
  const expiresAt = Math.floor(now / 1000) + PENDING_LIFETIME_SECONDS;
  return { state, expiresAt, nonce, codeVerifier, redirectUri, request, store };
}

/** Seconds since `login --start`; `now` is in milliseconds since the epoch. */
export function pendingAge({ expiresAt }: PendingSignIn, now: number): number {
  return Math.max(0, Math.floor(now / 1000) - (expiresAt - PENDING_LIFETIME_SECONDS));
}

/** The state of a pasted callback URL, if it has one. Throws `callback_invalid` if the text is not a URL. */
export function callbackState(text: string): string | undefined {
  try {
    return new URL(text.trim()).searchParams.get('state') || undefined;
  } catch {
    throw new OidcCliError('callback_invalid', { reason: text.trim() === '' ? 'it is empty' : 'it is not a URL' });
  }
}

/** The callback URL pasted into a later command. */
interface Pasted {
  /** The address that the browser ended at. */
  readonly callbackUrl: string;
  /** Seconds since the sign-in began. */
  readonly afterSeconds: number;
}

/**
 * A user who took the authorization request of an earlier command (`login
 * --start`) to the provider and brings the response to this one (`login
 * --callback-url`).
 */
export class Resumed implements UserAgent {
  private parameters: URLSearchParams | undefined;

  constructor(private readonly pasted: Pasted) {}

  /** Throws `callback_invalid` if the pasted text is not a response to this redirect URI. */
  async open({ redirectUri }: Redirect): Promise<string> {
    this.parameters = callbackParameters(this.pasted.callbackUrl, redirectUri);
    if (!this.parameters) {
      const reason = 'it is not an answer to the redirect URI of this sign-in';
      throw new OidcCliError('callback_invalid', { reason, redirectUri });
    }
    return redirectUri;
  }

  async authorize(): Promise<AuthorizationResponse> {
    const { parameters = new URLSearchParams(), pasted } = this;
    return { parameters, mode: 'query', delivery: { via: 'paste', afterSeconds: pasted.afterSeconds } };
  }

  confirm(): void {}

  async conclude(): Promise<void> {}

  async fail(error: unknown): Promise<unknown> {
    return error;
  }
}

/** The user agent of the first command: it does not listen, and the user takes the request to the provider. */
export const LATER: Pick<UserAgent, 'open'> = { open: async ({ redirectUri }) => redirectUri };
