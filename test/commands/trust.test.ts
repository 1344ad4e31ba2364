// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Attacker, startAttacker } from '../support/attacker.js';
import { createMachine, type Finished, type Machine, type RunWorld } from '../support/run.js';
import { followRedirects } from '../support/scripted-sign-in.js';

const SECRETS = { OIDC_CLI_A: 'secret-of-variable-a', OIDC_CLI_B: 'secret-of-variable-b', file: 'secret-of-the-file' };

let machine: Machine;
let first: Attacker;
let second: Attacker;
beforeAll(async () => {
  [first, second] = await Promise.all([startAttacker(), startAttacker()]);
});
afterAll(() => Promise.all([first.close(), second.close()]));
beforeEach(async () => {
  machine = await createMachine();
  for (const folder of ['shop', 'other']) {
    await mkdir(join(machine.home, folder));
    await writeFile(join(machine.home, folder, 'password'), `${SECRETS.file}\n`);
  }
  first.forget();
  second.forget();
  return () => machine.remove();
});

const profile = (issuer: string, line = 'clientSecret: ${OIDC_CLI_A}') =>
  `default: it\nprofiles:\n  it:\n    issuer: ${issuer}\n    clientId: app\n    redirectUri: http://localhost:0/callback\n    ${line}\n`;
const project = (text: string, folder = 'shop') => writeFile(join(machine.home, folder, 'oidc-cli.yaml'), text);

/** Runs in a folder, on a terminal where every question gets this answer, or without one. */
async function run(
  argv: readonly string[],
  response: string | undefined,
  { folder = 'shop', ...deps }: RunWorld & { readonly folder?: string } = {},
): Promise<Finished & { readonly questions: number }> {
  let questions = 0;
  const finished = await machine.run(argv, {
    cwd: join(machine.home, folder),
    openUrl: followRedirects,
    tty: response !== undefined,
    onStderr: (text, stdin) => {
      if (!text.endsWith('[y/N] ')) return;
      questions += 1;
      if (response === '') stdin.end();
      else stdin.write(`${response}\n`);
    },
    ...deps,
    env: { OIDC_CLI_A: SECRETS.OIDC_CLI_A, OIDC_CLI_B: SECRETS.OIDC_CLI_B, NO_COLOR: '1', ...deps.env },
  });
  for (const secret of Object.values(SECRETS)) expect(finished.stdout + finished.stderr).not.toContain(secret);
  return { ...finished, questions };
}

