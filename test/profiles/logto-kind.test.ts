// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chooseProfileName, type ProfileFlags, resolveProfile } from '../../src/profiles/profile.js';
import { loadProfileFiles } from '../../src/profiles/profile-file.js';
import { profileValues } from '../../src/profiles/profile-values.js';
import { defaultPostLogoutRedirectUri } from '../../src/profiles/redirect-uri.js';
import { saveProfile } from '../../src/profiles/save-profile.js';
import { createMachine } from '../support/run.js';
import { failure, makeWorld, type World } from './environment.js';

const ENDPOINT = 'https://tenant.logto.app';
const GUIDE = `profiles:
  bookstore:
    kind: logto
    endpoint: ${ENDPOINT}
    appId: my-app
    appSecret: \${OIDC_CLI_APP}
    resources: [https://api.example.com]
    scopes: [email, urn:logto:scope:organizations]
`;

const resolve = (deps: World, flags: ProfileFlags = {}) => resolveProfile({ name: 'bookstore', flags }, deps);
const byFlags = (deps: World, flags: ProfileFlags) => resolveProfile({ flags }, deps);

describe('LogtoConfig in a file', () => {
  test('stands for an ordinary profile, with the defaults of the SDK', async () => {
    const deps = makeWorld({ OIDC_CLI_APP: 'x' });
    deps.user(GUIDE);
    const { profile, sources, warnings } = await resolve(deps);
    expect(profile).toEqual({
      name: 'bookstore',
      kind: 'logto',
      issuer: `${ENDPOINT}/oidc`,
      clientId: 'my-app',
      clientSecret: { kind: 'env', name: 'OIDC_CLI_APP' },
      clientAuth: 'client_secret_basic',
      scope: 'openid offline_access profile email urn:logto:scope:organizations',
      resource: ['https://api.example.com', 'urn:logto:resource:organizations'],
      prompt: 'consent',
      redirectUri: 'http://localhost:3000/callback',
      redirectUriIsDefault: true,
      parameters: {},
      store: 'auto',
      clockTolerance: 30,
      timeout: 300,
      strict: false,
      insecure: false,
      allowHttp: false,
    });
    expect(warnings).toEqual([]);
    const line = (number: number) => ({ layer: 'user file', where: `${deps.userFile}:${number}` });
    expect(sources).toMatchObject({
      kind: line(3),
      issuer: line(4),
      clientId: line(5),
      clientSecret: line(6),
      resource: line(7),
      scope: line(8),
      clientAuth: { layer: 'default' },
      prompt: { layer: 'default' },
    });
  });

  test('with an endpoint and an App ID alone asks for the reserved scopes, as a public application', async () => {
    const deps = makeWorld();
    deps.user(`profiles: {bookstore: {kind: logto, endpoint: ${ENDPOINT}, appId: a}}`);
    const { profile } = await resolve(deps);
    expect(profile).toMatchObject({ scope: 'openid offline_access profile', resource: [] });
    expect(profile).not.toHaveProperty('clientAuth');
    expect((await resolve(deps, { port: 4000 })).profile).toMatchObject({
      redirectUri: 'http://localhost:4000/callback',
      redirectUriIsDefault: false,
    });
  });

  test.each([
    ['a slash', `${ENDPOINT}/`],
    ['the issuer', `${ENDPOINT}/oidc`],
    ['the issuer and a slash', `${ENDPOINT}/oidc/`],
    ['the address of its configuration', `${ENDPOINT}/oidc/.well-known/openid-configuration`],
  ])('puts an endpoint right that ends in %s, and says so', async (_, endpoint) => {
    const deps = makeWorld();
    deps.user(`profiles: {bookstore: {kind: logto, endpoint: "${endpoint}", appId: a}}`);
    const { profile, warnings } = await resolve(deps);
    expect(profile.issuer).toBe(`${ENDPOINT}/oidc`);
    expect(warnings).toEqual([
      `${deps.userFile}:1: ${endpoint} is not an endpoint of Logto; it is taken to be ${ENDPOINT}`,
    ]);
  });

  test('keeps the path of an endpoint that has one', async () => {
    const deps = makeWorld();
    const { profile } = await byFlags(deps, { endpoint: 'https://example.com/auth', appId: 'a' });
    expect(profile).toMatchObject({ name: 'example.com/auth/oidc', issuer: 'https://example.com/auth/oidc' });
  });
});

