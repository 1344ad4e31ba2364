import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { PageSignIn } from '../../src/browser/sign-in-driver.js';
import { browserDriver, serve } from '../support/browser-pages.js';
import { chromiumPresent } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { PRODUCTION, pageJob } from '../support/page-job.js';
import { requirement } from '../support/requirement.js';
import { formsOf } from '../support/secret-forms.js';
import { signInPages, TEST_USER } from '../support/sign-in-pages.js';

/** Seconds for a sign-in that must run out of them: on a busy machine the page itself takes some. */
const MORE_AND_MORE = [2, 6, 18, 54];

const present = requirement('Chromium', chromiumPresent, 'signing in by a browser without a person');

describe.runIf(present)('a browser without a window', () => {
  const driver = browserDriver();
  afterAll(() => driver.close());

  test('goes through user name, password, one-time code, "stay signed in?" and consent', async () => {
    const pages = await signInPages({ style: 'two-step' });
    const job = pageJob(pages.issuer);
    const response = await driver.signIn(job);
    expect(response).toMatchObject({ via: 'query', way: 'browser', pages: 5 });
    expect(response.parameters.get('state')).toBe(job.state);
    expect(pages.seen.filter((event) => /pressed (cancel|deny|google|no)/.test(event))).toEqual([]);
  });

  test('waits for a form that script renders, in two steps on one page', async () => {
    const pages = await signInPages({ style: 'single-page' });
    const response = await driver.signIn(pageJob(pages.issuer));
    expect(response.parameters.has('code')).toBe(true);
  });

  test('reads a page in Japanese', async () => {
    const pages = await signInPages({ style: 'japanese' });
    expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
    expect(pages.seen).toEqual(['page サインイン', 'pressed forward', 'page アクセスの許可', 'pressed allow']);
  });

  test('types a code with a field for each digit, and goes along with a page that sends itself', async () => {
    const [digits, selfSubmitting] = await Promise.all([
      signInPages({ style: 'two-step', digits: true }),
      signInPages({ style: 'self-submitting' }),
    ]);
    const responses = await Promise.all([digits, selfSubmitting].map(({ issuer }) => driver.signIn(pageJob(issuer))));
    expect(responses.map(({ parameters }) => parameters.has('code'))).toEqual([true, true]);
  });

  test('chooses the account, or another', async () => {
    for (const remembered of [true, false]) {
      const pages = await signInPages({ style: 'chooser', remembered });
      expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
      expect(pages.seen).toContain(remembered ? 'pressed account' : 'pressed another');
    }
  });

  test.each(['query', 'form_post'])(
    'takes an answer by %s for the redirect URI of production, and nothing goes there',
    async (mode) => {
      const idp = await identityProvider({ clients: [{ clientId: 'app', redirectUris: [PRODUCTION] }] });
      const job = pageJob(
        idp.issuer,
        { redirectUri: PRODUCTION, credentials: { username: 'alice', password: 'alice-password' } },
        { client_id: 'app', response_mode: mode },
      );
      const { via, parameters } = await driver.signIn(job);
      expect(via).toBe(mode);
      expect([...parameters.keys()].sort()).toEqual(['code', 'iss', 'state']);
    },
  );

  test('asks nothing of a server that listens on the redirect URI', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
    const pages = await signInPages({ style: 'japanese' });
    await driver.signIn(pageJob(pages.issuer, { redirectUri }));
    expect(asked).toEqual([]);
  });

  test("takes an answer for an application's own scheme", async () => {
    const site = await serve((_url) => ({ status: 302, headers: { location: 'com.example.app:/cb?code=1&state=2' } }));
    const { parameters } = await driver.signIn(pageJob(site, { redirectUri: 'com.example.app:/cb' }));
    expect(parameters.get('code')).toBe('1');
  });

  test('begins each sign-in without cookies, but for those of one session', async () => {
    const idp = await identityProvider();
    const session = {};
    const credentials = { username: 'alice', password: 'alice-password' };
    const silent = (job: Partial<PageSignIn>) =>
      driver.signIn(pageJob(idp.issuer, { credentials, ...job }, { prompt: 'none' }));
    await driver.signIn(pageJob(idp.issuer, { credentials, session }));
    expect((await silent({ session })).parameters.has('code')).toBe(true);
    expect((await silent({})).parameters.get('error')).toBe('login_required');
    await driver.endSession?.(session);
    expect((await silent({ session })).parameters.get('error')).toBe('login_required');
    await driver.endSession?.(session);
  });

  test.each([
    ['japanese', { password: 'nope-1' }, 'sign_in_rejected', 'メールアドレスまたはパスワードが正しくありません。'],
    ['single-page', { password: 'nope-1' }, 'sign_in_rejected', 'Incorrect user name or password.'],
    [
      'locked',
      {},
      'sign_in_account_locked',
      'Your account has been locked after too many attempts. Contact your administrator.',
    ],
  ] as const)('tells what a page (%s) says: %o', async (style, credentials, code, words) => {
    const pages = await signInPages({ style });
    const job = pageJob(pages.issuer, { credentials: { ...TEST_USER, ...credentials } });
    await expect(driver.signIn(job)).rejects.toMatchObject({ code, facts: { words } });
  });

  test('tries a refused one-time code once more', async () => {
    const pages = await signInPages({ style: 'two-step', refuseCodes: 1 });
    expect((await driver.signIn(pageJob(pages.issuer))).parameters.has('code')).toBe(true);
  });

  test('ends with the time, and at once with an abort', async () => {
    const pages = await signInPages({ style: 'hanging' });
    const stopping = new AbortController();
    const reason = new DOMException('Ctrl-C', 'AbortError');
    const stopped = driver.signIn(pageJob(pages.issuer, { signal: stopping.signal }));
    stopped.catch(() => undefined);
    await expect.poll(() => pages.seen).toContain('pressed forward');
    stopping.abort(reason);
    await expect(stopped).rejects.toBe(reason);

    for (const seconds of MORE_AND_MORE) {
      const before = pages.seen.length;
      const late = driver.signIn(pageJob(pages.issuer, { timeoutMs: seconds * 1_000 }));
      const error = await late.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!pages.seen.slice(before).includes('pressed forward')) continue;
      expect(error).toMatchObject({ code: 'sign_in_timed_out', facts: { seconds, title: 'Sign in', pages: 1 } });
      return;
    }
    throw new Error('it did not come to the page');
  });

  test('does explicit steps, also those that what is recognised would not do', async () => {
    const posted: string[] = [];
    const site = await serve((url, body) => {
      if (body !== '') posted.push(body);
      if (url.pathname === '/auth') {
        return `<form method="post" action="/tenant"><label>Work place<input name="place"></label><span onclick="this.parentNode.submit()">Los geht's</span></form>`;
      }
      if (url.pathname === '/tenant') {
        return '<form method="post" action="/in"><input name="user" value="x"><input type="password" name="pw"><button name="b" value="yes">Sign in</button></form>';
      }
      return { status: 303, headers: { location: 'http://127.0.0.1:9/callback?code=c' } };
    });
    const steps = [
      { fill: 'work place', value: 'acme' },
      { click: "Los geht's" },
      { wait: 10 },
      { fill: '[name=user]', value: 'sam' },
    ];
    await driver.signIn(pageJob(site, { steps, credentials: { username: 'other', password: 'pw-1' } }));
    expect(posted).toEqual(['place=acme', 'user=sam&pw=pw-1&b=yes']);
    const nothing = await serve(() => '<title>Where</title><p>Nothing to do');
    // On a page without script nothing appears that is not there: the failure does not wait for the end of the time.
    const step = driver.signIn(pageJob(nothing, { steps: [{ click: '#elsewhere' }] }));
    await expect(step).rejects.toMatchObject({
      code: 'sign_in_step_failed',
      facts: { step: 'click "#elsewhere"', title: 'Where' },
    });
    await expect(driver.signIn(pageJob(nothing))).rejects.toMatchObject({
      code: 'sign_in_page_not_understood',
    });
  });

  test('tells in the codes of the network that nobody is there', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const closed = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    for (const [code, origin] of [
      ['network_refused', closed],
      ['network_dns', 'http://nowhere.invalid'],
    ] as const) {
      await expect(driver.signIn(pageJob(origin))).rejects.toMatchObject({ code, facts: { url: `${origin}/auth` } });
    }
  });

  test("what is kept of a failure shows none of the provider's session cookies, in no form", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-evidence-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    // The second one is removed by the page that shows it.
    const values = ['s.A1/b+c=d&e', 'gone-0123456789abcdef'];
    const [session = '', removed = ''] = values;
    const shown = values.flatMap(formsOf).map((form) => `<p>${asHtml(form)}</p>`);
    const site = await serve((url) => {
      if (url.pathname === '/auth') {
        const cookies = [`sid=${session}; HttpOnly`, `old=${removed}; HttpOnly`];
        return {
          status: 303,
          headers: { location: '/page', 'set-cookie': cookies as unknown as string },
          body: '',
        };
      }
      return {
        headers: { 'set-cookie': 'old=; Max-Age=0' } as Record<string, string>,
        body: `<title>${asHtml(session)}</title><h1>Your session ${asHtml(removed)} has ended</h1>${shown.join('')}`,
      };
    });
    const error = await driver.signIn(pageJob(site, { evidenceFolder: folder })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ details: { evidence: { text: expect.any(String) } } });
    for (const name of await readdir(folder)) {
      const text = (await readFile(join(folder, name))).toString('latin1');
      for (const form of values.flatMap(formsOf)) expect(text).not.toContain(form);
    }
    for (const form of values.flatMap(formsOf)) expect(JSON.stringify(error)).not.toContain(form);
  });

  test('what is kept of a failure shows no secret, in no form', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-evidence-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const secret = TEST_USER.password;
    const base64 = Buffer.from(secret).toString('base64');
    const inside = Buffer.from(`sam:${secret}`).toString('base64');
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64, inside];
    forms.push(
      new URLSearchParams({ a: secret }).toString().slice(2),
      base64.replaceAll('+', '-').replaceAll('/', '_'),
    );
    const shown = forms.map((form) => `<p>${asHtml(form)}</p>`).join('');
    const site = await serve(
      (url) =>
        `<title>In</title><h1>${url.pathname === '/auth' ? 'Hello' : 'Wrong password'}</h1><form method="post" action="/in"><input name="user" value=""><input type="password" name="pw"><button>Sign in</button></form>${url.pathname === '/auth' ? '' : shown}`,
    );
    const error = await driver.signIn(pageJob(site, { evidenceFolder: folder })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'sign_in_rejected',
      details: { evidence: { screenshot: expect.any(String), text: expect.any(String) } },
    });
    const files = await readdir(folder);
    expect(files.map((name) => name.split('.')[1]).sort()).toEqual(['png', 'txt']);
    for (const name of files) {
      const bytes = (await readFile(join(folder, name))).toString('latin1');
      for (const form of [...forms, base64.slice(4, -4)])
        expect(bytes).not.toContain(Buffer.from(form).toString('latin1'));
    }
    expect(JSON.stringify(error)).not.toContain(secret);
  });
});

function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
