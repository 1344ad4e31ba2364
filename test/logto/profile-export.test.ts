import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectorDraft } from '../../src/logto/connector/export.js';
import type { Provider } from '../../src/oidc/provider.js';
import { createMachine, type Machine } from '../support/run.js';
import { type Json, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';

const SECRET = 'pl+ain s%cret-QQ';

let provider: ScriptedProvider;
let machine: Machine;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());
beforeEach(async () => {
  machine = await createMachine();
  provider.play({});
});
afterEach(() => machine.remove());

const run = (argv: readonly string[], env: Record<string, string> = {}) =>
  machine.run(['profile', 'export', ...argv], { env });
const bare = (...argv: string[]) => run(['--issuer', provider.issuer, '--client-id', 'app', ...argv]);
const advertised = (metadata: Json) => provider.play({ metadata });

describe('from an issuer alone', () => {
  it('is a whole connector, with the secret to be filled in', async () => {
    advertised({ token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'] });
    const { code, stdout, stderr } = await bare();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      authorizationEndpoint: `${provider.issuer}/authorize`,
      tokenEndpoint: `${provider.issuer}/token`,
      clientId: 'app',
      clientSecret: '<client-secret>',
      tokenEndpointAuthMethod: 'client_secret_post',
      scope: 'openid profile email',
      idTokenVerificationConfig: { jwksUri: `${provider.issuer}/keys`, issuer: provider.issuer },
    });
    expect(stderr).toContain('Fill in the client secret in place of <client-secret>');
    // What is written can be read: Logto accepts it once the secret is there.
    const back = await machine.run(['profile', 'import', '-', '--client-secret-env', 'S'], {
      stdin: stdout,
      env: { S: 'x' },
    });
    expect(back.code, back.stderr).toBe(0);
  });

  it('is the same document with --json, and may go into a file', async () => {
    const plain = (await bare()).stdout;
    expect((await bare('--json')).stdout).toBe(plain);
    const { stdout, stderr } = await bare('--output', 'connector.json');
    expect(stdout).toBe('');
    const file = join(machine.home, 'connector.json');
    expect(stderr).toContain(`Wrote ${file}`);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(plain));
  });

  it('carries prompt, hints and further parameters', async () => {
    const { stdout, stderr } = await bare(
      ...['--prompt', 'login', '--login-hint', 'alice', '--max-age', '60', '--ui-locales', 'ja', '--acr-values', 'a'],
      ...['--display', 'page', '--response-mode', 'query', '--param', 'audience=x', '--resource', 'urn:api:one'],
    );
    expect(JSON.parse(stdout)).toMatchObject({
      authRequestOptionalConfig: {
        prompt: 'login',
        loginHint: 'alice',
        maxAge: '60',
        uiLocales: 'ja',
        acrValues: 'a',
        display: 'page',
        responseMode: 'query',
      },
      customConfig: { audience: 'x', resource: 'urn:api:one' },
    });
    expect(stderr).toContain('Logto sends resource, audience (customConfig) to the token endpoint too.');
    const several = await bare('--resource', 'urn:api:one', '--resource', 'urn:api:two');
    expect(several.stderr).toContain('Logto sends one resource at most: resource is left out.');
  });

  it('leaves out an issuer with a placeholder, which no token ever has', () => {
    const metadata = { issuer: 'https://login.example/{tenantid}/v2.0' };
    const endpoint = (name: string) => `https://login.example/${name}`;
    const { config, warnings } = connectorDraft(
      { clientId: 'app', scope: 'openid' },
      { issuer: metadata.issuer, metadata, endpoint } as unknown as Provider,
      undefined,
    );
    expect(config.idTokenVerificationConfig).toEqual({ jwksUri: 'https://login.example/jwks_uri' });
    expect(warnings[0]).toContain('it is left out and not checked');
  });
});

