import type { CredentialPolicy } from './credential-policy.js';
import type { SentCredentials } from './sent-credentials.js';

/** Who signs in, and with what. All of it is secret but the user name. */
export interface Credentials {
  readonly username: string;
  readonly password?: string;
  /** The secret of a one-time code (RFC 6238): base32, or an otpauth:// URI. */
  readonly totp?: string;
}

/** One explicit step on the provider's pages, where recognising them is not enough. */
export type SignInStep =
  /** Types a value into the field that `fill` names: a CSS selector, or the words on its label. */
  | {
      readonly fill: string;
      readonly value: string;
      /** The value is a credential: it goes only where a password may go. */
      readonly secret?: boolean;
    }
  /** Presses what `click` names: a CSS selector, or its words. */
  | { readonly click: string }
  /** Waits for what is named to appear, or for so many milliseconds. */
  | { readonly wait: string | number };

/** One sign-in on the provider's pages, without a person. */
export interface PageSignIn {
  /** The authorization request. */
  readonly url: string;
  /**
   * A new authorization request with the same state, for a sign-in that begins
   * anew (another way, a browser that died): a pushed request may be used up.
   * Left out, the URL is opened once more.
   */
  readonly again?: () => Promise<string>;
  /** Where the sign-in ends: what is sent there is the answer, and never reaches it. */
  readonly redirectUri: string;
  /** The request's state, by which a listener on this machine knows the answer. */
  readonly state: string;
  readonly credentials: Credentials;
  /** Destinations that are allowed beyond https, this machine and the site of the page that asks for them. */
  readonly credentialPolicy?: CredentialPolicy;
  /** These before and over what is recognised. */
  readonly steps?: readonly SignInStep[];
  /** Milliseconds for the whole of it. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Knows the secrets of the run beside those that are typed here, and is told of one-time codes. */
  readonly masking?: { maskWords(text: string): string; hide(...secrets: readonly (string | undefined)[]): void };
  /** A folder for a screenshot and the page's text when it fails; secrets are masked. */
  readonly evidenceFolder?: string;
  /**
   * Jobs with the same object share cookies, as in one person's browser (a
   * sign-in, its sign-out and what comes after); without it each begins without any.
   */
  readonly session?: object;
  /** Asks for pages in place of the driver's own fetch, so that a trace tells whose they are. Only by http. */
  readonly fetch?: PageFetch;
}

/** The one fetch of the run, as far as pages need it; its `ask`. Redirects are not followed by it. */
export type PageFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
    readonly step: string;
  },
) => Promise<PageResponse>;

/** A page or a redirect, as it came. */
export interface PageResponse {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The `Set-Cookie` headers. */
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** How a sign-in was made. */
export type DriverKind = 'http' | 'browser' | 'command';

/** The authorization response, taken off before it reached the redirect URI. Its state has not been compared. */
export interface PageSignInResult {
  readonly parameters: URLSearchParams;
  readonly via: 'query' | 'form_post';
  /** How many of the provider's pages were seen; 0 by a command. */
  readonly pages: number;
  readonly way: DriverKind;
  /** Which kinds of credentials were sent to which origins; absent for `command`, which sends them itself. */
  readonly credentialsSent?: SentCredentials;
}

/** Files kept of a sign-in that failed, by their paths: `details.evidence` of the error. */
export interface SignInEvidence {
  readonly screenshot?: string;
  readonly text?: string;
}

/**
 * Signs in on a provider's pages by a program. Every method rejects with
 * `OidcCliError` (`sign_in_*`, `browser_*`, the network's codes) or with the
 * signal's reason.
 */
export interface SignInDriver {
  readonly name: DriverKind | 'auto';
  /** Any number at once. */
  signIn(job: PageSignIn): Promise<PageSignInResult>;
  /** Forgets what the jobs with this `session` shared; where there was nothing, nothing happens. */
  endSession?(session: object): Promise<void>;
  /** Ends everything the driver has started; a sign-in under way fails. */
  close(): Promise<void>;
}
