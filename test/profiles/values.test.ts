import { describe, expect, test } from 'vitest';
import { type ProfileFlags, resolveProfile } from '../../src/profiles/profile.js';
import { failure, makeWorld } from './environment.js';

const GOOD = { issuer: 'https://id.example', clientId: 'app' };

function resolveWith(flags: ProfileFlags, env = {}) {
  return resolveProfile({ flags: { ...GOOD, ...flags } }, makeWorld(env));
}

describe('what a flag may not hold', () => {
  test.each<[ProfileFlags, string, string]>([
    [{ issuer: 'id.example' }, '--issuer', '"id.example"'],
    [{ issuer: 'https://id.example?a' }, '--issuer', '"https://id.example?a"'],
    [{ issuer: 'https://id.example#a' }, '--issuer', '"https://id.example#a"'],
    [{ issuer: ' https://id.example' }, '--issuer', '" https://id.example"'],
    [{ issuer: 'https://me:hunter2@id.example' }, '--issuer', 'a URL with a user name or password'],
    [{ clientId: '' }, '--client-id', 'empty text'],
    [{ clientId: 'a\nb' }, '--client-id', '"a\\nb"'],
    [{ clientAuth: 'basic' }, '--client-auth', '"basic"'],
    [{ scope: '' }, '--scope', 'empty text'],
    [{ redirectUri: 'http://localhost/#a' }, '--redirect-uri', '"http://localhost/#a"'],
    [{ redirectUri: 'localhost:8484' }, '--redirect-uri', '"localhost:8484"'],
    [{ port: '80a' }, '--port', '"80a"'],
    [{ port: 65_536 }, '--port', '65536'],
    [{ port: -1 }, '--port', '-1'],
    [{ prompt: 'none login' }, '--prompt', '"none login"'],
    [{ maxAge: 'soon' }, '--max-age', '"soon"'],
    [{ maxAge: '-1' }, '--max-age', '-1'],
    [{ maxAge: '1e3' }, '--max-age', '"1e3"'],
    [{ display: 'big' }, '--display', '"big"'],
    [{ claims: '{' }, '--claims', '"{"'],
    [{ claims: 'null' }, '--claims', '"null"'],
    [{ claims: '[]' }, '--claims', '"[]"'],
    [{ resource: ['https://a.example', 'b'] }, '--resource', '"b"'],
    [{ responseMode: 'fragment' }, '--response-mode', '"fragment"'],
    [{ browser: '' }, '--browser', 'empty text'],
    [{ store: 'cloud' }, '--store', '"cloud"'],
    [{ clockTolerance: '-5' }, '--clock-tolerance', '-5'],
    [{ timeout: 0 }, '--timeout', '0'],
    [{ timeout: '5m' }, '--timeout', '"5m"'],
    [{ param: ['x'] }, '--param', '"x"'],
    [{ param: ['=x'] }, '--param', 'empty text'],
    [{ param: ['a b=x'] }, '--param', '"a b"'],
  ])('%j', async (flags, where, actual) => {
    const error = await failure(resolveWith(flags));
    expect(error).toMatchObject({ code: 'config_value_invalid', facts: { where, found: actual } });
    expect(error.facts.allowed).toMatch(/\w{3}/);
  });

  test.each([
    'state',
    'nonce',
    'redirect_uri',
    'response_type',
    'client_id',
    'client_secret',
    'code_challenge',
    'code_challenge_method',
    'scope',
    'request',
    'request_uri',
    'response_mode',
    'prompt',
  ])('--param %s=x, which the sign-in sets itself', async (name) => {
    const { code, facts } = await failure(resolveWith({ param: [`${name}=hunter2`] }));
    expect({ code, where: facts.where, found: facts.found }).toEqual({
      code: 'config_value_invalid',
      where: '--param',
      found: `"${name}"`,
    });
    expect(JSON.stringify(facts)).not.toContain('hunter2');
  });
});

test.each([
  ['OIDC_CLI_ISSUER', 'nowhere'],
  ['OIDC_CLI_CLIENT_AUTH', 'basic'],
  ['OIDC_CLI_MAX_AGE', 'soon'],
  ['OIDC_CLI_STRICT', 'perhaps'],
  ['OIDC_CLI_INSECURE', '2'],
  ['OIDC_CLI_CLAIMS', '{'],
  ['OIDC_CLI_RESOURCE', 'https://a.example b'],
  ['OIDC_CLI_PARAMETERS', 'state=x'],
])('the variable %s may not be %j', async (name, value) => {
  const error = await failure(resolveProfile({ flags: GOOD }, makeWorld({ [name]: value })));
  expect(error).toMatchObject({ code: 'config_value_invalid', facts: { where: name } });
});

describe('the redirect URI and its port', () => {
  test.each<[ProfileFlags, string, boolean]>([
    [{}, 'http://localhost:8484/callback', true],
    [{ port: 9999 }, 'http://localhost:9999/callback', false],
    [{ port: '0' }, 'http://localhost:0/callback', false],
    [{ redirectUri: 'http://127.0.0.1/cb?x=1', port: '8000' }, 'http://127.0.0.1:8000/cb?x=1', false],
    [{ redirectUri: 'http://[::1]:1/', port: 2 }, 'http://[::1]:2/', false],
    [{ redirectUri: 'https://app.example/cb' }, 'https://app.example/cb', false],
    [{ redirectUri: 'http://localhost:8484/callback' }, 'http://localhost:8484/callback', false],
  ])('%j', async (flags, redirectUri, redirectUriIsDefault) => {
    expect((await resolveWith(flags)).profile).toMatchObject({ redirectUri, redirectUriIsDefault });
  });

  test('--port says that it gave the port', async () => {
    const { sources } = await resolveWith({ port: 9999 });
    expect(sources.redirectUri).toEqual({ layer: 'flag', where: '--port' });
  });

  test.each(['https://app.example/cb', 'http://localhost.example/cb', 'http://128.0.0.1/'])(
    '--port beside %s, which is not on this machine',
    async (redirectUri) => {
      const error = await failure(resolveWith({ redirectUri, port: 1 }));
      expect(error).toMatchObject({ code: 'config_value_invalid', facts: { where: '--port' } });
    },
  );
});

describe('what is likely a mistake, and allowed', () => {
  test('a scope without openid', async () => {
    expect((await resolveWith({ scope: 'profile openid2' })).warnings).toEqual([
      'The scope has no openid: the provider will answer without an ID token (OpenID Connect Core 3.1.2.1).',
    ]);
  });

  test('a scope with commas', async () => {
    const { warnings } = await resolveWith({ scope: 'openid,email' });
    expect(warnings.join()).toContain('scopes are separated by spaces');
  });
});