describe('a mistake in a file of kind logto names line, key and what to write', () => {
  const profile = (...lines: string[]) => `profiles:\n  it:\n${lines.map((line) => `    ${line}\n`).join('')}`;
  test.each([
    ['issuer', ['kind: logto', `issuer: ${ENDPOINT}`], 'issuer beside kind: logto', 'the key endpoint instead'],
    ['clientId', ['kind: logto', 'clientId: a'], 'clientId beside kind: logto', 'the key appId instead'],
    [
      'clientSecret',
      ['kind: logto', 'clientSecret: hunter2'],
      'clientSecret beside kind: logto',
      'the key appSecret instead',
    ],
    ['scope', ['kind: logto', 'scope: openid'], 'scope beside kind: logto', 'the key scopes instead'],
    ['resource', ['kind: logto', 'resource: urn:a'], 'resource beside kind: logto', 'the key resources instead'],
    [
      'endpoint',
      ['strict: true', `endpoint: ${ENDPOINT}`],
      'endpoint without kind: logto',
      'kind: logto beside it, or the key issuer instead',
    ],
    [
      'appSecret',
      ['strict: true', 'appSecret: hunter2'],
      'appSecret without kind: logto',
      'kind: logto beside it, or the key clientSecret instead',
    ],
    ['kind', ['strict: true', 'kind: auth0'], '"auth0"', 'logto, or no kind at all'],
    [
      'endpoint',
      ['kind: logto', 'endpoint: tenant.logto.app'],
      '"tenant.logto.app"',
      expect.stringContaining('an https URL'),
    ],
    [
      'prompt',
      ['kind: logto', 'prompt: select_account'],
      'a prompt that Logto refuses (select_account)',
      'consent, login or none',
    ],
    [
      'appSecretFile',
      ['appSecret: ${X}', 'appSecretFile: s', 'kind: logto'],
      'a second place for the client secret, beside appSecret',
      'one of appSecret, appSecretFile and appSecretStored',
    ],
    ['scopes.0', ['kind: logto', 'scopes: [a b]'], '"a b"', 'a list of scopes, each without spaces'],
    ['appSecret', ['kind: logto', 'appSecret: [hunter2]'], 'a list', expect.any(String)],
  ])('%s: %j', async (key, lines, actual, allowed) => {
    const deps = makeWorld();
    deps.user(profile(...lines));
    const { code, facts } = await failure(loadProfileFiles(deps));
    expect(code).toBe('config_file_invalid');
    expect(facts).toMatchObject({ file: deps.userFile, line: 4, key: `profiles.it.${key}`, found: actual, allowed });
    expect(JSON.stringify(facts)).not.toContain('hunter2');
  });

  test('an unknown key is held against the keys of its kind', async () => {
    const deps = makeWorld();
    deps.user(profile('kind: logto', 'app_id: a'));
    const { facts } = await failure(loadProfileFiles(deps));
    expect(facts).toMatchObject({ line: 4, found: 'an unknown key', suggestion: 'appId' });
    expect(facts.allowed).toContain('endpoint, appId');
    expect(facts.allowed).not.toContain('clientId');
  });
});