describe('the client authentication', () => {
  const methodOf = async (...argv: string[]) => {
    const { code, stdout, stderr } = await bare(...argv);
    expect(code, stderr).toBe(0);
    const { tokenEndpointAuthMethod, clientSecretJwtSigningAlgorithm } = JSON.parse(stdout) as Record<string, string>;
    return { method: tokenEndpointAuthMethod, algorithm: clientSecretJwtSigningAlgorithm, stderr };
  };

  it('is one that both sides support', async () => {
    advertised({ token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_jwt'] });
    expect(await methodOf()).toMatchObject({ method: 'client_secret_jwt', algorithm: 'HS256' });
    advertised({
      token_endpoint_auth_methods_supported: ['client_secret_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS256', 'HS512'],
    });
    expect(await methodOf()).toMatchObject({ method: 'client_secret_jwt', algorithm: 'HS512' });
    advertised({ token_endpoint_auth_methods_supported: undefined });
    expect(await methodOf()).toMatchObject({ method: 'client_secret_basic' });
  });

  it('is what the profile says, with a warning where the provider says otherwise', async () => {
    advertised({ token_endpoint_auth_methods_supported: ['client_secret_post'] });
    const { method, stderr } = await methodOf('--client-auth', 'client_secret_basic');
    expect(method).toBe('client_secret_basic');
    expect(stderr).toContain('The profile says client_secret_basic, and the provider announces client_secret_post.');
  });

  it('avoids Basic for a secret that Logto would send wrongly', async () => {
    const flags = ['--issuer', provider.issuer, '--client-id', 'app', '--client-secret-env', 'S'];
    advertised({ token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_jwt'] });
    const avoided = await run(flags, { S: SECRET });
    expect(JSON.parse(avoided.stdout)).toMatchObject({ tokenEndpointAuthMethod: 'client_secret_jwt' });
    advertised({ token_endpoint_auth_methods_supported: ['client_secret_basic'] });
    const warned = await run(flags, { S: SECRET });
    expect(JSON.parse(warned.stdout)).toMatchObject({ tokenEndpointAuthMethod: 'client_secret_basic' });
    expect(warned.stderr).toContain('a strict provider will refuse it');
    for (const text of [avoided, warned].map(({ stdout, stderr }) => stdout + stderr))
      expect(text).not.toContain(SECRET);
  });

  it('is refused where Logto has none of the methods', async () => {
    advertised({ token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] });
    const { code, stdout, stderr } = await bare();
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('private_key_jwt');
    const open = await bare('--client-auth', 'none');
    expect([open.code, open.stdout]).toEqual([3, '']);
  });
});

describe('what Logto cannot do', () => {
  it.each([
    [{ require_pushed_authorization_requests: true }, 'requires pushed authorization requests'],
    [{ code_challenge_methods_supported: ['S256'] }, 'Logto sends no PKCE'],
    [{ response_types_supported: ['id_token'] }, 'does not announce the response type code'],
    [{ id_token_signing_alg_values_supported: ['HS256'] }, 'signs ID tokens with HS256, which Logto cannot verify'],
  ] as const)('is said: %j', async (metadata, words) => {
    advertised({ pushed_authorization_request_endpoint: `${provider.issuer}/par`, ...metadata });
    const { code, stderr } = await bare();
    expect(code).toBe(0);
    expect(stderr).toContain(words);
  });
});

describe('from a profile', () => {
  const add = (...argv: string[]) =>
    machine.run(
      [
        'profile',
        'add',
        'it',
        '--issuer',
        provider.issuer,
        '--client-id',
        'app',
        '--client-auth',
        'client_secret_post',
        ...argv,
      ],
      { stdin: SECRET },
    );

  it('names the variable that has the secret, and shows the secret only when asked', async () => {
    await add('--client-secret-env', 'MY_SECRET');
    const env = { MY_SECRET: SECRET };
    const named = await run(['it'], env);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation of references
    expect(JSON.parse(named.stdout)).toMatchObject({ clientSecret: '${MY_SECRET}' });
    expect(named.stdout + named.stderr).not.toContain(SECRET);
    expect(JSON.parse((await run(['it', '--show-secrets'], env)).stdout)).toMatchObject({ clientSecret: SECRET });
    expect((await run(['it', '--show-secrets'])).code).toBe(3);
  });

  it('has the stored secret only when asked, in a file for its owner alone', async () => {
    await add('--client-secret-stdin');
    const hidden = await run(['it']);
    expect(hidden.stdout + hidden.stderr).not.toContain(SECRET);
    await run(['it', '--show-secrets', '--output', 'c.json']);
    const file = join(machine.home, 'c.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ clientSecret: SECRET });
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('takes another issuer from a flag, without the endpoints of the first', async () => {
    const imported = {
      authorizationEndpoint: 'https://id.example.com/a',
      tokenEndpoint: 'https://id.example.com/t',
      clientId: 'logto',
      clientSecret: SECRET,
      scope: 'openid',
      idTokenVerificationConfig: { jwksUri: 'https://id.example.com/j', issuer: 'https://id.example.com' },
    };
    await machine.run(['profile', 'import', '-', '--name', 'it'], { stdin: JSON.stringify(imported) });
    const { stdout } = await run(['it', '--issuer', provider.issuer]);
    expect(JSON.parse(stdout)).toMatchObject({
      tokenEndpoint: `${provider.issuer}/token`,
      clientSecret: '<client-secret>',
      idTokenVerificationConfig: { issuer: provider.issuer },
    });
  });
});

it('knows one format, and says so', async () => {
  const { code, stdout, stderr } = await run(['--format', 'keycloak']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('There is no format "keycloak".');
  expect(stderr).toContain('--format logto');
});

it('needs an issuer and a client id', async () => {
  expect((await run([])).stderr).toContain('(config_missing, exit code 3)');
  expect((await run(['--issuer', provider.issuer])).stderr).toContain('(config_missing, exit code 3)');
});
