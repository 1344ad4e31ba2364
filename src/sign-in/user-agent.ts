import type { Delivery } from '../oidc/token-requests.js';
import type { AuthorizationUrl, Greeting, Redirect } from './application.js';

/** The authorization response (RFC 6749 §4.1.2), as delivered. Its state has not been compared. */
export interface AuthorizationResponse {
  /** Without the redirect URI's own parameters. A parameter may occur twice. */
  readonly parameters: URLSearchParams;
  readonly mode: 'query' | 'form_post';
  readonly delivery: Delivery;
  /** The response has the cookie of the one browser that opened the one-time address; absent without a listener. */
  readonly bound?: boolean;
}

/**
 * The party that visits the provider's pages: a person with a browser, a driver,
 * or a person who did so after an earlier command. One object serves one sign-in.
 * `signIn` calls its methods in the order of this interface.
 */
export interface UserAgent {
  /** Prepares for the response; returns the redirect URI to send, with a port in place of 0. */
  open(redirect: Redirect, state: string): Promise<string>;
  /**
   * Takes the request to the provider. `renew` makes another one with the same
   * state, for a user agent that starts again.
   */
  authorize(request: AuthorizationUrl, renew: () => Promise<AuthorizationUrl>): Promise<AuthorizationResponse>;
  /** Throws if an event since the response makes it unsafe to trust. */
  confirm(): void;
  /** Shows success to the user, and ends. */
  conclude(greeting: Greeting): Promise<void>;
  /** Shows the failure to the user, and ends. Returns the error with the facts that the user agent knows. */
  fail(error: unknown): Promise<unknown>;
}
