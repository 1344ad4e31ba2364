import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { httpDriver } from '../../src/browser/http-driver.js';
import type { PageSignIn } from '../../src/browser/sign-in-driver.js';
import { createFetch } from '../../src/network/fetch.js';
import { identityProvider } from '../support/identity-provider.js';
import { PRODUCTION, pageJob } from '../support/page-job.js';
import { signInPages, TEST_USER } from '../support/sign-in-pages.js';
import { withTimeStopped } from '../support/time.js';

const clock = { now: () => Date.now() };
const fetch = createFetch({ env: {}, clock });
const driver = httpDriver({ fetch: fetch.ask, clock });

afterAll(async () => {
  await driver.close();
  fetch.close();
});

describe('on the pages of a provider', () => {
  test('user name, password, one-time code, "stay signed in?" and consent lead to the answer', async () => {
    const pages = await signInPages({ style: 'two-step' });
    const job = pageJob(pages.issuer);
    const response = await driver.signIn(job);
    expect(response).toMatchObject({ via: 'query', way: 'http', pages: 5 });
    expect(response.parameters.get('state')).toBe(job.state);
    expect(response.parameters.get('code')).toMatch(/^[\w-]{20,}$/);
    expect(pages.seen.filter((event) => event.startsWith('pressed'))).toEqual([
      'pressed forward',
      'pressed forward',
      'pressed forward',
      'pressed yes',
      'pressed allow',
    ]);
  });

  test('a code with a field for each digit is typed digit by digit', async () => {
    const pages = await signInPages({ style: 'two-step', digits: true });
    expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
  });

  test('a page in Japanese is filled in, and its "no", its other providers and its languages are left alone', async () => {
    const pages = await signInPages({ style: 'japanese' });
    expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
    expect(pages.seen).toEqual(['page サインイン', 'pressed forward', 'page アクセスの許可', 'pressed allow']);
  });

  test.each([
    ['its own account', true, ['pressed account']],
    ['another account, where its own is not there', false, ['pressed another', 'pressed forward']],
  ])('an account chooser gives %s', async (_name, remembered, pressed) => {
    const pages = await signInPages({ style: 'chooser', remembered });
    expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
    expect(pages.seen.filter((event) => event.startsWith('pressed')).slice(0, pressed.length)).toEqual(pressed);
  });

  test('a page that its script sends on is sent on', async () => {
    const pages = await signInPages({ style: 'self-submitting' });
    expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
    expect(pages.seen).toContain('pressed nothing');
  });

  test('an answer by form_post is taken from the page that would post it', async () => {
    const pages = await signInPages({ style: 'japanese' });
    const job = pageJob(pages.issuer, {}, { response_mode: 'form_post' });
    const response = await driver.signIn(job);
    expect(response.via).toBe('form_post');
    expect(response.parameters.get('state')).toBe(job.state);
  });

  test('the answer never goes to the redirect URI, which may be that of production with parameters of its own', async () => {
    const idp = await identityProvider({ clients: [{ clientId: 'app', redirectUris: [PRODUCTION] }] });
    const credentials = { username: 'alice', password: 'alice-password' };
    const response = await driver.signIn(
      pageJob(idp.issuer, { redirectUri: PRODUCTION, credentials }, { client_id: 'app' }),
    );
    expect([...response.parameters.keys()].sort()).toEqual(['code', 'iss', 'state']);
  });

  test('jobs of one session share their cookies, until it is ended', async () => {
    const idp = await identityProvider();
    const session = {};
    const credentials = { username: 'alice', password: 'alice-password' };
    await driver.signIn(pageJob(idp.issuer, { credentials, session }));
    const silent = () => driver.signIn(pageJob(idp.issuer, { credentials, session }, { prompt: 'none' }));
    const response = await silent();
    expect(response).toMatchObject({ pages: 0 });
    expect(response.parameters.has('code')).toBe(true);
    await driver.endSession?.(session);
    expect((await silent()).parameters.get('error')).toBe('login_required');
  });
});

