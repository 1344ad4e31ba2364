import type { ProfileLine } from '../logto/user-profile.js';
import type { Automated } from '../sign-in/automated.js';
import type { Connection, SignInRequest, UserinfoOutcome } from '../sign-in/client.js';
import type { JobDeps } from './providers.js';

/** An ID token that has been judged and accepted. */
export interface AcceptedIdToken {
  readonly raw: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
}

/** A provider, this client there, and what the check asks for. Absent for a connector, which needs none. */
export interface ProviderConnection extends Connection {
  readonly request: SignInRequest;
}

/** What a kept session has after its refresh. */
export interface SavedTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly subject: string;
  /** Seconds. */
  readonly expiresIn: number | undefined;
  readonly scopes: readonly string[];
}

/** What a check has in hand once its tokens are there: expectations are held against it. */
export interface SignedIn {
  readonly deps: JobDeps;
  readonly at: ProviderConnection | undefined;
  readonly subject: string | undefined;
  readonly idToken: AcceptedIdToken | undefined;
  readonly accessToken: string | undefined;
  /** Seconds that the access token is good for; absent where the provider did not say. */
  readonly accessTokenLife: number | undefined;
  readonly refreshToken: string | undefined;
  /** Spends the refresh token of the kept session and keeps what comes back; absent where it is of no kept session. */
  readonly refreshKept?: () => Promise<SavedTokens>;
  /** Absent where the provider does not say, which means: as asked (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | undefined;
  readonly userinfo: UserinfoOutcome | undefined;
  /** The profile that Logto would make, of a connector. */
  readonly logtoProfile: readonly ProfileLine[] | undefined;
  /** Sends the same browser to another address of the provider; absent where no browser of ours signed in. */
  readonly visit: Automated['visit'];
}
