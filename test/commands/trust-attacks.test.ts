// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Attacker, startAttacker } from '../support/attacker.js';
import { createMachine, type Finished, type Machine, type RunWorld } from '../support/run.js';
import { followRedirects } from '../support/scripted-sign-in.js';

/** What is on a machine that clones a repository, and in its environment. */
const ENV = {
  AWS_SECRET_ACCESS_KEY: 'aws-secret-of-the-machine',
  HOME_LIKE_TOKEN: 'token-of-another-program',
  OIDC_CLI_STORE_KEY: 'the-passphrase-of-the-store',
  OIDC_CLI_CLIENT_SECRET: 'secret-for-another-issuer',
  OIDC_CLI_COPY_OF_KEY: 'the-passphrase-of-the-store',
};
const FILES = {
  'repo/.git/config': '[remote "origin"]\n\turl = https://ci:token-of-git@git.example/repo\n',
  'repo/.git/token': 'one-line-below-git',
  'repo/.GIT/token': 'one-line-below-git-in-capitals',
  'repo/git~1/token': 'one-line-below-a-short-name',
  'repo/.env': 'API_KEY=api-key-of-dotenv\n',
  'repo/.env.local': 'value-of-dotenv-alone\n',
  'repo/plain-name': 'export API_KEY=api-key-under-a-plain-name\n',
  'repo/.npmrc': '//registry.example/:_authToken=token-of-npm\n',
  'repo/.netrc': 'machine git.example login me password password-of-netrc\n',
  'repo/server.pem': '-----BEGIN PRIVATE KEY-----\nkey-of-a-server-in-pem\n-----END PRIVATE KEY-----\n',
  'repo/notes': '-----BEGIN OPENSSH PRIVATE KEY-----\nkey-under-a-plain-name\n-----END OPENSSH PRIVATE KEY-----\n',
  'repo/gha-creds-1.json': '{"private_key":"key-of-a-cloud"}',
  'repo/account': '{"private_key":"key-of-a-cloud-in-json"}',
  'repo/password.txt': 'one-line-in-the-folder',
  'outside/secret': 'one-line-outside-of-the-folder',
  '.ssh/id_ed25519': 'key-of-the-person',
};
const SECRETS: Readonly<Record<string, string>> = {
  ...ENV,
  ...Object.fromEntries(
    Object.entries(FILES).map(([name, text]) => [
      name,
      /[\w-]*(?:token-of|key-of|key-under|one-line|value-of|password-of)[\w-]*/.exec(text)?.[0] ?? text,
    ]),
  ),
};

let machine: Machine;
let attacker: Attacker;
let repo: string;
beforeAll(async () => {
  machine = await createMachine();
  attacker = await startAttacker();
  repo = join(machine.home, 'repo');
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(machine.home, name)), { recursive: true });
    await writeFile(join(machine.home, name), text);
  }
  await symlink(join(machine.home, 'outside', 'secret'), join(repo, 'linked'));
  await symlink(join(machine.home, 'outside'), join(repo, 'linked-folder'));
  await symlink(join(repo, '.git', 'token'), join(repo, 'linked-into-git'));
  await link(join(repo, '.git', 'config'), join(repo, 'hard-link'));
  await writeFile(join(machine.home, 'outside', 'connector.json'), connector('${OIDC_CLI_COPY_OF_KEY}'));
  await symlink(join(machine.home, 'outside', 'connector.json'), join(repo, 'linked.json'));
});
afterAll(async () => {
  await attacker.close();
  await machine.remove();
});
beforeEach(() => attacker.forget());

/** Runs in the cloned folder; on a terminal the person says yes to whatever is asked. */
function inRepo(argv: readonly string[], terminal: 'terminal' | 'none', deps: RunWorld = {}): Promise<Finished> {
  return machine.run(argv, {
    cwd: repo,
    openUrl: followRedirects,
    ...(terminal === 'terminal'
      ? { tty: true, onStderr: (text, stdin) => void (text.endsWith('[y/N] ') && stdin.write('y\n')) }
      : {}),
    ...deps,
    env: { ...ENV, NO_COLOR: '1', ...deps.env },
  });
}

const project = (lines: string) =>
  writeFile(
    join(repo, 'oidc-cli.yaml'),
    `default: it\nprofiles:\n  it:\n    issuer: ${attacker.issuer}\n    clientId: app\n    redirectUri: http://localhost:0/callback\n${lines.replace(/^/gm, '    ')}\n`,
  );

function connector(clientSecret: string): string {
  const { issuer } = attacker;
  return JSON.stringify({
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    clientId: 'app',
    clientSecret,
    scope: 'openid',
    idTokenVerificationConfig: { jwksUri: `${issuer}/keys`, issuer },
  });
}

const plan = (check: Readonly<Record<string, unknown>>) =>
  writeFile(
    join(repo, 'oidc-smoke.yaml'),
    JSON.stringify({
      checks: [
        { name: 'it', profile: { issuer: attacker.issuer, clientId: 'app' }, user: 'me', with: 'http', ...check },
      ],
    }),
  );

