import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.js';
import { signInOverHttp } from '../support/http-browser.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { signIn } from '../support/scripted-sign-in.js';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

const sent = () => {
  const [request] = provider.requests('/authorize');
  const [token] = provider.requests('/token');
  if (!request || !token) throw new Error('the sign-in did not come so far');
  return { query: request.query, form: token.form };
};

describe('every sign-in', () => {
  test('sends PKCE with S256, a state and a nonce, and proves the verifier', async () => {
    expect((await signIn(provider)).code).toBe(0);
    const { query, form } = sent();
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      client_id: 'app',
      scope: 'openid profile email',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[\w-]{43,}$/);
    const verifier = form.get('code_verifier') ?? '';
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(query.get('code_challenge'));
    expect(form.get('grant_type')).toBe('authorization_code');
  });

  test('makes them anew each time', async () => {
    await signIn(provider);
    const first = sent();
    await signIn(provider);
    const second = sent();
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first.query.get(name)).not.toBe(second.query.get(name));
    }
    expect(new Set([...first.query.values()].filter((value) => /^[\w-]{43}$/.test(value))).size).toBe(3);
  });

  test('a provider that announces no PKCE gets it all the same', async () => {
    const metadata = { code_challenge_methods_supported: undefined };
    expect((await signIn(provider, { metadata })).code).toBe(0);
    expect(sent().query.get('code_challenge')).not.toBeNull();
  });
});

describe('the redirect URI is repeated to the letter (RFC 6749 §4.1.3)', () => {
  test.each(['', '/', '/callback', '/call%20back/', '/callback?app=1&x=a%20b', '?app=1'])('"%s"', async (rest) => {
    const port = await freePort();
    const uri = `http://127.0.0.1:${port}${rest}`;
    const { code, stdout } = await signIn(provider, {}, ['--redirect-uri', uri]);
    expect(code, stdout).toBe(0);
    expect(sent().query.get('redirect_uri')).toBe(uri);
    expect(sent().form.get('redirect_uri')).toBe(uri);
  });

  test('with the port that was found, where any was asked for', async () => {
    await signIn(provider);
    const { query, form } = sent();
    expect(query.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+\/callback$/);
    expect(form.get('redirect_uri')).toBe(query.get('redirect_uri'));
  });
});

test('what is asked for arrives', async () => {
  const claims = '{"id_token":{"email":{"essential":true}}}';
  const flags = [
    ...['--scope', 'openid offline_access', '--prompt', 'login consent', '--login-hint', 'alice@example.com'],
    ...['--max-age', '3600', '--ui-locales', 'ja en', '--acr-values', 'mfa pwd', '--display', 'popup'],
    ...['--claims', claims, '--resource', 'https://api.example/a', '--resource', 'https://api.example/b'],
    ...['--param', 'kc_idp_hint=google', '--param', 'x=a=b&c'],
  ];
  const script = { claims: { auth_time: Math.floor(Date.now() / 1000), acr: 'mfa' } };
  expect((await signIn(provider, script, flags)).code).toBe(0);
  const { query, form } = sent();
  expect(Object.fromEntries(query)).toMatchObject({
    scope: 'openid offline_access',
    prompt: 'login consent',
    login_hint: 'alice@example.com',
    max_age: '3600',
    ui_locales: 'ja en',
    acr_values: 'mfa pwd',
    display: 'popup',
    claims,
    kc_idp_hint: 'google',
    x: 'a=b&c',
  });
  // Resource indicators are asked for at both endpoints (RFC 8707 §2).
  expect(query.getAll('resource')).toEqual(['https://api.example/a', 'https://api.example/b']);
  expect(form.getAll('resource')).toEqual(['https://api.example/a', 'https://api.example/b']);
});

test('what is not asked for is not sent', async () => {
  await signIn(provider);
  expect([...sent().query.keys()].sort()).toEqual(
    [
      ...['client_id', 'code_challenge', 'code_challenge_method', 'nonce'],
      ...['redirect_uri', 'response_type', 'scope', 'state'],
    ].sort(),
  );
});

test.each([
  'state=x',
  'nonce=x',
  'code_challenge_method=plain',
  'redirect_uri=http://evil.example/',
  'response_type=token',
])('--param %s is refused: it would take away what protects the sign-in', async (parameter) => {
  const { code, document } = await signIn(provider, {}, ['--param', parameter]);
  expect(code).toBe(3);
  expect(document.error?.code).toBe('config_value_invalid');
  expect(provider.requests('/authorize')).toEqual([]);
});

test('an answer as a form post is taken', async () => {
  const openUrl = async (url: string) => {
    await signInOverHttp(url, { username: '', password: '', timeoutMs: 10_000 });
  };
  const { code, stdout } = await signIn(provider, {}, ['--response-mode', 'form_post'], { openUrl });
  expect(code, stdout).toBe(0);
  expect(sent().query.get('response_mode')).toBe('form_post');
});

describe('pushed authorization requests (RFC 9126)', () => {
  const metadata = { require_pushed_authorization_requests: true };

  test('are made where the provider requires them: nothing else is in the browser', async () => {
    const flags = ['--client-secret-env', 'S', '--prompt', 'login'];
    const { code } = await signIn(provider, { metadata, client: { id: 'app', secret: 'pushed-secret' } }, flags, {
      env: { S: 'pushed-secret' },
    });
    expect(code).toBe(0);
    const [pushed] = provider.requests('/par');
    expect(pushed?.headers.authorization).toMatch(/^Basic /);
    for (const name of ['state', 'nonce', 'code_challenge', 'redirect_uri']) expect(pushed?.form.has(name)).toBe(true);
    expect(Object.fromEntries(pushed?.form ?? [])).toMatchObject({ prompt: 'login', response_type: 'code' });
    expect([...sent().query.keys()].sort()).toEqual(['client_id', 'request_uri']);
    expect(sent().form.get('redirect_uri')).toBe(pushed?.form.get('redirect_uri'));
  });

  test('are not made where it only offers them', async () => {
    await signIn(provider);
    expect(provider.requests('/par')).toEqual([]);
  });
});

describe('scopes', () => {
  const scopes = async (scope: string, granted: string | undefined, tokens: Record<string, unknown> = {}) =>
    (await signIn(provider, { tokens: { scope: granted, ...tokens } }, ['--scope', scope])).document.scope;

  test('that were not granted are named', async () => {
    expect(await scopes('openid email payroll', 'openid email')).toEqual({
      requested: ['openid', 'email', 'payroll'],
      granted: ['openid', 'email'],
      missing: ['payroll'],
    });
  });

  test('are granted as asked where the answer says nothing (RFC 6749 §5.1)', async () => {
    expect(await scopes('openid email', undefined)).toMatchObject({ granted: ['openid', 'email'], missing: [] });
  });

  test('offline_access is granted when a refresh token came, whatever the answer says', async () => {
    expect((await scopes('openid offline_access', 'openid'))?.missing).toEqual([]);
    expect((await scopes('openid offline_access', undefined, { refresh_token: undefined }))?.missing).toEqual([
      'offline_access',
    ]);
  });
});
