import { CookieJar } from 'tough-cookie';

/** A browser that keeps cookies and follows redirects, and shows nothing. */
export class CookieBrowser {
  readonly jar = new CookieJar();

  /** One request, whose redirect is not followed. */
  async request(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { href } = new URL(url);
    const headers = new Headers(init.headers);
    const cookies = await this.jar.getCookieString(href);
    if (cookies !== '') headers.set('cookie', cookies);
    const response = await fetch(href, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) await this.jar.setCookie(cookie, href, { ignoreError: true });
    return response;
  }

  /** Follows redirects to the page where they end. */
  async open(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const response = await this.request(url, init);
    const location = response.headers.get('location');
    if (location === null || response.status < 300 || response.status > 399) return response;
    await response.text();
    return this.open(new URL(location, url));
  }

  /** Opens the one-time address that `login` opens, and returns the authorization request that it leads to. */
  async authorizationRequest(oneTimeAddress: string): Promise<URL> {
    const { headers, status } = await this.request(oneTimeAddress);
    const location = headers.get('location');
    if (location === null) throw new Error(`the one-time address answered ${status}`);
    return new URL(location);
  }
}
