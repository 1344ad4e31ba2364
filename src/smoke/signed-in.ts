import type { ProfileLine } from '../logto/user-profile.js';
import type { Automated } from '../sign-in/automated.js';
import type { Connection, SignInRequest, UserinfoOutcome } from '../sign-in/client.js';
import type { JobDeps } from './providers.js';

/** A verified and accepted ID token. */
export interface AcceptedIdToken {
  readonly raw: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
}

/** A provider, this client there, and the requested settings. Absent for a connector, which needs none. */
export interface ProviderConnection extends Connection {
  readonly request: SignInRequest;
}

/** The tokens of a saved session after its refresh. */
export interface SavedTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly subject: string;
  /** Seconds. */
  readonly expiresIn: number | undefined;
  readonly scopes: readonly string[];
}

/** The result of a sign-in that expectations are compared with. */
export interface SignedIn {
  readonly deps: JobDeps;
  readonly at: ProviderConnection | undefined;
  readonly subject: string | undefined;
  readonly idToken: AcceptedIdToken | undefined;
  readonly accessToken: string | undefined;
  /** Seconds until the access token expires; absent if the provider did not state them. */
  readonly accessTokenLife: number | undefined;
  readonly refreshToken: string | undefined;
  /** Spends the refresh token of the saved session and saves the new tokens; absent without a saved session. */
  readonly refreshKept?: () => Promise<SavedTokens>;
  /** Absent if the provider states none, which means the requested ones (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | undefined;
  readonly userinfo: UserinfoOutcome | undefined;
  /** The profile that Logto would make, for a connector. */
  readonly logtoProfile: readonly ProfileLine[] | undefined;
  /** Sends the same browser to another address of the provider; absent without a browser of our own. */
  readonly visit: Automated['visit'];
}
