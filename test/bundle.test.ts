import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from './support/built-command.js';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const BUNDLE = fileURLToPath(new URL('../dist/bundle/', import.meta.url));
const LOADED_FILES = pathToFileURL(fileURLToPath(new URL('programs/loaded-files.mjs', import.meta.url))).href;
const MANIFEST = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The packages whose code is in files of the bundle: the first line of each tells. */
function packagesIn(files: readonly string[]): string[] {
  const firstLines = files.map((file) => /^\/\/ Of oidc-cli, (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '');
  return [...new Set(firstLines.flatMap((line) => line.split(', ')))].filter((name) => name !== '').sort();
}

const bundled = readdirSync(BUNDLE)
  .filter((name) => name.endsWith('.cjs'))
  .map((name) => join(BUNDLE, name));

describe('what a command loads', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'oidc-cli-bundle-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  /** Runs a command; the packages that it loaded with the files of the bundle, and what else of ours it loaded. */
  async function loadedBy(...argv: string[]) {
    const list = join(home, 'loaded-files');
    const { code, stdout, stderr } = await runCommand(argv, {
      OIDC_CLI_HOME: home,
      NODE_OPTIONS: `--import=${LOADED_FILES}`,
      LOADED_FILES: list,
    });
    const files: string[] = JSON.parse(await readFile(list, 'utf8'));
    const bundleFiles = files.filter((file) => file.startsWith(BUNDLE));
    const others = files.filter((file) => !file.startsWith(BUNDLE) && !file.endsWith(join('bin', 'oidc-cli.js')));
    return { code, output: stdout + stderr, packages: packagesIn(bundleFiles), others };
  }

  /** The command line, the folders of a machine, and widths of characters. */
  const ALWAYS = ['commander', 'env-paths', 'get-east-asian-width', 'is-safe-filename'];

  test.each([
    { argv: ['--version'], code: 0 },
    { argv: ['--help'], code: 0 },
    { argv: ['login', '--help'], code: 0 },
    { argv: ['whoami', '--json'], code: 4 },
    { argv: ['whoami', '--al'], code: 2 },
    { argv: ['explain', 'invalid_client'], code: 0 },
  ])('$argv: the command line alone, no zod, no openid-client', async ({ argv, code }) => {
    expect(await loadedBy(...argv)).toMatchObject({ code, packages: ALWAYS, others: [] });
  });

  test('with a file of profiles: yaml and zod as well, and still nothing of the protocol', async () => {
    await writeFile(
      join(home, 'config.yaml'),
      'profiles: { mine: { issuer: https://id.example.com, clientId: app } }\n',
    );
    const loaded = await loadedBy('whoami', 'mine', '--json');
    expect(loaded).toMatchObject({ code: 4, packages: [...ALWAYS, 'yaml', 'zod'].sort(), others: [] });
  });

  test('a sign-in: zod for its flags, openid-client for the protocol, and nothing that only drivers, files and reports need', async () => {
    const { code, packages, others } = await loadedBy(
      ...[
        'login',
        '--issuer',
        'http://127.0.0.1:1',
        '--client-id',
        'app',
        '--store',
        'memory',
        '--port',
        '0',
        '--no-browser',
      ],
    );
    expect(code).toBe(8);
    expect(packages).toEqual(expect.arrayContaining(['zod', 'openid-client', 'oauth4webapi']));
    for (const name of ['yaml', 'tough-cookie', 'node-html-parser', 'prom-client', 'xmlbuilder']) {
      expect(packages).not.toContain(name);
    }
    expect(others).toEqual([]);
  });
});

test('bin calls functions that the bundle has, on the newer Node too', () => {
  // Node 20 has no compile cache, so there nothing else would notice a call of what is not there.
  const bin = readFileSync(fileURLToPath(new URL('../bin/oidc-cli.js', import.meta.url)), 'utf8');
  const context = createRequire(import.meta.url)('../dist/bundle/context.cjs') as Record<string, unknown>;
  const called = [...bin.matchAll(/context\.(\w+)\(/g)].map(([, name = '']) => name);
  expect(called.map((name) => [name, typeof context[name]])).toEqual([
    ['enableCompileCache', 'function'],
    ['processContext', 'function'],
  ]);
});

test('at the start, of src/commands only the flags are loaded', () => {
  const loaded = new Set<string>();
  const add = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    // What only types need is gone from compiled code, and what `import()` names is loaded later.
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) [^;]*?'(\.[^']+)';/gm)) {
      add(join(dirname(file), name));
    }
  };
  add(join(DIST, 'main.js'));
  const commands = [...loaded]
    .map((file) => relative(join(DIST, 'commands'), file))
    .filter((file) => !/^\.\./.test(file));
  const isVerb = (file: string) => file.endsWith(`${sep}command.js`);
  expect(commands.filter((file) => !isVerb(file)).sort()).toEqual(['commands.js', 'flags.js', 'trace-flags.js']);
  expect(commands.filter(isVerb).length).toBeGreaterThan(10);
});

test('what runs is in the bundle, or a package that is installed with it', () => {
  const wanted = bundled.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\brequire(?:\$\d+)?\("([^"]+)"\)|\bimport\("([^"]+)"\)/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    ),
  );
  const bundleFiles = new Set(bundled.map((file) => `./${basename(file)}`));
  const outside = new Set(wanted.filter((name) => !isBuiltin(name) && !bundleFiles.has(name)));
  const installed = Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.peerDependencies });
  // What packages try to load and do without.
  const doneWithout = ['kerberos', 'supports-color'];
  expect([...outside].filter((name) => !installed.includes(name.split('/')[0] ?? '')).sort()).toEqual(doneWithout);
});

test('every file of it can be loaded, also those that tests seldom come to', () => {
  const load = 'for (const file of process.argv.slice(1)) require(file)';
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', load, ...bundled], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('the licence of every package in it comes with it', () => {
  const notices = readFileSync(join(BUNDLE, 'THIRD_PARTY_NOTICES.txt'), 'utf8');
  const parts = notices.split(`\n${'-'.repeat(80)}\n\n`).slice(1);
  const named = parts.map((part) => /^(\S+) [\d.]+\nLicence: \S+\n\n/.exec(part)?.[1] ?? part);
  expect([...new Set(named)].sort()).toEqual(packagesIn(bundled));
  for (const part of parts) expect(part).toMatch(/copyright/i);
  // No path of the machine it was built on.
  expect(notices).not.toContain(sep === '/' ? `${process.cwd()}/` : process.cwd());
});
