import { get } from 'node:http';
import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';
import { beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { pageText } from '../../src/idp/page-text.js';
import { consentPage, errorPage, signInPage } from '../../src/idp/pages.js';
import { signInOverHttp } from '../support/http-browser.js';
import { identityProvider } from '../support/identity-provider.js';
import { ALICE, relyingParty } from './relying-party.js';

const HOSTILE = `"'><script>alert(1)</script><b onclick=x>&amp;`;

let idp: IdentityProvider;

beforeAll(async () => {
  const clients = [{ clientId: 'hostile', clientName: HOSTILE }];
  idp = await identityProvider({ clients });
});

/** The page at the end of the redirects, without sending its form, and the cookies it came with. */
async function pageAt(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ html: HTMLElement; jar: CookieJar; at: string }> {
  const jar = new CookieJar();
  let at = url;
  for (;;) {
    const response = await fetch(at, {
      redirect: 'manual',
      headers: { ...headers, cookie: await jar.getCookieString(at) },
    });
    for (const line of response.headers.getSetCookie()) await jar.setCookie(line, at);
    const location = response.headers.get('location');
    if (location === null) return { html: parse(await response.text()), jar, at };
    at = new URL(location, at).href;
  }
}

function headers(url: string): Promise<Record<string, string | string[] | undefined>> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { accept: 'text/html' }, agent: false }, (response) => {
      response.resume();
      resolve(response.headers);
    }).once('error', reject);
  });
}

describe('the sign-in page', () => {
  test('has the login_hint in the user name field, and waits in the next one', async () => {
    const app = await relyingParty(idp);
    const { html } = await pageAt((await app.request({ login_hint: 'someone@example.com' })).url);
    expect(html.querySelector('#username')?.getAttribute('value')).toBe('someone@example.com');
    expect(html.querySelectorAll('[autofocus]').map(({ id }) => id)).toEqual(['password']);
  });

  test('labels its fields, names them to password managers, and says its language', async () => {
    const app = await relyingParty(idp);
    const { html } = await pageAt((await app.request()).url);
    for (const [id, autocomplete] of [
      ['username', 'username'],
      ['password', 'current-password'],
    ]) {
      expect(html.querySelector(`label[for=${id}]`)?.textContent.trim()).not.toBe('');
      expect(html.querySelector(`#${id}`)?.getAttribute('autocomplete')).toBe(autocomplete);
    }
    expect(html.querySelector('html')?.getAttribute('lang')).toBe('en');
    expect(html.querySelectorAll('h1')).toHaveLength(1);
    expect(html.querySelectorAll('script, link, img, iframe')).toEqual([]);
  });

  test('shows the default users with a button each, and no others', async () => {
    const other = await identityProvider({ users: [{ username: 'carol', password: 'secret-of-carol', claims: {} }] });
    const app = await relyingParty(other);
    const { html } = await pageAt((await app.request()).url);
    const buttons = html.querySelectorAll('form.user button').map((button) => button.textContent);
    expect(buttons).toEqual(['Sign in as Alice Example', 'Sign in as Bob Example']);
    expect(html.toString()).not.toContain('carol');
  });

  const languages: readonly Readonly<{
    parameters: Record<string, string>;
    acceptLanguage: string;
    lang: string;
    title: string;
  }>[] = [
    { parameters: {}, acceptLanguage: 'ja,en;q=0.8', lang: 'ja', title: 'サインイン' },
    { parameters: {}, acceptLanguage: 'en,ja;q=0.8', lang: 'en', title: 'Sign in' },
    { parameters: { ui_locales: 'fr ja en' }, acceptLanguage: 'en', lang: 'ja', title: 'サインイン' },
    { parameters: { ui_locales: 'fr' }, acceptLanguage: 'fr', lang: 'en', title: 'Sign in' },
  ];
  test.each(languages)('is in $lang for ui_locales $parameters and Accept-Language $acceptLanguage', async (given) => {
    const app = await relyingParty(idp);
    const { url } = await app.request(given.parameters);
    const { html } = await pageAt(url, { 'accept-language': given.acceptLanguage });
    expect(html.querySelector('html')?.getAttribute('lang')).toBe(given.lang);
    expect(html.querySelector('h1')?.textContent).toBe(given.title);
  });
});

