import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  oauthError,
  type Reply,
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../support/scripted-provider.js';
import { expectFailure, type Failure, signIn } from '../support/scripted-sign-in.js';

const page = (status: number): Reply => ({ status, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' });
const withSecret = (secret: string, ...flags: string[]) => ({
  flags: ['--client-secret-env', 'APP_SECRET', ...flags],
  env: { APP_SECRET: secret },
});

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

describe('the client is not accepted', () => {
  const client = { id: 'app', secret: 'right' };
  test.each<[string, Failure]>([
    [
      'a wrong secret by basic, with a challenge',
      { script: { client }, ...withSecret('wrong'), code: 'invalid_client', because: /secret is wrong/ },
    ],
    [
      'a wrong secret by post, without one',
      {
        script: { client },
        ...withSecret('wrong', '--client-auth', 'client_secret_post'),
        code: 'invalid_client',
        says: /\(client_secret_post\)\. It says: invalid_client: "client authentication failed"\.$/,
        because: /secret is wrong/,
      },
    ],
    [
      'a wrong secret by assertion',
      {
        script: { client },
        ...withSecret('a secret of some length, and wrong', '--client-auth', 'client_secret_jwt'),
        code: 'invalid_client',
        because: /secret is wrong/,
      },
    ],
    [
      'another method than the provider supports: it says which',
      {
        script: {
          client: { ...client, methods: ['client_secret_post'] },
          metadata: { token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'] },
        },
        ...withSecret('right', '--client-auth', 'client_secret_basic'),
        code: 'invalid_client',
        because: /does not support client_secret_basic: it announces client_secret_post, private_key_jwt\.$/,
        fix: /supports: client_secret_post, private_key_jwt\.$/,
      },
    ],
    [
      'another method than this client is registered for: the provider supports it',
      {
        script: { client: { ...client, methods: ['client_secret_post'] } },
        ...withSecret('right'),
        code: 'invalid_client',
        because: /secret is wrong/,
        fix: /another --client-auth; the provider supports: client_secret_basic, client_secret_post/,
      },
    ],
    ['no secret', { script: { client }, code: 'invalid_client', because: /no secret was sent/ }],
    ['401 and not a word', { script: { token: () => ({ status: 401 }) }, code: 'invalid_client' }],
    [
      '401 with a challenge and not a word',
      {
        script: { token: () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }) },
        code: 'invalid_client',
      },
    ],
    [
      "401 and a page: a gateway's, most likely",
      { script: { token: () => page(401) }, code: 'token_request_refused', because: /A proxy or firewall/ },
    ],
  ])('%s', async (_name, failure) => {
    const { document } = await expectFailure(provider, failure);
    expect(document.checks).toEqual([]);
  });
});

describe('the token endpoint refuses', () => {
  const token = (reply: Reply): Script => ({ token: () => reply });
  test.each<[string, Failure]>([
    [
      'invalid_grant',
      { script: token(oauthError(400, 'invalid_grant', 'code expired')), code: 'invalid_grant', because: /expired/ },
    ],
    ['invalid_scope', { script: token(oauthError(400, 'invalid_scope')), code: 'invalid_scope' }],
    ['invalid_request', { script: token(oauthError(400, 'invalid_request')), code: 'invalid_request' }],
    ['unauthorized_client', { script: token(oauthError(400, 'unauthorized_client')), code: 'unauthorized_client' }],
    [
      'unsupported_grant_type',
      { script: token(oauthError(400, 'unsupported_grant_type')), code: 'unsupported_grant_type' },
    ],
    ['invalid_target', { script: token(oauthError(400, 'invalid_target')), code: 'invalid_target' }],
    ['access_denied', { script: token(oauthError(403, 'access_denied', 'by rule')), code: 'access_denied' }],
    ['server_error', { script: token(oauthError(500, 'server_error')), code: 'provider_server_error' }],
    ['an error of its own', { script: token(oauthError(400, 'mfa', 'x')), code: 'token_request_refused', says: /mfa/ }],
    [
      'an error that is answered with 200',
      { script: token(oauthError(200, 'invalid_grant', 'bad code')), code: 'invalid_grant', says: /"bad code"/ },
    ],
    [
      '500 and a page',
      {
        script: token(page(500)),
        code: 'token_request_refused',
        says: /^The token endpoint answered with status 500 and text\/html, /,
        because: /failed inside/,
      },
    ],
    ['403 and a page', { script: token(page(403)), code: 'token_request_refused', because: /proxy or firewall/ }],
    ['404 and a page', { script: token(page(404)), code: 'token_request_refused', says: /status 404/ }],
    [
      'a redirect, whose query is not shown',
      {
        script: token({ status: 302, headers: { location: '/login?ticket=1' } }),
        code: 'token_request_refused',
        because: /^It redirects to http:\/\/127\.0\.0\.1:\d+\/login: its address/,
      },
    ],
  ])('%s', async (_name, failure) => {
    await expectFailure(provider, failure);
  });
});

describe('the token answer is not one', () => {
  const invalid = (says: RegExp, script: Script): Failure => ({ script, code: 'token_response_invalid', says });
  const text = (body: string, type = 'application/json'): Script => ({
    token: () => ({ headers: { 'content-type': type }, body }),
  });
  test.each<[string, Failure]>([
    ['empty', invalid(/: it is empty\.$/, text(''))],
    ['a page', invalid(/: it is text\/html, not JSON\.$/, { token: () => page(200) })],
    ['broken JSON', invalid(/: it is not JSON\.$/, text('{"access_token":'))],
    ['a list', invalid(/: it must be a JSON object\.$/, text('[]'))],
    ['204', invalid(/: it has the status 204\.$/, { token: () => ({ status: 204 }) })],
    ['201', invalid(/: it has the status 201\.$/, { token: (body) => ({ status: 201, body }) })],
    ['no access_token', invalid(/: its access_token must be a string\.$/, { tokens: { access_token: undefined } })],
    ['an empty access_token', invalid(/: its access_token must not be empty\.$/, { tokens: { access_token: '' } })],
    ['no token_type', invalid(/: its token_type must be a string\.$/, { tokens: { token_type: undefined } })],
    ['an unknown token_type', invalid(/: its token_type is not "Bearer"\.$/, { tokens: { token_type: 'mac' } })],
    ['a negative expires_in', invalid(/expires_in must be a non-negative number\.$/, { tokens: { expires_in: -1 } })],
    ['expires_in in words', invalid(/expires_in must be a number\.$/, { tokens: { expires_in: 'soon' } })],
    ['a scope that is a list', invalid(/: its scope must be a string\.$/, { tokens: { scope: ['openid'] } })],
    ['a refresh_token of another kind', invalid(/refresh_token must be a string\.$/, { tokens: { refresh_token: 1 } })],
    ['an id_token of another kind', invalid(/: its id_token must be a string\.$/, { tokens: { id_token: 1 } })],
    [
      'no id_token',
      { script: { tokens: { id_token: undefined } }, code: 'no_id_token', because: /says that it granted .+ "openid"/ },
    ],
    [
      'no id_token, and no scope openid',
      {
        script: { tokens: { id_token: undefined, scope: 'profile' } },
        code: 'no_id_token',
        because: /dropped the scope "openid"/,
      },
    ],
    [
      'no id_token, and none was asked for',
      {
        script: { tokens: { id_token: undefined } },
        flags: ['--scope', 'profile'],
        code: 'no_id_token',
        because: /"openid" was not asked for, only: profile\.$/,
        fix: /--scope "openid profile email"/,
      },
    ],
    ['id_token: null', { script: { tokens: { id_token: null } }, code: 'no_id_token' }],
  ])('%s', async (_name, failure) => {
    await expectFailure(provider, failure);
  });

  test('a lifetime written as a text of digits is taken for the number it is', async () => {
    const { code, document } = await signIn(provider, { tokens: { expires_in: '600', token_type: 'bearer' } });
    expect(code).toBe(0);
    expect(Date.parse(document.expiresAt ?? '')).toBeGreaterThan(Date.now() + 500_000);
  });
});