describe('what a page says is wrong is the failure', () => {
  const wrong = (credentials: Partial<PageSignIn['credentials']>) => ({
    credentials: { ...TEST_USER, ...credentials },
  });

  test.each([
    ['two-step', { password: 'not-it-1' }, 'sign_in_rejected', 'password', 'Wrong password. Try again or reset it.'],
    [
      'japanese',
      { password: 'not-it-1' },
      'sign_in_rejected',
      'password',
      'メールアドレスまたはパスワードが正しくありません。',
    ],
    ['two-step', { username: 'nobody@example.com' }, 'sign_in_rejected', 'username', "We couldn't find that account."],
    [
      'two-step',
      { totp: 'otpauth://totp/a?secret=AAAAAAAAAAAAAAAAAAAAAAAA&period=4' },
      'sign_in_rejected',
      'code',
      'That code is not correct.',
    ],
  ] as const)('%s with %o: %s', async (style, credentials, code, field, words) => {
    const pages = await signInPages({ style });
    const job = pageJob(pages.issuer, { ...wrong(credentials), timeoutMs: 50_000 });
    await expect(driver.signIn(job)).rejects.toMatchObject({ code, facts: { field, words } });
  });

  test('a locked account', async () => {
    const pages = await signInPages({ style: 'locked' });
    await expect(driver.signIn(pageJob(pages.issuer))).rejects.toMatchObject({
      code: 'sign_in_account_locked',
      facts: { words: 'Your account has been locked after too many attempts. Contact your administrator.' },
    });
  });

  test('a redirect URI that is not registered', async () => {
    const idp = await identityProvider({
      clients: [{ clientId: 'app', redirectUris: ['https://app.example.com/other'] }],
    });
    const failed = driver.signIn(pageJob(idp.issuer, { redirectUri: PRODUCTION }, { client_id: 'app' }));
    await expect(failed).rejects.toMatchObject({
      code: 'sign_in_page_error',
      facts: { status: 400, words: expect.stringMatching(/redirect URI/i) },
    });
  });

  test.each([
    ['password', { username: TEST_USER.username }, 'password'],
    ['secret of one-time codes', { username: TEST_USER.username, password: TEST_USER.password }, 'code'],
  ])('no %s where the page wants one', async (_name, credentials, field) => {
    const pages = await signInPages({ style: 'two-step' });
    await expect(driver.signIn(pageJob(pages.issuer, { credentials }))).rejects.toMatchObject({
      code: 'sign_in_credentials_missing',
      facts: { field },
    });
  });

  test.each([
    ['not base32 at all!', 'it is neither base32 nor an otpauth address'],
    ['234567', 'it is too short'],
    ['otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=1', 'it is for codes by a counter (HOTP), not by the time'],
    ['otpauth://totp/a', 'the otpauth address is not complete'],
  ])('a secret of one-time codes like %s, before anything is asked', async (totp, reason) => {
    const failed = driver.signIn(pageJob('http://127.0.0.1:1', { credentials: { ...TEST_USER, totp } }));
    await expect(failed).rejects.toMatchObject({ code: 'totp_secret_invalid', facts: { reason } });
  });

  test('a one-time code that was refused is tried once more with the next, and then given up', {
    timeout: 60_000,
  }, async () => {
    const pages = await signInPages({ style: 'two-step', refuseCodes: 1 });
    const response = await driver.signIn(pageJob(pages.issuer, { timeoutMs: 50_000 }));
    expect(response.parameters.has('code')).toBe(true);
    expect(pages.seen.filter((event) => event === 'page Two-step verification')).toHaveLength(2);
  });
});

describe('pages for which http is not enough', () => {
  test('a form that is rendered by script', async () => {
    const pages = await signInPages({ style: 'single-page' });
    await expect(driver.signIn(pageJob(pages.issuer))).rejects.toMatchObject({
      code: 'sign_in_script_needed',
      facts: { title: 'Example ID' },
    });
  });

  test('a page that never answers ends with the time, and says where it was', async () => {
    const pages = await signInPages({ style: 'hanging' });
    await withTimeStopped(async (pass) => {
      const late = driver.signIn(pageJob(pages.issuer, { timeoutMs: 700 }));
      late.catch(() => undefined);
      await expect.poll(() => pages.seen).toContain('pressed forward');
      pass(0.7);
      await expect(late).rejects.toMatchObject({
        code: 'sign_in_timed_out',
        facts: { seconds: 1, title: 'Sign in', pages: 1 },
      });
    });
  });

  test('an abort ends it with its reason', async () => {
    const pages = await signInPages({ style: 'hanging' });
    const stopping = new AbortController();
    const reason = new DOMException('Ctrl-C', 'AbortError');
    const failed = driver.signIn(pageJob(pages.issuer, { signal: stopping.signal }));
    failed.catch(() => undefined);
    await expect.poll(() => pages.seen).toContain('pressed forward');
    stopping.abort(reason);
    await expect(failed).rejects.toBe(reason);
  });
});

