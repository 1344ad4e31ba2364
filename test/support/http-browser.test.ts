import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CookieJar } from 'tough-cookie';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BrowserStep, signInOverHttp } from './http-browser.js';

const PERSON = { username: 'ann', password: 'ann-password' } as const;

type Page = string | { status?: number; headers?: Record<string, string | string[]>; body?: string };
type Site = Record<string, Page | ((request: Received, response: ServerResponse) => Page | undefined)>;
interface Received {
  readonly method: string;
  readonly url: string;
  readonly body: Record<string, string>;
  readonly headers: IncomingMessage['headers'];
}

let server: Server;
let origin: string;
let site: Site = {};
const received: Received[] = [];

beforeAll(async () => {
  server = createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: Object.fromEntries(new URLSearchParams(text)) };
    received.push(request);
    const answer = site[`${method} ${url}`] ?? site[url] ?? { status: 404, body: 'nothing here' };
    const page = typeof answer === 'function' ? answer(request, response) : answer;
    if (page === undefined) return;
    const { status = 200, headers: own = {}, body = '' } = typeof page === 'string' ? { body: page } : page;
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...own }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  received.length = 0;
});

const to = (location: string, status = 302): Page => ({ status, headers: { location } });
const asked = () => received.map(({ method, url }) => `${method} ${url}`);

const SIGN_IN = `<title>Sign in</title>
<form method="post" action="/session"><input name="q" placeholder="Other">
<input type="hidden" name="csrf" value="a&amp;b"><input autocomplete="username" name="login"><input type="password" name="pw">
<input type="checkbox" name="keep" checked><input type="checkbox" name="more">
<button type="button" name="eye">Show</button><button name="do" value="cancel">Cancel</button>
<button name="do" value="go">Go on</button></form>
<form method="post" action="/language"><button>English</button></form>`;

describe('a sign-in', () => {
  test('follows redirects, keeps cookies, fills in the form and ends where there is none', async () => {
    site = {
      '/start?client=1': {
        ...(to('/sign-in', 303) as object),
        headers: { location: '/sign-in', 'set-cookie': ['a=1; Path=/; HttpOnly', 'b=2; Path=/other'] },
      },
      '/sign-in': SIGN_IN,
      'POST /session': to(`${origin}/callback?code=secret-code#part`, 303),
      '/callback?code=secret-code': '<title> Done </title><p>You can close this window.',
    };
    const steps: BrowserStep[] = [];
    const end = await signInOverHttp(`${origin}/start?client=1`, {
      ...PERSON,
      acceptLanguage: 'ja',
      onStep: (step) => steps.push(step),
    });
    expect(asked()).toEqual(['GET /start?client=1', 'GET /sign-in', 'POST /session', 'GET /callback?code=secret-code']);
    expect(received[2]?.body).toEqual({ q: '', csrf: 'a&b', login: 'ann', pw: 'ann-password', keep: 'on', do: 'go' });
    expect(received[2]?.headers).toMatchObject({ cookie: 'a=1', origin, 'accept-language': 'ja' });
    expect(steps).toEqual([
      { url: `${origin}/sign-in`, title: 'Sign in', action: 'signed in' },
      { url: `${origin}/callback`, title: 'Done', action: 'stopped' },
    ]);
    expect(end).toEqual({
      finalUrl: `${origin}/callback?code=secret-code#part`,
      status: 200,
      body: '<title> Done </title><p>You can close this window.',
    });
  });

  test('ends at the sign-in page when it comes back', async () => {
    site = { '/': SIGN_IN, '/session': { status: 401, body: `<p>Wrong</p>${SIGN_IN}` } };
    const end = await signInOverHttp(origin, PERSON);
    expect(asked()).toEqual(['GET /', 'POST /session']);
    expect(end).toMatchObject({ finalUrl: `${origin}/session`, status: 401, body: expect.stringContaining('Wrong') });
  });

  test('without a password and with deny presses cancel', async () => {
    site = { '/': SIGN_IN, '/session': 'cancelled' };
    await signInOverHttp(origin, { username: 'ann', deny: true });
    expect(received[1]?.body).toEqual({ q: '', csrf: 'a&b', login: '', pw: '', keep: 'on', do: 'cancel' });
  });

  test('sends a form by GET, to its own page where it has no action', async () => {
    site = {
      '/in?step=1': '<form><input name="user"><input type="password" name="pass"></form>',
      '/in?user=ann&pass=ann-password': 'done',
    };
    const end = await signInOverHttp(`${origin}/in?step=1`, PERSON);
    expect(end.body).toBe('done');
  });

  test('brings the cookies it is given, and leaves the new ones there', async () => {
    const jar = new CookieJar();
    await jar.setCookie('known=1', origin);
    site = { '/': { headers: { 'set-cookie': ['new=2', 'bad=3; Domain=example.com'] } } };
    await signInOverHttp(origin, { ...PERSON, jar });
    expect(received[0]?.headers.cookie).toBe('known=1');
    expect(await jar.getCookieString(origin)).toBe('known=1; new=2');
  });
});

