import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Examined, examine, flagsFor, play, SECRET } from '../support/examine-profile.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine, type Machine } from '../support/run.js';
import {
  type Json,
  makeKey,
  oauthError,
  type Reply,
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../support/scripted-provider.js';

let machine: Machine;
let provider: ScriptedProvider;

beforeAll(async () => {
  machine = await createMachine();
  provider = await startScriptedProvider();
});
beforeEach(() => play(provider));
afterAll(async () => {
  await provider.close();
  await machine.remove();
});

/** Examines the profile where the provider plays a script. */
function examined(script: Script, flags: readonly string[] = []): Promise<Examined> {
  play(provider, script);
  return examine(machine, [...flagsFor(provider), ...flags], { env: { APP_SECRET: SECRET } });
}

const html = (body: string, status = 200): Reply => ({ status, headers: { 'content-type': 'text/html' }, body });
const without = (...members: string[]): Json => Object.fromEntries(members.map((member) => [member, undefined]));

/** One mistake, what is to be found of it, and all that is found. */
interface Mistake {
  readonly script: Script;
  readonly flags?: readonly string[];
  /** `verdict name`, all there are. */
  readonly sees: readonly string[];
  readonly side?: string;
  /** In the whole of the first of them. */
  readonly says: RegExp;
}

async function expectMistake({ script, flags, sees, side = 'provider', says }: Mistake): Promise<void> {
  const run = await examined(script, flags);
  expect(run.bad).toEqual(sees);
  const [verdict = '', ...name] = (sees[0] ?? '').split(' ');
  const check = run.document.checks.find((one) => one.verdict === verdict && one.name === name.join(' '));
  expect(JSON.stringify(check)).toMatch(says);
  expect(check?.side).toBe(side);
  const fails = sees.some((one) => one.startsWith('fail'));
  expect(run.code).toBe(fails ? 1 : 0);
  if (verdict === 'fail') expect(run.document.finding).toEqual(check);
}

describe('a sound provider', () => {
  it('has nothing to complain of, and each check is made', async () => {
    const run = await examined({});
    expect(run.bad).toEqual([]);
    expect(run.code).toBe(0);
    expect(run.stderr).toBe('');
    const passed = run.document.checks.filter(({ verdict }) => verdict === 'pass').map(({ name }) => name);
    expect(passed).toEqual(
      expect.arrayContaining([
        ...['issuer', 'client id', 'client secret', 'settings', 'proxy', 'certificate authorities', 'name resolution'],
        ...[
          'clock skew',
          'answer times',
          'status',
          'content type',
          'size',
          'required members',
          'recommended members',
          'https',
        ],
        ...['token endpoint', 'userinfo endpoint', 'revocation endpoint', 'pushed requests endpoint'],
        ...['code flow', 'PKCE S256', 'scopes', 'client authentication', 'ID token algorithm', 'signed requests'],
        ...['key set', 'keys', 'key ids', 'RSA key size', 'private keys', 'unsupported keys', 'caching'],
        ...['authorization endpoint', 'client known', 'redirect URI registered', 'scopes allowed', 'iss in the answer'],
        ...['redirect URI', 'port', 'to register', 'browser', 'session file', 'oidc-cli', 'node', 'operating system'],
      ]),
    );
    // One request of a kind, and none with the secret.
    for (const path of ['/.well-known/openid-configuration', '/keys', '/authorize', '/token', '/userinfo', '/revoke']) {
      expect(provider.requests(path), path).toHaveLength(1);
    }
    const [token] = provider.requests('/token');
    expect([token?.headers.authorization, [...(token?.form.keys() ?? [])]]).toEqual([undefined, []]);
  });

  it('is asked what the profile asks', async () => {
    const flags = ['--prompt', 'none', '--scope', 'openid offline_access', '--login-hint', 'alice', '--param', 'x=y'];
    const run = await examined({ authorization: { code: undefined, error: 'login_required' } }, flags);
    expect(run.bad).toEqual([]);
    const [asked] = provider.requests('/authorize');
    expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({
      ...{ response_type: 'code', client_id: 'app', prompt: 'none', scope: 'openid offline_access', x: 'y' },
      ...{ login_hint: 'alice', code_challenge_method: 'S256', redirect_uri: 'http://localhost:8484/callback' },
    });
    expect(run.check('authorization endpoint').actual).toBe('answers login_required: nobody is signed in');
    expect(run.check('iss in the answer').actual).toBe(provider.issuer);
    expect(run.check('refresh').verdict).toBe('pass');
  });
});

describe('the answers', () => {
  it('come late: a warning that names them, and how long each took', async () => {
    const { issuer } = await identityProvider({ faults: ['jwks-slow'] });
    const run = await examine(machine, ['--issuer', issuer, '--client-id', 'demo', '--port', '0']);
    expect(run.bad).toEqual(['warn answer times']);
    expect(run.check('answer times')).toMatchObject({
      group: 'connection',
      actual: expect.stringMatching(/^key set: \d+ ms$/),
      expected: 'at most 3000 ms',
      side: 'provider',
    });
  }, 90_000);
});

describe('discovery', () => {
  const discovery = (reply: Reply | ((honest: Json) => Reply)): Script => ({
    discovery: typeof reply === 'function' ? reply : () => reply,
  });
  const elsewhere = { status: 302, headers: { location: 'http://portal.invalid/login?from=x' } };

  it.each<[string, Script, string, string, RegExp]>([
    ['is not there', discovery(html('no', 404)), 'status', 'configuration', /There is no OpenID configuration/],
    ['is down', discovery(html('busy', 503)), 'status', 'provider', /answered with status 503/],
    ['is behind a captive portal', discovery(elsewhere), 'status', 'network', /redirects \(302\) to http:..portal.inv/],
    ['wants a network sign-in', discovery(html('pay', 511)), 'status', 'network', /status 511/],
    [
      'is written in an old form',
      discovery({ status: 301, headers: { location: '/oidc/.well-known/openid-configuration' } }),
      'status',
      'configuration',
      /redirects \(301\)/,
    ],
    ['is a web page', discovery(html('<h1>App</h1>')), 'content type', 'configuration', /not with JSON.*text\/html/],
    [
      'is cut off',
      discovery({ headers: { 'content-type': 'application/json' }, body: '{"issuer":' }),
      'document',
      'provider',
      /is not JSON/,
    ],
    [
      'is huge',
      discovery((honest) => ({ body: { ...honest, x: 'y'.repeat(3_000_000) } })),
      'size',
      'provider',
      /larger/,
    ],
    [
      'names no issuer',
      discovery((honest) => ({ body: { ...honest, issuer: undefined } })),
      'document',
      'provider',
      /not what the standard asks for/,
    ],
  ])('%s: the rest is not made', async (_name, script, name, side, says) => {
    const run = await examined(script);
    expect(run.bad).toEqual([`fail ${name}`]);
    const failed = run.check(name);
    expect(JSON.stringify(failed)).toMatch(says);
    expect([failed.side, failed.group, run.code]).toEqual([side, 'discovery', 1]);
    expect(run.document.finding).toEqual(failed);
    for (const later of ['issuer', 'endpoints', 'key set', 'authorization endpoint']) {
      expect(run.document.checks).toContainEqual(
        expect.objectContaining({
          name: later,
          verdict: 'skip',
          dependsOn: name,
          actual: expect.stringContaining(name),
        }),
      );
    }
    expect(provider.requests('/authorize')).toEqual([]);
    // This machine is looked at all the same.
    expect(run.check('port').verdict).toBe('pass');
  });

  it('is that of an issuer that differs by a slash: told, and what it says is looked at', async () => {
    const realm = await startScriptedProvider({ path: '/realm' });
    try {
      play(realm, { metadata: { issuer: `${realm.issuer}/` } });
      const run = await examine(machine, flagsFor(realm), { env: { APP_SECRET: SECRET } });
      expect(run.bad).toEqual(['fail issuer']);
      expect(run.document.finding).toMatchObject({
        group: 'discovery',
        code: 'discovery_issuer_mismatch',
        side: 'configuration',
        why: 'They differ only by the slash at the end: the comparison is exact.',
        repair: expect.stringContaining(`--issuer ${realm.issuer}/`),
      });
      expect(run.check('keys').verdict).toBe('pass');
      expect(run.check('client known')).toMatchObject({ verdict: 'skip', dependsOn: 'issuer' });
    } finally {
      await realm.close();
    }
  });

  it('is that of an issuer that differs by a slash behind the host, which is the same address', async () => {
    const run = await examined({
      metadata: { issuer: `${provider.issuer}/` },
      authorization: { iss: `${provider.issuer}/` },
    });
    expect(run.bad).toEqual(['warn issuer']);
  });

  it('has a clock of its own', async () => {
    const skewed = async (seconds: number, flags: readonly string[] = []) => {
      const ahead = await createMachine();
      ahead.passTime(-seconds);
      try {
        play(provider);
        return await examine(ahead, [...flagsFor(provider), ...flags], { env: { APP_SECRET: SECRET } });
      } finally {
        await ahead.remove();
      }
    };
    const far = await skewed(73);
    expect(far.bad).toEqual(['fail clock skew']);
    expect(far.document.finding?.actual).toMatch(/^the provider's clock is 7\d s ahead of this machine's$/);
    expect((await skewed(-73)).document.finding?.actual).toMatch(/ 7\d s behind /);
    expect((await skewed(73, ['--clock-tolerance', '120'])).bad).toEqual(['warn clock skew']);
  });

  it('comes from a cache: its time is nothing to go by, another answer has the true one', async () => {
    const old = { age: '600', date: new Date(Date.now() - 600_000).toUTCString() };
    const run = await examined({ discovery: (honest) => ({ headers: old, body: honest }) });
    expect(run.bad).toEqual([]);
    expect(run.check('clock skew').actual).toMatch(/^-?\d s$/);
  });

  it.each<[string, Mistake]>([
    [
      'large',
      {
        script: discovery((honest) => ({ body: { ...honest, x: 'y'.repeat(70_000) } })),
        sees: ['warn size'],
        says: /at most 65536/,
      },
    ],
    [
      'without a key set',
      {
        script: { metadata: without('jwks_uri') },
        sees: ['fail required members'],
        says: /no jwks_uri.*OIDC Discovery §3/,
      },
    ],
    [
      'without what the standard requires',
      {
        script: { metadata: without('subject_types_supported', 'response_types_supported') },
        sees: ['warn required members'],
        says: /no response_types_supported, no subject_types_supported/,
      },
    ],
    [
      'with a text in place of a list',
      {
        script: { metadata: { response_types_supported: 'code' } },
        sees: ['warn required members'],
        says: /response_types_supported is no list of names/,
      },
    ],
    [
      'with an endpoint that is no address',
      {
        script: { metadata: { token_endpoint: '/token' } },
        sees: ['fail required members'],
        says: /token_endpoint is not an absolute URL/,
      },
    ],
    [
      'without what the standard recommends',
      {
        script: { metadata: without('userinfo_endpoint', 'claims_supported') },
        sees: ['warn recommended members'],
        says: /no userinfo_endpoint, no claims_supported/,
      },
    ],
    [
      'with an endpoint on plain http',
      {
        script: { metadata: { userinfo_endpoint: 'http://id.example.com/me' } },
        sees: ['fail https'],
        says: /userinfo_endpoint http:..id.example.com.me/,
      },
    ],
  ])('is %s', async (_name, mistake) => expectMistake(mistake));
});

describe('endpoints', () => {
  it.each<[string, Script, string, RegExp]>([
    [
      'is at another path',
      { metadata: { token_endpoint: 'ISSUER/oauth/token' } },
      'fail token endpoint',
      /answers 404/,
    ],
    ['is down', { token: () => html('busy', 502) }, 'fail token endpoint', /answers 502/],
    ['is a web page', { token: () => html('<h1>App</h1>') }, 'fail token endpoint', /with a web page/],
    [
      'takes anything',
      { token: () => ({ body: { error: 'invalid_grant' } }) },
      'fail token endpoint',
      /200 to a request/,
    ],
    ['redirects', { token: () => ({ status: 302, headers: { location: '/x' } }) }, 'fail token endpoint', /redirects/],
    ['of userinfo is down', { userinfo: () => html('busy', 500) }, 'warn userinfo endpoint', /answers 500/],
    [
      'of revocation is not there',
      { metadata: { revocation_endpoint: 'ISSUER/none' } },
      'warn revocation endpoint',
      /404/,
    ],
    [
      'of introspection is at another host',
      { metadata: { introspection_endpoint: 'http://127.0.0.1:1/introspect' } },
      'warn introspection endpoint',
      /Nothing listens at 127.0.0.1:1/,
    ],
    [
      'for the sign-out is not there',
      { metadata: { end_session_endpoint: 'ISSUER/none' } },
      'warn end session endpoint',
      /404/,
    ],
    [
      'for pushed requests is not there',
      { metadata: { pushed_authorization_request_endpoint: 'ISSUER/none' } },
      'warn pushed requests endpoint',
      /404/,
    ],
  ])('one %s', async (_name, script, sees, says) => {
    const { issuer } = provider;
    const metadata = Object.fromEntries(
      Object.entries(script.metadata ?? {}).map(([name, value]) => [name, String(value).replace('ISSUER', issuer)]),
    );
    const honest = script.token;
    // The scripted token endpoint judges the grant first; a script in its place has to come before.
    const placed = honest ? { metadata: { ...metadata, token_endpoint: `${issuer}/userinfo?token` } } : { metadata };
    const userinfo =
      honest &&
      ((_: Json, seen: { method: string }) => (seen.method === 'POST' ? honest({}, seen as never) : { body: {} }));
    await expectMistake({ script: { ...script, ...placed, ...(userinfo ? { userinfo } : {}) }, sees: [sees], says });
  });
});

describe('what the profile needs', () => {
  it.each<[string, Mistake]>([
    [
      'the code flow',
      {
        script: { metadata: { response_types_supported: ['id_token'] } },
        sees: ['fail code flow'],
        says: /response types id_token/,
      },
    ],
    [
      'its grant',
      {
        script: { metadata: { grant_types_supported: ['implicit'] } },
        sees: ['fail code flow'],
        says: /grants implicit/,
      },
    ],
    [
      'PKCE with S256',
      {
        script: { metadata: { code_challenge_methods_supported: ['plain'] } },
        sees: ['fail PKCE S256'],
        says: /plain.*RFC 7636/,
      },
    ],
    [
      'PKCE at all',
      {
        script: { metadata: without('code_challenge_methods_supported') },
        sees: ['warn PKCE S256'],
        says: /not announced/,
      },
    ],
    [
      'a scope',
      {
        script: {},
        flags: ['--scope', 'openid groups'],
        sees: ['warn scopes'],
        side: 'configuration',
        says: /groups not announced/,
      },
    ],
    [
      'its client authentication',
      {
        script: { metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } },
        flags: ['--client-auth', 'client_secret_basic'],
        sees: ['fail client authentication'],
        side: 'configuration',
        says: /client_secret_basic \(as the profile says\).*client_secret_post/,
      },
    ],
    [
      'any client authentication with a secret',
      {
        script: { metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt'] } },
        sees: ['fail client authentication'],
        side: 'configuration',
        says: /client_auth_unsupported/,
      },
    ],
    [
      'a client without authentication',
      {
        script: { metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } },
        flags: ['--client-auth', 'none'],
        // That the secret then stays unused is said as well.
        sees: ['warn settings', 'warn client authentication'],
        side: 'configuration',
        says: /not sent|not used/,
      },
    ],
    [
      'the algorithm of its assertion',
      {
        script: { metadata: { token_endpoint_auth_signing_alg_values_supported: ['RS256'] } },
        flags: ['--client-auth', 'client_secret_jwt'],
        sees: ['fail authentication algorithm'],
        side: 'configuration',
        says: /HS256/,
      },
    ],
    [
      'an ID token that can be verified',
      {
        script: { metadata: { id_token_signing_alg_values_supported: ['HS256', 'ES256K'] } },
        sees: ['fail ID token algorithm'],
        says: /HS256, ES256K/,
      },
    ],
    [
      'a prompt',
      {
        script: { metadata: { prompt_values_supported: ['none', 'login'] } },
        flags: ['--prompt', 'consent'],
        sees: ['warn prompt'],
        side: 'configuration',
        says: /consent not announced/,
      },
    ],
    [
      'a response mode',
      {
        script: { metadata: { response_modes_supported: ['query'] } },
        flags: ['--response-mode', 'form_post'],
        sees: ['warn response mode'],
        side: 'configuration',
        says: /form_post/,
      },
    ],
    [
      'an authentication context',
      {
        script: { metadata: { acr_values_supported: ['low'] } },
        flags: ['--acr-values', 'low high'],
        sees: ['warn acr values'],
        side: 'configuration',
        says: /high not announced/,
      },
    ],
    [
      'a display',
      {
        script: { metadata: { display_values_supported: ['page'] } },
        flags: ['--display', 'wap'],
        sees: ['warn display'],
        side: 'configuration',
        says: /wap/,
      },
    ],
    [
      'the claims parameter',
      {
        script: {},
        flags: ['--claims', '{"id_token":{"email":null}}'],
        sees: ['warn claims parameter'],
        side: 'configuration',
        says: /not announced/,
      },
    ],
    [
      'a refresh',
      {
        script: { metadata: { grant_types_supported: ['authorization_code'] } },
        flags: ['--scope', 'openid offline_access'],
        sees: ['warn refresh'],
        side: 'configuration',
        says: /offline_access/,
      },
    ],
    [
      'requests without a signature',
      {
        script: { metadata: { require_signed_request_object: true } },
        sees: ['fail signed requests'],
        side: 'registration',
        says: /RFC 9101/,
      },
    ],
  ])('is not announced: %s', async (_name, mistake) => expectMistake(mistake));

  it('is announced, all of it', async () => {
    const flags = ['--prompt', 'login', '--response-mode', 'form_post', '--acr-values', 'high', '--display', 'page'];
    const run = await examined(
      {
        metadata: {
          prompt_values_supported: ['login'],
          acr_values_supported: ['high'],
          display_values_supported: ['page'],
          claims_parameter_supported: true,
          token_endpoint_auth_signing_alg_values_supported: ['HS256'],
          require_pushed_authorization_requests: true,
        },
      },
      [...flags, '--claims', '{"id_token":{"email":null}}', '--client-auth', 'client_secret_jwt'],
    );
    expect(run.bad).toEqual([]);
    for (const name of [
      'prompt',
      'response mode',
      'acr values',
      'display',
      'claims parameter',
      'authentication algorithm',
    ]) {
      expect(run.check(name).verdict, name).toBe('pass');
    }
    expect(run.check('pushed requests').actual).toBe('required, and the request is pushed');
    // Asked once for an answer, and once with the request.
    expect(provider.requests('/par')).toHaveLength(2);
  });
});