describe('layers', () => {
  test('flag, then environment, then project file, then user file, under either name', async () => {
    const deps = makeWorld();
    deps.user(`profiles: {bookstore: {kind: logto, endpoint: "https://a.example", appId: a, scopes: [a]}}`);
    const seen = async (flags: ProfileFlags = {}) => {
      const { profile, sources } = await resolve(deps, flags);
      return [profile.kind, profile.issuer, profile.clientId, profile.scope, sources.issuer?.where];
    };
    const scope = (more: string) => `openid offline_access profile ${more}`;
    expect(await seen()).toEqual(['logto', 'https://a.example/oidc', 'a', scope('a'), `${deps.userFile}:1`]);
    deps.project(`profiles: {bookstore: {kind: logto, endpoint: "https://b.example", appId: b, scopes: b}}`);
    expect(await seen()).toEqual(['logto', 'https://b.example/oidc', 'b', scope('b'), `${deps.projectFile}:1`]);
    Object.assign(deps.env, { OIDC_CLI_ENDPOINT: 'https://c.example', OIDC_CLI_APP_ID: 'c', OIDC_CLI_SCOPE: 'c' });
    expect(await seen()).toEqual(['logto', 'https://c.example/oidc', 'c', scope('c'), 'OIDC_CLI_ENDPOINT']);
    const flags = { endpoint: 'https://d.example', clientId: 'd', scope: 'd openid' };
    expect(await seen(flags)).toEqual(['logto', 'https://d.example/oidc', 'd', scope('d'), '--endpoint']);
  });

  test('an ordinary issuer above a profile of kind logto makes it an ordinary one, and says so', async () => {
    const deps = makeWorld({ OIDC_CLI_APP: 'x' });
    deps.user(GUIDE);
    const { profile, warnings } = await resolve(deps, { issuer: 'https://id.example', scope: 'openid' });
    expect(profile).toMatchObject({
      issuer: 'https://id.example',
      scope: 'openid',
      redirectUri: 'http://localhost:8484/callback',
    });
    expect(profile).not.toHaveProperty('kind');
    expect(profile).not.toHaveProperty('clientSecret');
    expect(warnings).toContainEqual(
      `The kind logto from ${deps.userFile}:3 is not used for the issuer from --issuer: another Logto is named with --endpoint, OIDC_CLI_ENDPOINT or endpoint.`,
    );
  });

  test('an issuer that is the same as below leaves the kind as it is', async () => {
    const deps = makeWorld({ OIDC_CLI_APP: 'x', OIDC_CLI_ISSUER: `${ENDPOINT}/oidc/` });
    deps.user(GUIDE);
    const { profile, warnings, sources } = await resolve(deps);
    expect(profile).toMatchObject({ kind: 'logto', issuer: `${ENDPOINT}/oidc`, prompt: 'consent' });
    expect(profile.clientSecret).toBeDefined();
    expect(sources.issuer?.where).toBe('OIDC_CLI_ISSUER');
    expect(warnings).toEqual([]);
  });

  test.each<[ProfileFlags, Record<string, string>, object]>([
    [
      { endpoint: ENDPOINT, issuer: ENDPOINT, appId: 'a' },
      {},
      { where: '--issuer, --endpoint', found: 'one value under two names' },
    ],
    [{ endpoint: ENDPOINT, appId: 'a', clientId: 'a' }, {}, { where: '--client-id, --app-id' }],
    [
      { endpoint: ENDPOINT, appId: 'a', appSecretEnv: 'A', clientSecret: 'hunter2' },
      {},
      { where: '--client-secret, --app-secret-env', found: 'more than one client secret' },
    ],
    [{}, { OIDC_CLI_ENDPOINT: ENDPOINT, OIDC_CLI_ISSUER: ENDPOINT }, { where: 'OIDC_CLI_ISSUER, OIDC_CLI_ENDPOINT' }],
    [
      { appId: 'a' },
      { OIDC_CLI_ENDPOINT: ENDPOINT, OIDC_CLI_APP_SECRET: 'hunter2', OIDC_CLI_CLIENT_SECRET_FILE: 's' },
      { where: 'OIDC_CLI_CLIENT_SECRET_FILE, OIDC_CLI_APP_SECRET', found: 'more than one client secret' },
    ],
    [{ kind: 'auth0', endpoint: ENDPOINT }, {}, { where: '--kind', allowed: 'logto, or no kind at all' }],
    [{ endpoint: ENDPOINT, appId: 'a', prompt: 'select_account' }, {}, { where: '--prompt' }],
  ])('one thing twice, or what Logto has not, is refused: %j %j', async (flags, env, facts) => {
    const error = await failure(byFlags(makeWorld(env), flags));
    expect(error).toMatchObject({ code: 'config_value_invalid', facts });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  test('what is missing is asked for in Logto’s words', async () => {
    const { code, facts } = await failure(byFlags(makeWorld(), { endpoint: ENDPOINT }));
    expect({ code, facts }).toMatchObject({
      code: 'config_missing',
      facts: { key: 'appId', flag: '--app-id', variable: 'OIDC_CLI_APP_ID' },
    });
  });

  test('an endpoint without a profile is a sign-in of its own', async () => {
    const deps = makeWorld({ OIDC_CLI_ENDPOINT: ENDPOINT });
    expect(await chooseProfileName({}, deps)).toEqual({
      name: 'tenant.logto.app/oidc',
      chosenBy: 'OIDC_CLI_ENDPOINT',
    });
    expect(await chooseProfileName({ flags: { endpoint: 'https://a.example' } }, deps)).toEqual({
      name: 'a.example/oidc',
      chosenBy: 'flags',
    });
  });
});

describe('secrets keep their rules', () => {
  const file = (secret: string) => GUIDE.replace('appSecret: ${OIDC_CLI_APP}', secret);

  test('a project’s file may send only variables meant for this tool, and files of its folder', async () => {
    const deps = makeWorld({ AWS_SECRET: 'x' });
    deps.project(file('appSecret: ${AWS_SECRET}'));
    expect(await failure(resolve(deps))).toMatchObject({
      code: 'config_untrusted',
      facts: { line: 6, key: 'profiles.bookstore.appSecret', variable: 'AWS_SECRET' },
    });
    deps.project(file('appSecretFile: ../key'));
    expect(await failure(resolve(deps))).toMatchObject({
      code: 'config_untrusted',
      facts: { line: 6, key: 'profiles.bookstore.appSecretFile' },
    });
    expect((await resolve(deps, { trustProject: true })).profile.clientSecret).toMatchObject({ kind: 'file' });
  });

  test('the App Secret goes only to the endpoint it was set for', async () => {
    const deps = makeWorld({ OIDC_CLI_APP: 'x' });
    deps.user(GUIDE);
    const { profile, warnings } = await resolve(deps, { endpoint: 'https://other.example' });
    expect(profile).not.toHaveProperty('clientSecret');
    expect(profile).not.toHaveProperty('clientAuth');
    expect(warnings).toEqual([
      `Without a client secret: the client secret from ${deps.userFile}:6 is set for ${ENDPOINT}/oidc, and is not sent to https://other.example/oidc (from --endpoint).`,
    ]);
    expect((await resolve(deps, { endpoint: `${ENDPOINT}/` })).profile.clientSecret).toBeDefined();
  });

  test('nor to the issuer that a project’s kind makes of an ordinary one, and its endpoints neither', async () => {
    const deps = makeWorld({ MINE: 'x' });
    const mine = ['issuer: https://id.example/mine', 'clientId: c', 'clientSecret: "${MINE}"'];
    deps.user(`profiles:\n  bookstore: {${[...mine, 'tokenEndpoint: https://id.example/token'].join(', ')}}`);
    deps.project('profiles: {bookstore: {kind: logto}}');
    const { profile, warnings } = await resolve(deps);
    expect(profile.issuer).toBe('https://id.example/mine/oidc');
    expect(profile).not.toHaveProperty('clientSecret');
    expect(profile).not.toHaveProperty('tokenEndpoint');
    const other = `https://id.example/mine/oidc (from ${deps.projectFile}:1).`;
    expect(warnings).toEqual([
      `Without tokenEndpoint from ${deps.userFile}:2: set for https://id.example/mine, and not for ${other}`,
      `Without a client secret: the client secret from ${deps.userFile}:2 is set for https://id.example/mine, and is not sent to ${other}`,
    ]);
  });

  test('one that stands in the file works and warns', async () => {
    const deps = makeWorld();
    deps.user(file('appSecret: hunter2'));
    const { profile, warnings } = await resolve(deps);
    expect(profile.clientSecret).toEqual({ kind: 'value', value: 'hunter2' });
    expect(warnings.join()).toContain('or use appSecretFile.');
    expect(warnings.join()).not.toContain('hunter2');
  });
});

describe('a profile of kind logto that is written', () => {
  test.each<ProfileFlags>([
    { endpoint: ENDPOINT, appId: 'a' },
    { endpoint: ENDPOINT, appId: 'a', appSecretEnv: 'OIDC_CLI_APP', scope: 'openid email', resource: ['urn:a'] },
    { endpoint: ENDPOINT, appId: 'a', appSecretFile: 's', scope: 'urn:logto:scope:organizations', prompt: 'login' },
    {
      endpoint: ENDPOINT,
      appId: 'a',
      appSecretStdin: true,
      port: 4000,
      uiLocales: 'ja',
      param: ['first_screen=register'],
    },
  ])('is read as what it was: %j', async (flags) => {
    const deps = makeWorld({ OIDC_CLI_APP: 'x' });
    const first = await byFlags(deps, flags);
    const values = profileValues(first);
    expect(Object.keys(values).filter((key) => /^(issuer|client|scope$|resource$)/.test(key))).toEqual([]);
    await saveProfile(deps.userFile, 'bookstore', values);
    expect(readFileSync(deps.userFile, 'utf8')).toMatch(/^profiles:\n {2}bookstore:\n {4}kind: logto\n {4}endpoint: /);
    const { profile } = await resolve({ ...deps, cwd: deps.home });
    const secret = first.profile.clientSecret?.kind === 'stdin' ? { clientSecret: { kind: 'stored' } } : {};
    expect(profile).toEqual({ ...first.profile, name: 'bookstore', ...secret });
  });

  test('by profile add, and shown in Logto’s words beside the standard’s', async () => {
    const machine = await createMachine();
    try {
      const flags = ['--kind', 'logto', '--endpoint', `${ENDPOINT}/`, '--app-id', 'a', '--app-secret-stdin'];
      const run = (argv: string[], stdin?: string) =>
        machine.run(['profile', ...argv], { env: { OIDC_CLI_STORE: 'file' }, ...(stdin ? { stdin } : {}) });
      const added = await run(['add', 'bookstore', ...flags, '--scope', 'email', '--port', '4000'], 'hunter2');
      expect(added.code).toBe(0);
      expect(added.stderr).toContain(`--endpoint: ${ENDPOINT}/ is not an endpoint of Logto`);
      const file = `${machine.home}/config.yaml`;
      expect(readFileSync(file, 'utf8')).toBe(
        `profiles:
  bookstore:
    kind: logto
    endpoint: ${ENDPOINT}
    appId: a
    appSecretStored: true
    scopes:
      - email
    redirectUri: http://localhost:4000/callback
`,
      );
      const shown = await run(['show', 'bookstore']);
      const rows = shown.stdout
        .replaceAll(file, 'FILE')
        .split('\n')
        .map((line) => line.split(/ {2,}/));
      expect(rows.slice(1, 9)).toEqual([
        ['kind', 'logto', 'user file (FILE:3)'],
        ['endpoint (issuer)', `${ENDPOINT}/oidc`, 'user file (FILE:4)'],
        ['appId (clientId)', 'a', 'user file (FILE:5)'],
        ['appSecret (clientSecret)', 'in the session store', 'user file (FILE:6)'],
        ['clientAuth', 'client_secret_basic', 'default'],
        ['scopes (scope)', 'openid offline_access profile email', 'user file (FILE:7)'],
        ['redirectUri', 'http://localhost:4000/callback', 'user file (FILE:9)'],
        ['prompt', 'consent', 'default'],
      ]);
      const json = JSON.parse((await run(['show', 'bookstore', '--json'])).stdout);
      expect(json.values.issuer).toEqual({
        value: `${ENDPOINT}/oidc`,
        layer: 'user file',
        where: `${file}:4`,
        logtoKey: 'endpoint',
      });
      const list = JSON.parse((await run(['list', '--json'])).stdout);
      expect(list.profiles).toMatchObject([{ name: 'bookstore', issuer: `${ENDPOINT}/oidc`, clientId: 'a' }]);
      const removed = await run(['remove', 'bookstore']);
      expect(removed.stderr).toContain('Its client secret is forgotten.');
      expect([added, shown, removed].map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain('hunter2');
    } finally {
      await machine.remove();
    }
  });

  test.each([
    [['--kind', 'logto'], 'No endpoint is given', '--endpoint'],
    [['--endpoint', ENDPOINT], 'No App ID is given', '--app-id'],
  ])('profile add without all it needs: %j', async (flags, message, fix) => {
    const machine = await createMachine();
    try {
      const { code, stderr } = await machine.run(['profile', 'add', 'x', ...flags]);
      expect(code).toBe(3);
      expect(stderr).toContain(message);
      expect(stderr).toContain(`Give it with ${fix}`);
    } finally {
      await machine.remove();
    }
  });
});

test('after a sign-out the browser goes to what the guide registers, unless another address is named', () => {
  expect(defaultPostLogoutRedirectUri('logto')).toBe('http://localhost:3000/');
  expect(defaultPostLogoutRedirectUri(undefined)).toBe('http://localhost:8484/signed-out');
});
