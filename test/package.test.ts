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
        'dist/bundle/packages.json',
        'docs/errors.md',
        'package.json',
        'schema/oidc-cli.schema.json',
      ]),
    );
  });

  test('holds nothing else: no sources, tests, scripts or settings', () => {
    const rest = paths.filter(
      (path) =>
        !/^(bin|dist\/bundle|docs|schema)\/|^(CONTRIBUTING\.md|LICENSE|README\.md|SECURITY\.md|package\.json)$/.test(
          path,
        ),
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

describe('its dependencies', () => {
  const manifest = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const bundled = JSON.parse(read('dist/bundle/packages.json')) as { name: string; version: string }[];
  const versions = new Map(bundled.map(({ name, version }) => [name, version]));

  test('what runs from the bundle is not installed a second time, but for what was asked for, at that version', () => {
    const twice = Object.entries(manifest.dependencies).filter(([name]) => versions.has(name));
    expect(twice).toEqual(['chalk', 'commander', 'openid-client'].map((name) => [name, versions.get(name)]));
  });

  test('docs/dependencies.md names each package that is installed, and where it runs from', () => {
    const rows = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| (the bundle|its own folder) \| /gm)];
    const expected = Object.keys(manifest.dependencies).map((name) => [
      name,
      versions.has(name) ? 'the bundle' : 'its own folder',
    ]);
    expect(rows.map(([, name, place]) => [name, place])).toEqual(expected);
  });

  test('the SBOM lists what is installed and what is in the bundle, with hash and licence', () => {
    const output = execFileSync(process.execPath, ['scripts/write-sbom.js'], { cwd: ROOT, encoding: 'utf8' });
    const { components, dependencies, metadata } = JSON.parse(output);
    expect(metadata.component.name).toBe('oidc-cli');
    type Component = {
      name: string;
      version: string;
      properties: { name: string }[];
      hashes: unknown[];
      licenses: unknown[];
    };
    const marked = (components as Component[]).filter((one) =>
      one.properties.some(({ name }) => name === 'oidc-cli:in-bundle'),
    );
    const key = ({ name, version }: { name: string; version: string }) => `${name}@${version}`;
    expect(marked.map(key).sort()).toEqual(bundled.map(key).sort());
    for (const { name, hashes, licenses } of marked) expect([hashes?.length, licenses?.length], name).toEqual([1, 1]);
    const names = (components as Component[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['oidc-provider', 'open', 'openid-client']));
    expect(names.filter((name) => ['vitest', 'rolldown', '@logto/connector-oidc'].includes(name))).toEqual([]);
    const refs = new Set(components.map((one: { 'bom-ref': string }) => one['bom-ref']));
    const root = (dependencies as { ref: string; dependsOn: string[] }[]).find(({ ref }) =>
      ref.startsWith('oidc-cli@'),
    );
    expect(root?.dependsOn).toEqual(expect.arrayContaining(bundled.map(key)));
    expect(
      (dependencies as { dependsOn: string[] }[]).flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref)),
    ).toEqual([]);
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
