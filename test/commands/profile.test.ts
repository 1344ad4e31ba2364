// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration file's own notation
import { mkdir, readdir, readFile, rename, rmdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profileAdd } from '../../src/commands/profile/add.js';
import { profileRemove } from '../../src/commands/profile/remove.js';
import type { SecretWriter } from '../../src/commands/secret-writer.js';
import { createSessions } from '../../src/sessions/sessions.js';
import { createTerminal } from '../../src/terminal.js';
import { createMachine, type Machine, type RunWorld } from '../support/run.js';
import { expectPlainWords } from '../support/scripted-sign-in.js';

let machine: Machine;
let project: string;
let userFile: string;
let projectFile: string;

beforeEach(async () => {
  machine = await createMachine();
  project = join(machine.home, 'project');
  await mkdir(project);
  userFile = join(machine.home, 'config.yaml');
  projectFile = join(project, 'oidc-cli.yaml');
});
afterEach(() => machine.remove());

/** Runs `profile …` in the project's folder; what the paths of this machine are does not matter. */
async function profile(argv: readonly string[], deps: RunWorld = {}) {
  const { code, stdout, stderr } = await machine.run(['profile', ...argv], { cwd: project, ...deps });
  const short = (text: string) => text.replaceAll(machine.home, '~');
  return { code, stdout: short(stdout), stderr: short(stderr) };
}

const at = (issuer = 'https://id.example.com', clientId = 'app') => ['--issuer', issuer, '--client-id', clientId];
const read = (file: string) => readFile(file, 'utf8');

/** The text of every file below a folder. */
async function everyFile(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((entry) => read(join(entry.parentPath, entry.name))))).join('\n');
}

/** A failing command, as JSON and as text: the same words, fit to be read. */
async function refused(argv: readonly string[], deps: RunWorld = {}) {
  const asText = await profile(argv, deps);
  expect(asText.stdout).toBe('');
  const asJson = await profile([...argv, '--json'], deps);
  expect(asJson.code).toBe(asText.code);
  const { error } = JSON.parse(asJson.stdout);
  expectPlainWords(error);
  expect(asText.stderr).toContain(`✗ ${error.message}\n`);
  expect(asText.stderr).toContain(`  To fix: ${error.fix}\n  (${error.code}, exit code ${asText.code})\n`);
  return { ...asText, error };
}

