import { afterAll, beforeAll, expect, test } from 'vitest';
import { oauthError, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { refused } from '../support/scripted-sign-in.js';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

const SECRET = 'k3Qzx9Lw~7';
const client = { id: 'app', secret: SECRET };

/*
 * What is known of a run goes into the causes: the first is the true one.
 */

test('the secret ends in a line break', async () => {
  const { error, stdout, stderr } = await refused(provider, { client }, ['--client-secret-env', 'S'], {
    env: { S: `${SECRET}\n` },
  });
  expect(error.code).toBe('invalid_client');
  expect(error.causes[0]).toBe('The client secret that was sent is 11 characters long and ends in a line break.');
  expect(stdout + stderr).not.toContain(SECRET);
});

test('the secret is another one: its length is told', async () => {
  const { error, stdout, stderr } = await refused(provider, { client }, ['--client-secret-env', 'S'], {
    env: { S: 'another-secret' },
  });
  expect(error.causes[0]).toBe(
    'The client secret is wrong, expired, or of another environment (it is 14 characters long); or the client is a public one there, and has none.',
  );
  expect(stdout + stderr).not.toContain('another-secret');
});

test("the client's assertion and the provider's clock", async () => {
  const script = { client: { ...client, secret: 'x' }, date: 73 };
  const flags = ['--client-secret-env', 'S', '--client-auth', 'client_secret_jwt'];
  const { error } = await refused(provider, script, flags, { env: { S: SECRET } });
  expect(error.causes[0]).toMatch(/provider's is 7[234] s ahead of this machine's/);
});

test("the clock is 73 s ahead of the provider's", async () => {
  const now = Math.floor(Date.now() / 1000);
  const { error } = await refused(provider, { claims: { iat: now - 400, exp: now - 73 }, date: -73 });
  expect(error.code).toBe('id_token_expired');
  expect(error.causes[0]).toMatch(/provider's is 7[234] s behind this machine's/);
});

test('the registered redirect URI differs by a slash', async () => {
  const { error } = await refused(provider, {
    token: (_honest, { form }) => oauthError(400, 'invalid_grant', `redirect_uri must be ${form.get('redirect_uri')}/`),
  });
  expect(error.causes[0]).toMatch(
    /^The redirect URI that was sent is (\S+), and the provider names \1\/: they differ by the slash at the end\.$/,
  );
});

test('the same in the answer of the authorization endpoint', async () => {
  const redirectUri = 'http://127.0.0.1:0/callback';
  const authorization = {
    code: undefined,
    error: 'invalid_request',
    error_description: 'Registered for this client: http://127.0.0.1:65000/callback',
  };
  const { error } = await refused(provider, { authorization }, ['--redirect-uri', redirectUri]);
  expect(error.causes[0]).toMatch(/they differ by the port\.$/);
});

test('a scope is not announced', async () => {
  const script = {
    metadata: { scopes_supported: ['openid', 'profile', 'email'] },
    authorization: { code: undefined, error: 'invalid_scope' },
  };
  const { error } = await refused(provider, script, ['--scope', 'openid payroll']);
  expect(error.causes[0]).toBe(
    'The provider does not announce payroll: it is misspelled, or to be set up there first.',
  );
});

test('an error of Microsoft is passed on whole, and known', async () => {
  const words = 'AADSTS7000215: Invalid client secret provided. Trace ID: 0f6b2c1e';
  const { error } = await refused(
    provider,
    { token: () => oauthError(401, 'invalid_client', words) },
    ['--client-secret-env', 'S'],
    { env: { S: SECRET } },
  );
  expect(error.message).toContain(words);
  expect(error.causes[0]).toContain('AADSTS7000215: The client secret is wrong');
});

test('an error of another standard is told by what that says', async () => {
  const { error } = await refused(provider, { token: () => oauthError(400, 'invalid_dpop_proof') });
  expect(error.code).toBe('token_request_refused');
  expect(error.causes[0]).toMatch(/^invalid_dpop_proof \(RFC 9449 §5\): /);
});

test('the answer names the issuer with a slash', async () => {
  const { error } = await refused(provider, { authorization: { iss: `${provider.issuer}/` } });
  expect(error.code).toBe('callback_issuer_mismatch');
  expect(error.causes[0]).toMatch(/differ only by the slash/);
});
