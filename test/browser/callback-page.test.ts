import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PAGE_HEADERS, pageLanguage, plainPage, type Verdict, verdictPage } from '../../src/browser/callback-page.js';
import { ERROR_EXIT_CODES } from '../../src/errors.js';
import { chromiumPresent, launchChromium } from '../support/chromium.js';
import { requirement } from '../support/requirement.js';
import { closeListeners, listen, STATE, send } from './callback-client.js';

afterEach(closeListeners);

/** The page as a browser gets it that came back with an answer. */
async function delivered(verdict: Verdict, acceptLanguage?: string) {
  const listener = await listen();
  const { headers } = await send(listener, `/callback?code=c&state=${STATE}`);
  const page = send(listener, headers.location ?? '', {
    headers: acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage },
  });
  await listener.conclude(verdict);
  return page;
}

/** The text a person reads. */
function words(html: string): string {
  return html
    .replace(/<style>[\s\S]*<\/style>/, '')
    .replace(/<title>[\s\S]*<\/title>/, '')
    .replaceAll('<wbr>', '')
    .replaceAll(/<\/?span[^>]*>/g, '')
    .replace(/<[^>]+>/g, '\n')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n');
}

const REFUSED: Verdict = {
  ok: false,
  code: 'invalid_client',
  message: 'The provider does not accept the client secret.',
  fix: 'Copy the secret again.',
};

test('it tells who signed in, and what to do next', async () => {
  const page = await delivered({ ok: true, name: 'Alice Example', issuer: 'https://provider.example' });
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(words(page.body)).toMatchInlineSnapshot(`
    "✓
    You are signed in
    Account
    Alice Example
    Identity provider
    https://provider.example
    You can close this window and return to the terminal."
  `);
});

test('it tells what failed and what to change', async () => {
  const page = await delivered(REFUSED);
  expect(words(page.body)).toMatchInlineSnapshot(`
    "!
    Sign-in failed
    The provider does not accept the client secret.
    What to change
    Copy the secret again.
    invalid_client
    The terminal shows the details. You can close this window."
  `);
});

test('a failure is told in Japanese, by its exit code, where the browser prefers it', async () => {
  const page = await delivered(REFUSED, 'ja');
  expect(words(page.body)).toMatchInlineSnapshot(`
    "!
    サインインできませんでした
    プロバイダーが要求を拒否しました。
    invalid_client
    詳細はターミナルに表示されています。このウィンドウは閉じてかまいません。"
  `);
  const english = await delivered(REFUSED, 'en');
  expect(words(english.body)).not.toMatch(JAPANESE);
});

const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/;

test.each(Object.keys(ERROR_EXIT_CODES))('the Japanese page on %s has no English sentence', (code) => {
  const verdict = { ok: false, code, message: 'What happened.', fix: 'What to change.' } as const;
  const [, title, what, shown, last, ...rest] = words(verdictPage(verdict, 'sign-in', 'ja')).split('\n');
  expect(what).toMatch(/^[\u3000-\u30ff\u4e00-\u9fff]+。$/);
  expect([title, shown, last, rest]).toEqual([
    'サインインできませんでした',
    code,
    '詳細はターミナルに表示されています。このウィンドウは閉じてかまいません。',
    [],
  ]);
});

test('no line ends within a flag', () => {
  const verdict = { ok: false, code: 'invalid_client', message: '', fix: 'Try --client-auth none.' } as const;
  expect(verdictPage(verdict, 'sign-in', 'en')).toContain('Try <span class="whole">--client-auth</span> none.');
});

test('the words on a failure that has none in Japanese are marked as English', () => {
  const page = verdictPage({ ok: false, code: 'not_known', message: 'No.', fix: 'Yes.' }, 'sign-in', 'ja');
  expect(page).toContain('<p lang="en">No.</p><h2>変更が必要な点</h2><p lang="en">Yes.</p>');
});

test('it speaks Japanese to a browser that prefers it', async () => {
  const page = await delivered({ ok: true, name: '山田 花子' }, 'ja,en-US;q=0.9,en;q=0.8');
  expect(page.body).toContain('<html lang="ja">');
  expect(words(page.body)).toMatchInlineSnapshot(`
    "✓
    サインインしました
    アカウント
    山田 花子
    このウィンドウを閉じて、ターミナルに戻ってください。"
  `);
});

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['en', 'en'],
  ['ja', 'ja'],
  ['ja-JP', 'ja'],
  ['JA', 'ja'],
  ['en-US,en;q=0.9,ja;q=0.8', 'en'],
  ['en;q=0.5, ja;q=0.8', 'ja'],
  ['fr, ja;q=0.5, en;q=0.4', 'ja'],
  ['fr', 'en'],
  ['ja;q=0, en;q=0.1', 'en'],
  ['*', 'en'],
  [';;;q=,,', 'en'],
  ['jam', 'en'],
])('Accept-Language %j gets %s', (header, language) => {
  expect(pageLanguage(header)).toBe(language);
});

