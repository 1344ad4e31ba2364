import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FinishedProcess, runCommand, startCommand } from '../support/built-command.js';
import { atEndOfFile } from '../support/end-of-file.js';
import { fakeTime, fakeTimePresent, fakeTimeWhy } from '../support/faketime.js';
import { identityProvider } from '../support/identity-provider.js';
import { type Keyring, keyringPresent, keyringWhy, startKeyring } from '../support/keyring.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Finished, type Machine, type RunWorld } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';

/*
 * What a store's error advises is done here, word for word: every command in
 * it is run, in its order, and then somebody must be signed in.
 */

const provider = await startScriptedProvider();
atEndOfFile(() => provider.close());

let machine: Machine;
beforeEach(async () => {
  provider.play({});
  machine = await createMachine();
});
afterEach(() => machine.remove());

/** The commands that an advice names: each begins a clause, and ends with its sentence or its clause. */
function commandsIn(advice: string): string[] {
  const commands = /(?:^|[:(] )((?:oidc-cli|mv|chmod|unset|kill) .*?)(?=\.? \(|\.(?: |$)|\)|, |$)/g;
  return [...advice.matchAll(commands)].map(([, command = '']) => command);
}

/** A command line as a shell reads it. */
function words(command: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

/** Makes a command's timers go off early. */
const HURRIED = new URL('../commands/programs/hurried-timers.mjs', import.meta.url).href;

const STDERR_ADVICE = /To fix: (.*)/;

/** Runs what the advice names, until nothing is wrong any more; at most three errors may follow from one another. */
async function follow(failed: Finished, code: string, deps: RunWorld = {}): Promise<void> {
  expect(failed.code, failed.stderr).toBe(9);
  expect(failed.stderr).toContain(`(${code}, exit code 9)`);
  let [, advice = ''] = STDERR_ADVICE.exec(failed.stderr) ?? [];
  const env = { ...deps.env };
  for (let errors = 0; errors < 3; errors += 1) {
    let next: Finished | undefined;
    expect(commandsIn(advice), advice).not.toEqual([]);
    for (const command of commandsIn(advice)) {
      const [program, ...argv] = words(command);
      if (program === 'unset') env[argv[0] ?? ''] = undefined;
      else if (program !== 'oidc-cli') execFileSync(program ?? '', argv);
      else next = await machine.run([...argv, ...portFor(argv)], { openUrl: followRedirects, ...deps, env });
      if (next && next.code !== 0) break;
    }
    const who = next?.code === 9 ? next : await machine.run(['whoami'], { env });
    if (who.code === 0) return;
    expect(who.code, `${advice}\n${who.stderr}`).toBe(9);
    [, advice = ''] = STDERR_ADVICE.exec(who.stderr) ?? [];
  }
  expect.fail(`it leads nowhere: ${advice}`);
}

/** Tests run side by side: each sign-in takes a free port. */
const portFor = ([verb]: readonly string[]) => (verb === 'login' ? ['--port', '0'] : []);

const login = (env: RunWorld['env'] = {}, ...flags: readonly string[]) =>
  machine.run(['login', '--issuer', provider.issuer, '--client-id', 'app', '--port', '0', ...flags], {
    openUrl: followRedirects,
    env,
  });
const store = () => join(machine.home, 'store');
const index = () => join(machine.home, 'sessions.json');
const sessionFile = () => join(store(), readdirSync(store()).find((name) => name.endsWith('.json')) ?? 'none');
const KEY = { OIDC_CLI_STORE_KEY: 'a'.repeat(64) };

describe('the advice of a store leads out', () => {
  test.each([
    ['a session that was encrypted with a key which is set no more', {}],
    ['one that was encrypted with a different passphrase', { OIDC_CLI_STORE_KEY: 'a passphrase of today' }],
  ])('%s', async (_, env) => {
    await login({ OIDC_CLI_STORE_KEY: Object.keys(env).length > 0 ? 'a passphrase of then' : KEY.OIDC_CLI_STORE_KEY });
    await follow(await login(env), 'store_key_invalid', { env });
  });

  test('the same, where a command that only reads finds it', async () => {
    await login(KEY);
    await follow(await machine.run(['whoami']), 'store_key_invalid');
  });

  test('the same, for a profile that a file knows', async () => {
    const add = ['profile', 'add', 'staging', '--issuer', provider.issuer, '--client-id', 'app', '--default'];
    await machine.run(add);
    await machine.run(['login', 'staging', '--port', '0'], { openUrl: followRedirects, env: KEY });
    const failed = await machine.run(['token']);
    expect(failed.stderr).toContain('oidc-cli login staging');
    await follow(failed, 'store_key_invalid');
  });

  test('a variable with a key that is too short', async () => {
    const env = { OIDC_CLI_STORE_KEY: 'short' };
    await login();
    const failed = await login(env);
    expect(failed.stderr).toContain('openssl rand -base64 32');
    await follow(failed, 'store_key_invalid', { env });
  });

  test.each([0, 5, 33])('a key file of %i bytes', async (bytes) => {
    await login();
    writeFileSync(join(store(), 'key'), Buffer.alloc(bytes));
    await follow(await machine.run(['whoami']), 'store_key_invalid');
    writeFileSync(join(store(), 'key'), Buffer.alloc(bytes));
    rmSync(join(store(), 'key.old'));
    await follow(await login(), 'store_key_invalid');
  });

  test('a key file that others may read', async () => {
    await login();
    chmodSync(join(store(), 'key'), 0o644);
    await follow(await machine.run(['whoami']), 'store_key_invalid');
  });

  test('a key file that was replaced', async () => {
    await login();
    rmSync(join(store(), 'key'));
    await follow(await login(), 'store_key_invalid');
  });

  test.each(['whoami', 'logout', 'token'])('a damaged session, found by %s', async (command) => {
    await login();
    writeFileSync(sessionFile(), '');
    await follow(await machine.run([command]), 'store_corrupt');
  });

  test('a list of sessions, and a session, that a newer version wrote', async () => {
    await login();
    const list = JSON.stringify({ version: 2, accounts: [] });
    writeFileSync(index(), list);
    const failed = await machine.run(['whoami']);
    expect(failed.stderr).toContain(`A newer version of oidc-cli wrote ${index()}`);
    expect(failed.stderr).not.toContain('damaged');
    // What is moved away can be put back.
    const [mv = ''] = commandsIn(STDERR_ADVICE.exec(failed.stderr)?.[1] ?? '');
    execFileSync('sh', ['-c', mv]);
    expect(readFileSync(words(mv)[2] ?? '', 'utf8')).toBe(list);
    renameSync(words(mv)[2] ?? '', index());
    await machine.run(['profile', 'add', 'app', '--issuer', provider.issuer, '--client-id', 'app', '--default']);
    const refused = await machine.run(['login', 'app', '--port', '0']);
    expect(refused.stderr).not.toContain('in your browser');
    await follow(refused, 'store_version_newer');

    for (const name of readdirSync(store()).filter((each) => each.endsWith('.json'))) {
      writeFileSync(join(store(), name), JSON.stringify({ version: 2, what: 'ever' }));
    }
    await follow(await machine.run(['whoami']), 'store_version_newer');
  });

  test.each(['sessions.json', 'store', 'store/key'])(
    'something that is no file or folder in place of %s',
    async (name) => {
      await login();
      await machine.run(['profile', 'add', 'app', '--issuer', provider.issuer, '--client-id', 'app', '--default']);
      const path = join(machine.home, name);
      rmSync(path, { recursive: true });
      if (name === 'store') writeFileSync(path, '');
      else mkdirSync(path);
      await follow(await machine.run(['login', 'app', '--port', '0']), 'store_failed');
    },
  );

  test('a saved client secret that was encrypted with a key which is set no more', async () => {
    const add = ['profile', 'add', 'app', '--issuer', provider.issuer, '--client-id', 'app', '--client-secret-stdin'];
    expect(await machine.run(add, { stdin: 'the-secret', env: KEY })).toMatchObject({ code: 0 });
    const failed = await machine.run(['login', 'app', '--port', '0'], { openUrl: followRedirects });
    await follow(failed, 'store_key_invalid', { stdin: 'the-secret' });
    expect(await machine.run(['login', 'app', '--port', '0'], { openUrl: followRedirects })).toMatchObject({ code: 0 });
  });

  test('a sign-in that was begun with a key which is set no more', async () => {
    const start = ['login', '--issuer', provider.issuer, '--client-id', 'app', '--start', '--json'];
    const begun = await machine.run(start, { env: KEY });
    const [, state = ''] = /[?&]state=([^&"]+)/.exec(begun.stdout) ?? [];
    const failed = await machine.run([
      'login',
      '--callback-url',
      `http://localhost:8484/callback?state=${state}&code=x`,
    ]);
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.stderr).toContain('The unfinished sign-in was encrypted with a different key');
    expect(failed.stderr).toContain('Begin it again with: oidc-cli login --start');
    expect(await machine.run(start)).toMatchObject({ code: 0 });
  });
});

/** Another user than root, who may not read or write what root has made. */
const NOBODY = 65_534;
const canBecomeNobody = process.platform === 'linux' && process.getuid?.() === 0;

test.runIf(requirement('another user', canBecomeNobody, 'only root can become one'))(
  'a folder that belongs to another user: the advice leads to one of this user',
  async () => {
    const own = await createMachine();
    // As root first: what is loaded then need not be readable for the other user.
    expect(await login()).toMatchObject({ code: 0 });
    chownSync(own.home, NOBODY, NOBODY);
    try {
      process.seteuid?.(NOBODY);
      const refused = await login();
      expect(refused.code, refused.stderr).toBe(9);
      expect(refused.stderr).toMatch(
        /permission denied.*belongs to another user.*set OIDC_CLI_HOME to a different one/s,
      );
      const signIn = ['login', '--issuer', provider.issuer, '--client-id', 'app', '--port', '0'];
      expect(await own.run(signIn, { openUrl: followRedirects })).toMatchObject({ code: 0 });
      expect(await own.run(['whoami'])).toMatchObject({ code: 0 });
    } finally {
      process.seteuid?.(0);
      await own.remove();
    }
  },
);

describe.runIf(requirement('libfaketime', fakeTimePresent, fakeTimeWhy))('the advice of a lock leads out', () => {
  /** A command that holds the session while the provider does not answer, and one that has waited long enough for it. */
  async function waitForHolder(): Promise<{
    holder: ReturnType<typeof startCommand>;
    failed: FinishedProcess;
    answer: () => void;
  }> {
    await login({}, '--scope', 'openid offline_access');
    let response = () => {};
    const answered = new Promise<void>((resolve) => {
      response = resolve;
    });
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let requests = 0;
    provider.play({
      token: async (honest) => {
        requests += 1;
        arrive();
        if (requests === 1) await answered;
        return { body: honest };
      },
    });
    const env = { OIDC_CLI_HOME: machine.home, OIDC_CLI_STORE: 'file', HOME: machine.home };
    const holder = startCommand(['token', '--refresh'], env, '');
    await arrived;
    // Its 90 seconds are less than two of ours.
    const failed = await runCommand(['token', '--refresh'], { ...env, ...fakeTime('+0 x60') });
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.stderr).toMatch(/holds .* and did not release it within 90 seconds.*\(store_timeout, exit code 9\)/s);
    return { holder, failed, answer: response };
  }

  test('to end the process that holds it, and to try again', async () => {
    const { holder, failed, answer: response } = await waitForHolder();
    const [command = ''] = commandsIn(STDERR_ADVICE.exec(failed.stderr)?.[1] ?? '');
    expect(command).toBe(`kill -9 ${holder.pid}`);
    const [program = '', ...argv] = words(command);
    execFileSync(program, argv);
    expect(await holder.finished).toMatchObject({ signal: 'SIGKILL' });
    response();
    expect(await machine.run(['token', '--refresh'])).toMatchObject({ code: 0 });
  });

  test('to try again when that process has ended', async () => {
    const { holder, failed, answer: response } = await waitForHolder();
    expect(failed.stderr).toContain('Try again when it has ended');
    response();
    const { stdout } = await holder.finished;
    expect(await machine.run(['token'])).toMatchObject({ code: 0, stdout });
  });
});

describe('doctor examines the provider although the session cannot be opened', () => {
  test('and says what is wrong with it', async () => {
    const { issuer } = await identityProvider();
    await machine.run(
      [
        'login',
        '--issuer',
        issuer,
        '--client-id',
        'demo',
        '--port',
        '0',
        '--with',
        'http',
        '--user',
        'alice',
        '--password-env',
        'PASSWORD',
      ],
      {
        env: { ...KEY, PASSWORD: 'alice-password' },
      },
    );
    const finished = await machine.run(['doctor', '--json']);
    const { checks } = JSON.parse(finished.stdout) as {
      checks: { group: string; name: string; verdict: string; code?: string; repair?: string }[];
    };
    expect(checks.some(({ group, verdict }) => group === 'discovery' && verdict === 'pass')).toBe(true);
    const broken = checks.find(({ name }) => name === 'session file');
    expect(broken).toMatchObject({ verdict: 'fail', code: 'store_key_invalid' });
    expect(broken?.repair).toContain(`oidc-cli login --issuer ${issuer} --client-id demo`);
    expect(finished.code).toBe(1);
  });
});

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('the advice of a keychain leads out', () => {
  let keyring: Keyring;
  beforeEach(async () => {
    keyring = await startKeyring();
  });
  afterEach(() => keyring.stop());

  test.each(['is locked', 'is gone'])('of one that %s', async (what) => {
    const env = { ...keyring.env, OIDC_CLI_HOME: machine.home, OIDC_CLI_PW: 'alice-password' };
    const { issuer } = await identityProvider();
    const automated = ['--port', '0', '--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_PW'];
    const first = ['login', '--issuer', issuer, '--client-id', 'demo', '--store', 'keychain', ...automated];
    const signedIn = await runCommand(first, env);
    expect(signedIn.code, signedIn.stderr).toBe(0);
    if (what === 'is locked') keyring.lock();
    else await keyring.stop();
    const failed = await runCommand(
      ['login', '--issuer', issuer, '--client-id', 'demo', '--store', 'keychain', ...automated],
      env,
    );
    expect(failed.code, failed.stderr).toBe(9);
    expect(failed.stderr).toMatch(/\(store_(locked|unavailable), exit code 9\)/);
    const [command = ''] = commandsIn(STDERR_ADVICE.exec(failed.stderr)?.[1] ?? '').filter((one) =>
      one.startsWith('oidc-cli'),
    );
    expect(command).toMatch(/ --store file$/);
    const again = await runCommand([...words(command).slice(1), ...automated], env);
    expect(again.code, again.stderr).toBe(0);
    expect(await runCommand(['whoami'], env)).toMatchObject({ code: 0 });
  });

  test('of one that falls silent', async () => {
    const env = { ...keyring.env, OIDC_CLI_HOME: machine.home, OIDC_CLI_PW: 'alice-password' };
    const { issuer } = await identityProvider();
    const automated = ['--port', '0', '--with', 'http', '--user', 'alice', '--password-env', 'OIDC_CLI_PW'];
    const first = ['login', '--issuer', issuer, '--client-id', 'demo', '--store', 'keychain', ...automated];
    expect(await runCommand(first, env)).toMatchObject({ code: 0 });
    const bus = join(machine.home, 'bus');
    const mute = createServer((socket) => atEndOfFile(() => void socket.destroy()));
    await new Promise<void>((resolve) => mute.listen(bus, resolve));
    atEndOfFile(() => void mute.close());
    const silent = { ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}` };
    for (const argv of [['whoami'], ['token', '--refresh'], ['logout', '--local']]) {
      const hung = await runCommand(argv, { ...silent, NODE_OPTIONS: `--import=${HURRIED}` });
      expect(hung).toMatchObject({ signal: 'SIGKILL' });
      expect(hung.stderr).toContain('(store_timeout, exit code 9)');
      const [command = ''] = commandsIn(STDERR_ADVICE.exec(hung.stderr)?.[1] ?? '');
      expect(command).toBe(`oidc-cli login --issuer ${issuer} --client-id demo --store file`);
      if (argv[0] !== 'logout') continue;
      const again = await runCommand([...words(command).slice(1), ...automated], silent);
      expect(again.code, again.stderr).toBe(0);
      expect(await runCommand(['whoami'], silent)).toMatchObject({ code: 0 });
    }
  });
});