describe('on a terminal', () => {
  it('says what goes where, asks once, and remembers it for folder, host and name', async () => {
    await project(profile(first.issuer));
    const asked = await run(['login'], 'y');
    expect([asked.code, asked.questions, first.got(SECRETS)]).toEqual([5, 1, ['OIDC_CLI_A']]);
    expect(asked.stderr).toContain(
      `${join(machine.home, 'shop', 'oidc-cli.yaml')} is in a folder that you have not trusted. It wants to send to ${first.host}:\n  the variable OIDC_CLI_A  (line 7, profiles.it.clientSecret)\nSend them? [y/N] `,
    );
    expect((await run(['login'], 'y')).questions).toBe(0);
    // Another name, another host, another folder: each is another question.
    await project(profile(first.issuer, 'clientSecret: ${OIDC_CLI_B}'));
    expect((await run(['login'], 'y')).questions).toBe(1);
    await project(profile(second.issuer));
    expect((await run(['login'], 'y')).questions).toBe(1);
    await project(profile(first.issuer), 'other');
    expect((await run(['login'], 'y', { folder: 'other' })).questions).toBe(1);
    await project(profile(first.issuer, 'clientSecretFile: ./password'));
    first.forget();
    const file = await run(['login'], 'y');
    expect([file.questions, first.got(SECRETS)]).toEqual([1, ['file']]);
    expect(file.stderr).toContain('the content of the file password  (line 7, profiles.it.clientSecretFile)');
    // What was allowed here goes without a terminal, and without a word, too.
    const without = await run(['login'], undefined);
    expect([without.code, without.stderr]).toEqual([5, expect.not.stringContaining(' sends ')]);
    expect((await stat(join(machine.home, 'trust.json'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['no', true],
    ['', false],
    ['maybe', false],
  ])('sends nothing after %j, remembered: %s', async (response, remembered) => {
    await project(profile(first.issuer));
    const declined = await run(['login'], response);
    expect([declined.code, declined.questions, first.received()]).toEqual([3, 1, '']);
    expect(declined.stderr).toContain(`nothing was sent to ${first.host}, since you declined to send the variable`);
    expect(declined.stderr).toContain('(config_untrusted, exit code 3)');
    // A saved answer is not asked for again, so the advice is to remove it.
    expect(declined.stderr).toContain(remembered ? 'Run oidc-cli trust remove ' : 'Run the command again and answer y');
    const again = await run(['login'], 'y');
    if (!remembered) {
      expect([again.questions, again.code]).toEqual([1, 5]);
      return;
    }
    expect([again.questions, again.code, first.received()]).toEqual([0, 3, '']);
    const [, advice = ''] = /Run oidc-cli (trust remove \S+) to be asked again/.exec(again.stderr) ?? [];
    expect((await run(advice.split(' '), undefined)).code).toBe(0);
    expect((await run(['login'], 'y')).questions).toBe(1);
  });

  it('one question is enough for all checks of a run, and nothing is typed before it', async () => {
    const check = (name: string, issuer: string, password: unknown) => ({
      name,
      profile: { issuer, clientId: 'app', clientSecret: '${OIDC_CLI_B}' },
      user: 'me',
      password,
      with: 'http',
    });
    const plan = {
      checks: [
        check('one', first.issuer, '${OIDC_CLI_A}'),
        check('two', second.issuer, '${OIDC_CLI_A}'),
        check('three', second.issuer, { file: 'password' }),
      ],
    };
    await writeFile(join(machine.home, 'shop', 'oidc-smoke.yaml'), JSON.stringify(plan));
    const declined = await run(['smoke'], 'n');
    expect([declined.code, first.received(), second.received()]).toEqual([3, '', '']);
    expect((await run(['trust', 'remove'], undefined)).code).toBe(0);
    const asked = await run(['smoke'], 'y');
    expect([asked.questions, asked.code]).toEqual([1, 5]);
    expect([first.got(SECRETS), second.got(SECRETS)]).toEqual([
      ['OIDC_CLI_A', 'OIDC_CLI_B'],
      ['OIDC_CLI_A', 'OIDC_CLI_B', 'file'],
    ]);
    expect((await run(['smoke'], 'y')).questions).toBe(0);
  });

  it('a connector is asked about as a project is, also where it becomes a profile', async () => {
    const { issuer } = first;
    const connector = {
      ...{ authorizationEndpoint: `${issuer}/authorize`, tokenEndpoint: `${issuer}/token`, clientId: 'app' },
      ...{ clientSecret: '${OIDC_CLI_A}', scope: 'openid' },
      idTokenVerificationConfig: { jwksUri: `${issuer}/keys`, issuer },
    };
    await writeFile(join(machine.home, 'shop', 'connector.json'), JSON.stringify(connector));
    const importIt = ['profile', 'import', 'connector.json', '--name', 'imported'];
    expect((await run(importIt, 'n')).code).toBe(3);
    expect(await readFile(join(machine.home, 'config.yaml'), 'utf8').catch(() => '')).toBe('');
    const login = ['login', '--connector', 'connector.json', '--port', '0'];
    expect([(await run(login, 'y')).code, first.received()]).toEqual([3, '']);
    expect((await run(['trust', 'remove', '--host', first.host], undefined)).code).toBe(0);
    const asked = await run(login, 'y');
    expect([asked.questions, first.got(SECRETS)]).toEqual([1, ['OIDC_CLI_A']]);
    expect(asked.stderr).toContain(
      `connector.json is in a folder that you have not trusted. It wants to send to ${first.host}:`,
    );
    expect((await run(importIt, 'y')).questions).toBe(0);
    // The folder is trusted: nothing is asked.
    await run(['trust', 'remove'], undefined);
    await writeFile(join(machine.home, 'config.yaml'), 'trustedFolders: [~/shop]\n');
    expect((await run(login, 'y')).questions).toBe(0);
  });
});

describe('without a terminal', () => {
  it('says what goes where', async () => {
    await project(profile(first.issuer));
    const { code, stderr } = await run(['login'], undefined);
    expect(code).toBe(5);
    expect(stderr).toContain(`${join(machine.home, 'shop', 'oidc-cli.yaml')} sends OIDC_CLI_A to ${first.host}.\n`);
    expect(first.got(SECRETS)).toEqual(['OIDC_CLI_A']);
    expect((await run(['trust', 'list', '--json'], undefined)).stdout).toContain('"answers": []');
  });

  it('is also what a server has that pretends to a terminal', async () => {
    await project(profile(first.issuer, 'clientSecretFile: ./password'));
    const { code, questions } = await run(['login'], 'y', { env: { CI: 'true' } });
    expect([code, questions, first.received()]).toEqual([3, 0, '']);
  });
});

describe('trust', () => {
  it('lists the answers and the trusted folders, and removes answers by folder, host and name', async () => {
    expect((await run(['trust'], undefined)).stderr).toContain('No answers in ');
    await project(profile(first.issuer));
    await run(['login'], 'y');
    await project(profile(first.issuer, 'clientSecret: ${OIDC_CLI_B}'));
    await run(['login'], 'n');
    await writeFile(join(machine.home, 'config.yaml'), 'trustedFolders: [~/other]\n');
    const { stdout } = await run(['trust', 'list'], undefined);
    const shop = join(machine.home, 'shop');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['FOLDER', 'HOST', 'WHAT', 'ANSWER'],
      [shop, first.host, '$OIDC_CLI_A', 'allowed'],
      [shop, first.host, '$OIDC_CLI_B', 'declined'],
      [`Trusted folder (in ${join(machine.home, 'config.yaml')}): ${join(machine.home, 'other')}`],
      [''],
    ]);
    const json = JSON.parse((await run(['trust', 'list', '--json'], undefined)).stdout);
    expect(json).toMatchObject({
      answers: [
        { folder: shop, host: first.host, kind: 'variable', name: 'OIDC_CLI_A', allowed: true },
        { name: 'OIDC_CLI_B', allowed: false },
      ],
      trustedFolders: [join(machine.home, 'other')],
    });
    const missing = await run(['trust', 'remove', '--name', 'OIDC_CLI_C'], undefined);
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining(`Allowed is: ${shop}`)]);
    expect((await run(['trust', 'remove', '--all', shop], undefined)).code).toBe(2);
    const removed = await run(['trust', 'remove', shop, '--name', 'OIDC_CLI_A', '--json'], undefined, {
      folder: 'other',
    });
    expect(JSON.parse(removed.stdout).removed).toMatchObject([{ name: 'OIDC_CLI_A' }]);
    expect((await run(['trust', 'remove', '--all'], undefined)).stderr).toContain(
      'Removed: declined to send $OIDC_CLI_B to',
    );
    expect((await run(['trust', 'list', '--json'], undefined)).stdout).toContain('"answers": []');
  });

  it.each(['', '[]', '{"answers": 1}', '{"answers": [{"folder": 1}]}', '{"answers": [null]}', 'null'])(
    'a damaged file %j ends what needs it, says so, and its advice leads out',
    async (text) => {
      const file = join(machine.home, 'trust.json');
      await writeFile(file, text);
      await project(profile(first.issuer));
      for (const argv of [['login'], ['trust', 'list'], ['trust', 'remove']]) {
        const { code, stderr } = await run(argv, 'y');
        expect([code, stderr]).toEqual([3, expect.stringContaining('remove the file to be asked again')]);
      }
      expect(first.received()).toBe('');
    },
  );

  it('two runs that are answered at once lose neither answer', async () => {
    await project(profile(first.issuer));
    await project(profile(first.issuer), 'other');
    await Promise.all([run(['login'], 'y'), run(['login'], 'y', { folder: 'other' })]);
    expect(JSON.parse((await run(['trust', 'list', '--json'], undefined)).stdout).answers).toHaveLength(2);
  });
});
