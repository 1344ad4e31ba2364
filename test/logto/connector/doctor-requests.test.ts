import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../../src/idp/faults.js';
import { describeTls, HERE } from '../../support/certificates.js';
import {
  type Examined,
  examine,
  examinesConnectors,
  expectFinding,
  type Finding,
  find,
  good,
  LOGTO,
  machine,
  play,
  provider,
  run,
  SECRET,
  verifying,
} from '../../support/examine-connector.js';
import { identityProvider } from '../../support/identity-provider.js';
import {
  type Json,
  makeKey,
  oauthError,
  type Reply,
  type Script,
  startScriptedProvider,
} from '../../support/scripted-provider.js';

examinesConnectors();

describe('the authorization request', () => {
  const back = (parameters: Json): Reply => ({
    status: 302,
    headers: {
      location: `https://tenant.logto.app/callback/abc123?${new URLSearchParams(parameters as Record<string, string>)}`,
    },
  });
  const tried = (page: Reply): Promise<Examined> => examine({ flags: LOGTO, script: { page } });

  it.each([
    ['sends the browser on to sign in', { status: 302, headers: { location: '/sign-in?id=1' } }, /sign-in to sign in$/],
    [
      'shows its sign-in page',
      { headers: { 'content-type': 'text/html' }, body: '<h1>Sign in</h1>' },
      /a page \(200\)/,
    ],
    ['says that nobody is signed in', back({ error: 'login_required' }), /login_required: nobody is signed in/],
  ])('is in order where the provider %s', async (_name, page, actual) => {
    const examined = await tried(page);
    expect(examined.bad).toEqual([]);
    expect(find(examined, 'authorization request').actual).toMatch(actual);
    expect(find(examined, 'PKCE')).toMatchObject({ verdict: 'pass' });
    expect(provider.requests('/sign-in')).toEqual([]);
  });

  it.each([
    [
      'PKCE in a redirect',
      back({ error: 'invalid_request', error_description: 'PKCE is required' }),
      /PKCE is required/,
    ],
    [
      'a code challenge as JSON',
      oauthError(400, 'invalid_request', 'Missing code_challenge'),
      /Missing code_challenge/,
    ],
    [
      'a code challenge in a form that is posted',
      {
        headers: { 'content-type': 'text/html' },
        body: `<form method="post" action="https://tenant.logto.app/callback/abc123">
          <input type="hidden" name="error" value="invalid_request">
          <input type="hidden" name="error_description" value="code challenge required"></form>`,
      },
      /code challenge required/,
    ],
  ])('shows that the provider demands %s', async (_name, page, actual) => {
    const examined = await tried(page);
    expect(examined.code).toBe(1);
    expect(examined.bad).toEqual(['fail PKCE']);
    expect(find(examined, 'PKCE')).toMatchObject({ actual: expect.stringMatching(actual) });
  });

  it.each([
    ['a scope', back({ error: 'invalid_scope', error_description: 'no email for you' }), /Compare scope/],
    ['the client', back({ error: 'unauthorized_client' }), /Compare clientId/],
    [
      'the redirect URI',
      { status: 400, headers: { 'content-type': 'text/html' }, body: '<title>x</title><p>Bad redirect_uri</p>' },
      /^Register https:\/\/tenant.logto.app\/callback\/abc123 at/,
    ],
    [
      'something on a page of its own',
      { status: 302, headers: { location: '/error#error=server_error&error_description=Broken' } },
      /what the provider complains of/,
    ],
    ['the request without a word', { status: 500 }, /what the provider complains of/],
  ])('shows that the provider refuses %s', async (_name, page, repair) => {
    const examined = await tried(page);
    expect(examined.code).toBe(1);
    expect(examined.bad).toEqual(['fail authorization request']);
    expect(find(examined, 'authorization request')).toMatchObject({ repair: expect.stringMatching(repair) });
    expect(find(examined, 'PKCE')).toMatchObject({ verdict: 'skip' });
  });

  it('does not take the complaint about a challenge of customConfig for a demand', async () => {
    const config = { customConfig: { code_challenge: 'x', code_challenge_method: 'md5' } };
    const page = oauthError(400, 'invalid_request', 'code_challenge_method not supported');
    const refused = await examine({ flags: LOGTO, config, script: { page } });
    expect(refused.bad).toEqual(['warn custom parameters', 'fail authorization request']);
    expect(find(refused, 'PKCE').verdict).toBe('skip');
    const taken = await examine({ flags: LOGTO, config });
    expect(find(taken, 'PKCE').actual).toMatch(/^customConfig sends a code_challenge/);
  });

  it('shows the words of the provider, as text and without what it was told', async () => {
    const examined = await examine({
      flags: LOGTO,
      config: { customConfig: { kc_idp_hint: 'told-in-confidence' } },
      script: { page: { status: 400, body: '<script>x()</script><b>No</b>\u001b[31m told-in-confidence, client_id' } },
    });
    const check = find(examined, 'authorization request');
    expect(check.actual).toMatch(/^the provider shows an error \(400\): No.*\(not shown\), client_id$/);
    const { stdout } = await run({
      flags: LOGTO,
      script: { page: { status: 400, body: '<b>No</b>\u001b[31m' } },
    });
    expect(stdout).not.toContain('\u001b');
  });

  it('is not sent where the connector overrides what it needs', async () => {
    const examined = await examine({ flags: LOGTO, config: { customConfig: { state: 'x' } } });
    expect(find(examined, 'PKCE')).toMatchObject({ verdict: 'skip', repair: expect.stringContaining('first') });
    expect(provider.requests('/authorize')).toEqual([]);
  });

  it('is not answered where nothing listens', async () => {
    const gone = await startScriptedProvider();
    await gone.close();
    const examined = await examine({ flags: LOGTO, config: { authorizationEndpoint: `${gone.issuer}/authorize` } });
    expect(examined.bad).toEqual(['warn authorization endpoint', 'fail authorization request']);
    expect(find(examined, 'authorization request').actual).toBe(
      `${gone.issuer}/authorize: no answer (network_refused)`,
    );
  });
});

