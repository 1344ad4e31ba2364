// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of references
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { connectorDocument, importedConnector } from '../../src/logto/connector/document.js';
import { validateConnectorConfig } from '../../src/logto/connector/schema.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine, type RunWorld } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { connectorJson, filesIn, SECRET } from './connectors.js';

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => machine.remove());

const profileImport = async (value: unknown, argv: readonly string[] = [], deps: RunWorld = {}) =>
  machine.run(['profile', 'import', '-', '--name', 'it', ...argv], { stdin: JSON.stringify(value), ...deps });
const profileExport = async (argv: readonly string[] = [], deps: RunWorld = {}) =>
  machine.run(['profile', 'export', 'it', ...argv], deps);
const configuration = () => readFile(join(machine.home, 'config.yaml'), 'utf8');

async function expectNowhere(secret: string): Promise<void> {
  for (const [file, text] of Object.entries(await filesIn(machine.home))) expect(text, file).not.toContain(secret);
}

describe('what becomes of a connector', () => {
  it('has its endpoints, client authentication, scope, optional and further parameters', async () => {
    const connector = connectorJson({
      tokenEndpointAuthMethod: 'client_secret_basic',
      scope: 'openid email',
      authRequestOptionalConfig: { prompt: 'login', maxAge: '3600', loginHint: 'alice' },
      customConfig: { audience: 'https://api.example.com', fooBar: '1' },
    });
    const { code, stdout, stderr } = await profileImport(connector);
    expect(stderr).toBe(
      `Imported profile it in ${join(machine.home, 'config.yaml')}\nIn the session store: clientSecret\nSign in with: oidc-cli login it\n`,
    );
    expect([code, stdout]).toEqual([0, '']);
    expect(await configuration()).toMatchInlineSnapshot(`
      "profiles:
        it:
          issuer: https://id.example.com/realms/main
          clientId: logto
          clientSecretStored: true
          clientAuth: client_secret_basic
          scope: openid email
          prompt: login
          loginHint: alice
          maxAge: 3600
          parameters:
            audience: https://api.example.com
            foo_bar: "1"
          authorizationEndpoint: https://id.example.com/realms/main/authorize
          tokenEndpoint: https://id.example.com/realms/main/token
          jwksUri: https://id.example.com/realms/main/jwks
          connector:
            document:
              authorizationEndpoint: https://id.example.com/realms/main/authorize
              tokenEndpoint: https://id.example.com/realms/main/token
              clientId: logto
              clientSecret: <client-secret>
              scope: openid email
              idTokenVerificationConfig:
                jwksUri: https://id.example.com/realms/main/jwks
                issuer: https://id.example.com/realms/main
              tokenEndpointAuthMethod: client_secret_basic
              authRequestOptionalConfig:
                prompt: login
                maxAge: "3600"
                loginHint: alice
              customConfig:
                audience: https://api.example.com
                fooBar: "1"
      "
    `);
  });

  it('is told as one JSON document', async () => {
    const { stdout } = await profileImport(connectorJson({ authRequestOptionalConfig: { idTokenHint: 'hint' } }), [
      '--json',
      '--default',
    ]);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      profile: 'it',
      file: join(machine.home, 'config.yaml'),
      replaced: false,
      default: true,
      issuer: 'https://id.example.com/realms/main',
      stored: ['clientSecret', 'authRequestOptionalConfig.idTokenHint'],
      warnings: [
        'An ordinary sign-in does not send authRequestOptionalConfig.idTokenHint; profile export --format logto writes it back.',
      ],
    });
  });

  it('is named after its issuer, and never swallows another profile', async () => {
    const again = () => machine.run(['profile', 'import', '-'], { stdin: JSON.stringify(connectorJson()) });
    expect((await again()).stderr).toContain('Imported profile id.example.com in');
    const { code, stderr } = await again();
    expect(code).toBe(3);
    expect(stderr).toContain('(profile_exists, exit code 3)');
    const forced = await machine.run(['profile', 'import', '-', '--force'], { stdin: JSON.stringify(connectorJson()) });
    expect(forced.stderr).toContain('Replaced profile id.example.com in');
  });

  it('takes an issuer beside a connector without one, and refuses one that contradicts', async () => {
    const none = connectorJson({ idTokenVerificationConfig: { jwksUri: 'https://id.example.com/jwks' } });
    expect((await profileImport(none, ['--issuer', 'https://id.example.com'])).code).toBe(0);
    expect(await configuration()).toContain('issuer: https://id.example.com\n');
    const { code, stderr } = await profileImport(connectorJson(), ['--force', '--issuer', 'https://other.example.com']);
    expect(code).toBe(3);
    expect(stderr).toContain('--issuer');
    expect(stderr).toContain('https://id.example.com/realms/main');
  });

  it("goes into the project's file, which then names the variable as such files may", async () => {
    const connector = connectorJson({ clientSecret: '${OIDC_CLI_LOGTO_SECRET}' });
    const { code, stderr } = await profileImport(connector, ['--project']);
    expect(code).toBe(0);
    // Endpoints of its own decide where a secret goes: not in a folder that is not trusted.
    expect(stderr).toContain("Warning: profiles.it.authorizationEndpoint is refused in a project's file");
    expect(await readFile(join(machine.home, 'oidc-cli.yaml'), 'utf8')).toContain(
      'clientSecret: ${OIDC_CLI_LOGTO_SECRET}',
    );
  });
});

