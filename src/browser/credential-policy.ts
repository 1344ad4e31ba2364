/** The kinds of values that a driver types and only the sign-in may receive. */
export type CredentialKind = 'user name' | 'password' | 'one-time code' | 'secret answer';

/** The destinations that the person who runs the sign-in has allowed. */
export interface CredentialPolicy {
  /** The issuer's origin; with `allowHttp` credentials may go there over plain http. */
  readonly issuerOrigin?: string;
  /** `--allow-http`. */
  readonly allowHttp?: boolean;
  /** Other hosts (`HOST` or `HOST:PORT`) that a page may send credentials to. */
  readonly allowedHosts?: readonly string[];
}

/** The form of an allowed host: a name or an address, and a port where only one is meant. */
export const CREDENTIAL_HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)(?::\d{1,5})?$/i;