describe('the key set', () => {
  const keys = (...set: readonly object[]): Script => ({ keySet: () => ({ body: { keys: set } }) });
  const honest = async () => (await makeKey()).jwk;

  it.each<[string, () => Script | Promise<Script>, readonly string[], RegExp]>([
    ['cannot be had', () => ({ keySet: () => html('no', 404) }), ['fail key set'], /it answered 404/],
    ['is no key set', () => ({ keySet: () => ({ body: { k: [] } }) }), ['fail key set'], /no list ..keys/],
    ['is empty', () => keys(), ['fail keys'], /no key at all/],
    ['has no key that fits', async () => keys((await makeKey('ES256')).jwk), ['fail keys'], /P-256 ES256/],
    [
      'has a key for one of two algorithms',
      () => ({ metadata: { id_token_signing_alg_values_supported: ['RS256', 'ES256'] } }),
      ['warn keys'],
      /none for ES256/,
    ],
    [
      'has two keys of one kid',
      async () => keys((await makeKey('RS256', 'one')).jwk, (await makeKey('RS256', 'one')).jwk),
      ['fail key ids'],
      /2 keys of one kind with the same kid/,
    ],
    [
      'has a key without a kid',
      async () => keys(await honest(), { ...(await makeKey('ES256')).jwk, kid: undefined }),
      ['warn key ids'],
      /1 of 2 keys without a kid/,
    ],
    [
      'has a short RSA key',
      async () => keys(await honest(), await shortKey()),
      ['fail RSA key size'],
      /short: 1024 bits/,
    ],
    [
      'has a shared secret in it',
      async () => keys(await honest(), { kty: 'oct', k: 'c2VjcmV0', kid: 'shared', use: 'enc' }),
      ['fail private keys'],
      /1 key with a shared secret/,
    ],
    [
      'has a key of an algorithm that is not supported here',
      async () => keys(await honest(), { kty: 'EC', crv: 'secp256k1', alg: 'ES256K', x: 'AA', y: 'AA', kid: 'k1' }),
      ['warn unsupported keys'],
      /secp256k1 ES256K/,
    ],
    [
      'may be kept for a year',
      () => ({ keySet: (set) => ({ headers: { 'cache-control': 'public, max-age=31536000' }, body: set }) }),
      ['warn caching'],
      /max-age=31536000/,
    ],
  ])('%s', async (_name, script, sees, says) => {
    await expectMistake({ script: await script(), sees, says });
  });

  it('says how long it may be kept', async () => {
    const headers = { 'cache-control': 'max-age=3600', etag: '"1"' };
    const run = await examined({ keySet: (set) => ({ headers, body: set }) });
    expect(run.bad).toEqual([]);
    expect(run.check('caching').actual).toBe('Cache-Control: max-age=3600, an ETag');
  });

  async function shortKey(): Promise<object> {
    const { generateKeyPairSync } = await import('node:crypto');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    return { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'short' };
  }
});