describe('secrets', () => {
  it('go to the session store and into no file, whatever the key that has them', async () => {
    const secrets = ['k1-HUSH-aa', 'k2-HUSH-bb', 'k3-HUSH-cc', 'k4-HUSH-dd', 'k5-HUSH-ee', SECRET];
    const [apiKey, hint, password, token, metadata] = secrets;
    const connector = {
      id: 'abc',
      connectorId: 'oidc',
      metadata: { target: 'x', access_token: metadata },
      config: connectorJson({
        authRequestOptionalConfig: { idTokenHint: hint, prompt: 'login' },
        customConfig: { 'x-api-key': apiKey, audience: 'a', clientAssertion: token },
        proxy: [{ user: 'u', password }],
      }),
    };
    const { code, stdout, stderr } = await profileImport(connector);
    expect(code).toBe(0);
    for (const secret of secrets) {
      await expectNowhere(secret);
      expect(stdout + stderr).not.toContain(secret);
    }
    const hidden = await profileExport();
    for (const secret of secrets) expect(hidden.stdout + hidden.stderr).not.toContain(secret);
    expect(JSON.parse(hidden.stdout)).toMatchObject({
      id: 'abc',
      config: { clientSecret: '<client-secret>', customConfig: { 'x-api-key': '<secret>', audience: 'a' } },
    });
    expect(JSON.parse((await profileExport(['--show-secrets'])).stdout)).toEqual(connector);
  });

  it.each([
    ['clientSecret', 'k-HUSH-1'],
    ['code_verifier', 'k-HUSH-2'],
    ['Ocp-Apim-Subscription-Key', 'k-HUSH-3'],
    ['x-functions-key', 'k-HUSH-4'],
    ['session.cookie', 'k-HUSH-5'],
    ['auth', 'Bearer k-HUSH-6'],
    ['callback', 'https://id.example.com/?api_key=k-HUSH-7'],
    ['claims', 'of eyJhbGciOiJIUzI1NiJ9.k-HUSH-8.c2ln'],
  ])('in customConfig are told by their name or their look: %s', async (key, value) => {
    const connector = connectorJson({ customConfig: { audience: 'a', [key]: value } });
    const { code, stdout, stderr } = await profileImport(connector);
    expect(code, stderr).toBe(0);
    await expectNowhere('k-HUSH');
    expect(stdout + stderr).not.toContain('k-HUSH');
    expect(JSON.parse((await profileExport(['--show-secrets'])).stdout)).toEqual(connector);
  });

  it.each([
    ['tokenEndpoint', { tokenEndpoint: 'https://id.example.com/token?subscription-key=k-HUSH-1' }],
    ['authorizationEndpoint', { authorizationEndpoint: 'https://id.example.com/a?x=1&apiKey=k-HUSH-2' }],
    [
      'idTokenVerificationConfig.jwksUri',
      { idTokenVerificationConfig: { jwksUri: 'https://id.example.com/j?access_token=k-HUSH-3' } },
    ],
    ['scope', { scope: 'openid eyJhbGciOiJIUzI1NiJ9.k-HUSH-4.c2ln' }],
  ])('in what a profile needs are refused, since they would stand in a file: %s', async (path, changes) => {
    const { code, stdout, stderr } = await profileImport(connectorJson(changes));
    expect(code).toBe(3);
    expect(stderr).toContain(`${path} (stdin:`);
    expect(stderr).toContain('a value with a secret in it cannot be used.');
    expect(stdout + stderr).not.toContain('k-HUSH');
    expect(await filesIn(machine.home)).toEqual({});
  });

  it('are not seen in ordinary parameters', async () => {
    const customConfig = { public_key: 'x', keyword: 'y', audience: 'https://api.example.com/?tenant=1' };
    expect((await profileImport(connectorJson({ customConfig }))).stderr).toContain('session store: clientSecret\n');
  });

  it('are forgotten with the profile', async () => {
    await profileImport(connectorJson({ customConfig: { api_key: 'k' } }));
    expect((await machine.run(['profile', 'remove', 'it'])).stderr).toContain('Its client secret is forgotten.');
    const index = JSON.parse((await filesIn(machine.home))['sessions.json'] ?? '{}') as { clientSecrets?: unknown };
    expect(index.clientSecrets).toEqual([]);
  });

  it('are forgotten when another connector takes the name', async () => {
    const entries = async () =>
      (JSON.parse((await filesIn(machine.home))['sessions.json'] ?? '{}') as { clientSecrets: unknown[] })
        .clientSecrets;
    await profileImport(connectorJson({ customConfig: { api_key: 'k' } }));
    expect(await entries()).toHaveLength(2);
    await profileImport(connectorJson(), ['--force']);
    expect(await entries()).toHaveLength(1);
    await profileImport(connectorJson({ clientSecret: '${OIDC_CLI_S}' }), ['--force']);
    expect(await entries()).toHaveLength(0);
  });

  it('are not in what profile show says of it', async () => {
    await profileImport(connectorJson({ customConfig: { api_key: 'k3y-of-customs', fooBar: 'x' } }));
    for (const flags of [[], ['--json']]) {
      const { code, stdout, stderr } = await machine.run(['profile', 'show', 'it', ...flags]);
      expect(code).toBe(0);
      expect(stdout).toContain('/customConfig/api_key');
      expect(stdout + stderr).not.toMatch(/k3y-of-customs|c0nnector-s3cret/);
      expect(stdout).not.toContain('[object Object]');
    }
  });

  it('leave a table that can be read in profile show, with what is kept of the connector by its members', async () => {
    const other = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`member${at}`, `value of ${at}`]));
    await profileImport({ connectorId: 'oidc', id: 'x1', metadata: {}, config: connectorJson({ other }) });
    const { stdout } = await machine.run(['profile', 'show', 'it']);
    expect(stdout).toMatch(/^connector\.document +\{"connectorId":"oidc",.*… {2}user file /m);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(260);
    const { stdout: json } = await machine.run(['profile', 'show', 'it', '--json']);
    expect(JSON.parse(json).values.connector.value.document.config).toMatchObject({ other });
  });

  it('stay a reference where they are one, though the variable is not set', async () => {
    const connector = connectorJson({ clientSecret: '${OIDC_CLI_MY_SECRET}' });
    expect((await profileImport(connector)).code).toBe(0);
    expect(await configuration()).toContain('clientSecret: ${OIDC_CLI_MY_SECRET}');
    expect(JSON.parse((await profileExport()).stdout)).toEqual(connector);
  });

  it('of the command line go before that of the file', async () => {
    await writeFile(join(machine.home, 'secret.txt'), 'from-a-file\n');
    expect((await profileImport(connectorJson(), ['--client-secret-file', 'secret.txt'])).code).toBe(0);
    expect(await configuration()).toContain(`clientSecretFile: ${join(machine.home, 'secret.txt')}`);
    await expectNowhere(SECRET);
    expect(JSON.parse((await profileExport(['--show-secrets'])).stdout)).toMatchObject({ clientSecret: 'from-a-file' });
  });

  it('that are still a placeholder are asked for', async () => {
    const { code, stderr } = await profileImport(connectorJson({ clientSecret: '<client-secret>' }));
    expect(code).toBe(3);
    expect(stderr).toContain('it is still the placeholder <client-secret>');
  });

  it('cannot come from stdin with the connector', async () => {
    const { code, stderr } = await profileImport(connectorJson(), ['--client-secret-stdin']);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot both come from stdin');
  });
});

