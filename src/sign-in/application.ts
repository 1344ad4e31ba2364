import type { AuthorizationResponse } from './user-agent.js';

/** The redirect URI that the provider sends the authorization response to, and the limits of its delivery. */
export interface Redirect {
  /** As registered. Port 0 on loopback means any free port. */
  readonly redirectUri: string;
  readonly responseMode?: string;
  /** The URL of the authorization request holds a secret: only a one-time address is ever shown. */
  readonly secretUrl: boolean;
}

/** An authorization request (RFC 6749 §4.1.1), as the user agent takes it to the provider. */
export interface AuthorizationUrl {
  readonly url: string;
  /** The same URL can be opened again without harm: it holds no one-time value. */
  readonly repeatable: boolean;
}

/** The user and the issuer that the last page in the browser names. */
export interface Greeting {
  readonly name: string;
  readonly issuer: string;
}

/**
 * The party that requests a sign-in: an OIDC client or a Logto connector. One
 * object serves one sign-in. `signIn` calls its methods in the order of this
 * interface. Each method throws the code of the step that failed.
 */
export interface Application<Connection, Request extends AuthorizationUrl, Tokens, SignedIn> extends Redirect {
  /** A given state: that of a pending sign-in, or one that a probe sends. Otherwise `signIn` makes one. */
  readonly state?: string;
  /** Reads what must be known of the provider before the authorization request. */
  discover(): Promise<Connection>;
  /** Makes the authorization request. A user agent that starts again requests another one with the same state. */
  authorizationRequest(connection: Connection, redirectUri: string, state: string): Promise<Request>;
  /** Exchanges the code of a response for tokens and verifies the ID token. The caller has compared the state. */
  exchange(connection: Connection, request: Request, response: AuthorizationResponse): Promise<Tokens>;
  /** Makes the result from the tokens, with the remaining requests and comparisons. */
  complete(connection: Connection, request: Request, tokens: Tokens): Promise<SignedIn>;
  greeting(connection: Connection, signedIn: SignedIn): Greeting;
}