describe('profile add', () => {
  it('writes what was chosen into the user’s file, which nobody else may read', async () => {
    const added = await profile(['add', 'staging', ...at(), '--scope', 'openid email', '--port', '9000', '--strict']);
    expect(added).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Added profile staging in ~/config.yaml\nSign in with: oidc-cli login staging\n',
    });
    expect(await read(userFile)).toBe(
      `profiles:
  staging:
    issuer: https://id.example.com
    clientId: app
    scope: openid email
    redirectUri: http://localhost:9000/callback
    strict: true
`,
    );
  });

  it('removes what a killed write left beside the file, and nothing of anybody else', async () => {
    await profile(['add', 'staging', ...at()]);
    const minutesAgo = new Date(Date.now() - 120_000);
    for (const name of ['config.yaml.123456.oidc-cli-tmp', 'config.yaml.20261130', 'config.yaml.old']) {
      await writeFile(join(machine.home, name), 'half');
      await utimes(join(machine.home, name), minutesAgo, minutesAgo);
    }
    await writeFile(join(machine.home, 'config.yaml.654321.oidc-cli-tmp'), 'of a write under way');
    expect((await profile(['add', 'production', ...at()])).code).toBe(0);
    expect((await readdir(machine.home)).filter((name) => name.startsWith('config.yaml.')).sort()).toEqual([
      'config.yaml.20261130',
      'config.yaml.654321.oidc-cli-tmp',
      'config.yaml.old',
    ]);
  });

  it('says with --json what it did, and keeps talk off stdout', async () => {
    const added = await profile(['add', 'staging', ...at(), '--default', '--json']);
    expect(JSON.parse(added.stdout)).toEqual({
      schemaVersion: 1,
      profile: 'staging',
      file: '~/config.yaml',
      replaced: false,
      default: true,
      warnings: [],
    });
    expect(await read(userFile)).toMatch(/^default: staging\n/);
  });

  it('keeps a secret from stdin in the session store, and in no file', async () => {
    const added = await profile(['add', 'staging', ...at(), '--client-secret-stdin'], { stdin: 'hunter2-secret\n' });
    expect(added.code).toBe(0);
    expect(added.stderr).toContain('The client secret is in the session store.\n');
    expect(await read(userFile)).toContain('    clientSecretStored: true\n');
    expect(await everyFile(machine.home)).not.toContain('hunter2-secret');
    const { stdout, stderr } = await profile(['show', 'staging']);
    expect(stdout).toMatch(/\nclientSecret +in the session store +user file \(~\/config\.yaml:5\)\n/);
    expect(added.stdout + added.stderr + stdout + stderr).not.toContain('hunter2');
  });

  it('does the same with a secret on the command line, and warns', async () => {
    const added = await profile(['add', 'staging', ...at(), '--client-secret', 'hunter2-secret', '--json']);
    expect(added.code).toBe(0);
    expect(JSON.parse(added.stdout).warnings[0]).toMatch(/visible to other users/);
    expect(added.stdout + added.stderr).not.toContain('hunter2');
    expect(await everyFile(machine.home)).not.toContain('hunter2-secret');
  });

  it('writes a variable and a file as such', async () => {
    await profile(['add', 'one', ...at(), '--client-secret-env', 'MY_SECRET']);
    await profile(['add', 'two', ...at(), '--client-secret-file', 'secret.txt']);
    expect(await read(userFile)).toContain('    clientSecret: ${MY_SECRET}\n');
    expect(await read(userFile)).toContain(`    clientSecretFile: ${join(project, 'secret.txt')}\n`);
  });

  it('asks for no secret and keeps none for a profile that cannot be written', async () => {
    const deps = { stdin: 'hunter2-secret' };
    const { error } = await refused(['add', 'a b', ...at(), '--client-secret-stdin'], deps);
    expect(error).toMatchObject({ code: 'config_value_invalid', message: 'profile: "a b" cannot be used.' });
    await mkdir(userFile);
    const unwritable = await refused(['add', 'staging', ...at(), '--client-secret-stdin'], deps);
    expect(unwritable.error.code).toBe('config_file_unreadable');
    expect(await readdir(machine.home)).toEqual(['config.yaml', 'project']);
  });

  it('keeps no secret where the file cannot be changed without harm', async () => {
    const text = 'profiles:\n  one: &one {clientId: a}\n  two: *one\n';
    await writeFile(userFile, text);
    const argv = ['add', 'one', ...at(), '--client-secret-stdin', '--force'];
    const { error } = await refused(argv, { stdin: 'hunter2-secret' });
    expect(error).toMatchObject({
      code: 'config_file_unreadable',
      message: 'The file "~/config.yaml" cannot be written: its other content would change.',
      fix: 'Change the profile in the file yourself, or replace the aliases (*) in it by what they stand for.',
    });
    expect(await read(userFile)).toBe(text);
    expect(await readdir(machine.home)).not.toContain('sessions.json');
  });

  it('says what the session store has, where that cannot keep the secret, and leaves the file as it was', async () => {
    await mkdir(join(machine.home, 'sessions.json'));
    const argv = ['add', 'staging', ...at(), '--client-secret-stdin'];
    const { code, error } = await refused(argv, { stdin: 'hunter2-secret' });
    expect([code, error.code]).toEqual([9, 'store_failed']);
    expect(error.message).not.toContain('config.yaml');
    expect(await readdir(machine.home)).not.toContain('config.yaml');
  });

  it('of two at once for one name the one that writes the profile keeps its secret', async () => {
    const both = await Promise.all(
      ['first-secret', 'second-secret'].map(async (secret) => {
        const { code } = await machine.run(['profile', 'add', 'it', ...at(), '--client-secret-stdin'], {
          stdin: secret,
        });
        return { code, secret };
      }),
    );
    expect(both.map(({ code }) => code).sort()).toEqual([0, 3]);
    const sessions = createSessions({ dataFolder: machine.home, env: {}, platform: process.platform, clock: Date });
    const saved = await sessions.readClientSecret('it', at()[1] ?? '');
    expect(saved).toBe(both.find(({ code }) => code === 0)?.secret);
  });

  it('says when stdin has no secret', async () => {
    const { error } = await refused(['add', 'staging', ...at(), '--client-secret-stdin'], { stdin: '\n' });
    expect(error).toMatchObject({
      code: 'client_secret_unavailable',
      message: 'The client secret is not available from stdin: it is empty.',
      fix: 'Pipe the secret into the command, or name another source with --client-secret-env NAME or --client-secret-file FILE.',
    });
  });

  it('replaces a profile only with --force, and then whole', async () => {
    await profile(['add', 'staging', ...at(), '--client-secret-stdin', '--scope', 'openid'], { stdin: 'hunter2' });
    const before = await read(userFile);
    const { code, error } = await refused(['add', 'staging', ...at('https://new.example.com')]);
    expect([code, error.code]).toEqual([3, 'profile_exists']);
    expect(error.message).toBe(`The profile "staging" is there already, in ${userFile.replace(machine.home, '~')}.`);
    expect(error.fix).toBe('Choose another name, or replace it with --force.');
    expect(await read(userFile)).toBe(before);

    const replaced = await profile(['add', 'staging', ...at('https://new.example.com'), '--force', '--json']);
    expect(JSON.parse(replaced.stdout)).toMatchObject({ replaced: true });
    expect(await read(userFile)).toBe(
      'profiles:\n  staging:\n    issuer: https://new.example.com\n    clientId: app\n',
    );
    expect(JSON.parse(await read(join(machine.home, 'sessions.json'))).clientSecrets).toEqual([]);
  });

  it('writes oidc-cli.yaml here with --project, and warns of what will be refused in it', async () => {
    const plain = await profile(['add', 'shop', ...at(), '--project', '--client-secret-file', 'private/secret']);
    expect(plain.stderr).toBe('Added profile shop in ~/project/oidc-cli.yaml\nSign in with: oidc-cli login shop\n');
    expect(await read(projectFile)).toContain('    clientSecretFile: ./private/secret\n');
    const { stderr } = await profile(['add', 'evil', ...at(), '--project', '--browser', 'firefox']);
    expect(stderr).toContain(
      "Warning: profiles.evil.browser is refused in a project's file that is not trusted. Pass --trust-project, or add the folder to trustedFolders in ~/config.yaml, if you trust ~/project.\n",
    );
  });

  it('takes the address of a configuration for the issuer, and says so', async () => {
    const pasted = 'https://id.example.com/realms/a/.well-known/openid-configuration';
    const { stderr } = await profile(['add', 'staging', ...at(pasted)]);
    expect(stderr).toContain(
      `Warning: --issuer: ${pasted} is the address of a provider's configuration; its issuer is taken to be https://id.example.com/realms/a\n`,
    );
    expect(await read(userFile)).toContain('    issuer: https://id.example.com/realms/a\n');
  });

  it.each([
    [['--client-id', 'app'], 'config_missing', 'No issuer is given.', 'Give it with --issuer.'],
    [['--issuer', 'https://a.example'], 'config_missing', 'No client id is given.', 'Give it with --client-id.'],
    [
      [...at(), '--client-auth', 'basic'],
      'config_value_invalid',
      '--client-auth: "basic" cannot be used.',
      'Allowed is: one of client_secret_basic, client_secret_post, client_secret_jwt, none.',
    ],
    [
      [...at(), '--client-secret-stdin', '--client-secret-env', 'X'],
      'config_value_invalid',
      '--client-secret-env, --client-secret-stdin: more than one client secret cannot be used.',
      'Allowed is: one of them.',
    ],
  ])('refuses %j', async (flags, code, message, fix) => {
    expect((await refused(['add', 'staging', ...flags])).error).toMatchObject({ code, message, fix });
  });
});

