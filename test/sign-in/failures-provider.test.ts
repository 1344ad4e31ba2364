import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestAuthority, opensslPresent } from '../support/certificates.js';
import { requirement } from '../support/requirement.js';
import { createMachine } from '../support/run.js';
import { oauthError, type Reply, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import {
  asRefused,
  expectFailure,
  type Failure,
  login,
  loginOn,
  refused,
  signIn,
} from '../support/scripted-sign-in.js';

const page = (status: number): Reply => ({ status, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' });
const json = (body: string): Reply => ({ headers: { 'content-type': 'application/json; charset=utf-8' }, body });
const secretFromEnv = { flags: ['--client-secret-env', 'APP_SECRET'], env: { APP_SECRET: 'a-secret' } };

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider({ path: '/realms/main' });
});
afterAll(() => provider.close());

describe('the provider cannot be reached', () => {
  test('nothing listens there', async () => {
    const gone = await startScriptedProvider();
    await gone.close();
    const { error } = await expectFailure(gone, { code: 'network_refused', because: /not running/ });
    expect(error.message).toBe(`Nothing listens at 127.0.0.1:${gone.port}: the connection was refused.`);
  });

  test('the host name does not exist', async () => {
    const nowhere = { ...provider, issuer: 'https://id.invalid' };
    await expectFailure(nowhere, { code: 'network_dns', says: /"id\.invalid" cannot be resolved/, because: /typo/ });
  });

  test('the connection is closed without an answer', async () => {
    const mute = createServer((socket) => socket.destroy());
    const port = await listening(mute);
    const finished = await login(`http://127.0.0.1:${port}`, ['--json']);
    expect(asRefused(finished).error).toMatchObject({ code: 'network_closed', exitCode: 8 });
    mute.close();
  });

  test('no answer comes: --timeout is the limit of that wait, too', async () => {
    const silent = createServer();
    const port = await listening(silent);
    const flags = ['--json', '--timeout', '1'];
    const { error } = asRefused(await login(`http://127.0.0.1:${port}`, flags));
    expect(error).toMatchObject({ code: 'network_timeout', exitCode: 6, facts: { seconds: 1 } });
    silent.close();
  });

  test('TLS is spoken to a port that speaks plain http', async () => {
    const nowhere = { ...provider, issuer: provider.issuer.replace('http:', 'https:') };
    await expectFailure(nowhere, { code: 'tls_failed', says: /does not speak TLS/, because: /plain http, not https/ });
  });
});

describe.runIf(requirement('openssl', opensslPresent(), 'a self-signed certificate is made with it'))('TLS', () => {
  const authority = createTestAuthority();
  let secure: ScriptedProvider;
  beforeAll(async () => {
    secure = await startScriptedProvider({ tls: authority.selfSigned('id', 'IP:127.0.0.1') });
  });
  afterAll(async () => {
    await secure.close();
    authority.remove();
  });

  test('a certificate that nobody vouches for is refused, and says how to trust it', async () => {
    const { error } = await expectFailure(secure, {
      code: 'tls_not_trusted',
      says: /the certificate is self-signed \(it is for id, valid to 20\d\d-/,
      because: /CA that this machine does not know/,
      fix: /--ca FILE/,
    });
    expect(error.facts).toMatchObject({ subject: 'id', names: ['IP Address:127.0.0.1'] });
  });

  test('a certificate of an authority that only the company knows is refused with that as the likely cause', async () => {
    const companyProvider = await startScriptedProvider({ tls: authority.issue('id', 'IP:127.0.0.1') });
    const { error } = await expectFailure(companyProvider, {
      code: 'tls_not_trusted',
      says: /an authority that is not known here/,
      because: /company or development CA that this machine does not know/,
    });
    expect(error.causes).not.toContain('It was made for another host name.');
    await companyProvider.close();
  });

  test('an https issuer whose endpoints are plain http is refused before anything is sent there', async () => {
    const token_endpoint = secure.issuer.replace('https:', 'http:');
    const script = { metadata: { token_endpoint } };
    await expectFailure(secure, {
      script,
      flags: ['--insecure'],
      code: 'discovery_invalid',
      says: /its token_endpoint is plain http/,
      because: /does not know that it is reached by https/,
    });
    expect(secure.requests('/token')).toEqual([]);
  });
});

describe('discovery', () => {
  test.each<[string, Failure]>([
    ['404', { script: { discovery: () => page(404) }, code: 'discovery_not_found', because: /path has a typo/ }],
    ['500', { script: { discovery: () => page(500) }, code: 'discovery_http_error', because: /is down/ }],
    ['403', { script: { discovery: () => page(403) }, code: 'discovery_http_error', because: /firewall or gateway/ }],
    [
      'a redirect, whose query is not shown',
      {
        script: { discovery: () => ({ status: 302, headers: { location: 'https://u:p@sso.example/in?ticket=1#x' } }) },
        code: 'discovery_http_error',
        says: /redirects \(302\) to https:\/\/sso\.example\/in\.$/,
        fix: /follows no redirects/,
      },
    ],
    ['HTML', { script: { discovery: () => page(200) }, code: 'discovery_not_json', because: /web page/ }],
    [
      'broken JSON',
      { script: { discovery: () => json('{"issuer":') }, code: 'discovery_not_json', because: /was cut off, is empty/ },
    ],
    ['nothing', { script: { discovery: () => json('') }, code: 'discovery_not_json', because: /is empty/ }],
    ['a list', { script: { discovery: () => json('[]') }, code: 'discovery_invalid', says: /must be a JSON object/ }],
    ['no issuer', { script: { metadata: { issuer: undefined } }, code: 'discovery_invalid', says: /its issuer must/ }],
    [
      'an issuer that is no URL',
      { script: { metadata: { issuer: 'me' } }, code: 'discovery_invalid', says: /not a URL/ },
    ],
    [
      'another host',
      {
        script: { metadata: { issuer: 'https://id.example.com/realms/main' } },
        code: 'discovery_issuer_mismatch',
        because: /alias/,
        fix: /^Use --issuer https:\/\/id\.example\.com\/realms\/main if/,
      },
    ],
    [
      'methods that are no list',
      {
        script: { metadata: { token_endpoint_auth_methods_supported: 'client_secret_post' } },
        ...secretFromEnv,
        code: 'discovery_invalid',
        says: /its token_endpoint_auth_methods_supported is no list/,
      },
    ],
    [
      'algorithms that are no list',
      {
        script: { metadata: { id_token_signing_alg_values_supported: 'RS256' } },
        code: 'discovery_invalid',
        says: /its id_token_signing_alg_values_supported is no list/,
      },
    ],
  ])('%s', async (_name, failure) => {
    await expectFailure(provider, failure);
    expect(provider.requests('/authorize')).toEqual([]);
  });

  test('an issuer that differs by its last slash: both are shown, and the slash is named', async () => {
    const issuer = `${provider.issuer}/`;
    const { error } = await expectFailure(provider, {
      script: { metadata: { issuer } },
      code: 'discovery_issuer_mismatch',
      because: /only by the slash at the end/,
    });
    expect(error.message).toBe(
      `You asked for the issuer "${provider.issuer}", and its configuration says it is "${issuer}".`,
    );
    expect(error.fix).toContain(`--issuer ${issuer} if`);
  });

  test('plain http elsewhere than on this machine', async () => {
    const elsewhere = { ...provider, issuer: 'http://id.example.com' };
    await expectFailure(elsewhere, { code: 'issuer_not_https', says: /anybody on the way/, fix: /--allow-http/ });
  });

  test.each(['id.example.com', 'ftp://id.example.com', 'https://id.example.com/?a=b'])(
    '%s is no issuer',
    async (issuer) => {
      await expectFailure({ ...provider, issuer }, { code: 'config_value_invalid', fix: /an https URL without query/ });
    },
  );
});

describe('endpoints', () => {
  test.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])('no %s', async (endpoint) => {
    const { error } = await expectFailure(provider, {
      script: { metadata: { [endpoint]: undefined } },
      code: 'endpoint_missing',
      fix: /a sign-in needs it/,
    });
    expect(error.message).toBe(`The provider "${provider.issuer}" announces no ${endpoint}.`);
    expect(provider.requests('/authorize')).toEqual([]);
  });

  test.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])('an unusable %s is named', async (endpoint) => {
    for (const [value, fault] of [
      ['/relative', 'is not an absolute URL: /relative'],
      [5, 'is not an absolute URL: 5'],
      ['ftp://id.example/x', 'is no http or https URL: ftp://id.example/x'],
      ['http://id.example/x', 'is plain http, which anybody on the way could read: http://id.example/x'],
    ] as const) {
      const { error } = await refused(provider, { metadata: { [endpoint]: value } });
      expect(error).toMatchObject({ code: 'discovery_invalid', exitCode: 3 });
      expect(error.message).toContain(`its ${endpoint} ${fault}.`);
    }
  });

  test('a pushed authorization request that is required and has no endpoint', async () => {
    const metadata = {
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: undefined,
    };
    await expectFailure(provider, { script: { metadata }, code: 'endpoint_missing', says: /no pushed_auth/ });
  });

  test('no userinfo endpoint ends nothing', async () => {
    const { code, document } = await signIn(provider, { metadata: { userinfo_endpoint: undefined } });
    expect(code).toBe(0);
    expect(document.checks.at(-1)).toMatchObject({ name: 'userinfo sub', verdict: 'skip', actual: 'no endpoint' });
  });

  test('an unusable userinfo endpoint ends nothing either, and is not asked', async () => {
    const { code, document } = await signIn(provider, { metadata: { userinfo_endpoint: 'http://id.example/me' } });
    expect(code).toBe(0);
    expect(document.checks.at(-1)).toMatchObject({ verdict: 'warn', code: 'discovery_invalid' });
  });
});

