import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BIN, startCommand } from '../support/built-command.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine } from '../support/run.js';
import { smallDisk, smallDisksPresent } from '../support/small-disk.js';
import { ALICE, demo, ENV } from '../support/smoke-plan.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'oidc-cli-output-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Runs the built command with its stdout in a file; whatever does not end in time is killed, and has no exit code. */
function run(argv: readonly string[], options: { stdout?: string; cwd?: string; env?: Record<string, string> } = {}) {
  const stdout = openSync(options.stdout ?? '/dev/null', 'w');
  try {
    return spawnSync(process.execPath, [BIN, ...argv], {
      cwd: options.cwd ?? home,
      env: { PATH: process.env.PATH, OIDC_CLI_HOME: home, HOME: home, OIDC_CLI_STORE: 'file', ...ENV, ...options.env },
      stdio: ['ignore', stdout, 'pipe'],
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
  } finally {
    closeSync(stdout);
  }
}

const PLAN = JSON.stringify({
  defaults: ALICE,
  checks: [
    { name: 'it', profile: { issuer: 'http://127.0.0.1:1', clientId: 'x' }, expect: { failure: 'network_refused' } },
  ],
});

describe.runIf(existsSync('/dev/full'))('a stdout that takes nothing', () => {
  test.each([
    [['--help'], 1],
    [['--version'], 1],
    [['profile', 'list'], 1],
    [['smoke', '--json'], 1],
    // A command that has failed says why, on stderr then.
    [['whoami', '--json'], 4],
  ] as const)('oidc-cli %j', (argv, code) => {
    writeFileSync(join(home, 'oidc-smoke.yaml'), PLAN);
    writeFileSync(join(home, 'config.yaml'), 'profiles: {app: {issuer: https://id.example.com, clientId: x}}\n');
    const finished = run(argv, { stdout: '/dev/full' });
    expect(finished.status, finished.stderr).toBe(code);
    expect(finished.stderr).toContain(
      code === 4 ? '(not_signed_in, exit code 4)' : 'The output cannot be written to stdout: the disk is full.',
    );
    expect(finished.stderr).not.toMatch(/^ {4}at |internal/m);
  });

  test('whoami of somebody who is signed in', async () => {
    const { issuer } = await identityProvider();
    const machine = await createMachine(home);
    const login = ['login', '--issuer', issuer, '--client-id', 'demo', '--port', '0'];
    expect(await machine.run(login, { openUrl: aliceSignsIn })).toMatchObject({ code: 0 });
    for (const argv of [['whoami', '--json'], ['whoami'], ['token']]) {
      const finished = run(argv, { stdout: '/dev/full' });
      expect(finished.status, finished.stderr).toBe(1);
      expect(finished.stderr).toContain('The output cannot be written to stdout: the disk is full.');
    }
  });

  test('talk that cannot be written changes nothing', () => {
    const full = openSync('/dev/full', 'w');
    const finished = spawnSync(process.execPath, [BIN, 'whoami'], {
      env: { PATH: process.env.PATH, OIDC_CLI_HOME: home },
      stdio: ['ignore', 'pipe', full],
    });
    closeSync(full);
    expect(finished.status).toBe(4);
  });

  test.each(['junit', 'json', 'tap'])('the %s report to /dev/full', (reporter) => {
    writeFileSync(join(home, 'oidc-smoke.yaml'), PLAN);
    const finished = run(['smoke', '--reporter', `${reporter}=/dev/full`]);
    expect(finished.status).toBe(3);
    expect(finished.stderr).toContain('The report "/dev/full" cannot be written: the disk is full.');
  });
});

test.runIf(smallDisksPresent)('an output that has room for a part of it only', () => {
  const disk = smallDisk();
  try {
    disk.leave(1);
    const finished = run(['login', '--help'], { stdout: join(disk.folder, 'help') });
    expect(finished.status).toBe(1);
    expect(finished.stderr).toContain('(output_unwritable, exit code 1)');
    disk.empty();
    expect(run(['login', '--help'], { stdout: join(disk.folder, 'help') }).status).toBe(0);
    expect(readFileSync(join(disk.folder, 'help'), 'utf8').length).toBeGreaterThan(4096);
  } finally {
    disk.remove();
  }
});

test.runIf(process.platform !== 'win32')('a report into a pipe: one that nothing reads ends the command', () => {
  writeFileSync(join(home, 'oidc-smoke.yaml'), PLAN);
  execFileSync('mkfifo', [join(home, 'pipe')]);
  const unread = run(['smoke', '--reporter', 'tap=pipe']);
  expect(unread.status, unread.stderr).toBe(3);
  expect(unread.stderr).toContain('The report "pipe" cannot be written: no program reads the pipe.');
  // So opened it waits for no writer; the pipe holds more than the report.
  const reader = openSync(join(home, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const read = run(['smoke', '--reporter', 'tap=pipe']);
    expect(read.status, read.stderr).toBe(0);
    expect(readFileSync(reader, 'utf8')).toMatch(/^TAP version 14\n/);
  } finally {
    closeSync(reader);
  }
});

test.runIf(existsSync('/proc/self/fd')).each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a command whose report goes to a pipe in /proc that is not read on',
  async (signal) => {
    // More than a pipe holds.
    const profile = { issuer: 'http://127.0.0.1:1', clientId: 'x' };
    const checks = Array.from({ length: 200 }, (_, number) => ({ name: `${number} ${'x'.repeat(150)}`, profile }));
    const plan = join(home, 'oidc-smoke.yaml');
    writeFileSync(plan, JSON.stringify({ defaults: ALICE, checks }));
    execFileSync('mkfifo', [join(home, 'pipe')]);
    const reader = openSync(join(home, 'pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const report = `junit=/proc/${process.pid}/fd/${reader}`;
      const command = startCommand(['smoke', plan, '--reporter', report], { OIDC_CLI_HOME: home, HOME: home, ...ENV });
      let ended = '';
      command.finished.then(({ stderr }) => {
        ended = stderr || 'it ended';
      });
      await expect.poll(() => ended || readSome(reader), { timeout: 60_000 }).toBe('<');
      command.kill(signal);
      const finished = await command.finished;
      expect(finished.code, finished.stderr).toBe(130);
      expect(finished.stderr).toContain('Interrupted.');
    } finally {
      closeSync(reader);
    }
  },
);

/** The next character of a pipe, or nothing where there is none yet. */
function readSome(pipe: number): string {
  const bytes = Buffer.alloc(1);
  try {
    return bytes.toString('utf8', 0, readSync(pipe, bytes));
  } catch {
    return '';
  }
}

test.runIf(existsSync('/proc/self'))('a folder that cannot be made ends the command', () => {
  writeFileSync(join(home, 'oidc-smoke.yaml'), PLAN);
  const report = run(['smoke', '--reporter', 'junit=/proc/none/deep/junit.xml']);
  expect(report.stderr).toContain('"/proc/none/deep/junit.xml" cannot be written: its folder cannot be made.');
  expect(report.status).toBe(3);
  const login = ['login', '--issuer', 'http://127.0.0.1:1', '--client-id', 'x'];
  expect(run(login, { env: { OIDC_CLI_HOME: '/proc/none/deep' } }).status).toBe(9);
  const trace = run([...login, '--trace-file', '/proc/none/deep/trace.har']);
  expect(trace.status).toBe(3);
});

describe('a link in a cloned folder', () => {
  let outside: string;
  let project: string;
  beforeEach(() => {
    [outside, project] = [join(home, 'outside'), join(home, 'project')];
    for (const folder of [outside, project, join(project, 'out')]) mkdirSync(folder);
    writeFileSync(join(outside, 'precious'), 'precious');
    writeFileSync(join(project, 'oidc-smoke.yaml'), PLAN);
  });

  /** A command that writes a file, with the file's name. */
  const WRITERS: readonly (readonly [name: string, argv: (file: string) => readonly string[]])[] = [
    ['a report', (file) => ['smoke', '--reporter', `junit=${file}`]],
    ['a trace', (file) => ['doctor', 'app', '--trace-file', `${file}.html`]],
    ['a baseline', (file) => ['smoke', 'baseline', '--output', file]],
    ['a first plan', (file) => ['smoke', 'init', 'app', '--output', file, '--force']],
    ['an export', (file) => ['profile', 'export', 'app', '--format', 'logto', '--output', file]],
  ];

  test.each(WRITERS)('does not lead %s out of it', async (_, argv) => {
    const { issuer } = await identityProvider();
    const machine = await createMachine(home);
    writeFileSync(join(home, 'config.yaml'), JSON.stringify({ profiles: { app: demo(issuer) } }));
    const checks = [{ name: 'it', profile: demo(issuer) }];
    writeFileSync(join(project, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
    symlinkSync(outside, join(project, 'reports'));
    for (const name of ['file', 'file.html']) symlinkSync(join(outside, 'precious'), join(project, name));
    symlinkSync('/etc', join(project, 'nowhere'));
    for (const file of ['reports/x', 'reports/sub/x', 'file', join(project, 'reports/x'), 'nowhere/new/x']) {
      const finished = await machine.run(argv(file), { cwd: project, env: ENV });
      expect(finished.code, `${file}: ${finished.stderr}`).toBe(3);
      expect(finished.stderr).toContain('(report_unwritable, exit code 3)');
      expect(finished.stderr).toContain(`a link leads out of ${project}`);
    }
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious');
    expect(existsSync(join(outside, 'sub'))).toBe(false);
    expect(existsSync('/etc/new')).toBe(false);
  });

  test.each([
    ['--evidence', ['smoke', '--evidence']],
    [
      '--keep-evidence',
      ['login', 'app', '--with', 'http', '--user', 'nobody', '--password-env', 'P', '--keep-evidence'],
    ],
  ])('does not lead the pages of %s out of it', async (flag, argv) => {
    const { issuer } = await identityProvider();
    const machine = await createMachine(home);
    writeFileSync(join(home, 'config.yaml'), JSON.stringify({ profiles: { app: demo(issuer) } }));
    const checks = [{ name: 'it', profile: demo(issuer) }];
    const nobody = { ...ALICE, user: 'nobody' };
    writeFileSync(join(project, 'oidc-smoke.yaml'), JSON.stringify({ defaults: nobody, checks }));
    symlinkSync(outside, join(project, 'pages'));
    const before = readdirSync(outside);
    const deps = { cwd: project, env: { ...ENV, P: 'wrong' } };
    for (const folder of ['pages', 'pages/sub', join(project, 'pages')]) {
      const { code, stderr } = await machine.run([...argv, folder], deps);
      expect([code, stderr], folder).toEqual([3, expect.stringContaining('(report_unwritable, exit code 3)')]);
      expect(stderr).toContain(`a link leads out of ${project}`);
      expect(stderr).toContain(`${flag} FOLDER`);
    }
    // The folder of one check is a link as well.
    mkdirSync(join(project, 'mine'));
    symlinkSync(outside, join(project, 'mine', '1-it'));
    const failed = await machine.run([...argv, 'mine'], deps);
    expect(failed.stdout + failed.stderr).toContain('sign_in_rejected');
    expect(readdirSync(outside)).toEqual(before);
    // A link that stays in the folder is followed.
    mkdirSync(join(project, 'there'));
    symlinkSync('there', join(project, 'here'));
    await machine.run([...argv, 'here'], deps);
    expect(readdirSync(join(project, 'there')).length).toBeGreaterThan(0);
  });

  test("does not make the user's file the project's", async () => {
    const machine = await createMachine(home);
    const user = join(home, 'config.yaml');
    const before = 'profiles:\n  own: { issuer: https://id.example, clientId: x }\n';
    writeFileSync(user, before);
    symlinkSync('../config.yaml', join(project, 'oidc-cli.yaml'));
    const other = ['--issuer', 'https://stranger.example', '--client-id', 'x'];
    for (const argv of [
      ['add', 'own', '--project', '--force', '--default', ...other],
      ['remove', 'own', '--project'],
    ]) {
      const { code, stderr } = await machine.run(['profile', ...argv], { cwd: project });
      expect([code, stderr]).toEqual([3, expect.stringContaining(`a link leads out of its folder, to ${user}`)]);
    }
    expect(readFileSync(user, 'utf8')).toBe(before);
    // The advice leads out.
    rmSync(join(project, 'oidc-cli.yaml'));
    expect((await machine.run(['profile', 'add', 'own', '--project', ...other], { cwd: project })).code).toBe(0);
    // The user's own file may be a link.
    renameSync(user, join(home, 'elsewhere'));
    symlinkSync('elsewhere', user);
    expect((await machine.run(['profile', 'remove', 'own'], { cwd: home })).code).toBe(0);
  });

  test('is followed where it stays, and elsewhere where only folders on the way are links', () => {
    symlinkSync(join(project, 'out'), join(project, 'reports'));
    writeFileSync(join(project, 'out/y'), '');
    symlinkSync('out/y', join(project, 'y'));
    symlinkSync(outside, join(home, 'way'));
    for (const file of ['reports/x', 'y', '../way/x']) {
      expect(run(['smoke', '--reporter', `junit=${file}`], { cwd: project }).status, file).toBe(0);
      expect(readFileSync(join(project, file), 'utf8')).toContain('<testsuites');
    }
    symlinkSync(join(home, 'elsewhere'), join(outside, 'link'));
    writeFileSync(join(home, 'elsewhere'), 'precious');
    const finished = run(['smoke', '--reporter', `junit=${join(outside, 'link')}`], { cwd: project });
    expect(finished.status).toBe(3);
    expect(readFileSync(join(home, 'elsewhere'), 'utf8')).toBe('precious');
  });
});
