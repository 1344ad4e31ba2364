// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { type PlanRequest, readPlans } from '../../src/smoke/plan-file.js';
import type { PlannedCheck } from '../../src/smoke/planned-check.js';
import { createMachine, type Machine } from '../support/run.js';

let machine: Machine;
let file: string;
beforeAll(async () => {
  machine = await createMachine();
  file = join(machine.home, 'oidc-smoke.yaml');
});
afterAll(() => machine.remove());

async function read(text: string, request: Partial<PlanRequest> = {}): Promise<readonly PlannedCheck[]> {
  await writeFile(file, text);
  const { home } = machine;
  const profileFiles = { project: undefined, user: undefined, searched: [] };
  return readPlans(
    { files: [], trustProject: false, profileFiles, ...request },
    { env: { HOME: home }, cwd: home, folders: { config: join(home, 'config'), data: join(home, 'data') } },
  );
}

async function mistake(text: string, request: Partial<PlanRequest> = {}): Promise<Readonly<Record<string, unknown>>> {
  const error = await read(text, request).catch((thrown: unknown) => thrown);
  if (!(error instanceof OidcCliError)) throw new Error(`no mistake was found in:\n${text}`);
  const { file: _file, column: _column, ...facts } = error.facts;
  return { code: error.code, ...facts };
}

/** A plan of one check with these lines, from line 5 on. */
const check = (lines: string) => `checks:
  - name: it
    profile: staging
    user: alice
${lines.replace(/^/gm, '    ')}
`;