describe('profile list', () => {
  it('says how to begin where there is none', async () => {
    expect(await profile([])).toEqual({
      code: 0,
      stdout: '',
      stderr:
        'No profiles in ~/project/oidc-cli.yaml or ~/config.yaml.\nAdd one with: oidc-cli profile add NAME --issuer URL --client-id ID\n',
    });
  });

  it('lists the profiles of both files, the project’s first', async () => {
    await profile(['add', 'staging', ...at(), '--default']);
    await profile(['add', 'prod', ...at('https://login.example.com', 'prod-app')]);
    await writeFile(projectFile, 'profiles:\n  staging: {clientId: shop}\n  half:\n');
    expect(await profile(['list'])).toEqual({
      code: 0,
      stdout: `PROFILE            ISSUER                     CLIENT ID  FILE
half               not set                    not set    ~/project/oidc-cli.yaml
prod               https://login.example.com  prod-app   ~/config.yaml
staging (default)  https://id.example.com     shop       ~/project/oidc-cli.yaml, ~/config.yaml
`,
      stderr: '',
    });
    const { stdout } = await profile(['list', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      default: 'staging',
      profiles: [
        { name: 'half', issuer: null, clientId: null, files: ['~/project/oidc-cli.yaml'], default: false },
        {
          name: 'prod',
          issuer: 'https://login.example.com',
          clientId: 'prod-app',
          files: ['~/config.yaml'],
          default: false,
        },
        {
          name: 'staging',
          issuer: 'https://id.example.com',
          clientId: 'shop',
          files: ['~/project/oidc-cli.yaml', '~/config.yaml'],
          default: true,
        },
      ],
      searched: ['~/project/oidc-cli.yaml', '~/config.yaml'],
    });
  });

  it('warns of a default that is in neither file', async () => {
    await writeFile(userFile, 'default: gone\n');
    expect((await profile(['list'])).stderr).toContain('Warning: the default profile gone is in neither file.\n');
  });
});

