import { expect, test } from 'vitest';
import { renderJson } from '../../src/trace/json.js';
import type { Exchange, Step } from '../../src/trace/recorder.js';
import { Tracing } from '../../src/trace/tracing.js';

const STARTED = Date.UTC(2026, 10, 24);

function exchange(parts: Partial<Exchange>): Exchange {
  return {
    step: 'request',
    method: 'GET',
    url: 'https://id.example.com/somewhere',
    requestHeaders: {},
    requestBody: undefined,
    startedAt: STARTED,
    durationMs: 5,
    status: 200,
    responseHeaders: {},
    ...parts,
  };
}

/** The events as a file shows them. */
function shown(events: readonly (Exchange | Step)[], { hidden = [] as string[], withClaims = false } = {}) {
  const tracing = new Tracing({ version: '1.0.0', command: 'login', startedAt: STARTED }, undefined);
  for (const secret of hidden) tracing.hidden(secret);
  for (const event of events) {
    if ('method' in event) {
      tracing.begun(event);
      tracing.ended(event);
    } else tracing.noted(event);
  }
  return JSON.parse(renderJson(tracing.document({ exitCode: 0, at: STARTED + 10 }, withClaims))).events;
}

const named = (pairs: readonly { name: string; value: string }[], name: string) =>
  pairs.find((pair) => pair.name === name)?.value;

