/** The kind of store that holds a session. */
export type StoreKind = 'keychain' | 'file' | 'memory';

/**
 * A place for secret strings under keys. Values are whole or absent: a save killed
 * at any instant leaves the old value or the new one. Every method throws only
 * `OidcCliError` with a `store_*` code.
 */
export interface SessionStore {
  readonly kind: StoreKind;
  /** The place, for people: "the macOS keychain", "the encrypted file …". */
  readonly description: string;
  /** The value under `key`; undefined if there is none. */
  get(key: string): Promise<string | undefined>;
  /** Saves atomically, and replaces the earlier value. */
  set(key: string, value: string): Promise<void>;
  /** Removes the value; true when there was one. */
  delete(key: string): Promise<boolean>;
}

/** The source of a session's client secret for later use (refresh, revocation). */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  /** The value itself, saved with the session in its store and bound to the session's issuer. */
  | { readonly kind: 'stored'; readonly value: string };

/**
 * The target of an additional access token: an API resource (RFC 8707), an
 * organization (Logto), or the resource on the organization's behalf.
 */
export interface TokenTarget {
  readonly resource?: string;
  readonly organization?: string;
}

/**
 * An access token for one target. `expiresAt` in seconds since the epoch; absent
 * when the provider did not state it.
 */
export interface SavedAccessToken extends TokenTarget {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresAt?: number;
  readonly scope: readonly string[];
}

/** One saved sign-in. There is one per profile and issuer. Times are seconds since the epoch. */
export interface Session {
  readonly version: 1;
  /** `logto`: resources are requested at a refresh, never with the code. Absent: an ordinary sign-in. */
  readonly kind?: 'logto';
  readonly profile: string;
  readonly issuer: string;
  /** The endpoints that the profile names itself, which replace the advertised ones. */
  readonly endpoints?: {
    readonly authorizationEndpoint?: string;
    readonly tokenEndpoint?: string;
    readonly jwksUri?: string;
  };
  readonly clientId: string;
  readonly clientAuth: string;
  readonly clientSecret?: SecretSource;
  /** As in the profile: port 0 means any free port. */
  readonly redirectUri: string;
  /** The profile's redirect URI for after a sign-out. */
  readonly postLogoutRedirectUri?: string;
  readonly subject: string;
  /** Claims of the newest ID token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The userinfo response at sign-in, if it was requested. */
  readonly userinfo?: Readonly<Record<string, unknown>>;
  readonly idToken: string;
  readonly accessToken: string;
  readonly tokenType: string;
  /** The expiry of the access token; absent when the provider did not state it. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  /** Tokens for resources and organizations, one per target; absent before the first. */
  readonly accessTokens?: readonly SavedAccessToken[];
  readonly scope: { readonly requested: readonly string[]; readonly granted: readonly string[] };
  readonly resource?: readonly string[];
  /** The verification of this session's ID tokens: the sign-in's own tolerance in seconds, and `strict`. */
  readonly clockTolerance: number;
  readonly strict: boolean;
  /** Set when plain http to the issuer is allowed outside loopback. */
  readonly allowHttp?: boolean;
  /** The CA file and TLS verification of the sign-in. */
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly signedInAt: number;
  /** Identifies this sign-in among all others, independent of any clock. Absent in sessions of oidc-cli 0.1.0. */
  readonly signInId?: string;
  readonly refreshedAt?: number;
}

/**
 * Whether both are of one sign-in. Dates do not tell which of two is newer: clocks
 * are set, machines differ, and a second is long.
 */
export function sameSignIn(
  a: Pick<Session, 'signedInAt' | 'signInId'>,
  b: Pick<Session, 'signedInAt' | 'signInId'>,
): boolean {
  return a.signInId === b.signInId && a.signedInAt === b.signedInAt;
}