describe('nothing that came from elsewhere is markup', () => {
  test('a client’s name, on the sign-in, consent and logout pages', async () => {
    const app = await relyingParty(idp, { clientId: 'hostile' });
    const jar = new CookieJar();
    const { url } = await app.request();
    const signIn = await signInOverHttp(url, { username: 'alice', password: 'wrong', jar });
    expect(parse(signIn.body).querySelector('.lead strong')?.textContent).toBe(HOSTILE);
    expect(signIn.body).not.toContain('<script>');
    const titles: string[] = [];
    await app.signIn({}, { jar, onStep: ({ title }) => titles.push(title) });
    expect(titles).toContain(`Allow ${HOSTILE}?`);
  });

  test('a login_hint', async () => {
    const app = await relyingParty(idp);
    const { html } = await pageAt((await app.request({ login_hint: HOSTILE })).url);
    expect(html.querySelector('#username')?.getAttribute('value')).toBe(HOSTILE);
    expect(html.querySelectorAll('script, b')).toEqual([]);
  });

  test('a client id, a redirect URI and a description on the error page', async () => {
    const page = await signInOverHttp(`${idp.issuer}/auth?${new URLSearchParams({ client_id: HOSTILE })}`, ALICE);
    expect(parse(page.body).querySelector('.error')?.textContent).toContain(HOSTILE);
    expect(page.body).not.toContain('<script>');
    const text = pageText(undefined, 'en');
    const body = errorPage(text, { code: HOSTILE, what: HOSTILE, fix: HOSTILE, value: HOSTILE, detail: `${HOSTILE}.` });
    expect(body).not.toMatch(/<script>|<b /);
  });

  test('scopes, claims, resources, users and redirect URIs, on the consent and sign-in pages', () => {
    const text = pageText(undefined, 'en');
    const user = { username: HOSTILE, password: HOSTILE, claims: { name: HOSTILE } };
    const asked = { scopes: [HOSTILE, '__proto__'], claims: [HOSTILE], resources: { [HOSTILE]: [HOSTILE] } };
    const pages = [
      consentPage(text, { client: HOSTILE, user, asked, returnsTo: HOSTILE }),
      signInPage(text, { client: HOSTILE, login: HOSTILE, refused: true, users: [user] }),
    ];
    for (const page of pages) expect(page).not.toMatch(/<script>|<b |onclick=x>/);
  });
});

describe('a page’s headers', () => {
  test('let nothing run, nothing load and no frame, and send no referrer', async () => {
    const { 'content-security-policy': policy, ...rest } = await headers(`${idp.issuer}/interaction/unknown`);
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(rest).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
  });
});

describe('the error page', () => {
  test.each([
    { path: '/auth?client_id=nobody', status: 400, what: 'There is no client “nobody” at this identity provider.' },
    { path: '/interaction/unknown', status: 400, what: 'This sign-in has expired' },
    { path: '/nothing', status: 404, what: 'There is no page at this address.' },
    { path: '/auth?client_id=demo&response_type=code', status: 400, what: 'redirect_uri' },
  ])('at $path says what happened and what to change', async ({ path, status, what }) => {
    const page = await signInOverHttp(`${idp.issuer}${path}`, ALICE);
    expect(page.status).toBe(status);
    expect(parse(page.body).querySelector('[role=alert]')?.textContent).toContain(what);
    expect(parse(page.body).querySelector('[role=alert] + p')?.textContent.trim()).not.toBe('');
  });

  test('is the answer to the address of another sign-in than the cookie’s', async () => {
    const app = await relyingParty(idp);
    const { jar, at } = await pageAt((await app.request()).url);
    const headers = { cookie: await jar.getCookieString(at) };
    expect((await fetch(at, { headers })).status).toBe(200);
    expect((await fetch(`${idp.issuer}/interaction/another`, { headers })).status).toBe(400);
  });

  test('answers what asks for JSON with JSON', async () => {
    const response = await fetch(`${idp.issuer}/nothing`, { headers: { accept: 'application/json' } });
    expect([response.status, await response.json()]).toEqual([404, { error: 'not_found' }]);
  });
});

test('a form that is far too long is refused', async () => {
  const app = await relyingParty(idp);
  const { url } = await app.request();
  const page = await signInOverHttp(url, { username: 'x'.repeat(100_000), password: '' });
  expect(page.status).toBe(413);
});

test('the issuer’s own address shows where its discovery document is', async () => {
  const page = await signInOverHttp(idp.issuer, ALICE);
  expect(parse(page.body).querySelector('a')?.getAttribute('href')).toBe(
    `${idp.issuer}/.well-known/openid-configuration`,
  );
});
