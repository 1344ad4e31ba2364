import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { autoDriver } from '../../src/browser/auto-driver.js';
import { type HeadlessBrowserOptions, headlessBrowserDriver } from '../../src/browser/headless-browser.js';
import { httpDriver } from '../../src/browser/http-driver.js';
import type { PageSignIn, SignInDriver } from '../../src/browser/sign-in-driver.js';
import { createFetch } from '../../src/network/fetch.js';
import { createTestAuthority, type KeyPair, opensslPresent } from '../network/certificates.js';
import { chromiumPath, chromiumPresent } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { PRODUCTION, pageJob } from '../support/page-job.js';
import { requirement } from '../support/requirement.js';
import { signInPages, TEST_USER } from '../support/sign-in-pages.js';

const clock = { now: () => Date.now() };
const present = requirement('Chromium', chromiumPresent, 'signing in by a browser without a person');

function browserDriver(options: Partial<HeadlessBrowserOptions> = {}): SignInDriver {
  const { env, platform } = process;
  return headlessBrowserDriver({ browserPath: chromiumPath, env, platform, clock, ...options });
}

describe.runIf(present)('a browser without a window', { timeout: 60_000 }, () => {
  const driver = browserDriver();
  afterAll(() => driver.close());

  test('goes through user name, password, one-time code, "stay signed in?" and consent', async () => {
    const pages = await signInPages({ style: 'two-step' });
    const job = pageJob(pages.issuer);
    const answer = await driver.signIn(job);
    expect(answer).toMatchObject({ via: 'query', way: 'browser', pages: 5 });
    expect(answer.parameters.get('state')).toBe(job.state);
    expect(pages.seen.filter((event) => /pressed (cancel|deny|google|no)/.test(event))).toEqual([]);
  });

  test('waits for a form that script renders, in two steps on one page', async () => {
    const pages = await signInPages({ style: 'single-page' });
    const answer = await driver.signIn(pageJob(pages.issuer));
    expect(answer.parameters.has('code')).toBe(true);
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
    const answers = await Promise.all([digits, selfSubmitting].map(({ issuer }) => driver.signIn(pageJob(issuer))));
    expect(answers.map(({ parameters }) => parameters.has('code'))).toEqual([true, true]);
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
    const [late, stopped] = [
      driver.signIn(pageJob(pages.issuer, { timeoutMs: 3_000 })),
      driver.signIn(pageJob(pages.issuer, { signal: stopping.signal })),
    ];
    setTimeout(() => stopping.abort(reason), 500);
    await expect(stopped).rejects.toBe(reason);
    await expect(late).rejects.toMatchObject({
      code: 'sign_in_timed_out',
      facts: { seconds: 3, title: 'Sign in', pages: 1 },
    });
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
    const step = driver.signIn(pageJob(nothing, { steps: [{ click: '#elsewhere' }], timeoutMs: 4_000 }));
    await expect(step).rejects.toMatchObject({
      code: 'sign_in_step_failed',
      facts: { step: 'click "#elsewhere"', title: 'Where' },
    });
    await expect(driver.signIn(pageJob(nothing, { timeoutMs: 3_000 }))).rejects.toMatchObject({
      code: 'sign_in_page_not_understood',
    });
  });

  test('tells in the codes of the network that nobody is there', async () => {
    const closed = await serve(() => '');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    for (const [code, origin] of [
      ['network_refused', closed],
      ['network_dns', 'http://nowhere.invalid'],
    ] as const) {
      await expect(driver.signIn(pageJob(origin))).rejects.toMatchObject({ code, facts: { url: `${origin}/auth` } });
    }
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

describe.runIf(present && requirement('openssl', opensslPresent(), 'a browser with --ca'))(
  'certificates',
  { timeout: 60_000 },
  () => {
    const authority = createTestAuthority();
    afterAll(() => authority.remove());

    test('are trusted by --ca where the server is vouched for by it, also on the way; by --insecure; and not without', async () => {
      const tls = authority.issue('localhost', 'DNS:localhost,IP:127.0.0.1');
      const end = { status: 302, headers: { location: 'http://127.0.0.1:9/callback?code=c' } };
      const second = await serve(() => end, authority.issue('other', 'IP:127.0.0.1'));
      const first = await serve(() => ({ status: 302, headers: { location: `${second}/` } }), tls);
      const stranger = await serve(() => end, authority.selfSigned('stranger', 'IP:127.0.0.1'));
      const trusting = browserDriver({ caFile: authority.caFile });
      const [plain, insecure] = [browserDriver(), browserDriver({ insecure: true })];
      onTestFinished(async () => {
        await Promise.all([trusting, plain, insecure].map((driver) => driver.close()));
      });
      expect((await trusting.signIn(pageJob(first))).parameters.get('code')).toBe('c');
      await expect(trusting.signIn(pageJob(stranger))).rejects.toMatchObject({ code: 'tls_not_trusted' });
      await expect(plain.signIn(pageJob(first))).rejects.toMatchObject({
        code: 'tls_not_trusted',
        facts: { url: `${first}/auth` },
      });
      expect((await insecure.signIn(pageJob(stranger))).parameters.get('code')).toBe('c');
    });
  },
);

test.runIf(present)(
  'a proxy of the environment is used by the browser, but not for this machine',
  { timeout: 60_000 },
  async () => {
    const asked: string[] = [];
    const proxy = await serve((url) => {
      asked.push(url.href);
      return { status: 302, headers: { location: 'http://127.0.0.1:9/callback?code=c' } };
    });
    const driver = browserDriver({ env: { ...process.env, HTTP_PROXY: proxy, no_proxy: '' } });
    onTestFinished(() => driver.close());
    const far = await driver.signIn(pageJob('http://id.example.invalid'));
    expect(far.parameters.get('code')).toBe('c');
    const near = await serve(() => ({ status: 302, headers: { location: 'http://127.0.0.1:9/callback?code=d' } }));
    expect((await driver.signIn(pageJob(near))).parameters.get('code')).toBe('d');
    expect(asked.filter((url) => url.startsWith(near))).toEqual([]);
  },
);

describe.runIf(present && process.platform === 'linux')('a browser that dies', { timeout: 60_000 }, () => {
  test('is started again, and the sign-ins in it begin once more', async () => {
    const driver = browserDriver();
    onTestFinished(() => driver.close());
    const [spa, plain] = await Promise.all([signInPages({ style: 'single-page' }), signInPages({ style: 'japanese' })]);
    const begun: string[] = [];
    const jobs = [spa, plain, spa].map(({ issuer }) => {
      const job = pageJob(issuer);
      const again = async () => {
        begun.push('again');
        return job.url;
      };
      return driver.signIn({ ...job, again });
    });
    await expect.poll(() => spa.seen.length, { timeout: 20_000 }).toBeGreaterThan(0);
    killBrowser();
    const answers = await Promise.all(jobs);
    expect(answers.every(({ parameters }) => parameters.has('code'))).toBe(true);
    expect(begun.length).toBeGreaterThan(0);
  });

  test('twice is a failure', async () => {
    const driver = browserDriver();
    onTestFinished(() => driver.close());
    const pages = await signInPages({ style: 'hanging' });
    const signIn = driver.signIn(pageJob(pages.issuer));
    signIn.catch(() => undefined);
    for (const times of [1, 2]) {
      const pressed = () => pages.seen.filter((event) => event === 'pressed forward').length;
      await expect.poll(pressed, { timeout: 20_000 }).toBe(times);
      killBrowser();
    }
    await expect(signIn).rejects.toMatchObject({
      code: 'browser_failed',
      facts: { reason: 'it ended twice while signing in' },
    });
  });

  /** Ends the browser that this process has started last, as the system does when memory is short. */
  function killBrowser(): void {
    const children = execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    const browser = children.findLast((pid) => {
      try {
        return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes('--headless');
      } catch {
        return false;
      }
    });
    if (browser === undefined) throw new Error('there is no browser');
    process.kill(browser, 'SIGKILL');
  }
});

describe.runIf(present)('auto', { timeout: 60_000 }, () => {
  test('goes on with a browser where a page needs script, asks for the request anew, and remembers it', async () => {
    const fetch = createFetch({ env: {}, clock });
    const used: string[] = [];
    const driver = autoDriver(noted('http', httpDriver({ fetch, clock }), used), async () =>
      noted('browser', browserDriver(), used),
    );
    onTestFinished(async () => {
      await driver.close();
      fetch.close();
    });
    const [spa, plain] = await Promise.all([signInPages({ style: 'single-page' }), signInPages({ style: 'japanese' })]);
    expect((await driver.signIn(pageJob(plain.issuer))).way).toBe('http');
    const job = pageJob(spa.issuer);
    const fresh = pageJob(spa.issuer);
    const answer = await driver.signIn({ ...job, again: async () => fresh.url });
    expect(answer.way).toBe('browser');
    expect(answer.parameters.get('state')).toBe(fresh.state);
    await driver.signIn(pageJob(spa.issuer));
    expect(used).toEqual(['http', 'http', 'browser', 'browser']);
  });

  function noted(name: string, driver: SignInDriver, used: string[]): SignInDriver {
    return {
      ...driver,
      signIn: (job) => {
        used.push(name);
        return driver.signIn(job);
      },
    };
  }
});

describe('where there is no browser', () => {
  test('a named one that is not there is told', async () => {
    const driver = headlessBrowserDriver({
      browserPath: '/nowhere/chrome',
      env: {},
      platform: process.platform,
      clock,
    });
    await expect(driver.signIn(pageJob('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'browser_missing',
      facts: { reason: '/nowhere/chrome is no program that can be run' },
    });
    await driver.close();
  });

  test.skipIf(process.platform === 'win32')('a program that is none is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-browser-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'chrome');
    await writeFile(path, '#!/bin/sh\necho "No usable sandbox!" >&2\nexit 1\n');
    await chmod(path, 0o755);
    const driver = headlessBrowserDriver({
      env: { OIDC_CLI_BROWSER_PATH: path, PATH: process.env.PATH },
      platform: process.platform,
      clock,
    });
    await expect(driver.signIn(pageJob('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'browser_failed',
      facts: { browser: path, reason: expect.stringMatching(/sandbox/i) },
    });
    await driver.close();
  });
});

type Page = string | { status?: number; headers?: Record<string, string>; body?: string };
const servers: Server[] = [];

/** Serves pages, and gives their origin. */
async function serve(answer: (url: URL, body: string) => Page, tls?: KeyPair): Promise<string> {
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const page = answer(new URL(request.url ?? '', 'http://x'), text);
    const { status = 200, headers = {}, body = '' } = typeof page === 'string' ? { body: page } : page;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  servers.push(server);
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