describe('a page that asks', () => {
  const QUESTION = `<form id="f" method="post" action="/answer"><input type="hidden" name="x" value="1"></form>
    <button form="f" name="yes" value="1">Allow</button><button form="f" value="no" name="answer">Not now</button>
    <button form="other">Other</button>`;

  test.each([
    { deny: false, body: { x: '1', yes: '1' }, action: 'allowed' },
    { deny: true, body: { x: '1', answer: 'no' }, action: 'denied' },
  ])('is answered by the button for it, also outside the form (deny: $deny)', async ({ deny, body, action }) => {
    site = { '/': QUESTION, '/answer': 'done' };
    const steps: string[] = [];
    await signInOverHttp(origin, { ...PERSON, deny, onStep: (step) => steps.push(step.action) });
    expect(received[1]).toMatchObject({ method: 'POST', url: '/answer', body });
    expect(steps).toEqual([action, 'stopped']);
  });

  test.each([
    ['拒否する', '許可する'],
    ['キャンセル', '同意して続ける'],
    ['そのままにする', 'サインアウト'],
  ])('is understood in Japanese: %s, %s', async (no, yes) => {
    site = {
      '/': `<form method="post" action="/answer"><button name="b" value="1">${no}</button><button name="b" value="2">${yes}</button></form>`,
      '/answer': 'done',
    };
    await signInOverHttp(origin, PERSON);
    await signInOverHttp(origin, { ...PERSON, deny: true });
    expect([received[1]?.body, received[3]?.body]).toEqual([{ b: '2' }, { b: '1' }]);
  });

  test('by hidden fields alone is sent on, as its script would', async () => {
    site = {
      '/': `<script>document.forms[0].submit()</script><form method="post" action="/answer">
        <input type="hidden" name="code" value="1"><noscript><button>Continue</button></noscript></form>`,
      '/answer': 'done',
    };
    await signInOverHttp(origin, { ...PERSON, deny: true });
    expect(received[1]?.body).toEqual({ code: '1' });
  });

  test.each([
    ['has a field to fill in', '<form method="post"><input name="otp"><button>Go</button></form>'],
    ['searches', '<form action="/search"><button>Search</button></form>'],
    ['is no HTML', { headers: { 'content-type': 'text/plain' }, body: SIGN_IN }],
    ['can only be agreed to, and is to be denied', '<form method="post"><button>OK</button></form>'],
  ])('is left alone when it %s', async (_name, page) => {
    site = { '/': page as Page };
    await signInOverHttp(origin, { ...PERSON, deny: true });
    expect(asked()).toEqual(['GET /']);
  });
});

describe('a redirect', () => {
  test.each([
    [302, 'GET', {}],
    [303, 'GET', {}],
    [307, 'POST', { x: '1' }],
    [308, 'POST', { x: '1' }],
  ])('with %i after a form goes on with %s', async (status, method, body) => {
    site = {
      '/': '<form method="post" action="/a"><input type="hidden" name="x" value="1"></form>',
      '/a': to('b', status),
      '/b': 'done',
    };
    await signInOverHttp(origin, PERSON);
    expect(received[2]).toMatchObject({ method, url: '/b', body });
  });

  test('to an application’s own scheme ends the way there', async () => {
    site = { '/': to('com.example.app:/callback?code=1') };
    expect(await signInOverHttp(origin, PERSON)).toEqual({
      finalUrl: 'com.example.app:/callback?code=1',
      status: 302,
      body: '',
    });
  });

  test('without end is given up', async () => {
    site = { '/': to('/') };
    await expect(signInOverHttp(origin, PERSON)).rejects.toMatchObject({
      code: 'network_failed',
      facts: { url: `${origin}/`, found: '40 requests without an end' },
    });
  });
});

describe('a wait ends', () => {
  test.each([
    ['no answer', () => undefined],
    [
      'half an answer',
      (_request: Received, response: ServerResponse) => {
        response.writeHead(200).write('half');
        return undefined;
      },
    ],
  ])('for %s after the time limit, without the query in the error', async (_name, page) => {
    site = { '/?code=secret': page };
    await expect(signInOverHttp(`${origin}/?code=secret`, { ...PERSON, timeoutMs: 100 })).rejects.toMatchObject({
      code: 'login_timeout',
      facts: { timeoutMs: 100, url: `${origin}/` },
    });
  });

  test('when it is aborted, with the reason', async () => {
    const stopping = new AbortController();
    const reason = new DOMException('Ctrl-C', 'AbortError');
    site = {
      '/': () => {
        stopping.abort(reason);
        return undefined;
      },
    };
    await expect(signInOverHttp(origin, { ...PERSON, signal: stopping.signal })).rejects.toBe(reason);
    await expect(signInOverHttp(origin, { ...PERSON, signal: stopping.signal })).rejects.toBe(reason);
  });

  test('for a page that is far too long', async () => {
    site = { '/': { body: 'x'.repeat(3 * 1024 * 1024) } };
    await expect(signInOverHttp(origin, PERSON)).rejects.toMatchObject({ code: 'response_too_large' });
  });

  test.each([
    ['network_refused', 'http://127.0.0.1:1/?code=secret'],
    ['network_dns', 'http://nowhere.invalid/?code=secret'],
  ])('with %s where nobody is, without the query in the error', async (code, url) => {
    const failed = signInOverHttp(url, PERSON);
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.not.toMatchObject({ facts: { url: expect.stringContaining('secret') } });
  });

  test('with network_closed where the connection is dropped', async () => {
    site = {
      '/': (_request, response) => {
        response.destroy();
        return undefined;
      },
    };
    await expect(signInOverHttp(origin, PERSON)).rejects.toMatchObject({ code: 'network_closed' });
  });
});