describe('profile show', () => {
  it('says of every value where it comes from', async () => {
    await writeFile(
      userFile,
      'default: it\nprofiles:\n  it:\n    issuer: https://id.example.com\n    clientId: mine\n',
    );
    await writeFile(
      projectFile,
      'profiles:\n  it:\n    clientId: shop\n    clientSecret: ${OIDC_CLI_SHOP}\n    parameters: {audience: api}\n',
    );
    const env = { OIDC_CLI_SCOPE: 'openid email', OIDC_CLI_SHOP: 'hunter2' };
    const shown = await profile(['show', '--timeout', '60', '--param', 'x=1'], { env });
    expect(shown.stderr).toBe('Profile it (the default of the configuration file)\n');
    expect(shown.stdout).toBe(`KEY                  VALUE                           SOURCE
issuer               https://id.example.com          user file (~/config.yaml:4)
clientId             shop                            project file (~/project/oidc-cli.yaml:3)
clientSecret         from $OIDC_CLI_SHOP (set)       project file (~/project/oidc-cli.yaml:4)
scope                openid email                    environment (OIDC_CLI_SCOPE)
redirectUri          http://localhost:8484/callback  default
parameters.audience  api                             project file (~/project/oidc-cli.yaml:5)
parameters.x         1                               flag (--param)
store                file                            environment (OIDC_CLI_STORE)
clockTolerance       30                              default
timeout              60                              flag (--timeout)
strict               false                           default
insecure             false                           default
allowHttp            false                           default
`);
    const { stdout } = await profile(['show', 'it', '--timeout', '60', '--json'], { env });
    const { values, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ schemaVersion: 1, profile: 'it', chosenBy: 'argument', missing: [], warnings: [] });
    expect(values).toMatchObject({
      issuer: { value: 'https://id.example.com', layer: 'user file', where: '~/config.yaml:4' },
      clientId: { value: 'shop', layer: 'project file', where: '~/project/oidc-cli.yaml:3' },
      clientSecret: { value: { kind: 'env', name: 'OIDC_CLI_SHOP', set: true }, layer: 'project file' },
      scope: { value: 'openid email', layer: 'environment', where: 'OIDC_CLI_SCOPE' },
      timeout: { value: 60, layer: 'flag', where: '--timeout' },
      clockTolerance: { value: 30, layer: 'default', where: '' },
    });
    expect(stdout + shown.stdout).not.toContain('hunter2');
  });

  it('never shows a client secret, wherever it stands', async () => {
    const base = 'profiles:\n  it:\n    issuer: https://id.example.com\n    clientId: app\n';
    await writeFile(userFile, `${base}    clientSecret: hunter2\n`);
    const inFile = await profile(['show', 'it']);
    expect(inFile.stdout).toMatch(/\nclientSecret +hidden +user file/);
    expect(inFile.stderr).toContain('The client secret stands in ~/config.yaml:5 for everybody who can read the file');
    const asJson = await profile(['show', 'it', '--json']);
    expect(JSON.parse(asJson.stdout).values.clientSecret.value).toEqual({ kind: 'value' });
    const asFlag = await profile(['show', 'it', '--client-secret', 'hunter2']);
    expect(asFlag.stdout).toMatch(/\nclientSecret +hidden +flag \(--client-secret\)\n/);
    const fromVariable = await profile(['show', 'it'], { env: { OIDC_CLI_CLIENT_SECRET: 'hunter2' } });
    expect(fromVariable.stdout).toContain('from $OIDC_CLI_CLIENT_SECRET (set)');
    const fromFile = await profile(['show', 'it', '--client-secret-file', 'none']);
    expect(fromFile.stdout).toContain('from the file ~/project/none (not there)');
    for (const { stdout, stderr } of [inFile, asJson, asFlag, fromVariable, fromFile]) {
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });

  it('shows what is missing instead of failing', async () => {
    await writeFile(userFile, 'profiles: {it: {issuer: "https://id.example.com"}}\n');
    const { code, stderr } = await profile(['show', 'it']);
    expect(code).toBe(0);
    expect(stderr).toContain('Missing: clientId (--client-id, OIDC_CLI_CLIENT_ID, or clientId in the profile)\n');
    expect(JSON.parse((await profile(['show', 'it', '--json'])).stdout).missing).toEqual(['clientId']);
  });

  it('names the known profiles where the name is not known, and where nothing names one', async () => {
    await profile(['add', 'staging', ...at()]);
    await profile(['add', 'prod', ...at()]);
    const unknown = await refused(['show', 'stagin']);
    expect(unknown.code).toBe(3);
    expect(unknown.error).toMatchObject({
      code: 'profile_unknown',
      message: 'There is no profile "stagin" in ~/project/oidc-cli.yaml or ~/config.yaml.',
      fix: 'Did you mean "staging"? Known: prod, staging. Add it with: oidc-cli profile add stagin --issuer URL --client-id ID',
    });
    const byVariable = await refused(['show'], { env: { OIDC_CLI_PROFILE: 'elsewhere' } });
    expect(byVariable.error.message).toMatch(/ \(named by: OIDC_CLI_PROFILE\)\.$/);
    expect((await refused(['show'])).error).toMatchObject({
      code: 'config_missing',
      message: 'No profile is named, and no default is set.',
      fix: 'Name one of prod, staging, or set OIDC_CLI_PROFILE.',
    });
  });
});

