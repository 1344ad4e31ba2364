import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { equalInConstantTime } from './state-parameter.js';

/** The kinds of request to the one-time address. */
type AddressVisit =
  /** The first client to open it: it gets the cookie. */
  | 'first'
  /** The client that has the cookie opens it again (a reload, a restored tab). */
  | 'again'
  /** A client without the cookie, after another one got it. */
  | 'second client'
  /** A browser that loads pages ahead of need: nobody has opened the address yet. */
  | 'prefetch';

/** Seconds that a browser keeps the cookie where no response came back: the longest `--timeout`. */
const COOKIE_SECONDS = 86_400;

/**
 * Binds a sign-in to one browser (RFC 6749 §10.12): a one-time address on the
 * redirect URI's host, and the cookie that the first client to open it gets.
 * The address is an argument of the browser's process, which every user of the
 * machine can read; the cookie is not.
 */
export class BrowserBinding {
  readonly path = `/go/${randomName()}`;
  /** Whether a client has the cookie. */
  visited = false;
  private readonly name: string;
  private readonly value = randomName();

  /**
   * @param destination where the address leads
   * @param port the listener's: browsers send a host's cookies to each of its ports
   */
  constructor(
    readonly destination: string,
    port: number,
  ) {
    this.name = `oidc-cli-${port}`;
  }

  /**
   * The `Set-Cookie` header for the first client. Lax: it comes back with the
   * provider's redirect, which is a navigation from another site.
   */
  get setCookie(): string {
    return `${this.name}=${this.value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${COOKIE_SECONDS}`;
  }

  /** The `Set-Cookie` header that removes the cookie. */
  get clearCookie(): string {
    return `${this.name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
  }

  /** Classifies a GET of the one-time address; the first one marks it as visited. */
  visit(request: IncomingMessage): AddressVisit {
    if (isPrefetch(request)) return 'prefetch';
    if (this.visited) return this.isFrom(request) ? 'again' : 'second client';
    this.visited = true;
    return 'first';
  }

  /** Whether a request carries the cookie, compared in constant time. */
  isFrom(request: IncomingMessage): boolean {
    return cookieValues(request.headers.cookie ?? '', this.name).some((value) =>
      equalInConstantTime(value, this.value),
    );
  }
}

/** 144 random bits, for a path or a cookie. */
export function randomName(): string {
  return randomBytes(18).toString('base64url');
}

/** Chromium and Safari announce it in `Sec-Purpose` or `Purpose`, Firefox in `X-Moz` too. */
function isPrefetch({ headers }: IncomingMessage): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    /\b(prefetch|prerender|preview)\b/i.test(String(headers[name] ?? '')),
  );
}

/** All values of a cookie in a `Cookie` header (RFC 6265 §5.4): other paths and pages may have set more under its name. */
function cookieValues(header: string, name: string): string[] {
  return header.split(';').flatMap((pair) => {
    const [key = '', ...value] = pair.split('=');
    return key.trim() === name ? [value.join('=').trim()] : [];
  });
}
