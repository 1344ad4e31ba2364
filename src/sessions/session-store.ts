/** Which kind of store holds a session. */
export type StoreKind = 'keychain' | 'file' | 'memory';

/**
 * A place that keeps secret strings under keys. Values are whole or absent:
 * a save killed at any instant leaves the old value or the new one.
 * Every method throws `OidcCliError` with a `store_*` code, and only that.
 */
export interface SessionStore {
  readonly kind: StoreKind;
  /** Where it is, for people: "the macOS keychain", "the encrypted file …". */
  readonly description: string;
  /** The value under `key`, or undefined where there is none. */
  get(key: string): Promise<string | undefined>;
  /** Saves atomically, replacing what was there. */
  set(key: string, value: string): Promise<void>;
  /** Removes the value; true when there was one. */
  delete(key: string): Promise<boolean>;
}

/** Where the client secret of a session comes from when it is needed again (refresh, revocation). */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  /** The value itself, kept with the session in its store and bound to the session's issuer. */
  | { readonly kind: 'stored'; readonly value: string };

/**
 * Who an access token beside the ordinary one is for: an API resource
 * (RFC 8707), an organization (Logto), or the resource on the organization's behalf.
 */
export interface TokenTarget {
  readonly resource?: string | undefined;
  readonly organization?: string | undefined;
}

/** An access token for one target. `expiresAt` in seconds since the epoch; absent when the provider did not say. */
export interface SavedAccessToken extends TokenTarget {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresAt?: number;
  readonly scope: readonly string[];
}

/** One sign-in, as it is kept. One per profile and issuer. Times are seconds since the epoch. */
export interface Session {
  readonly version: 1;
  /** `logto`: resources are named at a refresh, never with the code. Absent: an ordinary sign-in. */
  readonly kind?: 'logto';
  readonly profile: string;
  readonly issuer: string;
  /** Where the profile named them itself: in place of what discovery says. */
  readonly endpoints?: {
    readonly authorizationEndpoint?: string | undefined;
    readonly tokenEndpoint?: string | undefined;
    readonly jwksUri?: string | undefined;
  };
  readonly clientId: string;
  readonly clientAuth: string;
  readonly clientSecret?: SecretSource;
  /** As the profile had it: port 0 stands for any free one. */
  readonly redirectUri: string;
  /** Where the profile wants the browser sent after a sign-out. */
  readonly postLogoutRedirectUri?: string;
  readonly subject: string;
  /** Claims of the newest ID token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the userinfo endpoint added at sign-in, where it was asked. */
  readonly userinfo?: Readonly<Record<string, unknown>>;
  readonly idToken: string;
  readonly accessToken: string;
  readonly tokenType: string;
  /** When the access token expires; absent when the provider did not say. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  /** For resources and organizations, one a target; absent before the first. */
  readonly accessTokens?: readonly SavedAccessToken[];
  readonly scope: { readonly requested: readonly string[]; readonly granted: readonly string[] };
  readonly resource?: readonly string[];
  /** How far the ID tokens of this session are trusted: the sign-in's own tolerance in seconds, and `strict`. */
  readonly clockTolerance: number;
  readonly strict: boolean;
  /** Set when the issuer may be spoken to in plain http outside loopback. */
  readonly allowHttp?: boolean;
  /** A CA file and whether TLS is verified, as at sign-in. */
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly signedInAt: number;
  /** Tells this sign-in from all others, whatever the clock shows. Absent where oidc-cli 0.1.0 signed in. */
  readonly signInId?: string;
  readonly refreshedAt?: number;
}

/**
 * Whether both are of one sign-in. Dates alone do not tell which of two is the
 * newer one: clocks are set, machines differ, and a second is long.
 */
export function sameSignIn(
  a: Pick<Session, 'signedInAt' | 'signInId'>,
  b: Pick<Session, 'signedInAt' | 'signInId'>,
): boolean {
  return a.signInId === b.signInId && a.signedInAt === b.signedInAt;
}