/** The keys by which a file names what is none of its business. */
const REFUSED_FILES = [
  '.git/config',
  './.git/../.git/token',
  '.GIT/token',
  'git~1/token',
  '.env',
  '.env.local',
  'plain-name',
  '.npmrc',
  '.netrc',
  'server.pem',
  'notes',
  'gha-creds-1.json',
  'account',
  'hard-link',
  'linked',
  'linked-folder/secret',
  'linked-into-git',
  '../outside/secret',
  '~/.ssh/id_ed25519',
  '/proc/self/environ',
];
const REFUSED_VARIABLES = ['AWS_SECRET_ACCESS_KEY', 'HOME_LIKE_TOKEN', 'OIDC_CLI_STORE_KEY', 'OIDC_CLI_COPY_OF_KEY'];

const nothingSent = ({ code, stderr, stdout }: Finished) => {
  expect(attacker.got(SECRETS)).toEqual([]);
  expect([code, stderr]).toEqual([3, expect.stringMatching(/\((config_untrusted|store_key_as_secret), exit code 3\)/)]);
  for (const [name, secret] of Object.entries(SECRETS)) expect(stdout + stderr, name).not.toContain(secret);
};

describe.each(['terminal', 'none'] as const)('on a machine with a terminal or without: %s', (terminal) => {
  it("a project's file gets none of the machine's variables", async () => {
    for (const name of REFUSED_VARIABLES) {
      await project(`clientSecret: \${${name}}`);
      nothingSent(await inRepo(['login'], terminal));
      expect(attacker.received(), name).toBe('');
    }
  });

  it("a project's file gets no file of version control, no settings, no key, and nothing from outside", async () => {
    for (const path of [...REFUSED_FILES, join(machine.home, 'outside', 'secret')]) {
      await project(`clientSecretFile: ${path}`);
      nothingSent(await inRepo(['login'], terminal));
      expect(attacker.received(), path).toBe('');
    }
  });

  it('nor by the commands that also send', async () => {
    for (const line of ['clientSecret: ${AWS_SECRET_ACCESS_KEY}', 'clientSecretFile: .git/config']) {
      await project(line);
      nothingSent(await inRepo(['probe', '--yes', '--with', 'http', '--user', 'me'], terminal));
      nothingSent(await inRepo(['inspect', 'an-access-token', '--access-token', '--profile', 'it'], terminal));
      await inRepo(['doctor'], terminal);
      expect(attacker.got(SECRETS)).toEqual([]);
    }
  });

  it('a file of checks gets neither, typed or sent', async () => {
    const places = [...REFUSED_VARIABLES.map((name) => `\${${name}}`), ...REFUSED_FILES.map((file) => ({ file }))];
    for (const place of places) {
      await plan({ password: place });
      nothingSent(await inRepo(['smoke'], terminal));
      expect(attacker.received(), JSON.stringify(place)).toBe('');
    }
    for (const place of ['${AWS_SECRET_ACCESS_KEY}', '${OIDC_CLI_STORE_KEY}', { file: '.git/config' }]) {
      const profile = { issuer: attacker.issuer, clientId: 'app' };
      const secret = typeof place === 'string' ? { clientSecret: place } : { clientSecretFile: place.file };
      for (const check of [
        { steps: [{ fill: 'User name', value: place }] },
        { password: '${OIDC_CLI_COPY}', totp: place },
        { with: 'refresh', user: undefined, refreshToken: place },
        { with: 'client_credentials', user: undefined, profile: { ...profile, ...secret } },
      ]) {
        await plan(check);
        nothingSent(await inRepo(['smoke'], terminal));
      }
    }
  });

  it('a connector gets neither, by login, import, doctor or a check', async () => {
    for (const name of REFUSED_VARIABLES) {
      await writeFile(join(repo, 'connector.json'), connector(`\${${name}}`));
      const byLogin = await inRepo(['login', '--connector', 'connector.json', '--port', '0'], terminal);
      nothingSent(byLogin);
      await plan({ profile: undefined, connector: 'connector.json' });
      nothingSent(await inRepo(['smoke'], terminal));
      if (name === 'OIDC_CLI_COPY_OF_KEY') continue;
      nothingSent(await inRepo(['profile', 'import', 'connector.json', '--name', 'imported'], terminal));
      nothingSent(await inRepo(['doctor', '--connector', 'connector.json'], terminal));
      expect(await readFile(join(machine.home, 'config.yaml'), 'utf8').catch(() => '')).not.toContain('imported');
    }
    const piped = { stdin: connector('${AWS_SECRET_ACCESS_KEY}') };
    const refused = await inRepo(['login', '--connector', '-', '--port', '0'], terminal, piped);
    nothingSent(refused);
    // What comes by stdin has no folder to trust.
    expect(refused.stderr).toContain('or pass --trust-project, if you trust its source.');
    expect(refused.stderr).not.toContain('trustedFolders');
  });

  it('a file of checks takes no connector and no baseline from outside of its folder', async () => {
    const outside = join(machine.home, 'outside', 'connector.json');
    for (const path of [outside, '../outside/connector.json', 'linked.json', '~/outside/connector.json']) {
      await plan({ profile: undefined, connector: path });
      nothingSent(await inRepo(['smoke'], terminal));
      await plan({ expect: { discovery: path } });
      nothingSent(await inRepo(['smoke'], terminal));
      expect(attacker.received(), path).toBe('');
    }
  });
});

