import { request } from 'node:http';
import { signInOverHttp } from '../test/support/http-browser.js';

/** Signs in as alice on the provider's pages and goes on to the end; the jar then holds a session at the provider. */
export function signInOnce(jar) {
  return async (url) => {
    await signInOverHttp(url, { username: 'alice', password: 'alice-password', jar });
    return 0;
  };
}

/**
 * A person whom the provider knows already: gets the redirect with the code
 * and delivers it. Resolves to the milliseconds until the redirect was there.
 */
export function answerFor(jar) {
  return async (url) => {
    const started = performance.now();
    const redirectUri = new URL(url).searchParams.get('redirect_uri');
    let next = url;
    while (!next.startsWith(redirectUri)) next = await follow(next, jar);
    const atPages = performance.now() - started;
    for (let page = next; page !== undefined; ) page = await follow(page, jar, 'optional');
    return atPages;
  };
}

/** One GET; the address it is redirected to. */
async function follow(url, jar, optional) {
  const headers = { cookie: await jar.getCookieString(url) };
  const response = await new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).once('error', reject).end();
  });
  response.resume();
  await new Promise((resolve) => response.once('close', resolve));
  const { location, 'set-cookie': cookies = [] } = response.headers;
  for (const cookie of cookies) await jar.setCookie(cookie, url, { ignoreError: true });
  if (location) return new URL(location, url).href;
  if (optional) return undefined;
  throw new Error(`${new URL(url).pathname} answered ${response.statusCode} without a redirect`);
}