test('headers: what is known is shown, and everything else has a number', () => {
  const [event] = shown([
    exchange({
      requestHeaders: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from('my+app:p%2Bq%20r').toString('base64')}`,
        cookie: 'session=first; theme=second-value',
        'x-unheard-of': 'an unheard-of value',
      },
      responseHeaders: {
        'content-type': 'text/plain',
        'content-security-policy': "script-src 'nonce-abc'; default-src 'none'",
        location: '/next?code=the-code-itself&state=first&iss=https://id.example.com',
      },
      responseCookies: [
        'session=first; Path=/interaction/Xk29fjQpz7TbNs4LmW1e; Expires=Wed, 25 Nov 2026 00:00:00 GMT; HttpOnly; Odd=thing',
        'other=third; Secure',
      ],
    }),
  ]);
  const sent = (name: string) => named(event.request.headers, name);
  const delivery = (name: string) => named(event.response.headers, name);
  expect(sent('accept')).toBe('application/json');
  // Form-encoded, RFC 6749 §2.3.1: the number is that of the secret itself.
  expect(sent('authorization')).toBe('Basic my app:secret#1');
  expect(sent('cookie')).toBe('session=secret#2; theme=secret#3');
  expect(sent('x-unheard-of')).toBe('secret#4');
  expect(delivery('content-security-policy')).toBe("script-src 'nonce-secret#5'; default-src 'none'");
  expect(delivery('location')).toBe(
    'https://id.example.com/next?code=secret#6&state=secret#2&iss=https://id.example.com',
  );
  expect(event.response.headers.filter(({ name }: { name: string }) => name === 'set-cookie')).toEqual([
    {
      name: 'set-cookie',
      value: 'session=secret#2; Path=/interaction/secret#7; Expires=Wed, 25 Nov 2026 00:00:00 GMT; HttpOnly',
    },
    { name: 'set-cookie', value: 'other=secret#8; Secure' },
  ]);
});

test('the issuer as origin and referer is no secret, and stays what it is elsewhere', () => {
  const [sent, later] = shown([
    exchange({
      step: 'sign-in page',
      requestHeaders: {
        origin: 'https://id.example.com',
        referer: 'https://id.example.com/interaction/Xk29fjQpz7TbNs4LmW1e',
      },
    }),
    exchange({ step: 'userinfo request', responseBody: JSON.stringify({ iss: 'https://id.example.com' }) }),
  ]);
  expect(named(sent.request.headers, 'origin')).toBe('https://id.example.com');
  expect(named(sent.request.headers, 'referer')).toBe('https://id.example.com/interaction/secret#1');
  expect(later.response.body.value).toEqual({ iss: 'https://id.example.com' });
});

test('an address: user, password, opaque path, query and fragment', () => {
  const [event] = shown([
    exchange({
      url: 'https://user:pass-word@id.example.com/interaction/Xk29fjQpz7TbNs4LmW1e/login?scope=openid&what=ever#token=abc',
    }),
  ]);
  expect(event.request.url).toBe(
    'https://secret#1:secret#2@id.example.com/interaction/secret#3/login?scope=openid&what=secret#4#token=secret#5',
  );
});

test('the path of an endpoint is no secret, however it looks', () => {
  const tenant = '2f7c1a90-33de-4b8e-9c55-d1b2a3c4e5f6';
  const url = `https://login.example.com/${tenant}/oauth2/token`;
  const body = JSON.stringify({ error: 'invalid_request', error_description: `No such tenant: ${tenant}.` });
  const [event] = shown([exchange({ step: 'token request', url, status: 400, responseBody: body })]);
  expect(event.request.url).toBe(url);
  expect(event.response.body.value.error_description).toBe(`No such tenant: ${tenant}.`);
});

test('JSON: members by allow-list, numbers too, and the private part of a key', () => {
  const [response, keys] = shown([
    exchange({
      step: 'token request',
      responseBody: JSON.stringify({
        access_token: 'abc',
        token_type: 'Bearer',
        expires_in: 60,
        pin: 1234,
        made_up: ['x', { deep: 'y' }],
        flag: true,
      }),
    }),
    exchange({
      step: 'key set',
      responseBody: JSON.stringify({ keys: [{ kty: 'RSA', n: 'public', d: 'private', k: 'symmetric' }] }),
    }),
  ]);
  expect(response.response.body.value).toEqual({
    access_token: 'secret#1',
    token_type: 'Bearer',
    expires_in: 60,
    pin: 'secret#2',
    made_up: ['secret#3', { deep: 'secret#4' }],
    flag: true,
  });
  expect(keys.response.body.value).toEqual({ keys: [{ kty: 'RSA', n: 'public', d: 'secret#5', k: 'secret#6' }] });
});

test('a page of HTML is its words, without scripts and attributes', () => {
  const html = `<!doctype html><title>Error</title><script>var csrf = "abc"</script><input value="hidden-value-1"><p>Internal &amp; broken</p>`;
  const [event] = shown([
    exchange({ status: 500, responseHeaders: { 'content-type': 'text/html' }, responseBody: html }),
  ]);
  expect(event.response.body).toEqual({ type: 'text', text: 'Error Internal & broken' });
});

test('a long text is cut off, and no half of a secret is left at its end', () => {
  const secret = 'super-secret-value-0123456789';
  const text = `${'word '.repeat(13_105)}${secret}${secret}`;
  const [event] = shown([exchange({ responseBody: text })], { hidden: [secret] });
  expect(event.response.body.text.length).toBeLessThan(4_100);
  expect(event.response.body.text).not.toContain('super');
});

test('a secret that is a mere word is not cut out of the words of the protocol', () => {
  const body = JSON.stringify({
    error: 'invalid_client',
    error_description: 'client_secret_basic with secret is wrong',
  });
  const [event] = shown([exchange({ step: 'token request', status: 401, responseBody: body })], { hidden: ['secret'] });
  expect(event.response.body.value.error_description).toBe('client_secret_basic with secret#1 is wrong');
});

test('what an answer names at its end is found at its beginning, and in what came before', () => {
  const [first, second] = shown([
    exchange({ status: 400, responseBody: JSON.stringify({ error_description: 'see plainword-token' }) }),
    exchange({ responseBody: JSON.stringify({ token_type: 'plainword-token', access_token: 'plainword-token' }) }),
  ]);
  expect(first.response.body.value.error_description).toBe('see secret#1');
  expect(second.response.body.value).toEqual({ token_type: 'secret#1', access_token: 'secret#1' });
});

test('an encrypted token shows its header alone', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwe = [part({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'one' }), 'a2V5', 'aXY', 'Y2lwaGVydGV4dA', 'dGFn'].join(
    '.',
  );
  const [event] = shown([
    exchange({ step: 'userinfo request', responseHeaders: { 'content-type': 'application/jwt' }, responseBody: jwe }),
  ]);
  expect(event.response.body).toEqual({
    type: 'jwt',
    value: 'secret#1',
    token: { header: { alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'one' } },
  });
});

test('the claims parameter keeps its shape', () => {
  const claims = JSON.stringify({
    id_token: { email: { essential: true }, acr: { values: ['high'] }, sub: { value: 'user-7' } },
  });
  const [event] = shown([
    {
      step: 'authorization request',
      from: 'browser',
      to: 'provider',
      at: STARTED,
      url: `https://id.example.com/auth?claims=${encodeURIComponent(claims)}`,
    },
  ]);
  const value = JSON.parse(named(event.query, 'claims') ?? '');
  expect(value.id_token.email).toEqual({ essential: true });
  expect(JSON.stringify(value)).not.toContain('user-7');
});

test('an address that is no URL, JSON without end and an empty answer end nothing', () => {
  const deep = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;
  const events = shown([
    exchange({ url: 'not an address', responseBody: deep }),
    exchange({ responseBody: '', requestBody: '' }),
    exchange({ responseBody: '{"a":', status: 200 }),
    {
      ...exchange({ failure: 'network_refused: connect ECONNREFUSED' }),
      status: undefined,
      responseHeaders: undefined,
    } as unknown as Exchange,
  ]);
  expect(events).toHaveLength(4);
  expect(events[3]).toMatchObject({ response: null, failure: 'network_refused: connect ECONNREFUSED' });
});