describe('the authorization request', () => {
  const back = (parameters: Record<string, string>): Reply => ({
    status: 302,
    headers: { location: `http://localhost:8484/callback?${new URLSearchParams(parameters)}` },
  });
  const onward = (location: string): Reply => ({ status: 302, headers: { location } });

  it.each<[string, Reply, string, RegExp]>([
    [
      'a redirect URI that is not registered',
      oauthError(400, 'invalid_request', 'redirect_uri did not match any registered'),
      'redirect URI registered',
      /Redirect URI not registered: http:..localhost:8484.callback.*Register http/,
    ],
    [
      'the same in a page that claims success',
      html('<p>AADSTS50011: The redirect URI specified in the request does not match</p>'),
      'redirect URI registered',
      /AADSTS50011/,
    ],
    [
      'the same, hidden in the address of another page',
      onward(
        `https://id.invalid/error?authError=${Buffer.from('\n\u0015redirect_uri_mismatch\u0012X').toString('base64')}`,
      ),
      'redirect URI registered',
      /sends the browser to https:..id.invalid.error: redirect_uri_mismatch/,
    ],
    [
      'a client that nobody knows',
      oauthError(400, 'invalid_client', 'client is invalid'),
      'client known',
      /Unknown client.*--client-id/,
    ],
    ['the same as a page', html('<h1>Client not found.</h1>', 400), 'client known', /Client not found/],
    [
      'a scope that is not allowed',
      back({ error: 'invalid_scope', error_description: 'email', iss: 'ISSUER' }),
      'scopes allowed',
      /Scope not allowed/,
    ],
    [
      'something else',
      back({ error: 'invalid_request', error_description: 'nope', iss: 'ISSUER' }),
      'authorization endpoint',
      /invalid_request: nope/,
    ],
    ['everything, for it is down', html('<h1>Bad gateway</h1>', 502), 'authorization endpoint', /Bad gateway/],
  ])('is refused for %s', async (_name, page, name, says) => {
    const { headers = {}, ...rest } = page;
    const location = headers.location?.replace('ISSUER', encodeURIComponent(provider.issuer));
    const placed = { ...rest, headers: { ...headers, ...(location === undefined ? {} : { location }) } };
    const run = await examined({ page: placed });
    expect(run.bad).toEqual([`fail ${name}`]);
    expect(JSON.stringify(run.document.finding)).toMatch(says);
    expect(run.document.finding?.side).toBe(/down/.test(_name) ? 'provider' : 'registration');
    expect(run.code).toBe(1);
    const others = ['client known', 'redirect URI registered', 'scopes allowed'].filter((other) => other !== name);
    // What is answered at the redirect URI is answered to a known client; of all else nothing is known.
    const known = headers.location?.startsWith('http://localhost');
    for (const other of others) {
      const { verdict, actual } = run.check(other);
      if (known && other !== 'scopes allowed') expect(verdict).toBe('pass');
      else expect([verdict, actual]).toEqual(['skip', expect.stringMatching(/^not testable: /)]);
    }
  });

  it.each<[string, Reply]>([
    ['sends the browser on', onward('/sign-in/0123456789abcdef0123456789?x=y')],
    ['shows a form', html('<form><input type="text" name="user"><input type="password"></form>')],
    [
      'posts a code',
      html(
        '<form method="post" action="x"><input type="hidden" name="code" value="c"><input type="hidden" name="state" value="s"><input type="hidden" name="iss" value="ISSUER"></form>',
      ),
    ],
  ])('is taken where the provider %s', async (_name, page) => {
    const body = String(page.body ?? '').replace('ISSUER', provider.issuer);
    const run = await examined({ page: { ...page, body } });
    expect(run.bad).toEqual([]);
    for (const name of ['client known', 'redirect URI registered', 'scopes allowed']) {
      expect(run.check(name).verdict).toBe('pass');
    }
    expect(run.stdout).not.toContain('0123456789abcdef');
    expect(provider.requests('/sign-in')).toEqual([]);
  });

  it('is not testable where a page says neither yes nor no', async () => {
    const run = await examined({ page: html('<div id="root"></div><script src="app.js"></script>') });
    expect(run.bad).toEqual([]);
    for (const name of ['client known', 'redirect URI registered', 'scopes allowed']) {
      expect(run.check(name)).toMatchObject({ verdict: 'skip', actual: expect.stringMatching(/^not testable: /) });
    }
  });

  it('gets no answer', async () => {
    const run = await examined({ metadata: { authorization_endpoint: 'http://127.0.0.1:1/authorize' } });
    expect(run.bad).toEqual(['fail authorization endpoint']);
    expect(run.document.finding).toMatchObject({ code: 'network_refused', group: 'authorization request' });
    expect(run.check('client known')).toMatchObject({ verdict: 'skip', dependsOn: 'authorization endpoint' });
  });

  it.each<[string, Record<string, string>]>([
    ['no iss', { error: 'login_required' }],
    ['another iss', { error: 'login_required', iss: 'https://other.invalid' }],
  ])('is answered with %s, though the provider announces it', async (_name, parameters) => {
    const run = await examined({ page: back(parameters) }, ['--prompt', 'none']);
    expect(run.bad).toEqual(['fail iss in the answer']);
    expect(run.document.finding).toMatchObject({ code: 'callback_issuer_mismatch', side: 'provider' });
  });

  it('is answered as if no page might be shown, which nobody asked for', async () => {
    const run = await examined({ page: back({ error: 'login_required', iss: provider.issuer }) });
    expect(run.bad).toEqual(['fail authorization endpoint']);
    expect(run.document.finding).toMatchObject({ side: 'registration', why: expect.stringContaining('prompt=none') });
    expect(run.check('client known').verdict).toBe('pass');
  });

  it('is answered without iss by a provider that does not announce it', async () => {
    const script = {
      page: back({ error: 'login_required' }),
      metadata: { authorization_response_iss_parameter_supported: false },
    };
    const run = await examined(script, ['--prompt', 'none']);
    expect(run.bad).toEqual([]);
    expect(run.check('iss in the answer')).toMatchObject({ verdict: 'skip' });
  });

  it('repeats what it was told in confidence: that is not shown', async () => {
    const page = html(`<h1>Error</h1><p>invalid_client ${SECRET} and hush-hush-hush</p>`, 400);
    const run = await examined({ page }, ['--param', 'id_token_hint=hush-hush-hush']);
    expect(run.bad).toEqual(['fail client known']);
    expect(run.stdout).not.toContain('hush-hush');
  });

  it.each<[string, Reply, string]>([
    ['the client', oauthError(401, 'invalid_client', 'bad credentials'), 'client known'],
    [
      'the redirect URI',
      oauthError(400, 'invalid_request', 'redirect_uri is not registered'),
      'redirect URI registered',
    ],
    ['the scope', oauthError(400, 'invalid_scope', 'no'), 'scopes allowed'],
  ])('is pushed, and refused for %s', async (_name, pushed, name) => {
    const run = await examined({ pushed, metadata: { require_pushed_authorization_requests: true } });
    expect(run.bad).toEqual([`fail ${name}`]);
    expect(run.document.finding).toMatchObject({ group: 'authorization request', side: 'registration' });
    expect(provider.requests('/authorize')).toEqual([]);
  });

  it('has to be pushed, and there is no secret to do that with', async () => {
    play(provider, { metadata: { require_pushed_authorization_requests: true } });
    const file = ['--client-secret-file', 'none.txt'];
    const run = await examine(machine, ['--issuer', provider.issuer, '--client-id', 'app', '--port', '0', ...file]);
    expect(run.bad).toEqual(['fail client secret']);
    expect(run.check('client known')).toMatchObject({ verdict: 'skip', dependsOn: 'client secret' });
  });

  it('is not made without a client', async () => {
    const run = await examine(machine, ['--issuer', provider.issuer, '--port', '0']);
    expect(run.bad).toEqual([]);
    expect(run.check('client known').actual).toBe('not made: no client id is given');
    expect(run.check('client authentication').verdict).toBe('skip');
    expect(provider.requests('/authorize')).toEqual([]);
  });
});