test('what is kept of a failure holds no secret, in whatever form the page shows it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-evidence-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const secret = TEST_USER.password;
  const nonce = 'nonce-of-this-sign-in';
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ];
  forms.push(new URLSearchParams({ a: secret }).toString().slice(2), Buffer.from(`sam:${secret}`).toString('base64'));
  await site.serve({
    '/auth':
      '<title>In</title><form method="post" action="/in"><input name="user"><input type="password" name="pw"><button>Sign in</button></form>',
    '/in': `<title>In</title><form method="post"><p>${nonce} and ${encodeURIComponent(encodeURIComponent(secret))}</p><p role="alert">Wrong password: ${asHtml(secret)}</p>${forms.map((form) => `<p>${asHtml(form)}</p>`).join('')}<input name="user"><input type="password" name="pw"><button>Sign in</button></form>`,
  });
  const failed = driver.signIn(pageJob(site.origin, { evidenceFolder: join(folder, 'new') }, { nonce }));
  const error = await failed.catch(
    (caught: unknown) => caught as Error & { facts: object; details: { evidence: { text: string } } },
  );
  if (!('details' in error)) throw new Error('the sign-in succeeded');
  expect(await readdir(join(folder, 'new'))).toHaveLength(1);
  const saved = await readFile(error.details.evidence.text, 'utf8');
  expect(saved).toContain('Wrong password: (not shown)');
  expect(saved).toContain('(not shown) and (not shown)');
  expect(saved).not.toContain(nonce);
  for (const form of [...forms, Buffer.from(secret).toString('base64').slice(4, -4)]) {
    expect(saved).not.toContain(form);
    expect(JSON.stringify(error.facts)).not.toContain(form);
  }
});

describe('explicit steps', () => {
  test('go before and over what is recognised', async () => {
    await site.serve({
      '/auth':
        '<form method="post" action="/tenant"><label>Work place <input name="place"></label><button name="b" value="1">Los</button></form>',
      '/tenant':
        '<form method="post" action="/in"><input name="user" value="x"><input type="password" name="pw"><button name="b" value="no">Elsewhere</button><button name="b" value="yes">Sign in</button></form>',
      '/in': site.toRedirectUri,
    });
    const steps = [
      { fill: 'work place', value: 'acme' },
      { click: 'Los' },
      { fill: 'input[name=user]', value: 'sam-in-acme' },
    ];
    await driver.signIn(pageJob(site.origin, { steps }));
    expect(site.posted).toEqual([
      { place: 'acme', b: '1' },
      { user: 'sam-in-acme', pw: TEST_USER.password, b: 'yes' },
    ]);
  });

  test('are named when what they are about is not there', async () => {
    await site.serve({
      '/auth':
        '<title>Where</title><form method="post"><input type="search" name="colour"><button type="button">Go</button></form>',
    });
    const steps = [{ fill: '#tenant', value: 'secret-tenant' }];
    await expect(driver.signIn(pageJob(site.origin, { steps }))).rejects.toMatchObject({
      code: 'sign_in_step_failed',
      facts: { step: 'fill "#tenant"', title: 'Where' },
    });
  });
});

