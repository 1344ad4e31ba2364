import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCED,
  type DoctorDocument,
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
import { type Json, type Script, startScriptedProvider } from '../../support/scripted-provider.js';

examinesConnectors();

/** Without what differs from machine to machine. */
function withoutLocals(stdout: string): string {
  return stdout.replaceAll(provider.issuer, 'ISSUER').replace(/\d+ of Node's own.*/, "COUNT of Node's own");
}

describe('a good connector', () => {
  it('passes every check, with the redirect URIs to register', async () => {
    const examined = await examine({ flags: LOGTO });
    expect(examined.bad).toEqual([]);
    expect(examined.code).toBe(0);
    const { checks, ...document } = examined.document;
    expect(document).toEqual({
      schemaVersion: 1,
      connector: 'connector.json',
      accepted: true,
      failed: 0,
      warned: 0,
      issuer: provider.issuer,
      redirectUris: {
        signIn: 'https://tenant.logto.app/callback/abc123',
        linking: 'https://tenant.logto.app/account/callback/social/abc123',
      },
    });
    // The provider is on plain http.
    expect(checks.flatMap(({ name, verdict }) => (verdict === 'pass' ? [] : `${verdict} ${name}`))).toEqual([
      ...['skip TLS version', 'skip certificate chain', 'skip certificate lifetime'],
    ]);
    const [sent, ...more] = provider.requests('/authorize');
    expect(more).toEqual([]);
    expect([...(sent?.query.keys() ?? [])]).toEqual([
      ...['response_type', 'client_id', 'scope', 'redirect_uri', 'state', 'nonce'],
    ]);
    expect(sent?.query.get('redirect_uri')).toBe('https://tenant.logto.app/callback/abc123');
    expect(provider.requests('/keys')).toHaveLength(1);
    expect(provider.requests('/token')).toEqual([]);
  });

  it('is told like this', async () => {
    const { code, stdout, stderr } = await run({ flags: LOGTO });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(withoutLocals(stdout)).toMatchInlineSnapshot(`
      "Configuration
        ✓  fields                   Logto accepts the configuration
        ✓  clock tolerance          5 s
        ✓  scope                    openid profile email
        ✓  authorization endpoint   ISSUER/authorize
        ✓  token endpoint           ISSUER/token

      The way to the provider
        ✓  proxy                    none: no variable names one
        ✓  certificate authorities  COUNT of Node's own
        ✓  name resolution          an address, not a name
        -  TLS version              plain http has none
        -  certificate chain        plain http has none
        -  certificate lifetime     plain http has none

      Provider
        ✓  discovery                ISSUER
        ✓  issuer                   ISSUER
        ✓  authorization endpoint   ISSUER/authorize
        ✓  token endpoint           ISSUER/token
        ✓  key set address          ISSUER/keys
        ✓  client authentication    client_secret_basic
        ✓  response type            code
        ✓  scopes                   openid profile email
        ✓  claims                   name, picture, email, email_verified
        ✓  ID token algorithms      RS256
        ✓  authorization request    the provider answers with a code
        ✓  PKCE                     a request without it is not refused

      Key set
        ✓  key set                  1 key from ISSUER/keys
        ✓  keys                     for RS256
        ✓  key ids                  each has its own
        ✓  RSA key size             2048 bits
        ✓  private keys             none
        ✓  unsupported keys         none

      Client secret
        ✓  client secret            32 characters
        ✓  raw Basic                nothing in it needs encoding

      Redirect URIs to register at the provider
        ✓  sign-in                  https://tenant.logto.app/callback/abc123
        ✓  linking                  https://tenant.logto.app/account/callback/social/abc123

      ✓ connector.json: nothing to complain of
      "
    `);
  });

  it('comes by stdin, and from the Management API with its id', async () => {
    play();
    const response = { id: 'id-of-the-file', connectorId: 'oidc', enableTokenStorage: false, config: good() };
    const { code, stdout } = await machine.run(
      ['doctor', '--connector', '-', '--json', '--logto-endpoint', 'https://tenant.logto.app/'],
      { stdin: JSON.stringify(response) },
    );
    const document = JSON.parse(stdout) as DoctorDocument;
    expect(code).toBe(0);
    expect(document.connector).toBe('stdin');
    expect(document.redirectUris?.signIn).toBe('https://tenant.logto.app/callback/id-of-the-file');
    const warned = await machine.run(['doctor', '--connector', '-', '--json'], {
      stdin: JSON.stringify({ ...response, config: { ...good(), ...verifying({ audience: 'app' }) } }),
    });
    const { checks } = JSON.parse(warned.stdout) as DoctorDocument;
    expect(checks.find(({ name }) => name === 'ignored')?.path).toBe('config.idTokenVerificationConfig.audience');
  });

  it('says which flags fill in the redirect URIs, and does not ask the authorization endpoint without them', async () => {
    const examined = await examine();
    expect(examined.code).toBe(0);
    expect(examined.document.redirectUris).toBeNull();
    expect(find(examined, 'sign-in')).toMatchObject({
      verdict: 'skip',
      actual: '<Logto endpoint>/callback/<connector id>',
      repair: 'Give --logto-endpoint and --connector-id to see them in full.',
    });
    expect(find(examined, 'PKCE')).toMatchObject({ verdict: 'skip' });
    expect(provider.requests('/authorize')).toEqual([]);
    const half = await examine({ flags: ['--logto-endpoint', 'https://tenant.logto.app'] });
    expect(find(half, 'linking')).toMatchObject({
      actual: 'https://tenant.logto.app/account/callback/social/<connector id>',
      repair: 'Give --connector-id to see them in full.',
    });
  });
});

describe('a bad connector', () => {
  const BAD = (): Json => ({
    authorizationEndpoint: `${provider.issuer}/authorize?tenant=one`,
    clientSecret: 'demo+secret%value\n',
    clientScret: 'a typo',
    scope: 'openid+email',
    ...verifying({ issuer: `${provider.issuer}/`, audience: 'app', clockTolerance: '5', algorithms: ['ES256'] }),
    authRequestOptionalConfig: { responseType: 'code' },
    customConfig: { state: 'constant', 'x-tenant': 'one' },
  });

  it('is told like this', async () => {
    const { code, stdout, stderr } = await run({ config: BAD() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(withoutLocals(stdout)).toMatchInlineSnapshot(`
      "Configuration
        ✓  fields                   Logto accepts the configuration
        !  unknown key              clientScret (line 17): a key that Logto does not know here
            expected: perhaps clientSecret
            Logto ignores it.
            → Write clientSecret, or remove it.
        !  ignored                  idTokenVerificationConfig.audience (line 15): an audience
            Logto always compares aud with clientId, whatever stands here.
            → Remove it; the provider has to put clientId into aud.
        !  ignored                  authRequestOptionalConfig.responseType (line 19): a key that Logto does not read
            Logto always asks for a code.
            → Remove it.
        ✗  clock tolerance          idTokenVerificationConfig.clockTolerance (line 14): "5"
            expected: a number of seconds (5), or a text with a unit ("5 s")
            Every sign-in fails with 500: a text needs a unit, and nothing may be negative.
            → Take the quotes off the number, or add the unit ("5 s").
        ✗  scope                    scope (line 6): "openid+email"
            expected: "openid email"
            A + separates nothing where openid is already there: Logto sends openid%2Bemail, which is one scope to the provider.
            → Separate the scopes by spaces.
        ✗  authorization endpoint   authorizationEndpoint (line 2): an address with a query ("tenant")
            Logto appends a second ?, so response_type becomes part of the value of "tenant" and is missing.
            → Remove the ? and what follows, and write "tenant" into customConfig, which goes to the token endpoint as well.
        ✓  token endpoint           ISSUER/token
        ✗  custom parameters        customConfig.state (line 22): sets state
            It overrides the value that Logto makes for each sign-in; Logto will then refuse the answer in the browser, since its state is not the one it kept.
            → Remove it: Logto sends this itself.
        ✗  custom parameters        customConfig.x-tenant (line 23): sent as x_tenant
            expected: "x-tenant"
            Logto rewrites every key into snake_case, so a parameter of this name cannot be sent.
            → Remove it, or have the provider accept the rewritten name.

      The way to the provider
        ✓  proxy                    none: no variable names one
        ✓  certificate authorities  COUNT of Node's own
        ✓  name resolution          an address, not a name
        -  TLS version              plain http has none
        -  certificate chain        plain http has none
        -  certificate lifetime     plain http has none

      Provider
        ✓  discovery                ISSUER
        ✗  issuer                   idTokenVerificationConfig.issuer (line 10): ISSUER/
            expected: ISSUER
            Logto compares exactly, and they differ by the slash at the end: every sign-in ends with 500.
            → Write ISSUER
        ✓  authorization endpoint   ISSUER/authorize, but for the query
        ✓  token endpoint           ISSUER/token
        ✓  key set address          ISSUER/keys
        ✓  client authentication    client_secret_basic
        ✓  response type            code
        -  scopes                   the scope is not separated: see above
        ✓  claims                   name, picture, email, email_verified
        ✗  ID token algorithms      idTokenVerificationConfig.algorithms (line 11): ES256
            expected: RS256
            Logto accepts none of the algorithms that the provider signs with: every sign-in ends with 500.
            → Add the one that the provider uses: RS256.
        -  PKCE                     the provider can do it; discovery does not say whether it demands it
            Logto does not do PKCE: a provider that demands it cannot be used.
            → Correct the configuration first: then the request that Logto sends can be tried.

      Key set
        ✓  key set                  1 key from ISSUER/keys
        ✗  keys                     idTokenVerificationConfig.jwksUri (line 9): RSA RS256
            expected: a key for ES256
            Logto finds no key for an ID token of this provider: every sign-in ends with 500.
            → Compare jwksUri and algorithms with the provider's discovery document.
        ✓  key ids                  each has its own
        ✓  RSA key size             2048 bits
        ✓  private keys             none
        ✓  unsupported keys         none

      Client secret
        ✗  client secret            clientSecret (line 5): ends in a line break
            Logto sends it as it stands, and the provider has another one: invalid_client.
            → Remove the line break.
        ✗  raw Basic                clientSecret (line 5): holds a + and a %
            Logto sends it by Basic without encoding it first, and a provider that follows RFC 6749 §2.3.1 decodes it into another one: invalid_client.
            → Set tokenEndpointAuthMethod to client_secret_post, or have the provider make a secret of letters and digits.

      Redirect URIs to register at the provider
        -  sign-in                  <Logto endpoint>/callback/<connector id>
        -  linking                  <Logto endpoint>/account/callback/social/<connector id>
            → Give --logto-endpoint and --connector-id to see them in full.

      ✗ connector.json: 10 problems, 3 warnings
      "
    `);
    expect(stdout).not.toContain('demo+secret');
    expect(stdout).not.toContain('a typo');
  });

  it('that Logto refuses is shown fault by fault, with all else that can be said, and exits with 3', async () => {
    const { authorizationEndpoint: _none, ...config } = good();
    const text = JSON.stringify(
      {
        ...config,
        clientId: 5,
        idTokenVerificationConfig: { ...good().idTokenVerificationConfig, currentDate: '2026-01-01', issuer: 'other' },
        customConfig: { prompt: '' },
        authRequestOptionalConfig: { maxAge: 3600 },
      },
      undefined,
      2,
    );
    const examined = await examine({ text });
    expect(examined.code).toBe(3);
    expect(examined.document.error).toMatchObject({
      code: 'connector_config_invalid',
      facts: { logtoStatus: 400, logtoCode: 'connector.invalid_config', more: 3 },
    });
    expect(examined.document.accepted).toBe(false);
    const faults = examined.document.checks.filter(({ name }) => name === 'fields');
    expect(faults.map(({ path, line, actual }) => [path, line, actual])).toEqual([
      ['authorizationEndpoint', 1, 'nothing'],
      ['clientId', 3, 'a number'],
      ['idTokenVerificationConfig.currentDate', 14, 'a text'],
      ['authRequestOptionalConfig.maxAge', 20, 'a number'],
    ]);
    // The provider is found by what is left of the endpoints.
    expect(find(examined, 'token endpoint', 'provider')).toMatchObject({ verdict: 'pass' });
    expect(find(examined, 'empty value')).toMatchObject({ path: 'customConfig.prompt' });
    expect(find(examined, 'issuer', 'provider')).toMatchObject({ verdict: 'fail', expected: provider.issuer });
    expect(find(examined, 'key set')).toMatchObject({ verdict: 'pass' });
    expect(find(examined, 'PKCE')).toMatchObject({ verdict: 'skip' });

    const inText = await run({ text });
    expect(inText.code).toBe(3);
    expect(inText.stdout).toMatch(/^ {2}✗ {2}fields +clientId \(line 3\): a number$/m);
    expect(inText.stderr).toContain('400 connector.invalid_config');
    expect(inText.stderr).not.toContain('Likely cause');
  });

  it('has what was found at the end of its trace, without its secret', async () => {
    const name = 'doctor-trace.json';
    await run({
      config: { clientId: ' app', tokenEndpointAuthMethod: 'none' },
      flags: [...LOGTO, '--trace-file', name],
    });
    const text = await readFile(join(machine.home, name), 'utf8');
    const { events } = JSON.parse(text) as { events: { step: string; checks?: { name: string; verdict: string }[] }[] };
    const [findings, ...others] = events.filter(({ step }) => step === 'findings');
    expect(others).toEqual([]);
    const { bad } = await examine({ config: { clientId: ' app', tokenEndpointAuthMethod: 'none' }, flags: LOGTO });
    expect(bad.length).toBeGreaterThan(0);
    expect(findings?.checks?.map((check) => `${check.verdict} ${check.name.replace(/^[^:]*: /, '')}`)).toEqual(bad);
    expect(text).not.toContain(SECRET);
  });

  it('that saves and loses its scope exits with 3 as well', async () => {
    const examined = await examine({ config: { scope: '' } });
    expect(examined.code).toBe(3);
    expect(find(examined, 'fields')).toMatchObject({
      verdict: 'fail',
      path: 'scope',
      actual: 'empty',
      why: expect.stringContaining('removes empty values'),
    });
  });

  it('that cannot be read exits with 3 and one failure', async () => {
    for (const [text, code] of [
      ['{', 'connector_file_invalid'],
      ['[]', 'connector_file_invalid'],
    ]) {
      const { code: exitCode, stdout } = await run({ text: text as string, flags: ['--json'] });
      expect(exitCode).toBe(3);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
    }
    const missing = await machine.run(['doctor', '--connector', 'nowhere.json']);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('connector_file_unreadable');
  });
});

describe('the file itself', () => {
  const findings: Record<string, () => Finding> = {
    'a misspelled key': () => ({
      config: { acceptStringTypedBooleanClaim: true },
      sees: 'warn unknown key',
      path: 'acceptStringTypedBooleanClaim',
      says: /perhaps acceptStringTypedBooleanClaims/,
    }),
    'a key that belongs elsewhere': () => ({
      config: { loginHint: 'alice' },
      sees: 'warn unknown key',
      says: /Move it into authRequestOptionalConfig/,
    }),
    'a key of the configuration among those of verification': () => ({
      config: verifying({ clientId: 'app' }),
      sees: 'warn unknown key',
      path: 'idTokenVerificationConfig.clientId',
      says: /Move it into the configuration itself/,
    }),
    'a key like no other': () => ({
      config: { zzzz: 1 },
      sees: 'warn unknown key',
      says: /put it into customConfig/,
    }),
    audience: () => ({
      config: verifying({ audience: ['app', 'other'] }),
      sees: 'warn ignored',
      path: 'idTokenVerificationConfig.audience',
    }),
    'authRequestOptionalConfig.responseType': () => ({
      config: { authRequestOptionalConfig: { responseType: 'code' } },
      sees: 'warn ignored',
      path: 'authRequestOptionalConfig.responseType',
    }),
    'authRequestOptionalConfig.tokenEndpoint': () => ({
      config: { authRequestOptionalConfig: { tokenEndpoint: 'https://id.example.com/token' } },
      sees: 'warn ignored',
      path: 'authRequestOptionalConfig.tokenEndpoint',
    }),
    'authRequestOptionalConfig.nonce': () => ({
      config: { authRequestOptionalConfig: { nonce: 'constant' } },
      sees: 'warn ignored',
      path: 'authRequestOptionalConfig.nonce',
    }),
    'an issuer that is not set': () => ({
      config: verifying({ issuer: undefined }),
      sees: 'warn issuer',
      says: /not set/,
    }),
    'an empty list of issuers': () => ({
      config: verifying({ issuer: [] }),
      sees: 'warn empty value',
      says: /not compared at all/,
    }),
    'a list of issuers with nothing in it': () => ({
      config: verifying({ issuer: [''] }),
      sees: 'warn empty value',
      path: 'idTokenVerificationConfig.issuer',
    }),
    'an empty list of algorithms': () => ({
      config: verifying({ algorithms: [] }),
      sees: 'warn empty value',
      says: /every algorithm/,
    }),
    'an empty custom parameter': () => ({
      config: { customConfig: { kc_idp_hint: '' } },
      sees: 'warn empty value',
      path: 'customConfig.kc_idp_hint',
      says: /not sent/,
    }),
    'algorithms of which one is signed with the secret': () => ({
      config: verifying({ algorithms: ['RS256', 'HS256'] }),
      sees: 'warn algorithms',
      says: /HS256/,
    }),
    'algorithms that are none': () => ({
      config: verifying({ algorithms: ['rs256'] }),
      sees: 'fail algorithms',
      and: ['fail ID token algorithms', 'fail keys'],
    }),
    'a clock tolerance without a unit': () => ({
      config: verifying({ clockTolerance: '5' }),
      sees: 'fail clock tolerance',
      path: 'idTokenVerificationConfig.clockTolerance',
      says: /needs a unit/,
    }),
    'a negative clock tolerance': () => ({
      config: verifying({ clockTolerance: -1 }),
      sees: 'fail clock tolerance',
    }),
    'a clock tolerance in the past': () => ({
      config: verifying({ clockTolerance: '5 s ago' }),
      sees: 'fail clock tolerance',
    }),
    'a token age without a unit': () => ({
      config: verifying({ maxTokenAge: '300' }),
      sees: 'fail token age',
    }),
    'a token age without a clock tolerance': () => ({
      config: verifying({ maxTokenAge: '5 min', clockTolerance: undefined }),
      sees: 'warn token age',
    }),
    'one subject': () => ({ config: verifying({ subject: 'user-1' }), sees: 'warn subject' }),
    'a type of token': () => ({ config: verifying({ typ: 'id+jwt' }), sees: 'warn token type' }),
    'trust in addresses that nobody verified': () => ({
      config: { trustUnverifiedEmail: true },
      sees: 'warn unverified email',
    }),
    'a refresh with a method that is not written out': () => ({
      config: { scope: 'openid email offline_access', tokenEndpointAuthMethod: undefined },
      sees: 'warn token refresh',
      path: 'tokenEndpointAuthMethod',
    }),
    'a refresh with an algorithm that is not written out': () => ({
      config: { scope: 'openid email offline_access', tokenEndpointAuthMethod: 'client_secret_jwt' },
      sees: 'warn token refresh',
      path: 'clientSecretJwtSigningAlgorithm',
    }),
  };
  it.each(Object.entries(findings))('tells of %s', (_name, finding) => expectFinding(finding()));

  it.each([
    ['a type that every token has', () => verifying({ typ: 'JWT' })],
    ['clock tolerances with a unit', () => verifying({ clockTolerance: '5 s', maxTokenAge: '5 min' })],
    ['no tolerance and no algorithms', () => verifying({ clockTolerance: undefined, algorithms: undefined })],
    ['string booleans accepted', () => ({ acceptStringTypedBooleanClaims: true })],
    ['empty objects, as the console has them', () => ({ authRequestOptionalConfig: {}, customConfig: {} })],
    ['a method by default, without a refresh', () => ({ tokenEndpointAuthMethod: undefined })],
  ])('has nothing to say of %s', async (_name, config) => {
    expect((await examine({ config: config() })).bad).toEqual([]);
  });
});

describe('the request that Logto will send', () => {
  const findings: Record<string, () => Finding> = {
    'a + between scopes': () => ({
      config: { scope: 'openid+email' },
      sees: 'fail scope',
      path: 'scope',
      says: /openid%2Bemail/,
    }),
    'a + beside openid': () => ({
      config: { scope: 'openid profile+email' },
      sees: 'fail scope',
      says: /profile%2Bemail/,
    }),
    'commas between scopes': () => ({
      config: { scope: 'openid,email' },
      sees: 'fail scope',
      says: /one scope/,
      and: ['warn scopes'],
    }),
    'no scope but openid': () => ({ config: { scope: 'openid' }, sees: 'warn scope' }),
    'the prompt none': () => ({
      config: { authRequestOptionalConfig: { prompt: 'none' } },
      sees: 'warn request options',
      path: 'authRequestOptionalConfig.prompt',
      says: /login_required/,
    }),
    'the prompt none with another': () => ({
      config: { customConfig: { prompt: 'none login' } },
      sees: 'fail request options',
      path: 'customConfig.prompt',
      says: /goes with no other value/,
    }),
    'a prompt that is none of the standard': () => ({
      config: { authRequestOptionalConfig: { prompt: 'login force' } },
      sees: 'warn request options',
      says: /"actual":"\\"force\\""/,
    }),
    'an age that is no number': () => ({
      config: { authRequestOptionalConfig: { maxAge: '1 h' } },
      sees: 'fail request options',
      path: 'authRequestOptionalConfig.maxAge',
      says: /whole seconds/,
    }),
    'a display that is none': () => ({
      config: { authRequestOptionalConfig: { display: 'wide' } },
      sees: 'warn request options',
      says: /page, popup, touch, wap/,
    }),
    'a login hint': () => ({
      config: { authRequestOptionalConfig: { loginHint: 'alice' } },
      sees: 'warn request options',
      says: /for everybody/,
    }),
    'an ID token as hint': () => ({
      config: { authRequestOptionalConfig: { idTokenHint: 'eyJhbGciOiJub25lIn0.e30.c2ln' } },
      sees: 'warn request options',
      says: /^(?!.*eyJ).*It names one person/,
    }),
    'an age under an age of customConfig, which is the one that is sent': () => ({
      config: { authRequestOptionalConfig: { maxAge: 'x' }, customConfig: { max_age: '60' } },
      sees: 'warn custom parameters',
      says: /overrides authRequestOptionalConfig.maxAge/,
    }),
    'a code challenge of its own': () => ({
      config: { customConfig: { code_challenge: 'constant' } },
      sees: 'warn custom parameters',
      path: 'customConfig.code_challenge',
      says: /PKCE protects nothing/,
    }),
    'a second ?': () => ({
      config: { authorizationEndpoint: `${provider.issuer}/authorize?tenant=one` },
      sees: 'fail authorization endpoint',
      path: 'authorizationEndpoint',
      says: /second \?.*write \\"tenant\\" into customConfig/,
    }),
    'a second ? with a parameter that customConfig cannot carry': () => ({
      config: { authorizationEndpoint: `${provider.issuer}/authorize?x-tenant=one` },
      sees: 'fail authorization endpoint',
      says: /has no query/,
    }),
    'a bare ?': () => ({
      config: { authorizationEndpoint: `${provider.issuer}/authorize?` },
      sees: 'fail authorization endpoint',
      says: /Remove the \?\./,
    }),
    'a #': () => ({
      config: { authorizationEndpoint: `${provider.issuer}/authorize#/` },
      sees: 'fail authorization endpoint',
      says: /behind the #/,
    }),
    'an authorization endpoint that ends in a space': () => ({
      config: { authorizationEndpoint: `${provider.issuer}/authorize ` },
      sees: 'fail authorization endpoint',
      says: /begins or ends with a space/,
    }),
    'an authorization endpoint that is none': () => ({
      config: { authorizationEndpoint: 'id.example.com/authorize' },
      sees: 'fail authorization endpoint',
      says: /not an absolute URL/,
    }),
    'a token endpoint of another kind': () => ({
      config: { tokenEndpoint: 'ftp://id.example.com/token' },
      sees: 'fail token endpoint',
      says: /ftp is no scheme/,
    }),
    'a token endpoint with a password': () => ({
      config: { tokenEndpoint: 'https://me:hidden@id.example.com/token' },
      sees: 'fail token endpoint',
      says: /user name or password/,
    }),
    'an endpoint on plain http': () => ({
      config: { tokenEndpoint: 'http://id.example.com/token' },
      sees: 'warn token endpoint',
      says: /plain http/,
    }),
    'a client id with a space': () => ({
      config: { clientId: 'app\n' },
      sees: 'fail client id',
      and: ['warn raw Basic'],
    }),
    'a fragment': () => ({
      config: { authRequestOptionalConfig: { responseMode: 'fragment' } },
      sees: 'fail response mode',
      and: ['warn response mode'],
    }),
    'an override of state': () => ({
      config: { customConfig: { state: 'x' } },
      sees: 'fail custom parameters',
      path: 'customConfig.state',
    }),
    'an override of nonce': () => ({ config: { customConfig: { Nonce: 'x' } }, sees: 'fail custom parameters' }),
    'an override of redirect_uri': () => ({
      config: { customConfig: { redirectUri: 'https://elsewhere.example' } },
      sees: 'fail custom parameters',
      path: 'customConfig.redirectUri',
    }),
    'another response type': () => ({
      config: { customConfig: { response_type: 'id_token' } },
      sees: 'fail custom parameters',
    }),
    'the same response type': () => ({
      config: { customConfig: { response_type: 'code' } },
      sees: 'warn custom parameters',
    }),
    'another client': () => ({ config: { customConfig: { client_id: 'other' } }, sees: 'fail custom parameters' }),
    'another scope': () => ({
      config: { customConfig: { scope: 'openid groups' } },
      sees: 'warn custom parameters',
    }),
    'a scope without openid': () => ({ config: { customConfig: { scope: 'groups' } }, sees: 'fail custom parameters' }),
    'another grant': () => ({
      config: { customConfig: { grant_type: 'password' } },
      sees: 'fail custom parameters',
      says: /grant_type/,
    }),
    'a constant code': () => ({ config: { customConfig: { code: 'x' } }, sees: 'fail custom parameters' }),
    'a secret in the address': () => ({
      config: { customConfig: { client_secret: 'x' } },
      sees: 'fail custom parameters',
      says: /address of the browser/,
    }),
    'what looks like a secret': () => ({
      config: { customConfig: { api_key: 'hidden-value' } },
      sees: 'warn custom parameters',
      says: /looks like a secret/,
    }),
    'a key that is rewritten into another': () => ({
      config: { customConfig: { 'x-tenant': 'one' } },
      sees: 'fail custom parameters',
      says: /sent as x_tenant/,
    }),
    'a key that is rewritten into a standard one': () => ({
      config: { customConfig: { uiLocales: 'ja' } },
      sees: 'warn custom parameters',
      says: /Write ui_locales/,
    }),
    'two keys for one parameter': () => ({
      config: { customConfig: { ui_locales: 'ja', uiLocales: 'en' } },
      sees: 'warn custom parameters',
      says: /the same parameter as customConfig.ui_locales/,
    }),
    'a parameter that is there twice': () => ({
      config: { authRequestOptionalConfig: { uiLocales: 'ja' }, customConfig: { ui_locales: 'en' } },
      sees: 'warn custom parameters',
      says: /overrides authRequestOptionalConfig.uiLocales/,
    }),
  };
  it.each(Object.entries(findings))('tells of %s', async (_name, finding) => {
    const given = finding();
    // An endpoint that is wrong by itself is another one than the provider's, too.
    const elsewhere = /token endpoint|authorization endpoint/.test(given.sees);
    const examined = await examine(given);
    const compared = examined.document.checks.filter(
      ({ group, name, verdict }) => group === 'provider' && /endpoint$/.test(name) && verdict === 'warn',
    );
    const and = [...(given.and ?? []), ...(elsewhere ? compared.map(({ name }) => `warn ${name}`) : [])];
    await expectFinding({ ...given, and: and.filter((one) => one !== given.sees) });
  });

  it('takes a + where openid is missing, and shows what is sent', async () => {
    const examined = await examine({ config: { scope: 'email+profile' } });
    expect(examined.bad).toEqual([]);
    expect(find(examined, 'scope')).toMatchObject({ verdict: 'pass', actual: 'sent as "email profile openid"' });
  });

  it('has nothing to say of custom parameters that are sent as they are written', async () => {
    const examined = await examine({ config: { customConfig: { kc_idp_hint: 'google', resource: 'https://api' } } });
    expect(examined.bad).toEqual([]);
    expect(find(examined, 'custom parameters')).toMatchObject({ actual: 'kc_idp_hint, resource' });
  });
});

describe('the provider', () => {
  const metadata = (changes: Json): Script => ({ metadata: changes });
  const findings: Record<string, () => Finding> = {
    'an issuer with a slash too many': () => ({
      config: verifying({ issuer: `${provider.issuer}/` }),
      sees: 'fail issuer',
      path: 'idTokenVerificationConfig.issuer',
      says: /differ by the slash/,
    }),
    'an issuer with a slash too few': () => ({
      config: verifying({ issuer: provider.issuer }),
      script: metadata({ issuer: `${provider.issuer}/` }),
      sees: 'fail issuer',
      says: /differ by the slash/,
    }),
    'an issuer of a tenant where the provider has a placeholder': () => ({
      script: metadata({ issuer: `${provider.issuer}/{tenantid}/v2.0` }),
      sees: 'fail issuer',
      says: /issuer of each tenant/,
    }),
    'a token endpoint at another path': () => ({
      config: { tokenEndpoint: `${provider.issuer}/oauth/token` },
      sees: 'warn token endpoint',
      says: /another path/,
    }),
    'a token endpoint with a slash': () => ({
      config: { tokenEndpoint: `${provider.issuer}/token/` },
      sees: 'warn token endpoint',
      says: /slash at the end/,
    }),
    'a token endpoint that is the userinfo endpoint': () => ({
      config: { tokenEndpoint: `${provider.issuer}/userinfo` },
      sees: 'fail token endpoint',
      says: /userinfo_endpoint/,
    }),
    'an authorization endpoint at another server': () => ({
      config: { authorizationEndpoint: 'https://other.example/authorize' },
      sees: 'warn authorization endpoint',
      says: /another server/,
    }),
    'a method that is not announced': () => ({
      script: metadata({ token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'] }),
      sees: 'fail client authentication',
      says: /Set tokenEndpointAuthMethod to client_secret_post\./,
    }),
    'methods that Logto does not have': () => ({
      script: metadata({ token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] }),
      sees: 'fail client authentication',
      says: /client secret only/,
    }),
    'a method where none is announced': () => ({
      config: { tokenEndpointAuthMethod: 'client_secret_post' },
      script: metadata({ token_endpoint_auth_methods_supported: undefined }),
      sees: 'warn client authentication',
      says: /client_secret_basic alone/,
    }),
    'an algorithm of the assertion that is not announced': () => ({
      config: { tokenEndpointAuthMethod: 'client_secret_jwt', clientSecretJwtSigningAlgorithm: 'HS512' },
      sees: 'fail assertion algorithm',
      says: /to HS256/,
      and: ['warn secret length'],
    }),
    'algorithms of the assertion that Logto does not have': () => ({
      config: { tokenEndpointAuthMethod: 'client_secret_jwt' },
      script: metadata({ token_endpoint_auth_signing_alg_values_supported: ['RS256'] }),
      sees: 'fail assertion algorithm',
      says: /client_secret_post/,
    }),
    'an audience of the assertion in another spelling': () => ({
      config: { tokenEndpointAuthMethod: 'client_secret_jwt', tokenEndpoint: `${provider.issuer}/token?` },
      sees: 'fail assertion audience',
      and: ['warn token endpoint'],
    }),
    'no code flow': () => ({
      script: metadata({ response_types_supported: ['id_token'] }),
      sees: 'fail response type',
    }),
    'no code grant': () => ({
      script: metadata({ grant_types_supported: ['client_credentials'] }),
      sees: 'fail grant type',
    }),
    'a response mode that is not announced': () => ({
      config: { authRequestOptionalConfig: { responseMode: 'form_post' } },
      script: metadata({ response_modes_supported: ['query'] }),
      sees: 'warn response mode',
    }),
    'required pushed requests': () => ({
      script: metadata({ require_pushed_authorization_requests: true }),
      sees: 'fail pushed requests',
    }),
    'required signed requests': () => ({
      script: metadata({ require_signed_request_object: true }),
      sees: 'fail signed requests',
    }),
    'a scope that is not announced': () => ({
      config: { scope: 'openid email groups' },
      sees: 'warn scopes',
      says: /"actual":"groups"/,
    }),
    'claims that are not announced': () => ({
      script: metadata({ claims_supported: ['sub', 'name', 'email'] }),
      sees: 'warn claims',
      says: /picture, email_verified not announced.*Without email_verified/,
    }),
    'a phone number under the name of the standard': () => ({
      config: { scope: 'openid email phone' },
      script: metadata({ claims_supported: [...(ANNOUNCED.claims_supported as string[]), 'phone_number'] }),
      sees: 'warn phone',
    }),
    'algorithms without those of the provider': () => ({
      config: verifying({ algorithms: ['ES256'] }),
      sees: 'fail ID token algorithms',
      and: ['fail keys'],
    }),
    'algorithms with some of those of the provider': () => ({
      script: metadata({ id_token_signing_alg_values_supported: ['RS256', 'ES256'] }),
      sees: 'warn ID token algorithms',
    }),
    'a provider that signs with the secret': () => ({
      config: verifying({ algorithms: undefined }),
      script: metadata({ id_token_signing_alg_values_supported: ['HS256', 'none'] }),
      sees: 'fail ID token algorithms',
      says: /cannot verify/,
    }),
    'endpoints on plain http elsewhere': () => ({
      script: metadata({ authorization_endpoint: 'http://id.example.com/authorize' }),
      sees: 'warn plain http',
      and: ['warn authorization endpoint'],
    }),
  };
  it.each(Object.entries(findings))('tells of %s', (_name, finding) => expectFinding(finding()));

  it('tells of offline_access that nobody asked for, and of refresh tokens that never come, where tokens are kept', async () => {
    const text = (config: Json) => JSON.stringify({ id: 'x', connectorId: 'oidc', enableTokenStorage: true, config });
    const examined = await examine({ text: text(good()) });
    expect(examined.bad).toEqual(['warn offline access']);
    expect(find(examined, 'offline access').path).toBe('config.scope');
    const asked = await examine({
      text: text({ ...good(), scope: 'openid email offline_access' }),
      script: metadata({ grant_types_supported: ['authorization_code'] }),
    });
    expect(asked.bad).toEqual(['warn grant type']);
    const unwritten = await examine({ text: text({ ...good(), tokenEndpointAuthMethod: undefined }) });
    expect(unwritten.bad).toEqual(['warn token refresh', 'warn offline access']);
  });

  it('accepts the tenant of an issuer with a placeholder', async () => {
    const issuer = `${provider.issuer}/7b0d/v2.0`;
    const examined = await examine({
      config: verifying({ issuer }),
      flags: ['--issuer', provider.issuer],
      script: metadata({ issuer: `${provider.issuer}/{tenantid}/v2.0` }),
    });
    expect(find(examined, 'issuer', 'provider')).toMatchObject({ verdict: 'pass', actual: issuer });
  });

  it('is one of a list of issuers', async () => {
    const other = `${provider.issuer}/other`;
    const examined = await examine({ config: verifying({ issuer: [other, provider.issuer] }) });
    expect(examined.bad).toEqual(['warn discovery']);
    expect(find(examined, 'discovery')).toMatchObject({ actual: `${other}: there is no discovery document (404)` });
    expect(find(examined, 'issuer', 'provider')).toMatchObject({ verdict: 'pass', actual: provider.issuer });
  });

  it('is found by the endpoints where the configuration has no issuer', async () => {
    const examined = await examine({ config: verifying({ issuer: undefined }) });
    expect(find(examined, 'discovery').actual).toBe(`${provider.issuer}, found by its endpoints`);
    expect(examined.document.issuer).toBe(provider.issuer);
  });

  it('is found by the paths above its endpoints, as Keycloak has them', async () => {
    const keycloak = await startScriptedProvider({ path: '/realms/one' });
    try {
      const under = `${keycloak.issuer}/protocol/openid-connect`;
      keycloak.play({
        metadata: {
          ...ANNOUNCED,
          authorization_endpoint: `${under}/auth`,
          token_endpoint: `${under}/token`,
        },
      });
      const config = {
        authorizationEndpoint: `${under}/auth`,
        tokenEndpoint: `${under}/token`,
        ...verifying({ issuer: undefined, jwksUri: `${keycloak.issuer}/keys` }),
      };
      const examined = await examine({ config });
      expect(examined.bad).toEqual(['warn issuer']);
      expect(examined.document.issuer).toBe(keycloak.issuer);
    } finally {
      await keycloak.close();
    }
  });

  it('is not known where no document names the endpoints: --issuer is asked for', async () => {
    const config = verifying({ issuer: undefined });
    const examined = await examine({ config, script: { discovery: () => ({ status: 404 }) } });
    expect(examined.bad).toEqual(['warn issuer']);
    expect(find(examined, 'discovery')).toMatchObject({ verdict: 'skip', repair: expect.stringContaining('--issuer') });
    expect(examined.document.issuer).toBeNull();
    const named = await examine({ config, flags: ['--issuer', provider.issuer] });
    expect(find(named, 'discovery').actual).toBe(`${provider.issuer}, as --issuer says`);
  });

  it('that answers 404, and under another issuer, is found by the endpoints', async () => {
    const examined = await examine({ config: verifying({ issuer: `${provider.issuer}/wrong` }) });
    expect(examined.bad).toEqual(['warn discovery', 'fail issuer']);
    expect(find(examined, 'issuer', 'provider')).toMatchObject({ expected: provider.issuer });
  });

  it.each([
    ['answers 500', { discovery: () => ({ status: 500 }) }, /answers 500/],
    ['answers no JSON', { discovery: () => ({ body: '<h1>Hello</h1>' }) }, /is not JSON/],
    ['has no document', { discovery: () => ({ status: 404 }) }, /no discovery document/],
    ['names no key set', metadata({ jwks_uri: undefined }), /names no jwks_uri/],
    ['writes a list as text', metadata({ id_token_signing_alg_values_supported: 'RS256' }), /no list of names/],
  ] as const)('that %s is a finding, not a crash', async (_name, script, says) => {
    const examined = await examine({ script });
    expect(examined.code).toBe(1);
    expect(examined.bad).toEqual(['fail discovery']);
    expect(find(examined, 'discovery').actual).toMatch(says);
    expect(find(examined, 'key set')).toMatchObject({ verdict: 'pass' });
  });

  it('that does not answer is waited for once, however many issuers are there', async () => {
    let connections = 0;
    const mute = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    try {
      const origin = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
      const issuer = [`${origin}/one`, `${origin}/two`, `${origin}/three`, provider.issuer];
      const examined = await examine({ config: verifying({ issuer }) });
      expect(examined.bad).toEqual(['fail discovery', 'fail discovery', 'fail discovery']);
      expect(connections).toBe(1);
    } finally {
      mute.close();
    }
  });

  it('that writes at length is cut for people', async () => {
    const { stdout } = await run({ script: metadata({ scopes_supported: ['x'.repeat(100_000)] }) });
    expect(stdout).toContain('xxx…');
    expect(stdout.length).toBeLessThan(10_000);
  });

  it('that nobody reaches is a finding', async () => {
    const gone = await startScriptedProvider();
    await gone.close();
    const examined = await examine({
      config: verifying({ issuer: gone.issuer, jwksUri: `${gone.issuer}/keys` }),
    });
    expect(examined.code).toBe(1);
    expect(examined.bad).toEqual(['fail discovery', 'fail issuer', 'warn key set address', 'fail key set']);
    expect(find(examined, 'discovery').actual).toBe(`${gone.issuer}: nothing listens there`);
    expect(find(examined, 'key set')).toMatchObject({ actual: `${gone.issuer}/keys: nothing listens there` });
  });
});