describe('the built-in provider', () => {
  const connectorOf = (issuer: string, changes: Json = {}): string =>
    JSON.stringify({
      authorizationEndpoint: `${issuer}/auth`,
      tokenEndpoint: `${issuer}/token`,
      clientId: 'demo-confidential',
      clientSecret: 'demo-secret',
      scope: 'openid profile email',
      tokenEndpointAuthMethod: 'client_secret_basic',
      idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer },
      ...changes,
    });
  const CALLBACK = ['--logto-endpoint', 'http://127.0.0.1:3001', '--connector-id', 'abc123'];
  const against = async (faults: readonly FaultName[], changes?: Json): Promise<Examined> => {
    const { issuer } = await identityProvider({ faults });
    return examine({ text: connectorOf(issuer, changes), flags: CALLBACK });
  };

  it('passes', async () => {
    const examined = await against([]);
    expect(examined.code).toBe(0);
    expect(examined.bad).toEqual([]);
    expect(examined.stdout).not.toContain('demo-secret');
  });

  it('that requires PKCE cannot be used', async () => {
    const examined = await against(['pkce-required']);
    expect(examined.code).toBe(1);
    expect(examined.bad).toEqual(['fail PKCE']);
    expect(find(examined, 'PKCE').actual).toContain('requires PKCE');
  });

  it('does not know another client, or another redirect URI', async () => {
    const unknown = await against([], { clientId: 'somebody-else' });
    expect(unknown.bad).toEqual(['fail authorization request']);
    expect(find(unknown, 'authorization request')).toMatchObject({
      repair: expect.stringMatching(/^Compare clientId/),
    });
    const { issuer } = await identityProvider();
    const elsewhere = await examine({ text: connectorOf(issuer), flags: LOGTO });
    expect(elsewhere.bad).toEqual(['fail authorization request']);
    expect(find(elsewhere, 'authorization request')).toMatchObject({ repair: expect.stringMatching(/^Register /) });
  });

  it('whose key set is gone or slow fails every sign-in', async () => {
    const [gone, slow] = await Promise.all(
      (['jwks-404', 'jwks-slow'] as const).map(async (fault) => {
        const { issuer } = await identityProvider({ faults: [fault] });
        return { fault, issuer };
      }),
    );
    const responses = [];
    for (const { issuer } of [gone, slow] as { issuer: string }[]) {
      responses.push(await examine({ text: connectorOf(issuer), flags: CALLBACK }));
    }
    expect(responses.map(({ bad }) => bad)).toEqual([['fail key set'], ['fail key set']]);
    expect(responses.map((one) => find(one, 'key set').actual.replace(/^\S+: /, ''))).toEqual([
      'it answered 404, and Logto takes 200 only',
      'it did not answer within the 5 s that Logto waits',
    ]);
  }, 90_000);
});

