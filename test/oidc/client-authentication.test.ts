import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { login, signIn } from '../support/scripted-sign-in.js';

const SECRET = 'p+ss wörd%:*é/a-long-enough-secret';
const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none'];

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

/** Signs in as a confidential client; the provider checks what it is sent. */
async function signInAs(id: string, secret: string, flags: readonly string[] = [], script: Script = {}) {
  const finished = await signIn(
    provider,
    { client: { id, secret }, ...script },
    ['--client-id', id, '--client-secret-env', 'APP_SECRET', ...flags],
    { env: { APP_SECRET: secret } },
  );
  const [request] = provider.requests('/token');
  if (!request) throw new Error(finished.stdout);
  return { ...finished, request };
}

/** What the Basic header holds, once base64 is off. */
function credentials(header: string | undefined): string {
  return Buffer.from((header ?? '').replace(/^Basic /, ''), 'base64').toString();
}

describe('client_secret_basic (RFC 6749 §2.3.1)', () => {
  test('encodes id and secret as forms are, and leaves - . _ * alone', async () => {
    const { code, request } = await signInAs('my-app_1.0*', SECRET);
    expect(code).toBe(0);
    expect(credentials(request.headers.authorization)).toBe(
      'my-app_1.0*:p%2Bss+w%C3%B6rd%25%3A*%C3%A9%2Fa-long-enough-secret',
    );
  });

  test('puts neither id nor secret into the form', async () => {
    const { request } = await signInAs('my-app', SECRET);
    expect([...request.form.keys()].sort()).toEqual(['code', 'code_verifier', 'grant_type', 'redirect_uri']);
  });

  test('a colon in the id does not move the border', async () => {
    const { code, request } = await signInAs('https://app.example/', 'a:b');
    expect(code).toBe(0);
    expect(credentials(request.headers.authorization)).toBe('https%3A%2F%2Fapp.example%2F:a%3Ab');
  });
});

test('client_secret_post puts both into the form, and nothing into the header', async () => {
  const { code, request, document } = await signInAs('my-app', SECRET, ['--client-auth', 'client_secret_post']);
  expect(code).toBe(0);
  expect(request.headers.authorization).toBeUndefined();
  expect(request.form.get('client_id')).toBe('my-app');
  expect(request.form.get('client_secret')).toBe(SECRET);
  expect(document.clientAuth).toEqual({ method: 'client_secret_post', reason: 'asked for' });
});

test('client_secret_jwt sends an HS256 assertion that verifies, and never the secret (OIDC Core §9)', async () => {
  const { code, request } = await signInAs('my-app', SECRET, ['--client-auth', 'client_secret_jwt']);
  expect(code).toBe(0);
  expect(request.headers.authorization).toBeUndefined();
  expect(request.form.has('client_secret')).toBe(false);
  expect(request.form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  const { payload, protectedHeader } = await jwtVerify(
    request.form.get('client_assertion') ?? '',
    new TextEncoder().encode(SECRET),
  );
  expect(protectedHeader.alg).toBe('HS256');
  expect(payload).toMatchObject({ iss: 'my-app', sub: 'my-app' });
  expect([payload.aud].flat().some((aud) => aud === provider.issuer || aud === `${provider.issuer}/token`)).toBe(true);
  expect(payload.jti).toBeTypeOf('string');
});

test('a public client sends its id alone', async () => {
  const { code, document } = await signIn(provider);
  const [request] = provider.requests('/token');
  expect(code).toBe(0);
  expect(request?.headers.authorization).toBeUndefined();
  expect(request?.form.get('client_id')).toBe('app');
  expect(request?.form.has('client_secret')).toBe(false);
  expect(document.clientAuth).toEqual({ method: 'none', reason: 'no secret' });
});

describe('which method is used', () => {
  const announce = (methods: unknown): Script => ({ metadata: { token_endpoint_auth_methods_supported: methods } });

  test.each<[string, unknown, string, string]>([
    ['the first that is announced', ['client_secret_post', 'client_secret_basic'], 'client_secret_post', 'announced'],
    ['the first of ours', ['private_key_jwt', 'none', 'client_secret_jwt'], 'client_secret_jwt', 'announced'],
    ["the standard's default, where nothing is announced", undefined, 'client_secret_basic', 'default'],
  ])('%s', async (_name, metadata, method, reason) => {
    const { code, document } = await signInAs('my-app', SECRET, [], announce(metadata));
    expect(code).toBe(0);
    expect(document.clientAuth).toEqual({ method, reason });
  });

  test.each(METHODS.slice(0, 3))('%s when it is asked for, announced or not', async (method) => {
    const { code, document } = await signInAs('my-app', SECRET, ['--client-auth', method], announce(['x']));
    expect(code).toBe(0);
    expect(document.clientAuth).toEqual({ method, reason: 'asked for' });
  });

  test('none when it is asked for: the secret is not sent', async () => {
    const { document, request } = await signInAs('my-app', SECRET, ['--client-auth', 'none'], {
      client: { id: 'my-app' },
    });
    expect(document.clientAuth).toEqual({ method: 'none', reason: 'asked for' });
    expect(JSON.stringify([request.headers, [...request.form]])).not.toContain('enough-secret');
  });

  test('the output says which, and why', async () => {
    provider.play({});
    const { stdout, stderr } = await login(provider.issuer, ['--client-secret-env', 'S'], { env: { S: SECRET } });
    expect(stdout).toContain('app, client_secret_basic (the first that the provider announces)');
    expect(stderr).toContain('client authentication client_secret_basic (the first that the provider announces)');
  });
});
