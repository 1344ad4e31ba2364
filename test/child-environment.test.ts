import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMachine, type Machine } from './support/run.js';
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.js';

/* Programs that we start: each writes down its environment, in which no secret may be. */

const SECRETS = {
  OIDC_CLI_CLIENT_SECRET: 'exported-client-secret',
  OIDC_CLI_STORE_KEY: 'a-store-key-of-enough-length',
  OIDC_CLI_ANYTHING: 'chosen-by-the-user',
  oidc_cli_lower: 'in-lower-case',
  NAMED_BY_A_FILE: 'client-secret-of-a-profile',
  NAMED_FOR_A_PASSWORD: 'password-of-a-check',
  NAMED_BY_ANOTHER_PROFILE: 'client-secret-of-another-profile',
  NAMED_BY_A_LOGTO_PROFILE: 'app-secret-of-another-profile',
  NAMED_BY_A_TRUSTED_PROJECT: 'client-secret-of-a-trusted-project',
};
const ENV = { ...SECRETS, PATH: process.env.PATH, MARK: 'here', OIDC_CLI_SCOPE: 'openid' };

const variable = (name: string) => `$\{${name}}`;

let provider: ScriptedProvider;
let machine: Machine;
let written: string;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
beforeEach(async () => {
  machine = await createMachine();
  written = join(machine.home, 'environment.json');
  provider.play({});
  const profile = (secret: Readonly<Record<string, string>>) => ({
    issuer: 'https://id.example',
    clientId: 'x',
    ...secret,
  });
  const logto = {
    kind: 'logto',
    endpoint: 'https://tenant.example',
    appId: 'x',
    appSecret: variable('NAMED_BY_A_LOGTO_PROFILE'),
  };
  const another = profile({ clientSecret: variable('NAMED_BY_ANOTHER_PROFILE') });
  const project = { profiles: { here: profile({ clientSecret: variable('NAMED_BY_A_TRUSTED_PROJECT') }) } };
  await mkdir(join(machine.home, 'project'));
  await Promise.all([
    writeFile(
      join(machine.home, 'config.yaml'),
      JSON.stringify({ trustedFolders: [join(machine.home, 'project')], profiles: { another, logto } }),
    ),
    writeFile(join(machine.home, 'project', 'oidc-cli.yaml'), JSON.stringify(project)),
  ]);
  return () => machine.remove();
});
afterAll(() => provider.close());

/** A program that writes its environment down, at once and whole, and fails. */
async function program(): Promise<string> {
  const path = join(machine.home, 'program.mjs');
  const source = `#!${process.execPath}
import { renameSync, writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(`${written}.new`)}, JSON.stringify(process.env));
renameSync(${JSON.stringify(`${written}.new`)}, ${JSON.stringify(written)});
process.exitCode = 1;
`;
  await writeFile(path, source);
  await chmod(path, 0o755);
  return path;
}

/** What the program saw: the user's environment without any secret but these. */
async function expectWithoutSecrets(own: Readonly<Record<string, string>> = {}): Promise<void> {
  const seen = JSON.parse(await readFile(written, 'utf8')) as Record<string, string>;
  expect(seen).toMatchObject({ MARK: 'here', OIDC_CLI_SCOPE: 'openid', ...own });
  for (const [name, value] of Object.entries(SECRETS)) {
    if (Object.values(own).includes(value)) expect(seen, name).not.toHaveProperty(name);
    else expect(JSON.stringify(seen), name).not.toContain(value);
  }
}

const login = (...more: string[]) => [
  ...['login', '--issuer', provider.issuer, '--client-id', 'app', '--client-secret-env', 'NAMED_BY_A_FILE'],
  ...[
    '--redirect-uri',
    'http://127.0.0.1:0/callback',
    '--password-env',
    'NAMED_FOR_A_PASSWORD',
    '--user',
    'alice',
    ...more,
  ],
];

test('the browser of a person', async () => {
  const stopping = new AbortController();
  const browser = await program();
  const argv = login('--browser', browser).filter(
    (word) => !/^(--password-env|NAMED_FOR_A_PASSWORD|--user|alice)$/.test(word),
  );
  const { NAMED_FOR_A_PASSWORD: _, ...env } = ENV;
  const running = machine.run(argv, { env, cwd: join(machine.home, 'project'), signal: stopping.signal });
  await expect.poll(() => existsSync(written)).toBe(true);
  stopping.abort();
  expect((await running).code).toBe(130);
  await expectWithoutSecrets();
});

test('the command that signs in, but for what is its own', async () => {
  const { code } = await machine.run(login('--with', 'command', '--browser', await program()), {
    env: ENV,
    cwd: join(machine.home, 'project'),
  });
  expect(code).toBe(3);
  await expectWithoutSecrets({
    OIDC_CLI_SIGN_IN_USER: 'alice',
    OIDC_CLI_SIGN_IN_PASSWORD: SECRETS.NAMED_FOR_A_PASSWORD,
  });
});

test('the headless browser', async () => {
  const { code } = await machine.run(login('--with', 'browser', '--browser-path', await program()), {
    env: ENV,
    cwd: join(machine.home, 'project'),
  });
  expect(code).toBe(3);
  await expectWithoutSecrets();
});

test('the command of one check, which sees no secret of another', async () => {
  const profile = { issuer: provider.issuer, clientId: 'app', clientSecret: variable('NAMED_BY_A_FILE') };
  const common = { profile, redirectUri: 'http://localhost:8484/callback', user: 'alice' };
  const checks = [
    { ...common, name: 'one', with: 'command', command: await program(), password: variable('OIDC_CLI_ANYTHING') },
    { ...common, name: 'two', with: 'http', password: variable('NAMED_FOR_A_PASSWORD') },
  ];
  await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ checks }));
  const { stderr, stdout } = await machine.run(
    ['smoke', join(machine.home, 'oidc-smoke.yaml'), '--trust-project', '--concurrency', '1'],
    { env: ENV, cwd: join(machine.home, 'project') },
  );
  expect(existsSync(written), stdout + stderr).toBe(true);
  await expectWithoutSecrets({ OIDC_CLI_SIGN_IN_PASSWORD: SECRETS.OIDC_CLI_ANYTHING });
});

test('a variable that a file of a folder that is not trusted names stays where it is', async () => {
  const folder = join(machine.home, 'cloned');
  await mkdir(folder);
  const profile = { issuer: 'https://id.example', clientId: 'x', clientSecret: variable('MARK') };
  await writeFile(join(folder, 'oidc-cli.yaml'), JSON.stringify({ profiles: { it: profile } }));
  await machine.run(login('--with', 'browser', '--browser-path', await program()), { env: ENV, cwd: folder });
  expect(JSON.parse(await readFile(written, 'utf8'))).toMatchObject({ MARK: 'here' });
});
