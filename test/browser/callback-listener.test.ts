import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { startCallbackListener } from '../../src/browser/callback-listener.js';
import type { OidcCliError } from '../../src/errors.js';
import { portHolder } from '../../src/network/port-holder.js';
import { requirement } from '../support/requirement.js';
import { withTimeStopped } from '../support/time.js';
import { closeListeners, listen, post, type Reply, rawConnection, STATE, send } from './callback-client.js';

afterEach(closeListeners);

const ANSWER = `/callback?code=the-code&state=${STATE}`;
const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

async function refusal(redirectUri: string): Promise<OidcCliError> {
  return listen({ redirectUri }).then(
    () => {
      throw new Error('it listens');
    },
    (error: OidcCliError) => error,
  );
}

const UNPRIVILEGED_FROM = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const privilegedPort = existsSync(UNPRIVILEGED_FROM) && Number(readFileSync(UNPRIVILEGED_FROM, 'utf8')) > 1;

/** Runs as somebody who is not root, also where root runs the tests (as in many containers). */
async function asOrdinaryUser<T>(run: () => Promise<T>): Promise<T> {
  const nobody = 65_534;
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(nobody);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

/** A server that holds a port of 127.0.0.1 in this process. */
async function holdPort(): Promise<{ port: number; release(): Promise<void> }> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('the answer', () => {
  test('arrives by query, and the browser goes on to a page that waits for the verdict', async () => {
    const listener = await listen();
    const reply = await send(listener, `${ANSWER}&iss=https%3A%2F%2Fprovider.example`);
    expect([reply.status, reply.body]).toEqual([303, '']);
    const { parameters, via, receivedAt } = await listener.response;
    expect([Object.fromEntries(parameters), via, receivedAt]).toEqual([
      { code: 'the-code', state: STATE, iss: 'https://provider.example' },
      'query',
      1_700_000_000_000,
    ]);
    const page = send(listener, reply.headers.location ?? '');
    const order: string[] = [];
    void page.then(() => order.push('page'));
    await listener
      .conclude({ ok: true, name: 'Alice', issuer: 'https://provider.example' })
      .then(() => order.push('concluded'));
    expect((await page).body).toContain('You are signed in');
    expect(order).toContain('concluded');
  });

  test('arrives by form_post, and the browser goes on with a GET', async () => {
    const listener = await listen();
    const reply = await post(listener, '/callback', { code: 'c', state: STATE });
    expect([reply.status, (await listener.response).via]).toEqual([303, 'form_post']);
    const page = send(listener, reply.headers.location ?? '');
    await listener.conclude({ ok: true });
    expect((await page).status).toBe(200);
  });

  test('is an error of the provider just as well', async () => {
    const listener = await listen();
    await send(listener, `/callback?error=access_denied&state=${STATE}`);
    expect((await listener.response).parameters.get('error')).toBe('access_denied');
  });

  test.each([
    ['the code', '&code=second', { code: ['the-code', 'second'], state: [STATE] }],
    ['the state', `&state=${STATE}`, { code: ['the-code'], state: [STATE, STATE] }],
  ])('with %s twice is still the answer: its fault ends this sign-in', async (_name, more, expected) => {
    const listener = await listen();
    expect((await send(listener, ANSWER + more)).status).toBe(303);
    const { parameters } = await listener.response;
    expect({ code: parameters.getAll('code'), state: parameters.getAll('state') }).toEqual(expected);
    expect(listener.strays.count).toBe(0);
  });

  test('leaves no code, state or query in the address that the browser goes on to', async () => {
    const listener = await listen();
    const reply = await send(listener, ANSWER);
    expect(reply.headers.location).toMatch(/^\/verdict\/[\w-]{24}$/);
    expect(reply.headers['referrer-policy']).toBe('no-referrer');
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  test('is taken once: a replay gets 409 and changes nothing', async () => {
    const listener = await listen();
    await send(listener, ANSWER);
    expect((await send(listener, `/callback?code=other&state=${STATE}`)).status).toBe(409);
    expect((await post(listener, '/callback', { code: 'other', state: STATE })).status).toBe(409);
    expect((await listener.response).parameters.get('code')).toBe('the-code');
    expect(listener.strays.byReason).toEqual({ 'answered already': 2 });
  });
});

describe('a stranger can neither end nor fail a sign-in', () => {
  const form = 'application/x-www-form-urlencoded';
  const attacks: [string, number, string, (l: Awaited<ReturnType<typeof listen>>) => Promise<Reply>][] = [
    ['a wrong state', 400, 'wrong state', (l) => send(l, '/callback?code=x&state=guess')],
    ['a state of the same length', 400, 'wrong state', (l) => send(l, `/callback?state=${'x'.repeat(STATE.length)}`)],
    ['a state that only begins right', 400, 'wrong state', (l) => send(l, `/callback?code=x&state=${STATE}1`)],
    ['a state in other letters', 400, 'wrong state', (l) => send(l, `/callback?state=${STATE.toUpperCase()}`)],
    ['no state', 400, 'no state', (l) => send(l, '/callback?code=x')],
    ['an empty state', 400, 'no state', (l) => send(l, '/callback?code=x&state=')],
    ['an error without a state', 400, 'no state', (l) => send(l, '/callback?error=access_denied')],
    ['no parameter at all', 400, 'empty', (l) => send(l, '/callback')],
    ['two states, the first right', 400, 'wrong state', (l) => send(l, `${ANSWER}&state=other`)],
    ['two states, the second right', 400, 'wrong state', (l) => send(l, `/callback?state=other&state=${STATE}`)],
    ['two states in a form, one right', 400, 'wrong state', (l) => post(l, '/callback', `state=${STATE}&state=1`)],
    ['many wrong states', 400, 'wrong state', (l) => send(l, `/callback?${'state=x&'.repeat(500)}code=x`)],
    ['two empty states', 400, 'no state', (l) => send(l, '/callback?state=&state=&code=x')],
    ['a state in the fragment of a parameter', 400, 'no state', (l) => send(l, `/callback?code=x%26state=${STATE}`)],
    ['another path', 404, 'other path', (l) => send(l, `/?code=x&state=${STATE}`)],
    ['a path below', 404, 'other path', (l) => send(l, ANSWER.replace('?', '/more?'))],
    ['a slash at the end', 404, 'other path', (l) => send(l, ANSWER.replace('?', '/?'))],
    ['the path in other letters', 404, 'other path', (l) => send(l, ANSWER.replace('callback', 'CALLBACK'))],
    ['a guessed verdict page', 404, 'other path', (l) => send(l, '/verdict/AAAAAAAAAAAAAAAAAAAAAAAA')],
    ['a foreign Host', 421, 'foreign host', (l) => send(l, ANSWER, { headers: { host: 'evil.example' } })],
    [
      'the name of this machine as Host',
      421,
      'foreign host',
      (l) => send(l, ANSWER, { headers: { host: 'localhost' } }),
    ],
    [
      'the right Host on another port',
      421,
      'foreign host',
      (l) => send(l, ANSWER, { headers: { host: '127.0.0.1:1' } }),
    ],
    ['HEAD', 405, 'method', (l) => send(l, ANSWER, { method: 'HEAD' })],
    ['PUT', 405, 'method', (l) => send(l, ANSWER, { method: 'PUT' })],
    [
      'OPTIONS',
      405,
      'method',
      (l) => send(l, ANSWER, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }),
    ],
    ['an answer for GET, sent as an empty POST', 415, 'content type', (l) => send(l, ANSWER, { method: 'POST' })],
    ['an answer for GET, sent as POST', 400, 'no state', (l) => post(l, ANSWER, { code: 'x' })],
    [
      'JSON',
      415,
      'content type',
      (l) =>
        send(l, '/callback', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ code: 'x', state: STATE }),
        }),
    ],
    [
      'a form in plain text',
      415,
      'content type',
      (l) =>
        send(l, '/callback', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: `state=${STATE}` }),
    ],
    [
      'a form that is too large',
      413,
      'too large',
      (l) => post(l, '/callback', { state: STATE, code: 'x'.repeat(70_000) }),
    ],
    [
      'a form with another type first',
      415,
      'content type',
      (l) =>
        send(l, '/callback', {
          method: 'POST',
          headers: { 'content-type': `text/plain; ${form}` },
          body: `state=${STATE}`,
        }),
    ],
  ];

  test.each(attacks)('%s gets %i', async (_name, status, reason, attack) => {
    const listener = await listen();
    const reply = await attack(listener);
    expect([reply.status, listener.strays.count, listener.strays.byReason]).toEqual([status, 1, { [reason]: 1 }]);
    expect(reply.headers.location).toBeUndefined();
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    // It tells a stranger nothing: not the state, not the program it waits for, not why.
    expect(reply.body).not.toContain(STATE);
    expect(reply.body).not.toContain(reason);
    expect((await send(listener, ANSWER)).status).toBe(303);
    expect((await listener.response).parameters.get('code')).toBe('the-code');
  });

  test('every refusal looks the same but for its status', async () => {
    const listener = await listen();
    const bodies = new Set<string>();
    for (const target of ['/callback?state=x', '/callback?code=1', '/other']) {
      bodies.add((await send(listener, target)).body);
    }
    expect(bodies.size).toBe(1);
  });

  test('a whole URL as the request target is no way around the Host', async () => {
    const listener = await listen();
    const { host } = new URL(listener.redirectUri);
    const socket = await rawConnection(listener, `GET http://${host}${ANSWER} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const [status] = (await text(socket)).split('\r\n');
    expect([status, listener.strays.byReason]).toEqual(['HTTP/1.1 404 Not Found', { 'other path': 1 }]);
  });

  test('what is not HTTP is answered and counted', async () => {
    const listener = await listen();
    const socket = await rawConnection(listener, 'hello\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(listener.strays.byReason).toEqual({ malformed: 1 });
  });

  test('a thousand strays at once, and the sign-in still completes', async () => {
    const seen: number[] = [];
    const listener = await listen({ onStray: (stray) => seen.push(stray.count) });
    const flood = Array.from({ length: 1_000 }, (_, i) =>
      i % 2 ? send(listener, `/callback?code=x&state=${i}`) : post(listener, '/callback', { state: `${i}` }),
    ).map((request) =>
      request.then(
        ({ status }) => status,
        () => 'given up',
      ),
    );
    const reply = await send(listener, ANSWER);
    expect(reply.status).toBe(303);
    const page = send(listener, reply.headers.location ?? '');
    const statuses = new Set(await Promise.all(flood));
    await listener.conclude({ ok: true, name: 'Alice' });
    expect((await page).body).toContain('Alice');
    expect([...statuses].filter((status) => status !== 'given up')).toEqual([400]);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.at(-1)).toBe(listener.strays.count);
  });

  test('a thousand connections that say nothing do not keep the answer out', async () => {
    const listener = await listen();
    const oldest = await rawConnection(listener);
    const sockets = [oldest];
    const saidToOldest = text(oldest);
    // Many at a time: the oldest is to be given up for them, before it is sent away for its silence.
    for (let round = 0; round < 5; round++) {
      const some = Array.from({ length: 200 }, (_, i) =>
        rawConnection(listener, i % 2 ? '' : `GET /callback?state=${STATE}`),
      );
      sockets.push(...(await Promise.all(some)));
    }
    const reply = await send(listener, ANSWER);
    const page = send(listener, reply.headers.location ?? '');
    for (let i = 0; i < 300; i++) sockets.push(await rawConnection(listener));
    await listener.conclude({ ok: true });
    expect([reply.status, (await page).status]).toEqual([303, 200]);
    // Given up for the newer ones without a word, not timed out: they can't use up what this process may open.
    expect(await saidToOldest).toBe('');
    for (const socket of sockets) socket.destroy();
  });

  test('a client that never finishes its request is let go', async () => {
    const listener = await listen();
    const host = new URL(listener.redirectUri).host;
    const head = `POST /callback HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    const slowHeaders = await rawConnection(listener, head);
    const slowBody = await rawConnection(listener, `${head}Content-Length: 100\r\n\r\nstate=`);
    const silent = await rawConnection(listener);
    const ends = Promise.all([text(slowHeaders), text(slowBody), text(silent)]);
    expect((await send(listener, ANSWER)).status).toBe(303);
    // Not by the server being closed: it is still open when both have been sent away.
    expect((await ends).map((reply) => reply.split('\r\n')[0])).toEqual([
      'HTTP/1.1 408 Request Timeout',
      'HTTP/1.1 408 Request Timeout',
      'HTTP/1.1 408 Request Timeout',
    ]);
    expect(listener.strays.byReason).toEqual({ 'broken off': 1 });
  });

  test('what came is remembered without its values, for the report of a time-out', async () => {
    const strays: unknown[] = [];
    const listener = await listen({ onStray: (stray) => strays.push(stray) });
    expect(listener.strays.lastWrongState).toBeUndefined();
    await send(listener, '/callback?code=SECRET&state=SECRET&error=access_denied');
    expect(listener.strays.lastWrongState).toEqual({
      reason: 'wrong state',
      via: 'query',
      receivedAt: 1_700_000_000_000,
      parameterNames: ['code', 'state', 'error'],
      error: 'access_denied',
      likeOurs: false,
    });
    expect(strays).toEqual([{ reason: 'wrong state', method: 'GET', path: '/callback', count: 1 }]);
    expect(JSON.stringify([strays, listener.strays])).not.toContain('SECRET');
  });

  test('what browsers ask for by themselves is answered and not counted', async () => {
    const listener = await listen();
    expect((await send(listener, '/favicon.ico')).status).toBe(204);
    expect((await send(listener, '/apple-touch-icon.png')).status).toBe(404);
    expect(listener.strays.count).toBe(0);
  });
});