describe('the key set', () => {
  const replied = (reply: Reply): Finding['script'] => ({ keySet: () => reply });
  const findings: Record<string, () => Finding> = {
    'no address': () => ({
      config: verifying({ jwksUri: '<jwks-uri>' }),
      sees: 'fail key set',
      path: 'idTokenVerificationConfig.jwksUri',
      says: /still a placeholder/,
    }),
    'a redirect': () => ({
      script: replied({ status: 302, headers: { location: '/elsewhere' } }),
      sees: 'fail key set',
      says: /redirects \(302\)/,
    }),
    'a status that is not 200': () => ({
      script: replied({ status: 201, body: { keys: [] } }),
      sees: 'fail key set',
      says: /answered 201/,
    }),
    'an answer that is not JSON': () => ({
      script: replied({ body: '<h1>Keys</h1>' }),
      sees: 'fail key set',
      says: /not JSON/,
    }),
    'an answer without keys': () => ({
      script: replied({ body: { error: 'none' } }),
      sees: 'fail key set',
      says: /no list of keys/,
    }),
    'no key at all': () => ({ script: replied({ body: { keys: [] } }), sees: 'fail keys', says: /no key at all/ }),
  };
  it.each(Object.entries(findings))('tells of %s', (_name, finding) => expectFinding(finding()));

  it('tells of keys of another algorithm, for encryption, too short, private, or that nothing tells apart', async () => {
    const [rsa, ec, second] = await Promise.all([makeKey(), makeKey('ES256'), makeKey('RS256', 'second')]);
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const { kid: _kid, ...nameless } = rsa.jwk;
    const { kid: _other, ...another } = second.jwk;
    const cases: readonly (readonly [string, readonly object[], readonly string[], RegExp])[] = [
      ['another algorithm', [ec.jwk], ['fail keys'], /P-256 ES256.*a key for RS256/],
      ['encryption', [{ ...rsa.jwk, use: 'enc' }], ['fail keys'], /for enc/],
      ['short', [short], ['fail keys', 'fail RSA key size'], /RSA/],
      ['private', [{ ...rsa.jwk, d: 'AQAB' }], ['fail keys', 'fail private keys'], /private key/],
      ['without kid', [nameless, another], ['fail key ids'], /2 keys of one kind without a kid/],
      ['one kid', [rsa.jwk, { ...second.jwk, kid: rsa.jwk.kid }], ['fail key ids'], /with the same kid/],
      ['good', [rsa.jwk, second.jwk, ec.jwk], [], /3 keys/],
      ['one without kid', [nameless, ec.jwk], ['warn key ids'], /2 keys/],
    ];
    for (const [name, keys, bad, says] of cases) {
      const examined = await examine({ script: { keySet: () => ({ body: { keys } }) } });
      expect([name, ...examined.bad]).toEqual([name, ...bad]);
      expect(JSON.stringify(examined.document.checks)).toMatch(says);
      expect(examined.stdout).not.toContain('AQAB"');
    }
  });

  it('at another address is held against the announced one', async () => {
    const other = await startScriptedProvider();
    try {
      const config = verifying({ jwksUri: `${other.issuer}/keys` });
      const same = await examine({ config });
      expect(same.bad).toEqual(['warn key set address']);
      expect(find(same, 'same keys')).toMatchObject({ verdict: 'pass' });
      const { jwk } = await makeKey();
      other.play({ keySet: () => ({ body: { keys: [jwk] } }) });
      const foreign = await examine({ config });
      expect(foreign.code).toBe(1);
      expect(foreign.bad).toEqual(['warn key set address', 'fail same keys']);
      other.play({ keySet: () => ({ status: 404 }) });
      const gone = await examine({ config });
      expect(gone.bad).toEqual(['warn key set address', 'fail key set']);
      expect(find(gone, 'key set')).toMatchObject({ expected: `${provider.issuer}/keys` });
    } finally {
      await other.close();
    }
  });
});

