import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { browserList, parseCommandLine } from '../../src/browser/command-line.js';
import { browserLikelyPresent, openBrowser } from '../../src/browser/open-browser.js';

const URL_WITH_EVERYTHING = `https://provider.example/auth?a=1&b=it's+"quoted"&c=$(touch x);%20\`id\`&d=%s%%#e`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oidc-cli-browser-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that writes down its arguments, as a browser takes a URL, and then does as told. */
function browser(name: string, then = ''): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  const note = `require('fs').writeFileSync(__filename + '.args', JSON.stringify(process.argv.slice(2)));`;
  writeFileSync(file, `#!${process.execPath}\n${note}\n${then}\n`);
  chmodSync(file, 0o755);
  return file;
}

function argumentsOf(file: string): unknown {
  return JSON.parse(readFileSync(`${file}.args`, 'utf8'));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(10);
}

const env = { PATH: process.env.PATH };
/** With time for a program to end, however slow the machine is. */
const linux = { env, platform: 'linux' as const, earlyExitMs: 60_000 };

describe.runIf(process.platform !== 'win32')('--browser', () => {
  test('is given the URL as its last argument, untouched by any shell', async () => {
    const file = browser('browser');
    const outcome = await openBrowser(URL_WITH_EVERYTHING, {
      ...linux,
      command: `${file} --new-window -P "my profile"`,
    });
    expect(outcome).toEqual({ opened: true, by: file });
    expect(argumentsOf(file)).toEqual(['--new-window', '-P', 'my profile', URL_WITH_EVERYTHING]);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  test('may have a path with spaces, quoted or not', async () => {
    const file = browser('My Browser/the browser');
    for (const command of [`"${file}"`, `'${file}'`, file.replaceAll(' ', '\\ '), file]) {
      rmSync(`${file}.args`, { force: true });
      expect(await openBrowser('https://provider.example/', { ...linux, command })).toEqual({ opened: true, by: file });
      expect(argumentsOf(file)).toEqual(['https://provider.example/']);
    }
  });

  test('may be explorer.exe, which ends with exit code 1 when it has opened the URL', async () => {
    const file = browser('explorer.exe', 'process.exitCode = 1;');
    expect(await openBrowser('https://provider.example/', { ...linux, command: file })).toEqual({
      opened: true,
      by: file,
    });
  });

  test('may say where the URL goes', async () => {
    const file = browser('browser');
    await openBrowser(URL_WITH_EVERYTHING, { ...linux, command: `${file} --app=%s --zoom 100%%` });
    expect(argumentsOf(file)).toEqual([`--app=${URL_WITH_EVERYTHING}`, '--zoom', '100%']);
  });

  test('comes before BROWSER', async () => {
    const [mine, other] = [browser('mine'), browser('other')];
    await openBrowser('https://provider.example/', { ...linux, command: mine, env: { ...env, BROWSER: other } });
    expect([existsSync(`${mine}.args`), existsSync(`${other}.args`)]).toEqual([true, false]);
  });

  test('sees the environment of this run', async () => {
    const file = browser('browser', `process.exit(process.env.MARK === 'here' ? 0 : 1)`);
    const outcome = await openBrowser('https://provider.example/', {
      ...linux,
      command: file,
      env: { ...env, MARK: 'here' },
    });
    expect(outcome.opened).toBe(true);
  });

  test.each([
    ['/nowhere/browser', '/nowhere/browser was not found'],
    ['no-such-browser-anywhere --flag', 'no-such-browser-anywhere was not found'],
    ['"unclosed', 'a quote is not closed in: "unclosed'],
    ['', 'the browser command is empty'],
    ['   ', 'the browser command is empty'],
  ])('%j is told to have failed', async (command, reason) => {
    expect(await openBrowser('https://provider.example/', { ...linux, command })).toEqual({ opened: false, reason });
  });

  test('a command that may not be run is told to have failed', async () => {
    const file = browser('browser');
    chmodSync(file, 0o644);
    const outcome = await openBrowser('https://provider.example/', { ...linux, command: file });
    expect(outcome).toEqual({ opened: false, reason: `${file} may not be run` });
  });

  test('a command that ends with an error is told to have failed', async () => {
    const file = browser('browser', 'process.exit(3)');
    const outcome = await openBrowser('https://provider.example/', { ...linux, command: file });
    expect(outcome).toEqual({ opened: false, reason: `${file} ended with exit code 3` });
  });

  test('a command that is killed is told to have failed', async () => {
    const file = browser('browser', `process.kill(process.pid, 'SIGKILL')`);
    const outcome = await openBrowser('https://provider.example/', { ...linux, command: file });
    expect(outcome).toEqual({ opened: false, reason: `${file} was ended by SIGKILL` });
  });

  test('a command that stays, as a browser does, is opened, and lives on in a group of its own', async () => {
    const pid = join(folder, 'pid');
    const stay = `require('fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); setTimeout(() => {}, 20_000);`;
    const file = browser('browser', stay);
    const opening = openBrowser('https://provider.example/', { ...linux, command: file, earlyExitMs: 100 });
    expect(await opening).toEqual({ opened: true, by: file });
    await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '');
    const group = -Number(readFileSync(pid, 'utf8'));
    process.kill(group, 'SIGKILL'); // fails unless it leads a group
    await until(() => {
      try {
        process.kill(group, 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  test('an interruption ends the wait at once', async () => {
    const pid = join(folder, 'pid');
    const stay = `require('fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); setTimeout(() => {}, 20_000);`;
    const controller = new AbortController();
    const opening = openBrowser('https://provider.example/', {
      ...linux,
      command: browser('browser', stay),
      signal: controller.signal,
    });
    opening.catch(() => {});
    await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '');
    controller.abort();
    await expect(opening).rejects.toBe(controller.signal.reason);
    process.kill(-Number(readFileSync(pid, 'utf8')), 'SIGKILL');
  });
});

describe.runIf(process.platform !== 'win32')('BROWSER', () => {
  const open = (BROWSER: string) =>
    openBrowser('https://provider.example/?a=1&b=2', { ...linux, env: { ...env, BROWSER } });

  test('may have arguments', async () => {
    const file = browser('browser');
    expect(await open(`${file} --private`)).toEqual({ opened: true, by: file });
    expect(argumentsOf(file)).toEqual(['--private', 'https://provider.example/?a=1&b=2']);
  });

  test('may be a list: the first that works is taken', async () => {
    const [broken, good, unused] = [browser('broken', 'process.exit(1)'), browser('good'), browser('unused')];
    expect(await open(`/nowhere/at-all:${broken}:${good} --url=%s:${unused}`)).toEqual({ opened: true, by: good });
    expect(argumentsOf(good)).toEqual(['--url=https://provider.example/?a=1&b=2']);
    expect(existsSync(`${unused}.args`)).toBe(false);
  });

  test('none that works: the last one says why', async () => {
    const broken = browser('broken', 'process.exit(1)');
    expect(await open(`/nowhere/at-all:${broken}`)).toEqual({
      opened: false,
      reason: `${broken} ended with exit code 1`,
    });
    expect(await open('::')).toEqual({ opened: false, reason: 'BROWSER names no command' });
  });

  test('is found on the PATH of this run', async () => {
    const file = browser('my-browser');
    const PATH = `${folder}${delimiter}${process.env.PATH}`;
    const outcome = await openBrowser('https://provider.example/', { ...linux, env: { PATH, BROWSER: 'my-browser' } });
    expect([outcome, existsSync(`${file}.args`)]).toEqual([{ opened: true, by: 'my-browser' }, true]);
  });
});

describe("the system's own way", () => {
  test('is not tried without a display', async () => {
    const reason = 'there is no display here';
    expect(await openBrowser('https://provider.example/', { ...linux, env: {} })).toEqual({ opened: false, reason });
  });

  test.each(['darwin', 'win32'] as const)('is not tried on %s from afar', async (platform) => {
    const outcome = await openBrowser('https://provider.example/', { env: { SSH_CONNECTION: '1 2 3 4' }, platform });
    expect(outcome).toEqual({ opened: false, reason: 'this is a remote session (ssh)' });
  });

  test.runIf(process.platform === 'linux')('opens the URL with a display, and tells when that fails', async () => {
    // xdg-open, which the library brings along, asks the environment of the process for the browser.
    const file = browser('browser', `process.exit(process.env.FAIL ? 1 : 0)`);
    vi.stubEnv('BROWSER', file);
    const options = { ...linux, env: { ...env, DISPLAY: ':99' } };
    const url = 'https://provider.example/auth?a=1&b=it%27s';
    expect(await openBrowser(url, options)).toEqual({ opened: true, by: 'the default browser' });
    expect(argumentsOf(file)).toEqual([url]);
    vi.stubEnv('FAIL', '1');
    expect(await openBrowser(url, options)).toEqual({
      opened: false,
      reason: expect.stringMatching(/^the default browser ended with exit code \d+$/),
    });
  });
});

test.each(['file:///etc/passwd', 'javascript:alert(1)', '-flag', 'calculator:', 'https://', ''])(
  '%j is no address for a browser',
  async (url) => {
    const outcome = await openBrowser(url, { ...linux, command: '/nowhere' });
    expect(outcome).toEqual({ opened: false, reason: 'only http and https addresses are opened' });
  },
);

test('an interruption before the beginning starts nothing', async () => {
  const file = browser('browser');
  const opening = openBrowser('https://provider.example/', { ...linux, command: file, signal: AbortSignal.abort() });
  await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  expect(existsSync(`${file}.args`)).toBe(false);
});

test.each([
  [{ DISPLAY: ':0' }, 'linux', true],
  [{ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
  [{ WSL_DISTRO_NAME: 'Debian' }, 'linux', true],
  [{}, 'linux', false],
  [{ BROWSER: 'lynx' }, 'linux', true],
  [{ DISPLAY: ':0', CI: 'true' }, 'linux', false],
  [{}, 'darwin', true],
  [{ SSH_TTY: '/dev/pts/1' }, 'darwin', false],
  [{}, 'win32', true],
  [{ CI: '1' }, 'win32', false],
] as const)('with %j on %s a browser is likely: %s', (given, platform, likely) => {
  expect(browserLikelyPresent(given, platform)).toBe(likely);
});

test.each([
  ['a b  c', ['a', 'b', 'c']],
  [' a\tb\n', ['a', 'b']],
  [`'a b' "c d"`, ['a b', 'c d']],
  [`a'b'"c"d`, ['abcd']],
  [`"a 'b' c" 'd "e"'`, ["a 'b' c", 'd "e"']],
  ['a\\ b \\"c', ['a b', '"c']],
  ['"a \\" \\\\ \\n" \'\\\'', ['a " \\ \\n', '\\']],
  [`'' ""`, ['', '']],
  ['$HOME `id` $(id) | & ; *', ['$HOME', '`id`', '$(id)', '|', '&', ';', '*']],
  ['end\\', ['end\\']],
  ['"open', undefined],
  ["it's", undefined],
  ['', []],
])('the words of %j', (command, words) => {
  expect(parseCommandLine(command, 'linux')).toEqual(words);
});

test('on Windows the backslash parts folders, and only double quotes quote', () => {
  expect(parseCommandLine(`"C:\\Program Files\\A B\\b.exe" -p it's C:\\x`, 'win32')).toEqual([
    'C:\\Program Files\\A B\\b.exe',
    '-p',
    "it's",
    'C:\\x',
  ]);
  expect(browserList('C:\\b.exe', 'win32')).toEqual(['C:\\b.exe']);
});

test.each([
  ['a:b -x:c', ['a', 'b -x', 'c']],
  [`"a:b" -x:'c:d'`, ['"a:b" -x', "'c:d'"]],
  ['a\\:b', ['a\\:b']],
  [': :a:', ['a']],
  ['a\\', ['a\\']],
])('the commands of BROWSER=%s', (variable, commands) => {
  expect(browserList(variable, 'linux')).toEqual(commands);
});
