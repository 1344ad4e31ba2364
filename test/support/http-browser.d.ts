import type { CookieJar } from 'tough-cookie';

/** One page that the browser came to, and what it did there. */
export interface BrowserStep {
  /** Without query and fragment: those may hold codes and tokens. */
  readonly url: string;
  readonly title: string;
  readonly action: 'signed in' | 'cancelled' | 'allowed' | 'denied' | 'went on' | 'stopped';
}

export interface HttpBrowserOptions {
  readonly username: string;
  /** Left out with `deny`: the sign-in page is cancelled. */
  readonly password?: string;
  /** Refuses what a page asks to allow: consent, or signing out. */
  readonly deny?: boolean;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole way; 30,000 by default. */
  readonly timeoutMs?: number;
  /** Cookies to begin with, and where new ones are kept. */
  readonly jar?: CookieJar;
  readonly acceptLanguage?: string;
  readonly onStep?: (step: BrowserStep) => void;
}

/** The page where the way ended. */
export interface LastPage {
  /** Whole: it may hold a code, so it must not be shown. */
  readonly finalUrl: string;
  readonly status: number;
  readonly body: string;
}

/**
 * A browser without a window or scripts: opens `url`, follows redirects,
 * keeps cookies, fills in the sign-in form once, presses the buttons of
 * consent and logout pages, and ends at the first page without any of these.
 * A sign-in form that comes back (wrong password) ends it as well; the caller
 * reads the page.
 *
 * Throws `login_timeout`, a `network_*` code, or the signal's reason.
 */
export declare function signInOverHttp(url: string, options: HttpBrowserOptions): Promise<LastPage>;