describe('the client secret', () => {
  const basic = (clientSecret: string): Json => ({ clientSecret, tokenEndpointAuthMethod: 'client_secret_basic' });
  const findings: Record<string, () => Finding> = {
    'a +': () => ({ config: basic('with+plus'), sees: 'fail raw Basic', path: 'clientSecret', says: /holds a \+"/ }),
    'a %': () => ({ config: basic('with%41percent'), sees: 'fail raw Basic', says: /holds a %"/ }),
    'characters that only a strict provider minds': () => ({
      config: basic('with/slash='),
      sees: 'warn raw Basic',
      says: /2 characters to be encoded/,
    }),
    'a colon in the client id': () => ({
      config: { clientId: 'urn:app' },
      sees: 'fail raw Basic',
      path: 'clientId',
    }),
    'a line break at the end': () => ({
      config: { clientSecret: 'ends-badly\n', tokenEndpointAuthMethod: 'client_secret_post' },
      sees: 'fail client secret',
      says: /ends in a line break/,
    }),
    'a space at the beginning': () => ({
      config: { clientSecret: ' begins-badly', tokenEndpointAuthMethod: 'client_secret_post' },
      sees: 'fail client secret',
      says: /begins with a space/,
    }),
    'too few bytes for an assertion': () => ({
      config: { clientSecret: 'xq7zk', tokenEndpointAuthMethod: 'client_secret_jwt' },
      sees: 'warn secret length',
      says: /5 bytes for HS256/,
    }),
    'the placeholder of an export': () => ({
      config: { clientSecret: '<client-secret>' },
      sees: 'fail client secret',
      says: /placeholder/,
    }),
  };
  it.each(Object.entries(findings))('tells of %s', async (_name, finding) => {
    await expectFinding(finding());
    const secret = finding().config?.clientSecret;
    const { stdout, stderr } = await run(finding());
    if (typeof secret === 'string' && secret !== '<client-secret>')
      expect(stdout + stderr).not.toContain(secret.trim());
  });

  it('may hold anything where it goes into the form', async () => {
    const examined = await examine({
      config: { clientSecret: 'a+b%c/d', tokenEndpointAuthMethod: 'client_secret_post' },
    });
    expect(examined.bad).toEqual([]);
    expect(find(examined, 'client secret')).toMatchObject({ verdict: 'pass', actual: '7 characters' });
  });

  it('comes from a variable, a flag or a file, and is skipped where the variable is not set', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
    const config = { clientSecret: '${OIDC_CLI_CONNECTOR_SECRET}' };
    const missing = await examine({ config });
    expect(missing.code).toBe(0);
    expect(find(missing, 'client secret')).toMatchObject({
      verdict: 'skip',
      actual: 'the variable OIDC_CLI_CONNECTOR_SECRET is not set',
    });
    const env = { OIDC_CLI_CONNECTOR_SECRET: `${SECRET}+` };
    const set = await examine({ config, world: { env } });
    expect(set.bad).toEqual(['fail raw Basic']);
    await writeFile(join(machine.home, 'secret'), 'from%file\n');
    const byFile = await examine({ flags: ['--client-secret-file', 'secret'] });
    expect(byFile.bad).toEqual(['fail raw Basic']);
    const byFlag = await examine({ flags: ['--client-secret-env', 'OTHER'], world: { env: { OTHER: 'in order' } } });
    expect(byFlag.bad).toEqual(['warn raw Basic']);
    const unset = await run({ flags: ['--client-secret-env', 'OTHER'] });
    expect(unset.code).toBe(3);
    expect(unset.stderr).toContain('client_secret_unavailable');
  });

  it('is shown nowhere, not even where it was pasted into another field', async () => {
    const { stdout, stderr } = await run({
      config: { scope: `openid email ${SECRET}`, ...verifying({ issuer: `${provider.issuer}/${SECRET}` }) },
    });
    expect(stdout).toContain('(not shown)');
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

describe('the command', () => {
  it('lets warnings fail with --strict', async () => {
    const config = verifying({ audience: 'app' });
    expect((await examine({ config })).code).toBe(0);
    expect((await examine({ config, flags: ['--strict'] })).code).toBe(1);
    expect((await examine({ flags: ['--strict'] })).code).toBe(0);
  });

  it.each(['tenant.logto.app', 'ftp://tenant.logto.app', 'https://me:pw@tenant.logto.app', 'https://a.example/?x=1'])(
    'refuses %s as the address of Logto',
    async (address) => {
      const { code, stderr } = await run({ flags: ['--logto-endpoint', address] });
      expect(code).toBe(3);
      expect(stderr).toContain('--logto-endpoint');
      expect(stderr).not.toContain('me:pw');
    },
  );

  it('warns where certificates are not verified', async () => {
    const { code, stderr } = await run({ flags: ['--insecure'] });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^WARNING: TLS certificates are not verified/);
  });

  it('does not take connector and secret from one stdin', async () => {
    play();
    const flags = ['doctor', '--connector', '-', '--client-secret-stdin'];
    const { code } = await machine.run(flags, { stdin: JSON.stringify(good()) });
    expect(code).toBe(2);
  });

  it.each(['discovery', 'key set'])('ends at once when it is interrupted at the %s', async (step) => {
    const interrupted = new AbortController();
    const late = async (reply: Reply) => {
      interrupted.abort();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return reply;
    };
    const script: Script =
      step === 'key set'
        ? { keySet: () => late({ body: { keys: [] } }) }
        : {
            discovery: (honest) => {
              interrupted.abort();
              return { body: honest };
            },
          };
    const { code } = await run({ script, world: { signal: interrupted.signal } });
    expect(code).toBe(130);
  });
});

describeTls((tls) => {
  it('warns of a certificate that ends soon, as for a profile', async () => {
    const secure = await startScriptedProvider({ tls: tls.authority.issue('soon', HERE, 2) });
    try {
      const config = JSON.parse(JSON.stringify(good()).replaceAll(provider.issuer, secure.issuer));
      const examined = await examine({ config, flags: ['--ca', tls.authority.caFile] });
      expect(examined.bad).toContain('warn certificate lifetime');
      expect(find(examined, 'certificate lifetime')).toMatchObject({ group: 'connection', side: 'provider' });
      expect(find(examined, 'certificate authorities').actual).toContain(`${tls.authority.caFile} (--ca)`);
    } finally {
      await secure.close();
    }
  });
});