test('HTML in words from outside stays text, wherever it stands', async () => {
  const evil = `<script>alert(1)</script><img src=x onerror="alert('1')">&amp;`;
  const escaped =
    '&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;';
  const failed = await delivered({ ok: false, code: evil, message: evil, fix: evil });
  const done = await delivered({ ok: true, name: evil, issuer: evil });
  expect(failed.body.split(escaped)).toHaveLength(4);
  expect(done.body.replaceAll('<wbr>', '').split(escaped)).toHaveLength(3);
  for (const { body } of [failed, done]) expect(body).not.toMatch(/<script|<img/);
});

test('it may load nothing, run nothing, be framed by nobody and be kept nowhere', async () => {
  const { headers } = await delivered({ ok: true });
  expect(headers).toMatchObject(PAGE_HEADERS);
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/]+={0,2}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  expect(headers).toMatchObject({
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
});

test('every page says which language it is in', () => {
  for (const language of ['en', 'ja'] as const) {
    for (const kind of ['sign-in', 'sign-out'] as const) {
      for (const html of [verdictPage(REFUSED, kind, language), verdictPage({ ok: true }, kind, language)]) {
        expect(html).toContain(`<html lang="${language}">`);
      }
    }
    for (const topic of ['stray', 'ended'] as const)
      expect(plainPage(topic, language)).toContain(`<html lang="${language}">`);
  }
});

describe.runIf(requirement('Chromium', chromiumPresent, 'shows the page as a person sees it'))('in Chromium', () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let provider: http.Server;
  let origin: string;

  /** Sends the browser back at once, by the redirect or the form that the query names. */
  beforeAll(async () => {
    browser = await launchChromium();
    provider = http.createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://provider');
      const back = searchParams.get('back') ?? '';
      if (pathname === '/redirect') return void response.writeHead(302, { location: back }).end();
      response.setHeader('content-type', 'text/html');
      const [action, query] = back.split('?');
      const fields = [...new URLSearchParams(query)].map(([name, value]) => `<input name=${name} value="${value}">`);
      if (pathname === '/form')
        response.end(`<form method=post action="${action}">${fields}<button>Go</button></form>`);
      else response.end('<a href=/>start</a>');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });

  const open = async (options: Parameters<typeof browser.newPage>[0] = {}) => {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
    return { page, complaints };
  };

  test('no code is left in the history, and the page needs nothing but itself', async () => {
    const listener = await listen({ redirectUri: 'http://localhost:0/callback' });
    const { page, complaints } = await open();
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(`${origin}/`);
    const back = `${listener.redirectUri}?code=THE-CODE&state=${STATE}`;
    const going = page.goto(`${origin}/redirect?back=${encodeURIComponent(back)}`);
    await listener.response;
    await listener.conclude({ ok: true, name: 'Alice', issuer: 'https://provider.example' });
    await going;
    expect(await page.getByRole('heading').textContent()).toBe('You are signed in');
    const cdp = await page.context().newCDPSession(page);
    const history = (await cdp.send('Page.getNavigationHistory')).entries.map(({ url }) => url);
    expect(history).toEqual([
      `about:blank`,
      `${origin}/`,
      expect.stringMatching(/^http:\/\/localhost:\d+\/verdict\/[\w-]+$/),
    ]);
    expect(requested.filter((url) => url.startsWith('http://localhost'))).toEqual([back, history[2]]);
    expect([complaints, listener.strays.count]).toEqual([[], 0]);
    await page.close();
  });

  test('a form_post comes through, and its words are shown as text', async () => {
    const listener = await listen();
    const { page, complaints } = await open({ javaScriptEnabled: false, locale: 'ja-JP' });
    const back = `${listener.redirectUri}?error=access_denied&state=${STATE}`;
    await page.goto(`${origin}/form?back=${encodeURIComponent(back)}`);
    const going = page.getByRole('button').click();
    expect((await listener.response).via).toBe('form_post');
    const message = '<b>No</b><script>alert(1)</script>';
    await listener.conclude({ ok: false, code: 'not_known', message });
    await going;
    await page.getByRole('heading').waitFor();
    expect(await page.getByRole('heading').textContent()).toBe('サインインできませんでした');
    expect(await page.getByText(message, { exact: true }).count()).toBe(1);
    expect(await page.locator('script, b').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