describe('profile remove', () => {
  it('takes the profile, the default that names it, and its secret away, and leaves the rest as it is', async () => {
    await writeFile(userFile, '# mine\nprofiles:\n  # the other\n  prod:\n    clientId: x # kept\n');
    await profile(['add', 'staging', ...at(), '--default', '--client-secret-stdin'], { stdin: 'hunter2' });
    expect(await profile(['remove', 'staging'])).toEqual({
      code: 0,
      stdout: '',
      stderr:
        'Removed profile staging from ~/config.yaml\nIt was the default of that file, which now has none.\nIts client secret is forgotten.\n',
    });
    expect(await read(userFile)).toBe('# mine\nprofiles:\n  # the other\n  prod:\n    clientId: x # kept\n');
    expect(JSON.parse(await read(join(machine.home, 'sessions.json'))).clientSecrets).toEqual([]);
  });

  it('takes it from the project’s file with --project, and says where it still is', async () => {
    await profile(['add', 'it', ...at()]);
    await profile(['add', 'it', ...at(), '--project']);
    const { stdout, stderr } = await profile(['remove', 'it', '--project', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      profile: 'it',
      file: '~/project/oidc-cli.yaml',
      defaultRemoved: false,
      secretForgotten: false,
      elsewhere: '~/config.yaml',
    });
    expect(stderr).toContain('It is still defined in ~/config.yaml:2\n');
  });

  it('leaves the profile where the store cannot forget its secret', async () => {
    await profile(['add', 'staging', ...at(), '--client-secret-stdin'], { stdin: 'hunter2' });
    const before = await read(userFile);
    await rename(join(machine.home, 'sessions.json'), join(machine.home, 'set-aside'));
    await mkdir(join(machine.home, 'sessions.json'));
    const { code, error } = await refused(['remove', 'staging']);
    expect([code, error.code]).toEqual([9, 'store_failed']);
    expect(await read(userFile)).toBe(before);
    await rmdir(join(machine.home, 'sessions.json'));
    await rename(join(machine.home, 'set-aside'), join(machine.home, 'sessions.json'));
    expect((await profile(['remove', 'staging'])).stderr).toContain('Its client secret is forgotten.\n');
  });

  it.each(['remove', 'add --force'])(
    '%s forgets no secret of a profile that is added under the name meanwhile',
    async (command) => {
      const { secrets, keeper: writer, addWithSecret, world: deps } = await slowlyForgetting();
      await addWithSecret('old');
      const flags = { issuer: at()[1], clientId: 'app' };
      const forgetting =
        command === 'remove'
          ? profileRemove({ name: 'it' }, ...deps, writer)
          : profileAdd({ name: 'it', force: true, flags }, ...deps, writer);
      expect(await forgetting).toBe(0);
      await writer.meanwhile;
      expect(await read(userFile)).toContain('clientSecretStored: true\n');
      expect(secrets).toEqual(new Map([['it', 'new']]));
    },
  );

  /** A store in which forgetting takes so long that the profile `it` could be added again, with the secret `new`. */
  async function slowlyForgetting() {
    const nowhere = { isTTY: false, write: () => {} };
    const env = { OIDC_CLI_HOME: machine.home };
    const context = {
      env,
      cwd: project,
      platform: process.platform,
      folders: { config: machine.home, data: machine.home },
      stdin: Object.assign(new PassThrough(), { isTTY: false }),
      stdout: nowhere,
      stderr: nowhere,
      clock: Date,
      signal: new AbortController().signal,
    };
    const deps = [context, await createTerminal(context)] as const;
    const secrets = new Map<string, string>();
    const addWithSecret = (clientSecret: string) =>
      profileAdd(
        { name: 'it', force: true, flags: { issuer: at()[1], clientId: 'app', clientSecret } },
        ...deps,
        writer,
      );
    const writer: SecretWriter & { meanwhile?: Promise<unknown> } = {
      saveClientSecret: async (name, _issuer, secret) => {
        secrets.set(name, secret);
      },
      forgetClientSecret: async (name) => {
        writer.meanwhile = addWithSecret('new');
        await Promise.race([writer.meanwhile, pause(500)]);
        secrets.delete(name);
      },
    };
    return { secrets, keeper: writer, addWithSecret, world: deps };
  }

  it('says what is there where the name is not, and where else it is', async () => {
    await profile(['add', 'staging', ...at()]);
    await profile(['add', 'shop', ...at(), '--project']);
    expect((await refused(['remove', 'stagin'])).error).toMatchObject({
      code: 'profile_unknown',
      message: 'There is no profile "stagin" in ~/config.yaml.',
      fix: 'Did you mean "staging"? Known there: staging.',
    });
    expect((await refused(['remove', 'shop'])).error.fix).toBe(
      'It is in ~/project/oidc-cli.yaml: oidc-cli profile remove shop --project',
    );
  });
});

