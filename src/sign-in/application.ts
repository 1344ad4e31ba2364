import type { AuthorizationResponse } from './user-agent.js';

/** Where the provider sends the authorization response, and what is special about the way there. */
export interface Redirect {
  /** As registered. Port 0 on loopback stands for any free port. */
  readonly redirectUri: string;
  readonly responseMode?: string | undefined;
  /** The URL of the authorization request holds a secret: nobody is shown more of it than a one-time address. */
  readonly secretUrl: boolean;
}

/** An authorization request (RFC 6749 §4.1.1), as the user agent takes it to the provider. */
export interface AuthorizationUrl {
  readonly url: string;
  /** The same URL can be opened again without harm: nothing in it is good for one use. */
  readonly repeatable: boolean;
}

/** Whom the browser's last page greets. */
export interface Greeting {
  readonly name: string;
  readonly issuer: string;
}

/**
 * Who asks for a sign-in: an OIDC client, or a Logto connector. An object is
 * made for one sign-in, and `signIn` calls its methods in the order in which
 * they stand here. Each throws the code of the step that failed.
 */
export interface Application<Connection, Request extends AuthorizationUrl, Tokens, SignedIn> extends Redirect {
  /** A state that is given: that of a pending sign-in, or one that a probe sends. Otherwise `signIn` makes one. */
  readonly state?: string | undefined;
  /** What has to be known of the provider before anything is sent. */
  discover(): Promise<Connection>;
  /** Makes the authorization request. A user agent that begins anew asks for another one with the same state. */
  authorizationRequest(connection: Connection, redirectUri: string, state: string): Promise<Request>;
  /** Exchanges the code of a response, whose state has been compared, for tokens, and verifies the ID token. */
  exchange(connection: Connection, request: Request, response: AuthorizationResponse): Promise<Tokens>;
  /** Makes the result: whatever is still to be asked and compared once the tokens are there. */
  complete(connection: Connection, request: Request, tokens: Tokens): Promise<SignedIn>;
  greeting(connection: Connection, signedIn: SignedIn): Greeting;
}