const word = fc.stringMatching(/^[a-z][a-zA-Z0-9_.-]{0,8}$/);
const text = fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 12 })).filter((one) => !one.includes('\u0000'));
const url = word.map((path) => `https://id.example.com/${path}`);
const json = fc
  .jsonValue({ maxDepth: 3, noUnicodeString: false })
  .filter((value) => !/\\u0000|\\ud[89a-f]|__proto__/i.test(JSON.stringify(value)));
const unknownMembers = fc.dictionary(
  word.filter((key) => key !== '__proto__'),
  json,
  { maxKeys: 3, noNullPrototype: true },
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const someOf = (members: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(members, { requiredKeys: [], noNullPrototype: true });

/** Configurations that Logto accepts, odd ones among them. */
const configurations = fc
  .record(
    {
      unknown: unknownMembers,
      authorizationEndpoint: url,
      tokenEndpoint: url,
      clientId: word,
      scope: fc.constantFrom('openid', 'email+profile', 'openid  email', 'email', 'openid+email'),
      responseType: optional(fc.constant('code')),
      tokenEndpointAuthMethod: optional(
        fc.constantFrom('client_secret_post', 'client_secret_basic', 'client_secret_jwt'),
      ),
      clientSecretJwtSigningAlgorithm: optional(fc.constantFrom('HS256', 'HS512')),
      trustUnverifiedEmail: optional(fc.boolean()),
      verification: someOf({
        issuer: fc.oneof(url, fc.array(fc.oneof(url, text), { maxLength: 3 }), text),
        audience: text,
        algorithms: fc.array(text, { maxLength: 2 }),
        clockTolerance: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(90_000), text),
        crit: fc.dictionary(word, fc.boolean(), { maxKeys: 2, noNullPrototype: true }),
        typ: text,
        other: json,
      }),
      authRequestOptionalConfig: optional(
        someOf({
          responseMode: fc.constantFrom('query', 'fragment', 'form_post', ''),
          display: fc.constantFrom('page', 'wide'),
          prompt: fc.oneof(fc.constantFrom('login', 'none login', 'consent'), text),
          maxAge: fc.constantFrom('3600', '03600', 'x', '0', ''),
          uiLocales: text,
          idTokenHint: text,
          loginHint: text,
          acrValues: text,
          tokenEndpoint: json,
        }),
      ),
      customConfig: optional(
        fc.dictionary(
          fc
            .oneof(
              word,
              text,
              fc.constantFrom(
                'fooBar',
                'foo_bar',
                'state',
                'prompt',
                'scope',
                'resource',
                'claims',
                'apiKey',
                'maxAge',
              ),
            )
            .filter((key) => key !== '__proto__'),
          text,
          { maxKeys: 5, noNullPrototype: true },
        ),
      ),
    },
    { noNullPrototype: true },
  )
  .map(({ unknown, verification, ...known }) => ({
    ...unknown,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    idTokenVerificationConfig: { jwksUri: 'https://id.example.com/jwks', ...verification },
  }))
  // -0 is 0 in JSON.
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
  .filter((value) => validateConnectorConfig({ ...value, clientSecret: 's' }).accepted);

describe('a round trip', () => {
  it('gives the same configuration back', () => {
    const property = fc.property(configurations, (config) => {
      const whole = { ...config, clientSecret: SECRET };
      const { values, kept: saved, secrets } = importedConnector({ whole, config: whole });
      const given = { issuer: 'https://id.example.com', ...values };
      expect(connectorDocument(saved, given, { clientSecret: SECRET, stored: secrets })).toEqual(whole);
    });
    fc.assert(property, { numRuns: 1000, seed: 3 });
  });

  it('gives the same JSON back through file, store and commands', async () => {
    const refused: string[] = [];
    const property = fc.asyncProperty(configurations, fc.boolean(), fc.nat(), async (config, api, turn) => {
      const value = inAnyOrder({ ...config, clientSecret: SECRET }, turn);
      const connector = api
        ? inAnyOrder({ id: 'x1', connectorId: 'oidc', syncProfile: true, metadata: {}, config: value }, turn)
        : value;
      const done = await profileImport(connector, ['--force', ...issuerFlag(config)]);
      if (done.stderr.includes('(config_value_invalid')) refused.push(done.stderr);
      else {
        expect(done.code, done.stderr).toBe(0);
        const { stdout, stderr } = await profileExport(['--show-secrets']);
        // To the letter, so that the order of keys is compared as well.
        expect(stdout, stderr).toBe(`${asWritten(connector)}\n`);
      }
    });
    await fc.assert(property, { numRuns: 40, seed: 3 });
    expect(refused).toEqual([]);
  }, 120_000);

  it.each(['12345678901234567890', '-9007199254740993', '1e999', '3.14159265358979323846', '5e-400'])(
    'does not begin with a number that would come back as another: %s',
    async (number) => {
      for (const [text, path] of [
        [JSON.stringify(connectorJson({ other: { list: [1, '#'] } })), 'other.list[1]'],
        [JSON.stringify({ id: 'x', connectorId: 'oidc', metadata: { n: '#' }, config: connectorJson() }), 'metadata.n'],
      ] as const) {
        const stdin = text.replace('"#"', number);
        const { code, stderr } = await machine.run(['profile', 'import', '-'], { stdin });
        expect(code).toBe(3);
        expect(stderr).toContain(`${path}: the number cannot be kept to its last digit`);
        expect(await filesIn(machine.home)).toEqual({});
      }
    },
  );

  it('takes every other way to write a number', async () => {
    const numbers = '[1.50, 1e3, -0, 0.0, 100, 1E-7, 9007199254740991, 0.1, 1.7976931348623157e308, 120e-1]';
    const text = JSON.stringify(connectorJson({ numbers: '#' })).replace('"#"', numbers);
    expect((await machine.run(['profile', 'import', '-', '--name', 'it'], { stdin: text })).code).toBe(0);
    expect(JSON.parse((await profileExport(['--show-secrets'])).stdout).numbers).toEqual(
      // Minus zero is zero in JSON.
      (JSON.parse(numbers) as number[]).map((number) => number + 0),
    );
  });

  it('follows what has been changed in the profile since', async () => {
    const connector = connectorJson({
      scope: 'email+profile',
      authRequestOptionalConfig: { prompt: 'login' },
      customConfig: { fooBar: '1', prompt: 'consent' },
    });
    await profileImport(connector);
    const file = join(machine.home, 'config.yaml');
    const edited = (await readFile(file, 'utf8'))
      .replace(/scope: email profile openid/, 'scope: openid phone')
      .replace(/^ {4}prompt: consent/m, '    prompt: none')
      .replace(/foo_bar: "1"/, 'foo_bar: "2"')
      .replace(/clientAuth: client_secret_post/, 'clientAuth: client_secret_basic');
    await writeFile(file, edited);
    expect(JSON.parse((await profileExport(['--show-secrets'])).stdout)).toEqual({
      ...connector,
      tokenEndpointAuthMethod: 'client_secret_basic',
      scope: 'openid phone',
      authRequestOptionalConfig: { prompt: 'none' },
      customConfig: { fooBar: '2' },
    });
  });
});

describe('a connector that version 0.1.0 took apart', () => {
  const written = (file: string) => readFile(new URL(`version-0.1.0/${file}`, import.meta.url), 'utf8');
  const connector = async () => JSON.parse(await written('connector.json'));
  const exported = async (config: string) => {
    await writeFile(join(machine.home, 'config.yaml'), config);
    return (await profileExport()).stdout;
  };

  it('is written back whole, with its keys in their order', async () => {
    expect(await exported(await written('config.yaml'))).toBe(`${JSON.stringify(await connector(), undefined, 2)}\n`);
  });

  it('follows what has been changed in the profile since', async () => {
    const config = (await written('config.yaml'))
      .replace('foo_bar: "2"', 'foo_bar: "3"')
      .replace('prompt: consent', 'prompt: none');
    const changed = await connector();
    changed.config.customConfig.foo_bar = '3';
    changed.config.authRequestOptionalConfig.prompt = 'none';
    delete changed.config.customConfig.prompt;
    expect(JSON.parse(await exported(config))).toEqual(changed);
  });

  it('has its secrets from the session store again', async () => {
    const { profiles } = parse(await written('config.yaml'));
    const { connector: saved, ...values } = profiles.it;
    const stored = ['api key', 'hint', 'api token'];
    const whole = connectorDocument(saved, values, { clientSecret: 'x', stored });
    expect(whole).toMatchObject({
      metadata: { api_token: 'api token' },
      config: { customConfig: { 'x-api-key': 'api key' }, authRequestOptionalConfig: { idTokenHint: 'hint' } },
    });
  });
});

/** The same object with its keys turned round by some places. */
function inAnyOrder<T extends object>(value: T, turn: number): T {
  const entries = Object.entries(value);
  const first = turn % entries.length;
  return Object.fromEntries([...entries.slice(first), ...entries.slice(0, first)]) as T;
}

/** As `profile export` writes JSON: what could deceive a terminal is escaped. */
function asWritten(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function issuerFlag(config: Record<string, unknown>): string[] {
  const { values } = importedConnector({ whole: config, config });
  return values.issuer === undefined ? ['--issuer', 'https://id.example.com'] : [];
}

describe('a sign-in with an imported profile', () => {
  const connectorOf = (issuer: string, more: Record<string, unknown> = {}) =>
    connectorJson({
      authorizationEndpoint: `${issuer}/auth`,
      tokenEndpoint: `${issuer}/token`,
      clientId: 'demo-confidential',
      clientSecret: 'demo-secret',
      idTokenVerificationConfig: { jwksUri: `${issuer}/jwks`, issuer },
      ...more,
    });
  const signIn = (argv: readonly string[] = [], openUrl = aliceSignsIn) =>
    machine.run(['login', 'it', '--redirect-uri', 'http://127.0.0.1:0/callback', ...argv], { openUrl });

  it('is an ordinary one, and what it leaves can be used', async () => {
    const { issuer } = await identityProvider();
    expect((await profileImport(connectorOf(issuer))).code).toBe(0);
    const { code, stdout, stderr } = await signIn();
    expect(stderr).not.toContain('demo-secret');
    expect([code, stdout.includes('alice')], stderr).toEqual([0, true]);
    expect((await machine.run(['token', 'it', '--refresh'])).code).toBe(4);
    expect((await machine.run(['logout', 'it', '--no-end-session'])).code).toBe(0);
  });

  it('finds the issuer that the connector does not name', async () => {
    const { issuer } = await identityProvider();
    const connector = connectorOf(issuer, { idTokenVerificationConfig: { jwksUri: `${issuer}/jwks` } });
    const { code, stderr } = await profileImport(connector);
    expect(code).toBe(0);
    expect(stderr).toContain(`The connector names no issuer; discovery has ${issuer}.`);
    expect((await signIn()).code).toBe(0);
    expect(JSON.parse((await profileExport(['--show-secrets'])).stdout)).toEqual(connector);
  });

  it('goes to the endpoints that the profile names, and to no other', async () => {
    const paths: string[] = [];
    const { issuer } = await identityProvider({ onRequest: ({ path }) => void paths.push(path) });
    await profileImport(connectorOf(issuer, { tokenEndpoint: `${issuer}/token?via=connector` }));
    expect((await signIn()).code).toBe(0);
    const wrong = connectorOf(issuer, { tokenEndpoint: `${issuer}/not-there` });
    await profileImport(wrong, ['--force']);
    const { code, stderr } = await signIn();
    expect(code, stderr).toBe(5);
    expect(paths).toContain('/not-there');
  });

  it('needs no discovery where the profile names all three', async () => {
    const provider = await startScriptedProvider();
    try {
      provider.play({ discovery: () => ({ status: 404, body: 'nothing' }), alg: 'ES256' });
      const { issuer } = provider;
      const endpoints = { authorizationEndpoint: `${issuer}/authorize`, tokenEndpoint: `${issuer}/token` };
      const idTokenVerificationConfig = { jwksUri: `${issuer}/keys`, issuer };
      await profileImport(connectorOf(issuer, { ...endpoints, idTokenVerificationConfig }));
      const { code, stderr } = await signIn([], followRedirects);
      expect(code, stderr).toBe(0);
      await writeFile(join(machine.home, 'config.yaml'), (await configuration()).replace(/ +jwksUri: .*\n/, ''));
      expect((await signIn([], followRedirects)).stderr).toContain('(discovery_not_found');
    } finally {
      await provider.close();
    }
  });

  it('does not take its endpoints along to another issuer', async () => {
    const [one, other] = await Promise.all([identityProvider(), identityProvider()]);
    await profileImport(connectorOf(one.issuer));
    const { stderr } = await signIn(['--issuer', other.issuer, '--client-id', 'demo']);
    expect(stderr).toContain(`Without authorizationEndpoint, tokenEndpoint, jwksUri from`);
    expect(stderr).toContain(`set for ${one.issuer}, and not for ${other.issuer}`);
  });

  it("is refused where a project's file puts other endpoints in", async () => {
    const { issuer } = await identityProvider();
    await profileImport(connectorOf(issuer));
    const project = join(machine.home, 'cloned');
    await mkdir(project);
    await writeFile(join(project, 'oidc-cli.yaml'), 'profiles:\n  it:\n    tokenEndpoint: https://evil.example.com/\n');
    const { code, stderr } = await machine.run(['login', 'it'], { cwd: project, openUrl: aliceSignsIn });
    expect(code).toBe(3);
    expect(stderr).toContain('key profiles.it.tokenEndpoint');
  });
});