describe('the page with the verdict', () => {
  const answered = async (options: Parameters<typeof listen>[0] = {}) => {
    const listener = await listen(options);
    const { headers } = await send(listener, ANSWER);
    return { listener, path: headers.location ?? '' };
  };

  test('concluding waits a moment for a browser that is still on its way', async () => {
    const { listener, path } = await answered();
    const concluded = listener.conclude({ ok: true });
    const page = await send(listener, path);
    await concluded;
    expect(page.status).toBe(200);
  });

  test('concluding ends although no browser ever comes', async () => {
    const { listener } = await answered();
    await listener.conclude({ ok: true });
  });

  test('concluding without an answer has nobody to wait for', async () => {
    const listener = await listen();
    await listener.conclude({ ok: false, code: 'login_timeout', message: 'Nobody came.' });
  });

  test('a browser that goes away while it waits is no trouble', async () => {
    const { listener, path } = await answered();
    const host = new URL(listener.redirectUri).host;
    const socket = await rawConnection(listener, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    socket.destroy();
    await listener.conclude({ ok: true });
  });

  test('every tab that waits gets it, and so does a reload', async () => {
    const { listener, path } = await answered();
    const pages = [send(listener, path), send(listener, path)];
    await listener.conclude({ ok: true, name: 'Alice' });
    pages.push(send(listener, path));
    for (const page of await Promise.all(pages)) expect(page.body).toContain('Alice');
  });

  test('the first verdict stands', async () => {
    const { listener, path } = await answered();
    const page = send(listener, path);
    await listener.conclude({ ok: false, code: 'invalid_grant', message: 'The code was refused.' });
    await listener.conclude({ ok: true });
    expect((await page).body).toContain('The code was refused.');
  });

  test('it takes no other method', async () => {
    const { listener, path } = await answered();
    expect((await post(listener, path, {})).status).toBe(405);
    expect((await send(listener, path, { method: 'HEAD' })).status).toBe(405);
  });

  test('it speaks of signing out after a sign-out', async () => {
    const { listener, path } = await answered({ kind: 'sign-out' });
    const page = send(listener, path);
    await listener.conclude({ ok: true });
    expect((await page).body).toContain('You are signed out');
  });
});

describe('the one-time address', () => {
  const PROVIDER = 'https://provider.example/logout?id_token_hint=SECRET';
  const cookieOf = ({ headers }: Reply) => (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';

  /** A listener whose one-time address the person's browser has opened. */
  const visited = async (redirectUri = 'http://127.0.0.1:0/callback') => {
    const listener = await listen({ redirectUri });
    const address = listener.oneTimeAddress(PROVIDER);
    const cookie = cookieOf(await send(listener, address));
    return { listener, address, cookie, mine: { headers: { cookie } } };
  };

  test('sends the first client on, with a cookie, and that one again', async () => {
    const listener = await listen();
    const address = listener.oneTimeAddress(PROVIDER);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/go\/[\w-]{24}$/);
    expect((await send(listener, address, { method: 'HEAD' })).status).toBe(405);
    const reply = await send(listener, address);
    expect([reply.status, reply.headers.location, reply.headers['referrer-policy'], reply.body]).toEqual([
      303,
      PROVIDER,
      'no-referrer',
      '',
    ]);
    const { port } = new URL(address);
    expect(reply.headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^oidc-cli-${port}=[\\w-]{24}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400$`)),
    ]);
    const again = await send(listener, address, { headers: { cookie: `a=b; ${cookieOf(reply)}` } });
    expect([again.status, again.headers.location]).toEqual([303, PROVIDER]);
    listener.refuseSecondClient();
  });

  test.each([
    ['sec-purpose', 'prefetch'],
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-moz', 'prefetch'],
  ])('is not used up by a browser that loads it ahead (%s: %s)', async (header, purpose) => {
    const listener = await listen();
    const address = listener.oneTimeAddress(PROVIDER);
    const ahead = await send(listener, address, { headers: { [header]: purpose } });
    expect([ahead.status, ahead.headers.location, ahead.headers['set-cookie']]).toEqual([503, undefined, undefined]);
    expect((await send(listener, address)).status).toBe(303);
    listener.refuseSecondClient();
  });

  test('is on the host of the redirect URI, to which its cookie comes back', async () => {
    for (const host of ['localhost', '127.0.0.1', ...(ipv6 ? ['[::1]'] : [])]) {
      const listener = await listen({ redirectUri: `http://${host}:0/callback` });
      expect(new URL(listener.oneTimeAddress(PROVIDER)).host).toBe(new URL(listener.redirectUri).host);
    }
  });

  test.each<[string, (cookie: string) => Record<string, string>]>([
    ['without a cookie', () => ({})],
    ['with a guessed cookie', (cookie) => ({ cookie: cookie.replace(/=.*/, '=AAAAAAAAAAAAAAAAAAAAAAAA') })],
    ['with the cookie under another name', (cookie) => ({ cookie: `x${cookie}` })],
  ])('ends the sign-in when a second client opens it, %s', async (_how, headers) => {
    const { listener, address, cookie, mine } = await visited();
    const second = send(listener, address, { headers: headers(cookie) });
    await expect(listener.response).rejects.toMatchObject({ code: 'one_time_address_reused', exitCode: 7 });
    expect(() => listener.refuseSecondClient()).toThrow('one_time_address_reused');
    // Whichever of the two had the cookie, nothing counts any more.
    expect((await send(listener, ANSWER, mine)).status).toBe(409);
    await listener.conclude({ ok: false, code: 'one_time_address_reused', message: 'Two programs opened it.' });
    const { body, headers: sent } = await second;
    expect(body).toContain('Two programs opened it.');
    expect(JSON.stringify([body, sent])).not.toContain('SECRET');
  });

  test('ends it also while the answer of the first client is being used', async () => {
    const { listener, address, mine } = await visited();
    await send(listener, ANSWER, mine);
    await listener.response;
    listener.refuseSecondClient();
    const second = send(listener, address);
    await expect
      .poll(() => {
        try {
          listener.refuseSecondClient();
        } catch (error) {
          return (error as OidcCliError).code;
        }
        return undefined;
      })
      .toBe('one_time_address_reused');
    await listener.close();
    await second;
  });

  test.each([
    ['a code', ANSWER],
    ['an error', `/callback?error=access_denied&state=${STATE}`],
  ])('%s without its cookie is ignored, and the page says so', async (_what, target) => {
    const { listener, mine } = await visited();
    const reply = await send(listener, target);
    expect([reply.status, listener.strays.byReason]).toEqual([403, { 'other browser': 1 }]);
    expect(reply.body).toContain('The terminal is waiting for another browser');
    expect(reply.body).toContain('allow it to keep cookies of this address');
    expect((await send(listener, ANSWER, mine)).status).toBe(303);
    expect((await listener.response).bound).toBe(true);
  });

  test('an answer counts for nothing before anybody has opened it', async () => {
    const listener = await listen();
    listener.oneTimeAddress(PROVIDER);
    expect((await send(listener, ANSWER)).status).toBe(403);
  });

  test('binds a form post from another site by the GET that follows it', async () => {
    const { listener, mine } = await visited();
    const deliver = async (code: string) =>
      (await post(listener, '/callback', { code, state: STATE })).headers.location;
    const [foreign = '', own = ''] = [await deliver('foreign'), await deliver('own')];
    expect(own).toMatch(/^\/response\/[\w-]{24}$/);
    expect((await send(listener, foreign)).status).toBe(403);
    expect((await send(listener, own, { method: 'HEAD', ...mine })).status).toBe(405);
    const reply = await send(listener, own, mine);
    expect(reply.headers.location).toMatch(/^\/verdict\//);
    const { parameters, via, bound } = await listener.response;
    expect([parameters.get('code'), via, bound]).toEqual(['own', 'form_post', true]);
  });

  test('keeps few form posts that nobody follows up', async () => {
    const { listener, mine } = await visited();
    const paths: string[] = [];
    for (let i = 0; i < 20; i++) {
      paths.push((await post(listener, '/callback', { code: `${i}`, state: STATE })).headers.location ?? '');
    }
    expect((await send(listener, paths[0] ?? '', mine)).status).toBe(404);
    expect((await send(listener, paths.at(-1) ?? '', mine)).status).toBe(303);
  });

  test('the page at the end takes the cookie away', async () => {
    const { listener, mine } = await visited();
    const { headers } = await send(listener, ANSWER, mine);
    const page = send(listener, headers.location ?? '', mine);
    await listener.conclude({ ok: true });
    expect((await page).headers['set-cookie']?.[0]).toMatch(/^oidc-cli-\d+=; .*Max-Age=0$/);
  });

  test('taken back, it leads nowhere, and any browser may answer', async () => {
    const listener = await listen();
    const address = listener.oneTimeAddress(PROVIDER);
    listener.withdrawAddress('there is no display here');
    expect((await send(listener, address)).status).toBe(404);
    await send(listener, ANSWER);
    expect((await listener.response).bound).toBe(false);
  });

  test('taken back after somebody has opened it, it ends the sign-in', async () => {
    const { listener } = await visited();
    listener.withdrawAddress('xdg-open ended with exit code 3');
    await expect(listener.response).rejects.toMatchObject({
      code: 'one_time_address_reused',
      facts: { browserFailed: 'xdg-open ended with exit code 3' },
    });
  });

  test('is given to the right Host alone', async () => {
    const listener = await listen();
    const address = listener.oneTimeAddress('https://provider.example/');
    expect((await send(listener, address, { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await send(listener, address)).status).toBe(303);
  });
});

describe('where it listens', () => {
  test('port 0 becomes a free one, and the rest of the redirect URI stays as it was written', async () => {
    const listener = await listen({ redirectUri: 'http://127.0.0.1:0/a%20b/?tenant=x%2Fy' });
    expect(listener.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+\/a%20b\/\?tenant=x%2Fy$/);
  });

  test('a redirect URI without a path', async () => {
    const listener = await listen({ redirectUri: 'http://127.0.0.1:0' });
    expect(listener.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await send(listener, `/?code=c&state=${STATE}`)).status).toBe(303);
  });

  test('a redirect URI with parameters of its own: they must be there, and are not part of the answer', async () => {
    const listener = await listen({ redirectUri: 'http://127.0.0.1:0/callback?tenant=a&code=own' });
    expect((await send(listener, ANSWER)).status).toBe(400);
    expect((await send(listener, `${ANSWER}&tenant=b&code=own`)).status).toBe(400);
    expect(listener.strays.byReason).toEqual({ 'own parameter missing': 2 });
    expect((await send(listener, `/callback?tenant=a&code=own&code=c&state=${STATE}`)).status).toBe(303);
    expect([...(await listener.response).parameters]).toEqual([
      ['code', 'c'],
      ['state', STATE],
    ]);
  });

  test('a form goes to a redirect URI with parameters of its own, too', async () => {
    const listener = await listen({ redirectUri: 'http://127.0.0.1:0/callback?tenant=a' });
    expect((await post(listener, '/callback?tenant=a', { state: STATE, code: 'c' })).status).toBe(303);
    expect([...(await listener.response).parameters.keys()]).toEqual(['state', 'code']);
  });

  test.runIf(requirement('IPv6', ipv6, 'browsers look localhost up as ::1'))(
    'localhost is both addresses, on one port',
    async () => {
      const listener = await listen({ redirectUri: 'http://localhost:0/callback' });
      expect((await send(listener, '/callback?code=x', { address: '::1' })).status).toBe(400);
      expect((await send(listener, '/callback?code=x', { address: '127.0.0.1' })).status).toBe(400);
      expect((await send(listener, ANSWER, { address: '::1' })).status).toBe(303);
    },
  );

  test.runIf(requirement('IPv6', ipv6, '[::1] is one of the loopback hosts'))(
    '[::1] is that address alone',
    async () => {
      const listener = await listen({ redirectUri: 'http://[::1]:0/callback' });
      expect(listener.redirectUri).toMatch(/^http:\/\/\[::1\]:[1-9]\d*\/callback$/);
      await expect(send(listener, ANSWER, { address: '127.0.0.1' })).rejects.toThrow('ECONNREFUSED');
      expect((await send(listener, ANSWER)).status).toBe(303);
    },
  );

  test('no other address of this machine reaches it', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    const listener = await listen({ redirectUri: 'http://localhost:0/callback' });
    const address = outside ?? '127.0.0.2';
    await expect(send(listener, ANSWER, { address })).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/);
  });

  test.each([
    ['http://192.168.1.5:8080/callback', 'redirect_uri_not_loopback', '192.168.1.5'],
    ['https://app.example/callback', 'redirect_uri_not_loopback', 'app.example'],
    ['http://localhost.evil.example/callback', 'redirect_uri_not_loopback', 'localhost.evil.example'],
    ['http://0.0.0.0:8080/callback', 'redirect_uri_not_loopback', '0.0.0.0'],
    ['https://localhost:8080/callback', 'redirect_uri_invalid', undefined],
    ['http://localhost:8080/callback#here', 'redirect_uri_invalid', undefined],
    ['http://me:secret@localhost:8080/callback', 'redirect_uri_invalid', undefined],
    ['localhost:8080/callback', 'redirect_uri_not_loopback', ''],
    ['/callback', 'redirect_uri_invalid', undefined],
  ])('%s is refused: %s', async (redirectUri, code, host) => {
    const error = await refusal(redirectUri);
    expect([error.code, error.exitCode, error.facts.host]).toEqual([code, 3, host]);
    expect(JSON.stringify(error.facts)).not.toContain('secret');
  });
});

describe('a port that is taken', () => {
  test.runIf(process.platform === 'linux')('is named, with the flag and the program that has it', async () => {
    const { port, release } = await holdPort();
    const error = await refusal(`http://localhost:${port}/callback`);
    expect([error.code, error.exitCode, error.facts]).toEqual([
      'port_taken',
      3,
      { port, flag: '--port', holder: expect.stringMatching(new RegExp(`^.+ \\(pid ${process.pid}\\)$`)) },
    ]);
    await release();
  });

  test('on one of the two addresses of localhost is taken, and the other is let go again', async () => {
    const { port, release } = await holdPort();
    await refusal(`http://localhost:${port}/callback`);
    await release();
    await listen({ redirectUri: `http://localhost:${port}/callback` });
  });

  test('for a moment only, by another command that ends or tries it, is waited for', async () => {
    const { port, release } = await holdPort();
    await withTimeStopped(async (pass) => {
      let ended = false;
      const listening = listen({ redirectUri: `http://localhost:${port}/callback` }).finally(() => {
        ended = true;
      });
      // Time enough to find it taken.
      for (let round = 0; round < 100; round += 1) await stat('.');
      await release();
      while (!ended) {
        pass(1);
        await stat('.');
      }
      expect((await listening).redirectUri).toBe(`http://localhost:${port}/callback`);
    });
  });

  test('is not waited for any longer after Ctrl-C', async () => {
    const { port, release } = await holdPort();
    await withTimeStopped(async () => {
      const interruption = new AbortController();
      const listening = listen({ redirectUri: `http://localhost:${port}/callback`, signal: interruption.signal });
      // Time enough to find it taken.
      for (let round = 0; round < 100; round += 1) await stat('.');
      interruption.abort(new Error('interrupted'));
      await expect(listening).rejects.toBe(interruption.signal.reason);
    });
    await release();
  });

  test('by an earlier listener of ours', async () => {
    const first = await listen();
    expect((await refusal(first.redirectUri)).code).toBe('port_taken');
    await first.close();
    expect((await listen({ redirectUri: first.redirectUri })).redirectUri).toBe(first.redirectUri);
  });

  const lsof = !spawnSync('lsof', ['-v']).error;
  test.runIf(requirement('lsof', lsof, 'tells on macOS who has a port'))(
    'is told by lsof where there is no /proc',
    async () => {
      const { port, release } = await holdPort();
      expect(await portHolder(port, 'darwin')).toMatch(new RegExp(`^.+ \\(pid ${process.pid}\\)$`));
      await release();
    },
  );

  test.runIf(requirement('a privileged port', privilegedPort, 'only Linux keeps low ports from ordinary users'))(
    'because it needs privileges is another failure',
    async () => {
      const error = await asOrdinaryUser(() => refusal('http://127.0.0.1:1/callback'));
      expect([error.code, error.exitCode, error.facts]).toEqual(['port_forbidden', 3, { port: 1, flag: '--port' }]);
    },
  );

  test('by nobody has no holder', async () => {
    const { port, release } = await holdPort();
    await release();
    expect(await portHolder(port)).toBeUndefined();
  });
});

describe('the end', () => {
  test('an abort ends the wait with its reason and frees the port', async () => {
    const controller = new AbortController();
    const listener = await listen({ signal: controller.signal });
    controller.abort();
    await expect(listener.response).rejects.toBe(controller.signal.reason);
    await listener.close();
    await expect(send(listener, ANSWER)).rejects.toThrow('ECONNREFUSED');
  });

  test('an abort before the beginning opens nothing', async () => {
    await expect(listen({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('closing ends connections that are open, and the wait', async () => {
    const listener = await listen();
    const socket = await rawConnection(listener, 'GET /callback');
    const ended = text(socket);
    await listener.close();
    await ended;
    await expect(listener.response).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a browser that still waits for the verdict is not left in the dark', async () => {
    const controller = new AbortController();
    const listener = await listen({ signal: controller.signal });
    const { headers } = await send(listener, ANSWER);
    const host = new URL(listener.redirectUri).host;
    const socket = await rawConnection(listener, `GET ${headers.location} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const page = text(socket);
    // Another request, answered, shows that the one before has been read.
    await send(listener, '/favicon.ico');
    controller.abort();
    expect(await page).toContain('The terminal stopped waiting');
  });

  test('closing twice is closing', async () => {
    const listener = await listen();
    await Promise.all([listener.close(), listener.close()]);
    await listener.close();
  });

  test('two requests for the verdict on one connection do not hold up the end', async () => {
    const listener = await listen();
    const { headers } = await send(listener, ANSWER);
    const request = `GET ${headers.location} HTTP/1.1\r\nHost: ${new URL(listener.redirectUri).host}\r\n\r\n`;
    const socket = await rawConnection(listener, request + request);
    const page = text(socket);
    await send(listener, '/favicon.ico');
    await listener.conclude({ ok: true, name: 'Alice' });
    await listener.close();
    expect((await page).match(/Alice/g)).toHaveLength(1);
  });

  test('closing ends a conclusion that waits for a browser', async () => {
    const listener = await listen();
    await send(listener, ANSWER);
    const order: string[] = [];
    const concluded = listener.conclude({ ok: true }).then(() => order.push('concluded'));
    await listener.close().then(() => order.push('closed'));
    await concluded;
    expect(order).toEqual(['concluded', 'closed']);
  });

  test('an empty state, which would prove nothing, is refused', async () => {
    const options = { redirectUri: 'http://127.0.0.1:0/', expectedState: '', clock: { now: () => 0 } };
    await expect(startCallbackListener(options)).rejects.toMatchObject({ code: 'internal' });
  });
});

/** All that comes until the connection ends. */
function text(socket: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      all += chunk;
    });
    socket.on('close', () => resolve(all));
  });
}