describe('a mistake in a file names file, line, key, what was found and what is allowed', () => {
  it.each([
    [
      'an unknown key',
      'profiles:\n  it:\n    issuer: https://id.example.com\n    client_id: app\n',
      'line 4, key profiles.it.client_id: found an unknown key.',
      /^Did you mean "clientId"\? Allowed is: issuer, clientId, clientSecret, .+, allowHttp, .*kind\.$/,
    ],
    [
      'a mistyped key at the top',
      'profile:\n  it: {}\n',
      'line 1, key profile: found an unknown key.',
      /^Did you mean "profiles"\? Allowed is: default, trustedFolders, profiles\.$/,
    ],
    [
      'a value that is not allowed',
      'profiles:\n  it:\n    clientAuth: basic\n',
      'line 3, key profiles.it.clientAuth: found "basic".',
      /^Allowed is: one of client_secret_basic, client_secret_post, client_secret_jwt, none\.$/,
    ],
    [
      'a mistake in the YAML',
      'profiles:\n\tit: {}\n',
      'line 2: found a tab as indentation.',
      /^Allowed is: valid YAML\.$/,
    ],
    [
      'a key that is there twice',
      'profiles:\n  it:\n    scope: openid\n    scope: openid email\n',
      'line 4, key profiles.it.scope: found the key for the second time.',
      /^Allowed is: each key once \(the first is on line 3\)\.$/,
    ],
  ])('%s', async (_, text, message, fix) => {
    await writeFile(projectFile, text);
    for (const argv of [['list'], ['show', 'it']]) {
      const { code, error } = await refused(argv);
      expect(code).toBe(3);
      expect(error).toMatchObject({ code: 'config_file_invalid', message: `~/project/oidc-cli.yaml, ${message}` });
      expect(error.fix).toMatch(fix);
    }
  });
});