describe('a pushed authorization request that is refused', () => {
  const metadata = { require_pushed_authorization_requests: true };
  test.each<[string, Failure]>([
    [
      'a redirect URI that is not registered',
      {
        script: { metadata, pushed: oauthError(400, 'invalid_request', 'redirect_uri is not registered.') },
        code: 'invalid_request',
        says: /It says: invalid_request: "redirect_uri is not registered\."$/,
        because: /redirect URI is not registered/,
      },
    ],
    [
      'a wrong secret, answered with a challenge',
      {
        script: {
          metadata,
          pushed: oauthError(401, 'invalid_client', 'wrong secret', { 'www-authenticate': 'Basic realm="par"' }),
        },
        ...secretFromEnv,
        code: 'invalid_client',
        says: /\(client_secret_basic\)\. It says: invalid_client: "wrong secret"\.$/,
      },
    ],
    [
      'a failing provider',
      { script: { metadata, pushed: page(500) }, code: 'token_request_refused', says: /^The pushed auth.* status 500/ },
    ],
    [
      'an answer without request_uri',
      { script: { metadata, pushed: { status: 201, body: {} } }, code: 'token_response_invalid', says: /request_uri/ },
    ],
  ])('%s', async (_name, failure) => {
    await expectFailure(provider, failure);
    expect(provider.requests('/authorize')).toEqual([]);
  });
});