describe('a plan', () => {
  test('is read with its defaults, paths that begin at its folder, and no secret in it', async () => {
    const [first, second] = await read(`
defaults:
  profile: staging
  user: alice
  password: \${OIDC_CLI_ALICE}
  tags: [nightly]
  timeout: 30
  expect:
    claims: { email: alice@example.com, name: Alice }
    userinfo: true
    discovery: base/line.json
checks:
  - name: first
  - name: second
    user: bob
    password: { file: secrets/bob }
    totp: { stdin: true }
    tags: []
    steps: [{ click: Sign in }, { fill: '#code', value: '\${OIDC_CLI_CODE}' }, { wait: 1.5 }]
    expect: { claims: { email: bob@example.com }, userinfo: false }
`);
    expect(first).toMatchObject({
      name: 'first',
      where: { file, line: 13 },
      with: 'auto',
      user: { kind: 'text', value: 'alice' },
      password: { kind: 'env', name: 'OIDC_CLI_ALICE' },
      tags: ['nightly'],
      timeout: 30,
    });
    expect(first?.expect.discovery).toBe(join(machine.home, 'base/line.json'));
    expect(second).toMatchObject({
      user: { kind: 'text', value: 'bob' },
      password: { kind: 'file', path: join(machine.home, 'secrets/bob') },
      totp: { kind: 'stdin' },
      tags: [],
      steps: [{ click: 'Sign in' }, { fill: '#code', value: { kind: 'env', name: 'OIDC_CLI_CODE' } }, { wait: 1500 }],
      expect: { claims: { email: 'bob@example.com', name: 'Alice' }, userinfo: false },
    });
  });

  test('an expected failure leaves the expectations of a success in the defaults aside', async () => {
    const [planned] = await read(`
defaults: { profile: a, user: alice, expect: { claims: { sub: x }, within: { total: 3 } } }
checks: [{ name: it, expect: { failure: access_denied } }]
`);
    expect(planned?.expect).toEqual({ failure: 'access_denied', within: { total: 3 } });
  });

  test('several files are one plan', async () => {
    await writeFile(join(machine.home, 'one.yaml'), 'checks: [{ name: one, profile: a, user: u }]');
    await writeFile(join(machine.home, 'two.yaml'), 'checks: [{ name: two, profile: a, user: u }]');
    const planned = await read('checks: []', { files: ['one.yaml', 'two.yaml'] });
    expect(planned.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  test('that is not there is missed with its path', async () => {
    expect(await mistake('', { files: ['none.yaml'] })).toEqual({ code: 'plan_missing', named: true });
  });
});

describe('a mistake is told with its line, key, what was found and what is allowed', () => {
  const VALUE =
    'the value that the claim must have, or a mapping with one or more of equals, oneOf, pattern, present, absent and type';
  test.each<[string, string, Readonly<Record<string, unknown>>]>([
    [
      'a key that is mistyped',
      check('exepct: {}'),
      { line: 5, key: 'checks.0.exepct', found: 'an unknown key', suggestion: 'expect' },
    ],
    [
      'one deep within',
      check('expect:\n  idToken:\n    algo: RS256'),
      { line: 7, key: 'checks.0.expect.idToken.algo', suggestion: 'alg', allowed: 'alg, lifetime' },
    ],
    ['one at the top', 'check: []', { line: 1, key: 'check', suggestion: 'checks', allowed: 'defaults, checks' }],
    [
      'one of a profile in it',
      check('').replace('staging', '{ issuer: "https://a.example", clientID: x }'),
      { line: 3, key: 'checks.0.profile.clientID', suggestion: 'clientId' },
    ],
    [
      'one of a claim',
      check('expect:\n  claims:\n    sub: { equal: x }'),
      { line: 7, key: 'checks.0.expect.claims.sub.equal', suggestion: 'equals' },
    ],
    [
      'a way that is none',
      check('with: chrome'),
      {
        line: 5,
        key: 'checks.0.with',
        found: '"chrome"',
        allowed: 'one of auto, http, browser, command, refresh, client_credentials',
      },
    ],
    ['no checks', 'checks: []', { line: 1, key: 'checks', found: 'an empty list', allowed: 'at least one check' }],
    [
      'a secret',
      check('password: hunter2'),
      {
        line: 5,
        key: 'checks.0.password',
        found: 'text',
        allowed: expect.stringContaining('a mapping with file: PATH'),
      },
    ],
    [
      'a key for the second time',
      check('tags: []\ntags: [a]'),
      { line: 6, key: 'checks.0.tags', found: 'the key for the second time' },
    ],
    [
      'an alias without its anchor',
      check('expect: *none'),
      { line: 5, key: '', found: 'an alias (*) without its anchor (&)' },
    ],
    [
      'a merge key',
      `${check('tags: &t []')}  - <<: {tags: *t}\n    name: b`,
      { line: 6, key: 'checks.1.<<', allowed: expect.stringContaining('merge keys are not read') },
    ],
    [
      'a second document',
      `${check('tags: []')}---\nchecks: []`,
      { line: 6, found: 'a second document (---)', allowed: 'one document in a file' },
    ],
    [
      'a rotation where no refresh is to work',
      check('expect: { refresh: { works: false, rotates: true } }'),
      { line: 5, key: 'checks.0.expect.refresh.rotates', found: 'rotates beside works: false' },
    ],
    [
      'a refusal of what goes on',
      check('expect: { refresh: { rotates: false, oldRefused: true } }'),
      { line: 5, key: 'checks.0.expect.refresh.oldRefused', found: 'oldRefused beside rotates: false' },
    ],
    [
      'a claim that is there and is not',
      check('expect: { userinfo: { claims: { sub: { present: true, absent: true } } } }'),
      { line: 5, key: 'checks.0.expect.userinfo.claims.sub.absent', found: 'absent beside present' },
    ],
    ['a check without a name', 'checks:\n  - profile: a', { line: 2, key: 'checks.0.name', found: 'nothing' }],
    [
      'a claim with a pattern that is none',
      check('expect: { claims: { sub: { pattern: "(" } } }'),
      { line: 5, key: 'checks.0.expect.claims.sub.pattern', found: '"("', allowed: 'a regular expression' },
    ],
    [
      'a time that is none',
      check('timeout: 0'),
      { line: 5, key: 'checks.0.timeout', found: '0', allowed: 'a whole number of seconds, 1 to 3600' },
    ],
    [
      'a code that is none',
      check('expect: { failure: denied }'),
      {
        line: 5,
        key: 'checks.0.expect.failure',
        found: '"denied"',
        allowed: 'a code of docs/errors.md, or a list of them',
      },
    ],
    [
      'a code that is mistyped',
      check('expect: { failure: acess_denied }'),
      { line: 5, key: 'checks.0.expect.failure', suggestion: 'access_denied' },
    ],
    [
      'a beginning of a code, in a list',
      check('expect: { failure: [access_denied, id_token_nonce] }'),
      { line: 5, key: 'checks.0.expect.failure.1', suggestion: 'id_token_nonce_mismatch' },
    ],
    [
      'a claim that cannot be',
      check('expect: { claims: { sub: { oneOf: a } } }'),
      { line: 5, key: 'checks.0.expect.claims.sub.oneOf', found: '"a"' },
    ],
    ['a tab', 'checks:\n\t- name: it', { line: 2, key: '', allowed: 'valid YAML' }],
    [
      'a list as a claim is equal to it',
      check('expect: { claims: 5 }'),
      { line: 5, key: 'checks.0.expect.claims', found: '5' },
    ],
    [
      'a name for the second time',
      `${check('tags: []')}  - { name: it, profile: a, user: u }`,
      { line: 6, key: 'checks.1.name', found: '"it"' },
    ],
    [
      'no profile',
      'checks:\n  - name: it\n    user: a',
      { line: 2, key: 'checks.0', found: 'neither profile nor connector' },
    ],
    [
      'profile and connector',
      check('connector: c.json'),
      { line: 5, key: 'checks.0.connector', found: 'a connector beside a profile' },
    ],
    [
      'nobody to sign in',
      'checks:\n  - name: it\n    profile: a',
      { line: 2, key: 'checks.0', found: 'no user to sign in' },
    ],
    [
      'a user where nobody signs in',
      check('with: client_credentials'),
      { line: 4, key: 'checks.0.user', found: 'user beside with: client_credentials, where nobody signs in' },
    ],
    [
      'a command that nobody runs',
      check('command: ./sign-in'),
      { line: 5, key: 'checks.0.command', allowed: 'with: command' },
    ],
    ['no command', check('with: command'), { line: 5, key: 'checks.0.with', allowed: 'the key command beside it' }],
    [
      'a refresh token for a sign-in',
      check('refreshToken: ${OIDC_CLI_TOKEN}'),
      { line: 5, key: 'checks.0.refreshToken', allowed: 'with: refresh' },
    ],
    [
      'an expectation beside a failure',
      check('expect: { failure: access_denied, userinfo: true }'),
      { line: 5, key: 'checks.0.expect.userinfo', allowed: 'failure, within, discovery, certificateDays' },
    ],
    [
      "Logto's profile without a connector",
      check('expect: { profile: { id: x } }'),
      { line: 5, key: 'checks.0.expect.profile', allowed: 'the key connector in place of profile' },
    ],
    [
      'what Logto never asks',
      'checks:\n  - name: it\n    connector: c.json\n    user: a\n    expect: { userinfo: true }',
      { line: 5, key: 'checks.0.expect.userinfo', found: 'userinfo with a connector, which Logto never asks' },
    ],
    [
      'stdin for two secrets',
      check('password: { stdin: true }\ntotp: { stdin: true }'),
      { line: 6, key: 'checks.0.totp', allowed: 'one secret from stdin' },
    ],
  ])('%s', async (_what, text, facts) => {
    expect(await mistake(text)).toMatchObject({ code: 'config_file_invalid', ...facts });
    expect(VALUE).not.toBe('');
  });

  test.each([
    ['password: not-a-secret-place', 'checks.0.password'],
    ['totp: not-a-secret-place', 'checks.0.totp'],
    ['refreshToken: not-a-secret-place', 'checks.0.refreshToken'],
    ['password: { value: not-a-secret-place }', 'checks.0.password.value'],
    ['steps: [{ fill: a, valu: not-a-secret-place }]', 'checks.0.steps.0.valu'],
    [
      'profile: { issuer: "https://a.example", clientId: a, clientSecret: not-a-secret-place }',
      'checks.0.profile.clientSecret',
    ],
  ])('a secret itself is refused and not repeated: %s', async (line, key) => {
    const text = line.startsWith('profile') ? check('').replace('profile: staging', line) : check(line);
    const facts = await mistake(text);
    expect(facts).toMatchObject({ code: 'config_file_invalid', key });
    expect(JSON.stringify(facts)).not.toContain('not-a-secret-place');
  });
});

describe('a plan that came with a cloned repository', () => {
  test.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['names no programs', check('with: command\ncommand: ./steal'), { line: 6, key: 'checks.0.command' }],
    [
      'reads no variable that is not for this tool',
      check('password: ${AWS_SECRET}'),
      { line: 5, key: 'checks.0.password', variable: 'AWS_SECRET' },
    ],
    [
      'nor types one into a page',
      check('steps: [{ fill: a, value: "${AWS_SECRET}" }]'),
      { line: 5, key: 'checks.0.steps', variable: 'AWS_SECRET' },
    ],
    [
      'reads no file outside of its folder',
      check('totp: { file: /etc/hostname }'),
      { line: 5, key: 'checks.0.totp', path: '/etc/hostname' },
    ],
  ])('%s', async (_what, text, facts) => {
    expect(await mistake(text)).toMatchObject({ code: 'config_untrusted', ...facts });
    expect(await read(text, { trustProject: true })).toHaveLength(1);
  });

  test('may where its folder is trusted', async () => {
    await mkdir(join(machine.home, 'config'), { recursive: true });
    const user = {
      trustedFolders: [machine.home],
      folder: machine.home,
      kind: 'user' as const,
      path: 'x',
      default: undefined,
      profiles: new Map(),
      lineOf: () => 1,
    };
    const profileFiles = { project: undefined, user, searched: [] };
    const planned = await read(check('password: ${AWS_SECRET}'), { profileFiles });
    expect(planned[0]?.password).toEqual({ kind: 'env', name: 'AWS_SECRET' });
  });
});

test('a profile in the plan that weakens verification is refused at its line, by its own key', async () => {
  await writeFile(file, check('').replace('staging', '{ issuer: "https://a.example", clientId: a, insecure: true }'));
  const { code, stdout } = await machine.run(['smoke', '--json']);
  expect([code, JSON.parse(stdout).error]).toMatchObject([
    3,
    { code: 'config_untrusted', facts: { line: 3, key: 'checks.0.profile.insecure' } },
  ]);
});

test('a file that is too large is to be divided', async () => {
  await writeFile(file, `# ${'x'.repeat(1024 * 1024)}`);
  const { code, stderr } = await machine.run(['smoke']);
  expect([code, stderr]).toEqual([3, expect.stringContaining('larger than 1 MiB.\n  To fix: Divide it into several')]);
});

describe('a check that names what is not there is told by its place', () => {
  const details = async (plan: string) => {
    await writeFile(file, plan);
    const { code, stderr } = await machine.run(['smoke']);
    expect(code).toBe(3);
    return stderr;
  };

  test('a profile that nobody knows', async () => {
    const stderr = await details(check('tags: []'));
    expect(stderr).toContain(`✗ ${file}, line 3, key checks.0.profile: There is no profile "staging" in `);
    expect(stderr).toContain('(profile_unknown, exit code 3)');
  });

  test('a connector', async () => {
    const stderr = await details(check('').replace('profile: staging', 'connector: none.json'));
    expect(stderr).toContain(`✗ ${file}, line 3, key checks.0.connector: The connector file `);
    expect(stderr).toContain('the path begins at the folder of the checks');
  });

  test('an issuer or a client of a profile in the plan', async () => {
    const stderr = await details(check('').replace('staging', '{ clientId: app }'));
    expect(stderr).toContain(`✗ ${file}, line 3, key checks.0.profile: found a profile without issuer.`);
    expect(stderr).not.toContain('--issuer');
    expect(await details(check('').replace('staging', '{ issuer: "https://id.example.com" }'))).toContain(
      'found a profile without clientId.',
    );
  });

  test('an issuer of a profile in a file', async () => {
    await writeFile(join(machine.home, 'oidc-cli.yaml'), 'profiles: { staging: { clientId: app } }');
    const stderr = await details(check(''));
    await rm(join(machine.home, 'oidc-cli.yaml'));
    expect(stderr).toContain(`✗ ${file}, line 3, key checks.0.profile: No issuer is given for the profile "staging".`);
    expect(stderr).toContain('the key issuer of the profile');
    expect(stderr).not.toContain('--issuer');
  });
});
