// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../src/context.js';
import { readClientSecret, readSecretFromStdin } from '../../src/profiles/client-secret.js';
import { type ProfileFlags, resolveProfile } from '../../src/profiles/profile.js';
import { failure, makeWorld, type World } from './environment.js';

const NEVER = new AbortController().signal;

function resolveIt(deps: World, flags: ProfileFlags = {}) {
  return resolveProfile({ name: 'it', flags }, deps);
}

const profile = (more: string, issuer = 'https://a.example') =>
  `profiles:\n  it:\n    clientId: app\n${issuer && `    issuer: ${issuer}\n`}${more && `    ${more}\n`}`;

describe('where a client secret is said to be', () => {
  test('the highest layer that names one has it', async () => {
    const deps = makeWorld({ USER: 'u', OIDC_CLI_PROJECT: 'p', FLAG: 'f' });
    const secret = async (flags = {}) => {
      const { profile, sources } = await resolveIt(deps, flags);
      return [profile.clientSecret, sources.clientSecret?.where];
    };
    deps.user(profile('clientSecret: ${USER}'));
    expect(await secret()).toEqual([{ kind: 'env', name: 'USER' }, `${deps.userFile}:5`]);
    deps.project(profile('clientSecretStored: true'));
    expect(await secret()).toEqual([{ kind: 'stored' }, `${deps.projectFile}:5`]);
    deps.env.OIDC_CLI_CLIENT_SECRET_FILE = './s';
    expect(await secret()).toEqual([{ kind: 'file', path: join(deps.cwd, 's') }, 'OIDC_CLI_CLIENT_SECRET_FILE']);
    expect(await secret({ clientSecretEnv: 'FLAG' })).toEqual([{ kind: 'env', name: 'FLAG' }, '--client-secret-env']);
    expect(await secret({ clientSecretStdin: true })).toEqual([{ kind: 'stdin' }, '--client-secret-stdin']);
    expect(await secret({ clientSecretFile: '~/s' })).toEqual([
      { kind: 'file', path: join(deps.home, 's') },
      '--client-secret-file',
    ]);
    delete deps.env.OIDC_CLI_CLIENT_SECRET_FILE;
    deps.env.OIDC_CLI_CLIENT_SECRET = 'e';
    expect(await secret()).toEqual([{ kind: 'env', name: 'OIDC_CLI_CLIENT_SECRET' }, 'OIDC_CLI_CLIENT_SECRET']);
  });

  test('a secret on the command line works and warns', async () => {
    const deps = makeWorld();
    deps.user(profile(''));
    const { profile: resolved, warnings } = await resolveIt(deps, { clientSecret: '${hunter2}' });
    expect(resolved.clientSecret).toEqual({ kind: 'value', value: '${hunter2}' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/visible to other users of this machine and stays in the shell's history/);
    expect(warnings.join()).not.toContain('hunter2');
  });

  test('a secret that stands in a file works and warns', async () => {
    const deps = makeWorld();
    deps.user(profile('clientSecret: hunter2'));
    const { profile: resolved, warnings } = await resolveIt(deps);
    expect(resolved.clientSecret).toEqual({ kind: 'value', value: 'hunter2' });
    expect(warnings[0]).toContain(`${deps.userFile}:5`);
    expect(warnings.join()).not.toContain('hunter2');
  });

  test('more than one flag, or variable, is refused', async () => {
    const deps = makeWorld({ X: 'x' });
    deps.user(profile(''));
    expect(await failure(resolveIt(deps, { clientSecretEnv: 'X', clientSecretStdin: true }))).toEqual({
      code: 'config_value_invalid',
      facts: {
        where: '--client-secret-env, --client-secret-stdin',
        found: 'more than one client secret',
        allowed: 'one of them',
      },
    });
    Object.assign(deps.env, { OIDC_CLI_CLIENT_SECRET: 'x', OIDC_CLI_CLIENT_SECRET_FILE: 'y' });
    expect((await failure(resolveIt(deps))).facts.where).toBe('OIDC_CLI_CLIENT_SECRET, OIDC_CLI_CLIENT_SECRET_FILE');
  });

  test('a secret given in place of the name of a variable is not repeated', async () => {
    const deps = makeWorld();
    deps.user(profile(''));
    const error = await failure(resolveIt(deps, { clientSecretEnv: 'hunter2-!' }));
    expect(error).toEqual({
      code: 'config_value_invalid',
      facts: { where: '--client-secret-env', found: 'text', allowed: 'the name of a variable' },
    });
    expect((await failure(resolveIt(deps, { clientSecret: '' }))).facts.found).toBe('empty text');
  });

  test('a variable that is not set names itself, the key and the file', async () => {
    const deps = makeWorld({ EMPTY: '' });
    for (const name of ['ABSENT', 'EMPTY']) {
      deps.user(profile(`clientSecret: \${${name}}`));
      expect(await failure(resolveIt(deps))).toEqual({
        code: 'client_secret_unavailable',
        facts: {
          variable: name,
          key: 'profiles.it.clientSecret',
          file: deps.userFile,
          where: `${deps.userFile}:5`,
        },
      });
    }
    expect((await failure(resolveIt(deps, { clientSecretEnv: 'GONE' }))).facts).toMatchObject({
      variable: 'GONE',
      where: '--client-secret-env',
    });
  });

  test('${NAME} means a variable in the secret alone', async () => {
    const deps = makeWorld({ X: 'expanded' });
    deps.user(profile('loginHint: ${X}\n    scope: openid ${X}\n    parameters: {a: "${X}"}'));
    expect((await resolveIt(deps)).profile).toMatchObject({
      loginHint: '${X}',
      scope: 'openid ${X}',
      parameters: { a: '${X}' },
    });
  });

  test('with clientAuth none there is no secret, and it says so', async () => {
    const deps = makeWorld();
    deps.user(profile('clientSecret: ${GONE}'));
    const { profile: resolved, warnings } = await resolveIt(deps, { clientAuth: 'none' });
    expect(resolved).not.toHaveProperty('clientSecret');
    expect(warnings).toEqual([`clientAuth is none: the client secret from ${deps.userFile}:5 is not used.`]);
  });
});

describe('a secret goes only to the issuer it was set for', () => {
  const SECRETS = ['clientSecret: ${USER}', 'clientSecretFile: ./s', 'clientSecretStored: true'];
  const dropped = async (deps: World, flags = {}) => {
    const { profile: resolved, sources, warnings } = await resolveIt(deps, flags);
    expect(resolved).not.toHaveProperty('clientSecret');
    expect(sources).not.toHaveProperty('clientSecret');
    return warnings;
  };

  test.each(SECRETS)("not to a project's: %s", async (line) => {
    const deps = makeWorld({ USER: 'u' });
    deps.user(profile(line));
    deps.project('profiles:\n  it:\n    issuer: https://evil.example\n');
    expect(await dropped(deps)).toEqual([
      `Without a client secret: the client secret from ${deps.userFile}:5 is set for https://a.example, and is not sent to https://evil.example (from ${deps.projectFile}:3).`,
    ]);
    // Trusting the folder is about programs and verification: the secret stays with its issuer.
    expect(await dropped(deps, { trustProject: true })).toHaveLength(1);
  });

  test.each(SECRETS)('not to that of a flag or a variable: %s', async (line) => {
    const deps = makeWorld({ USER: 'u' });
    deps.user(profile(line));
    const warnings = await dropped(deps, { issuer: 'https://b.example' });
    expect(warnings[0]).toContain('not sent to https://b.example (from --issuer)');
    deps.env.OIDC_CLI_ISSUER = 'https://c.example';
    expect((await dropped(deps))[0]).toContain('not sent to https://c.example (from OIDC_CLI_ISSUER)');
  });

  test('a variable set for one issuer is not sent to that of a flag', async () => {
    const deps = makeWorld({ OIDC_CLI_CLIENT_SECRET: 'x', OIDC_CLI_ISSUER: 'https://a.example' });
    deps.user(profile('', 'https://z.example'));
    expect((await dropped(deps, { issuer: 'https://b.example' }))[0]).toContain('is set for https://a.example');
  });

  test('the user’s secret without an issuer of its own does not follow a project’s', async () => {
    const deps = makeWorld({ USER: 'u' });
    deps.user(profile('clientSecret: ${USER}', ''));
    deps.project('profiles:\n  it:\n    issuer: https://evil.example\n');
    expect((await dropped(deps))[0]).toContain('not set for an issuer there');
  });

  test.each([
    ['the same issuer said twice', 'https://a.example'],
    ['but for a slash at the end', 'https://a.example/'],
    ['but for upper case in the host', 'https://A.example'],
    ['but for the port that https has anyway', 'https://a.example:443'],
  ])('it is kept for %s', async (_, issuer) => {
    const deps = makeWorld({ USER: 'u' });
    deps.user(profile('clientSecret: ${USER}'));
    const { profile: resolved, warnings } = await resolveIt(deps, { issuer });
    expect(resolved.clientSecret).toEqual({ kind: 'env', name: 'USER' });
    expect(warnings).toEqual([]);
  });

  test.each(['https://a.example/realms/b', 'http://a.example', 'https://a.example:8443', 'https://a.example.evil'])(
    'it is not sent to %s',
    async (issuer) => {
      const deps = makeWorld({ USER: 'u' });
      deps.user(profile('clientSecret: ${USER}'));
      await dropped(deps, { issuer });
    },
  );

  test('a secret of the same layer as the issuer, or of a higher one, is used', async () => {
    const deps = makeWorld({ USER: 'u', FLAG: 'f' });
    deps.user(profile('clientSecret: ${USER}'));
    deps.project('profiles:\n  it:\n    issuer: https://b.example\n    clientSecret: ${OIDC_CLI_B}\n');
    deps.env.OIDC_CLI_B = 'b';
    expect((await resolveIt(deps)).profile.clientSecret).toMatchObject({ kind: 'env', name: 'OIDC_CLI_B' });
    const flags = { issuer: 'https://c.example', clientSecretEnv: 'FLAG' };
    expect((await resolveIt(deps, flags)).profile.clientSecret).toEqual({ kind: 'env', name: 'FLAG' });
    deps.env.OIDC_CLI_CLIENT_SECRET = 'e';
    const trusted = await resolveIt(deps, { trustProject: true });
    expect(trusted.profile.clientSecret).toMatchObject({ name: 'OIDC_CLI_CLIENT_SECRET' });
  });

  test("one for whoever asks goes nowhere that an untrusted project's file chose", async () => {
    const deps = makeWorld({ OIDC_CLI_CLIENT_SECRET: 'e', OIDC_CLI_B: 'b' });
    const project = (lines: string, id = 'clientId') =>
      deps.project(`profiles:\n  it:\n    ${id}: app\n    ${lines}\n`);
    const refused = async () => (await failure(resolveIt(deps))).facts;
    project('issuer: https://b.example');
    expect(await refused()).toMatchObject({
      key: 'profiles.it.issuer',
      variable: 'OIDC_CLI_CLIENT_SECRET',
      host: 'b.example',
      how: expect.stringMatching(/^Add the line clientSecret: \$\{OIDC_CLI_CLIENT_SECRET\} to the profile, /),
    });
    project('kind: logto\n    endpoint: https://b.example', 'appId');
    expect(await refused()).toMatchObject({
      key: 'profiles.it.endpoint',
      host: 'b.example',
      how: expect.stringContaining('the line appSecret: ${OIDC_CLI_CLIENT_SECRET} to'),
    });
    // Its own line goes before it, with a word about the other; a public client needs none.
    project('issuer: https://b.example\n    clientSecret: ${OIDC_CLI_B}');
    const own = await resolveIt(deps);
    expect(own.profile.clientSecret).toMatchObject({ kind: 'env', name: 'OIDC_CLI_B' });
    expect(own.warnings.join('\n')).toContain('OIDC_CLI_CLIENT_SECRET is not used: the issuer is from ');
    project('issuer: https://b.example\n    clientAuth: none');
    expect((await resolveIt(deps)).profile.clientSecret).toBeUndefined();
    // The issuer is the user's own as well.
    project('issuer: https://b.example');
    deps.user('profiles:\n  it:\n    issuer: https://b.example\n');
    expect((await resolveIt(deps)).profile.clientSecret).toMatchObject({ name: 'OIDC_CLI_CLIENT_SECRET' });
    // An address of Logto's with the same host is another issuer.
    project('kind: logto', 'appId');
    expect(await refused()).toMatchObject({ key: 'profiles.it.kind', host: 'b.example' });
  });

  test('a variable without an issuer of its own follows the issuer that was typed', async () => {
    const deps = makeWorld({ OIDC_CLI_CLIENT_SECRET: 'x' });
    const flags = { issuer: 'https://b.example', clientId: 'app' };
    expect((await resolveProfile({ flags }, deps)).profile.clientSecret).toMatchObject({ kind: 'env' });
  });
});

describe('reading the secret', () => {
  const folders = { data: '/no/such/folder' };
  const none = { env: {}, folders };

  test('from each place', async () => {
    const deps = makeWorld();
    const path = deps.write('s', '\uFEFFpass word \r\n\n');
    expect(await readClientSecret({ kind: 'value', value: 'v' }, none)).toBe('v');
    expect(await readClientSecret({ kind: 'env', name: 'X' }, { env: { X: 'e' }, folders })).toBe('e');
    expect(await readClientSecret({ kind: 'file', path }, none)).toBe('pass word ');
    expect(await readClientSecret({ kind: 'stdin' }, { ...none, stdin: async () => 'i\n' })).toBe('i');
    expect(await readClientSecret({ kind: 'stored' }, { ...none, stored: async () => 'k' })).toBe('k');
  });

  test('a place without a secret says which', async () => {
    const deps = makeWorld();
    const empty = deps.write('empty', '\n');
    const large = deps.write('large', 'x'.repeat(70_000));
    const pipe = join(deps.home, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const facts = async (reference: Parameters<typeof readClientSecret>[0], stdin = async () => '\n') => {
      const error = await failure(
        readClientSecret(reference, { env: { E: '' }, folders, stdin, stored: async () => undefined }),
      );
      expect(error.code).toBe('client_secret_unavailable');
      return error.facts;
    };
    expect(await facts({ kind: 'env', name: 'E' })).toEqual({ variable: 'E', reason: 'it is empty' });
    expect(await facts({ kind: 'env', name: 'NONE' })).toEqual({ variable: 'NONE', reason: 'it is not set' });
    expect(await facts({ kind: 'file', path: '/no/such' })).toEqual({ file: '/no/such', reason: 'ENOENT' });
    expect(await facts({ kind: 'file', path: empty })).toEqual({ file: empty, reason: 'it is empty' });
    expect(await facts({ kind: 'file', path: large })).toMatchObject({ reason: 'it is too large to be a secret' });
    expect(await facts({ kind: 'file', path: pipe })).toEqual({ file: pipe, reason: 'it is not a file' });
    expect(await facts({ kind: 'stdin' })).toEqual({ source: 'stdin', reason: 'it is empty' });
    expect(await facts({ kind: 'stored' })).toMatchObject({ source: 'session store' });
  });

  test('a variable elsewhere in a file is not put in, and a warning says so', async () => {
    const deps = makeWorld({ USER_ID: 'somebody' });
    deps.user('profiles: { it: { issuer: https://id.example, clientId: "app-${USER_ID}" } }\n');
    const { profile: resolved, warnings } = await resolveProfile({ name: 'it' }, deps);
    expect(resolved.clientId).toBe('app-${USER_ID}');
    expect(warnings).toEqual([
      `${deps.userFile}:1: ${'${USER_ID}'} in clientId is taken as it stands; only a client secret is taken from a variable so.`,
    ]);
  });

  test('stdin as a pipe is read whole, and left alone afterwards', async () => {
    const input = new PassThrough() as Input & PassThrough;
    const reading = readSecretFromStdin(input, { signal: NEVER });
    input.write('hun');
    input.end('ter2\n');
    expect(await reading).toBe('hunter2\n');
    expect(input.listenerCount('data')).toBe(0);
  });

  test('stdin as a terminal gives one line', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true }) as unknown as Input & PassThrough;
    const reading = readSecretFromStdin(input, { signal: NEVER });
    input.write('hunter2\r');
    expect(await reading).toBe('hunter2');
  });

  test('Ctrl-C, typed or sent, ends the wait', async () => {
    const typed = Object.assign(new PassThrough(), { isTTY: true }) as unknown as Input & PassThrough;
    const first = failure(readSecretFromStdin(typed, { signal: NEVER }));
    typed.write('\u0003');
    expect((await first).code).toBe('interrupted');
    for (const isTTY of [true, false]) {
      const input = Object.assign(new PassThrough(), { isTTY }) as unknown as Input;
      const abort = new AbortController();
      const reading = failure(readSecretFromStdin(input, { signal: abort.signal }));
      abort.abort();
      expect((await reading).code).toBe('interrupted');
    }
  });

  test('what never comes, or never ends, is given up', async () => {
    const silent = new PassThrough() as unknown as Input;
    expect((await failure(readSecretFromStdin(silent, { signal: NEVER, timeout: 10 }))).facts.reason).toMatch(
      /nothing/,
    );
    const endless = new PassThrough() as unknown as Input & PassThrough;
    const reading = failure(readSecretFromStdin(endless, { signal: NEVER }));
    endless.write('x'.repeat(70_000));
    expect((await reading).facts.reason).toBe('it is too large to be a secret');
  });
});