describe('the key set', () => {
  test.each<[string, Failure]>([
    ['404', { script: { keySet: () => page(404) }, code: 'key_set_unavailable', says: /it answered 404\.$/ }],
    ['HTML', { script: { keySet: () => page(200) }, code: 'key_set_unavailable', says: /is not JSON\.$/ }],
    ['no keys', { script: { keySet: () => ({ body: {} }) }, code: 'key_set_unavailable', says: /no list "keys"\.$/ }],
    [
      'an empty list',
      { script: { keySet: () => ({ body: { keys: [] } }) }, code: 'id_token_key_not_found', says: /it is empty/ },
    ],
    [
      'another host that nobody answers at',
      { script: { metadata: { jwks_uri: 'https://keys.invalid/' } }, code: 'network_dns', says: /"keys\.invalid"/ },
    ],
  ])('%s', async (_name, failure) => {
    const { document } = await expectFailure(provider, failure);
    const signature = document.checks.find(({ name }) => name === 'signature');
    expect(signature?.verdict).toBe('fail');
    expect(document.checks.filter(({ verdict }) => verdict === 'fail')).toHaveLength(1);
  });
});

describe('this side', () => {
  test('the port of the redirect URI is taken', async () => {
    const other = createServer();
    const port = await listening(other);
    const redirect = ['--redirect-uri', `http://127.0.0.1:${port}/callback`];
    const { error } = await expectFailure(provider, {
      flags: redirect,
      code: 'port_taken',
      says: new RegExp(`^Port ${port} on this machine is taken`),
      fix: /--port/,
    });
    expect(error.facts.port).toBe(port);
    other.close();
  });

  test('the redirect URI is on another machine, and nobody can paste', async () => {
    const redirect = ['--redirect-uri', 'https://app.example.com/callback', '--client-secret-stdin'];
    const finished = await refused(provider, {}, redirect, { stdin: 'a-secret\n' });
    expect(finished.error).toMatchObject({ code: 'redirect_uri_not_loopback', exitCode: 3 });
    expect(finished.error.fix).toContain('login --callback-url -');
  });

  test.each<[string, Failure]>([
    ['the secret is not set', { flags: ['--client-secret-env', 'NOT_SET'], code: 'client_secret_unavailable' }],
    [
      'a method that needs a secret, without one',
      { flags: ['--client-auth', 'client_secret_post'], code: 'client_auth_unsupported', fix: /--client-auth none/ },
    ],
    [
      'a provider that takes only keys',
      {
        script: { metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt'] } },
        ...secretFromEnv,
        code: 'client_auth_unsupported',
        says: /private_key_jwt/,
      },
    ],
  ])('%s', async (_name, failure) => {
    await expectFailure(provider, failure);
    expect(provider.requests('/authorize')).toEqual([]);
  });

  test('a store key that is too short stops the sign-in before anybody is sent to a browser', async () => {
    await expectFailure(provider, {
      env: { OIDC_CLI_STORE_KEY: 'short' },
      code: 'store_key_invalid',
      says: /^The key in OIDC_CLI_STORE_KEY cannot be used: too short\.$/,
      fix: /at least 8 characters/,
    });
    expect(provider.requests('/authorize')).toEqual([]);
  });

  test('a session saved with another key is said to be one', async () => {
    const machine = await createMachine();
    const key = (letter: string) => ({ OIDC_CLI_STORE_KEY: letter.repeat(64) });
    provider.play({});
    expect((await loginOn(machine, provider.issuer, [], { env: key('a') })).code).toBe(0);
    const token = await machine.run(['token', '--json'], { env: key('b') });
    const { error } = asRefused(token);
    expect(error).toMatchObject({ code: 'store_key_invalid', exitCode: 9 });
    expect(error.causes[0]).toMatch(/OIDC_CLI_STORE_KEY is not set here, or not to the key that was used/);

    // It is not replaced either, before it has been given up on purpose.
    provider.play({});
    const again = await loginOn(machine, provider.issuer, ['--json'], { env: key('b') });
    expect(asRefused(again).error.code).toBe('store_key_invalid');
    expect(provider.requests('/authorize')).toEqual([]);
    expect((await machine.run(['logout', '--local'], { env: key('b') })).code).toBe(0);
    expect((await loginOn(machine, provider.issuer, [], { env: key('b') })).code).toBe(0);
    await machine.remove();
  });
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
