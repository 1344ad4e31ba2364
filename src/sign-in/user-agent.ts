import type { Delivery } from '../oidc/token-requests.js';
import type { AuthorizationUrl, Greeting, Redirect } from './application.js';

/** The authorization response (RFC 6749 §4.1.2), as it was delivered. Its state has not been compared. */
export interface AuthorizationResponse {
  /** Without the redirect URI's own parameters. A parameter may be there twice. */
  readonly parameters: URLSearchParams;
  readonly mode: 'query' | 'form_post';
  readonly delivery: Delivery;
  /** It came with the cookie of the one browser that opened the one-time address; absent where no listener took it. */
  readonly bound?: boolean | undefined;
}

/**
 * Who goes to the provider's pages and back: a person with a browser, a driver,
 * or somebody who went in an earlier command. An object is made for one
 * sign-in, and `signIn` calls its methods in the order in which they stand here.
 */
export interface UserAgent {
  /** Gets ready for the response; returns the redirect URI to send, with a port in place of 0. */
  open(redirect: Redirect, state: string): Promise<string>;
  /** Takes the request to the provider. `renew` makes another one with the same state, for a user agent that begins anew. */
  authorize(request: AuthorizationUrl, renew: () => Promise<AuthorizationUrl>): Promise<AuthorizationResponse>;
  /** Throws what has come up since the response and makes it unsafe to believe it. */
  confirm(): void;
  /** Shows success to whoever waits for it, and ends. */
  conclude(greeting: Greeting): Promise<void>;
  /** Shows the failure to whoever waits, and ends. Returns the error with what the user agent knows of it. */
  fail(error: unknown): Promise<unknown>;
}
