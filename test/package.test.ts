import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

describe('the package', () => {
  // Scripts are left out: prepare would build anew under the tests that run the built command.
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    }),
  ) as [{ files: { path: string; mode: number }[] }];
  const paths = packed[0].files.map((file) => file.path);

  test('holds what runs, what editors read and what people read', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'bin/oidc-cli.js',
        'bin/package.json',
        'dist/bundle/THIRD_PARTY_NOTICES.txt',
        'dist/bundle/context.cjs',
        'dist/bundle/main.cjs',
        'docs/errors.md',
        'package.json',
        'schema/oidc-cli.schema.json',
      ]),
    );
  });

  test('holds nothing else: no sources, tests, scripts or settings', () => {
    const rest = paths.filter(
      (path) => !/^(bin|dist\/bundle|docs|schema)\/|^(LICENSE|README\.md|package\.json)$/.test(path),
    );
    expect(rest).toEqual([]);
    expect(paths.filter((path) => /\.(ts|map)$|\.test\./.test(path))).toEqual([]);
  });

  test('has a command that the system can start', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: Record<string, string> };
    expect(bin).toEqual({ 'oidc-cli': 'bin/oidc-cli.js' });
    expect(read('bin/oidc-cli.js')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

test('the lock file names no place that packages come from', () => {
  const lock = read('package-lock.json');
  expect(lock).not.toContain('"resolved"');
  expect(lock.match(/https?:\/\/[^"]*\.tgz/g)).toBeNull();
  expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
});

test('docs/errors.md lists every code as it is', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/write-errors-page.js', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

describe('the README', () => {
  const readme = read('README.md');

  test('lists every exit code', async () => {
    const { EXIT } = await import('../src/errors.js');
    const listed = [...readme.matchAll(/^\| (\d+) \| /gm)].map((row) => Number(row[1]));
    expect(listed).toEqual(Object.values(EXIT));
  });

  test('links to pages that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((link) => link[1] ?? '');
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(() => read(link), link).not.toThrow();
  });
});