it('an exported secret does not follow an issuer that a project chose, and the line to add works', async () => {
  await project('scope: openid');
  const refused = await inRepo(['login'], 'none');
  nothingSent(refused);
  expect(attacker.received()).toBe('');
  expect(refused.stderr).toContain('Add the line clientSecret: ${OIDC_CLI_CLIENT_SECRET} to the profile');
  expect((await inRepo(['login'], 'none', { env: { OIDC_CLI_CLIENT_SECRET: '' } })).code).toBe(5);
  expect(attacker.got(SECRETS)).toEqual([]);
  await project('clientSecret: ${OIDC_CLI_CLIENT_SECRET}');
  const named = await inRepo(['login'], 'none');
  expect(named.code).toBe(5);
  expect(named.stderr).toContain(`${join(repo, 'oidc-cli.yaml')} sends OIDC_CLI_CLIENT_SECRET to ${attacker.host}.\n`);
  expect(attacker.got(SECRETS)).toEqual(['OIDC_CLI_CLIENT_SECRET']);
  // A file that the environment names is no other.
  await project('scope: openid');
  const env = { OIDC_CLI_CLIENT_SECRET: '', OIDC_CLI_CLIENT_SECRET_FILE: join(machine.home, 'outside', 'secret') };
  attacker.forget();
  nothingSent(await inRepo(['login'], 'none', { env }));
});

it('without a terminal no file goes, and what the person allows by a flag does', async () => {
  await project('clientSecretFile: password.txt');
  const refused = await inRepo(['login'], 'none');
  nothingSent(refused);
  expect(refused.stderr).toContain('without your consent, which needs a terminal');
  expect((await inRepo(['login', '--trust-project'], 'none', { env: { OIDC_CLI_CLIENT_SECRET: '' } })).code).toBe(5);
  expect(attacker.got(SECRETS)).toEqual(['repo/password.txt']);
});

it('the key of the store is never sent, whoever names it', async () => {
  const at = ['login', '--issuer', attacker.issuer, '--client-id', 'app', '--port', '0'];
  await writeFile(join(machine.home, 'outside', 'copy'), 'before the-passphrase-of-the-store after');
  for (const flags of [
    ['--client-secret-env', 'OIDC_CLI_STORE_KEY'],
    ['--client-secret-env', 'OIDC_CLI_COPY_OF_KEY'],
    ['--client-secret-file', '../outside/copy'],
    ['--client-secret', 'the-passphrase-of-the-store'],
    ['--with', 'http', '--user', 'me', '--password-env', 'OIDC_CLI_STORE_KEY'],
    ['--with', 'http', '--user', 'me', '--totp-file', '../outside/copy'],
  ]) {
    nothingSent(await inRepo([...at, ...flags], 'none', { env: { OIDC_CLI_CLIENT_SECRET: '' } }));
  }
  const oneTime = ['login', '--endpoint', attacker.issuer, '--app-id', 'app', '--login-hint', 'me@example.com'];
  nothingSent(await inRepo([...oneTime, '--one-time-token-env', 'OIDC_CLI_STORE_KEY'], 'none'));
  // The advice for other variables, a name that begins with OIDC_CLI_ or trust, would lead nowhere.
  for (const name of ['OIDC_CLI_STORE_KEY', 'OIDC_CLI_Store_Key']) {
    await project(`clientSecret: \${${name}}`);
    const refused = await inRepo(['login'], 'none', { env: { OIDC_CLI_CLIENT_SECRET: '' } });
    expect(refused.stderr).toContain('(store_key_as_secret, exit code 3)');
    expect(refused.stderr).not.toContain('--trust-project');
  }
  // Trust in a folder changes nothing of it.
  for (const line of ['clientSecret: ${OIDC_CLI_STORE_KEY}', 'clientSecret: ${OIDC_CLI_COPY_OF_KEY}']) {
    await project(line);
    nothingSent(await inRepo(['login', '--trust-project'], 'none', { env: { OIDC_CLI_CLIENT_SECRET: '' } }));
  }
  // The key file is made with the first session that is kept, and by its true name.
  const own = { OIDC_CLI_STORE_KEY: '', OIDC_CLI_CLIENT_SECRET: '' };
  const add = ['profile', 'add', 'stored', '--issuer', 'https://id.example', '--client-id', 'x'];
  const added = await inRepo([...add, '--client-secret-stdin'], 'none', { env: own, stdin: 'a-stored-secret\n' });
  expect(added.code, added.stderr).toBe(0);
  const key = await readFile(join(machine.home, 'store', 'key'));
  await writeFile(join(machine.home, 'outside', 'key-in-hex'), key.toString('hex').toUpperCase());
  for (const file of ['../store/key', '../outside/key-in-hex']) {
    nothingSent(await inRepo([...at, '--client-secret-file', file], 'none', { env: own }));
  }
});
