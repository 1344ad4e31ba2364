// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Attacker, startAttacker } from '../support/attacker.js';
import { BIN } from '../support/built-command.js';
import { requirement } from '../support/requirement.js';

const SECRETS = {
  AWS_SECRET_ACCESS_KEY: 'aws-secret-of-the-machine',
  OIDC_CLI_STORE_KEY: 'the-passphrase-of-the-store',
  OIDC_CLI_CLIENT_SECRET: 'secret-for-another-issuer',
  OIDC_CLI_SHOP: 'secret-for-the-shop',
  git: 'token-of-git',
  dotenv: 'api-key-of-dotenv',
};
const { git, dotenv, ...variables } = SECRETS;

let home: string;
let repo: string;
let attacker: Attacker;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
  repo = join(home, 'repo');
  await mkdir(join(repo, '.git'), { recursive: true });
  await writeFile(join(repo, '.git', 'config'), `[remote "origin"]\n\turl = https://ci:${git}@git.example/repo\n`);
  await writeFile(join(repo, '.env'), `API_KEY=${dotenv}\n`);
  attacker = await startAttacker();
});
afterAll(async () => {
  await attacker.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => attacker.forget());

/** Runs a program in the cloned folder; `answer` is typed once it has asked. */
function run(
  program: string,
  argv: readonly string[],
  response?: string,
): Promise<{ code: number | null; text: string }> {
  const env = { PATH: process.env.PATH, HOME: home, OIDC_CLI_HOME: home, OIDC_CLI_STORE: 'file', ...variables };
  const child = spawn(program, argv, {
    cwd: repo,
    env: { ...env, NO_COLOR: '1', TERM: 'xterm' },
    timeout: 80_000,
    killSignal: 'SIGKILL',
  });
  let text = '';
  const hear = (chunk: Buffer) => {
    const before = text;
    text += chunk;
    if (response !== undefined && text.includes('[y/N]') && !before.includes('[y/N]'))
      child.stdin.write(`${response}\n`);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  if (response === undefined) child.stdin.end();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

const project = (line: string) =>
  writeFile(
    join(repo, 'oidc-cli.yaml'),
    `profiles:\n  it:\n    issuer: ${attacker.issuer}\n    clientId: app\n    redirectUri: http://localhost:0/callback\n    ${line}\n`,
  );
const plan = (password: unknown) =>
  writeFile(
    join(repo, 'oidc-smoke.yaml'),
    JSON.stringify({
      checks: [
        { name: 'it', profile: { issuer: attacker.issuer, clientId: 'app' }, user: 'me', with: 'http', password },
      ],
    }),
  );
const connector = async (clientSecret: string) => {
  const { issuer } = attacker;
  const config = {
    ...{ authorizationEndpoint: `${issuer}/authorize`, tokenEndpoint: `${issuer}/token`, clientId: 'app' },
    ...{ clientSecret, scope: 'openid', idTokenVerificationConfig: { jwksUri: `${issuer}/keys`, issuer } },
  };
  await writeFile(join(repo, 'connector.json'), JSON.stringify(config));
};

const BY_PROGRAM = ['--with', 'http', '--user', 'me', '--password', 'typed-by-the-person'];

describe('the command as it is installed', () => {
  it('sends nothing of a machine without a terminal that is none of a file’s business', async () => {
    const refused = async (...argv: string[]) => {
      const { code, text } = await run(process.execPath, [BIN, ...argv]);
      expect([code, text]).toEqual([
        3,
        expect.stringMatching(/\((config_untrusted|store_key_as_secret), exit code 3\)/),
      ]);
      expect(attacker.received()).toBe('');
      for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
    };
    await project('clientSecret: ${AWS_SECRET_ACCESS_KEY}');
    await refused('login', 'it', ...BY_PROGRAM);
    await project('clientSecretFile: .git/config');
    await refused('login', 'it', ...BY_PROGRAM);
    await project('scope: openid');
    await refused('login', 'it', ...BY_PROGRAM);
    await plan({ file: '.env' });
    await refused('smoke');
    await plan('${OIDC_CLI_STORE_KEY}');
    await refused('smoke', '--trust-project');
    await connector('${OIDC_CLI_STORE_KEY}');
    await refused('login', '--connector', 'connector.json', ...BY_PROGRAM);
    await refused('profile', 'import', 'connector.json', '--name', 'imported');
  });

  const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;
  it.runIf(requirement('script', hasScript, 'util-linux has it: it gives the command a terminal'))(
    'asks on a terminal, sends nothing after a no, and remembers a yes',
    async () => {
      const onTerminal = (argv: readonly string[], response: string) =>
        run('script', ['-qec', [process.execPath, BIN, ...argv].join(' '), '/dev/null'], response);
      const login = ['login', 'it', ...BY_PROGRAM];
      await project('clientSecret: ${OIDC_CLI_SHOP}');
      const declined = await onTerminal(login, 'n');
      expect(declined.text).toContain(
        `is in a folder that you have not trusted. It wants to send to ${attacker.host}:`,
      );
      expect([declined.code, attacker.received()]).toEqual([3, '']);
      const again = await onTerminal(login, 'y');
      expect([again.code, again.text]).toEqual([3, expect.stringContaining('you declined before')]);
      expect((await run(process.execPath, [BIN, 'trust', 'remove'])).code).toBe(0);
      expect((await onTerminal(login, 'y')).code).toBe(5);
      expect(attacker.got(SECRETS)).toEqual(['OIDC_CLI_SHOP']);
      const quiet = await onTerminal(login, 'n');
      expect([quiet.code, quiet.text]).toEqual([5, expect.not.stringContaining('[y/N]')]);
      // What is refused is not even asked about.
      attacker.forget();
      await project('clientSecretFile: .env');
      const refused = await onTerminal(login, 'y');
      expect([refused.code, refused.text, attacker.received()]).toEqual([3, expect.not.stringContaining('[y/N]'), '']);
    },
  );
});