describe('as a browser would', () => {
  test('base, selected options, ticked boxes, the pressed button and no other are sent', async () => {
    await site.serve({
      '/auth': `<base href="/deep/down/"><form method="post" action="in"><input type="hidden" name="csrf" value="a&amp;b">
<select name="realm"><option>one<option selected value="2">two</select><input type="checkbox" name="keep" checked><input type="checkbox" name="more">
<input type="checkbox" name="terms" value="yes" required><input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">
<input name="off" value="x" disabled><input name="username"><input type="password" name="pw"><textarea name="note">hi</textarea>
<button name="do" value="cancel">Cancel</button><button name="do" value="go">Log in</button></form>`,
      '/deep/down/in': site.toRedirectUri,
    });
    await driver.signIn(pageJob(site.origin));
    const { username, password } = TEST_USER;
    expect(site.posted).toEqual([
      { csrf: 'a&b', realm: '2', keep: 'on', terms: 'yes', r: '1', username, pw: password, note: 'hi', do: 'go' },
    ]);
  });

  test('a refresh is followed, a page in Shift_JIS is read, and 307 posts once more', async () => {
    await site.serve({
      '/auth': '<meta http-equiv="refresh" content="0; url=/next"><p>One moment',
      '/next': {
        headers: { 'content-type': 'text/html; charset=Shift_JIS' },
        // "パスワード" in Shift_JIS, as the label of a field whose type says nothing.
        body: Buffer.concat([
          Buffer.from('<form method="post" action="/in"><input name="login"><label>'),
          Buffer.from([0x83, 0x70, 0x83, 0x58, 0x83, 0x8f, 0x81, 0x5b, 0x83, 0x68]),
          Buffer.from('<input name="f2"></label><button>OK</button></form>'),
        ]),
      },
      '/in': { status: 307, headers: { location: '/in2' } },
      '/in2': site.toRedirectUri,
    });
    await driver.signIn(pageJob(site.origin));
    expect(site.posted).toEqual([1, 2].map(() => ({ login: TEST_USER.username, f2: TEST_USER.password })));
  });

  test.each([
    [
      'a form that would put the password into an address',
      '<form><input name="u"><input type="password" name="p"><button>Log in</button></form>',
    ],
    [
      'fields without a form',
      '<script>1</script><input name="u"><input type="password" name="p"><button>Log in</button>',
    ],
    ['a page that asks for script', '<noscript>Please enable JavaScript</noscript><div id="app"></div>'],
  ])('%s needs a browser', async (_name, page) => {
    await site.serve({ '/auth': page });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({ code: 'sign_in_script_needed' });
    expect(site.posted).toEqual([]);
  });

  test.each([
    [
      'the same form again and again, without a word',
      '<title>In</title><form method="post" action="/auth"><input name="u"><input type="password" name="p"><button>Log in</button></form>',
      'sign_in_loops',
      1,
    ],
    [
      'an endless "continue"',
      '<title>Go</title><form method="post" action="/auth"><button>Continue</button></form>',
      'sign_in_loops',
      3,
    ],
  ])('%s is given up before it locks anybody out', async (_name, page, code, posts) => {
    await site.serve({ '/auth': page });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({ code });
    expect(site.posted).toHaveLength(posts);
  });

  test('a redirect is followed as browsers do it: Location in UTF-8, and 300 is none', async () => {
    const location = Buffer.from('/läge').toString('latin1');
    await site.serve({ '/auth': { status: 302, headers: { location } }, '/l%C3%A4ge': site.toRedirectUri });
    const response = await driver.signIn(pageJob(site.origin));
    expect(response.parameters.get('code')).toBe('c');

    const page = '<title>Choose</title><p>Nothing to sign in with';
    await site.serve({
      '/auth': { status: 300, headers: { location: '/next' }, body: page },
      '/next': site.toRedirectUri,
    });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({ facts: { title: 'Choose' } });
  });

  test('a redirect in a circle is given up', async () => {
    await site.serve({ '/auth': { status: 302, headers: { location: '/auth' } } });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({ code: 'sign_in_loops' });
  });

  test('a page whose elements stand thousands deep in one another is told as one that cannot be read', async () => {
    await site.serve({ '/auth': `${'<div>'.repeat(50_000)}<form method="post"><input type="password"></form>` });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({
      code: 'sign_in_page_too_large',
      facts: { limit: 'depth', url: `${site.origin}/auth` },
    });
  });

  test('a redirect to an application of its own scheme is an answer only where that is the redirect URI', async () => {
    await site.serve({ '/auth': { status: 302, headers: { location: 'com.example.app:/cb?code=1&state=2' } } });
    const response = await driver.signIn(pageJob(site.origin, { redirectUri: 'com.example.app:/cb' }));
    expect(response.parameters.get('code')).toBe('1');
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({ code: 'sign_in_page_error' });
  });

  test.each([
    [
      'JSON',
      {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: '{"error":"invalid_client","error_description":"Client unknown."}',
      },
      'invalid_client: Client unknown.',
    ],
    ['a status', { status: 502, body: '<h1>Bad gateway</h1>' }, 'Bad gateway'],
    [
      'words',
      '<title>Sorry</title><h1>Something went wrong</h1><p>AADSTS50011: The reply URL does not match.</p>',
      'AADSTS50011: The reply URL does not match.',
    ],
  ])("a provider's error by %s is told in its words", async (_name, page, words) => {
    await site.serve({ '/auth': page });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({
      code: 'sign_in_page_error',
      facts: { words },
    });
  });

  test('a page for something else is described', async () => {
    await site.serve({
      '/auth':
        '<title>Colours</title><form method="post"><select name="c"><option>red</select><input name="zip" placeholder="Postal code"></form>',
    });
    await expect(driver.signIn(pageJob(site.origin))).rejects.toMatchObject({
      code: 'sign_in_page_not_understood',
      facts: { title: 'Colours', controls: ['list "c"', 'text field "Postal code"'] },
    });
  });
});

type Page = string | { status?: number; headers?: Record<string, string>; body?: string | Buffer };

/** A site of a few pages, which notes what is posted to it. */
const site = {
  origin: '',
  pages: {} as Record<string, Page>,
  posted: [] as Record<string, string>[],
  toRedirectUri: { status: 303, headers: { location: 'http://127.0.0.1:9/callback?code=c&state=s' } } as Page,
  serve: async (pages: Record<string, Page>) => {
    site.pages = pages;
  },
};
let server: Server;

beforeAll(async () => {
  server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (request.method === 'POST') site.posted.push(Object.fromEntries(new URLSearchParams(text)));
    const page = site.pages[new URL(request.url ?? '', 'http://x').pathname] ?? { status: 404 };
    const { status = 200, headers = {}, body = '' } = typeof page === 'string' ? { body: page } : page;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  site.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  site.posted = [];
});

function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
