import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requirement } from './support/requirement.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oidc-cli-release-'));
  await mkdir(join(folder, 'bin'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that stands first in PATH. */
async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'bin', name), 0o755);
}

const PATH = () => `${join(folder, 'bin')}${delimiter}${process.env.PATH}`;

const hasGit = spawnSync('git', ['--version']).status === 0;

describe.runIf(requirement('git', hasGit, 'apt-get install git'))('npm run pin', () => {
  const DIGEST = `sha256:${'ab'.repeat(32)}`;
  let project: string;
  let commits: Readonly<Record<string, string>>;

  beforeAll(async () => {
    // Real repositories in place of GitHub's; of docker, which does not run here, a fake that knows one digest.
    const actual: Record<string, string> = {};
    for (const name of ['actions/setup-node', 'actions/checkout', 'actions/upload-artifact']) {
      const repository = join(folder, 'github', name);
      await mkdir(repository, { recursive: true });
      const git = (...words: string[]) =>
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], {
          cwd: repository,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
      git('init', '--quiet');
      git('commit', '--quiet', '--allow-empty', '--message', name);
      // Annotated, as most releases are: the tag has an id of its own, which is not the commit's.
      git('tag', '--annotate', '--message', 'release', 'v4');
      actual[name] = git('rev-parse', 'HEAD').trim();
    }
    commits = actual;
  });

  beforeEach(async () => {
    project = await mkdtemp(join(folder, 'project-'));
    await mkdir(join(project, 'docs'));
    for (const file of ['action.yml', 'Dockerfile', 'docs/ci.md']) await cp(join(ROOT, file), join(project, file));
    await program('docker', `[ "$4" = node:24-bookworm-slim ] || exit 1\necho ${DIGEST}`);
  });

  const pin = (...words: string[]) =>
    run(process.execPath, [join(ROOT, 'scripts/pin.js'), ...words], {
      cwd: project,
      env: {
        PATH: PATH(),
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${pathToFileURL(join(folder, 'github')).href}/.insteadOf`,
        GIT_CONFIG_VALUE_0: 'https://github.com/',
      },
    });
  const text = async () =>
    (
      await Promise.all(['action.yml', 'Dockerfile', 'docs/ci.md'].map((file) => readFile(join(project, file), 'utf8')))
    ).join();

  test('says what is not pinned and changes nothing, then pins it, and is content with that', async () => {
    const before = await text();
    await expect(pin('--check')).rejects.toMatchObject({
      code: 1,
      stderr: 'Not pinned to that: action.yml, docs/ci.md, Dockerfile. Run npm run pin.\n',
    });
    expect(await text()).toBe(before);

    await pin();
    const pinned = await text();
    for (const [name, commit] of Object.entries(commits)) expect(pinned).toContain(`uses: ${name}@${commit} # v4\n`);
    expect(pinned.match(/^FROM .*$/gm)).toEqual([
      `FROM node:24-bookworm-slim@${DIGEST} AS build`,
      `FROM node:24-bookworm-slim@${DIGEST}`,
    ]);
    expect((await pin('--check')).stdout).toContain(`actions/checkout@v4 is ${commits['actions/checkout']}`);
    expect(await text()).toBe(pinned);
  });

  test('a pin that its tag no longer stands for is found, and renewed', async () => {
    await pin();
    const pinned = await text();
    const file = join(project, 'action.yml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/@[0-9a-f]{40} # v4/, `@${'0'.repeat(40)} # v4`));
    await expect(pin('--check')).rejects.toMatchObject({ stderr: expect.stringContaining('action.yml') });
    await pin();
    expect(await text()).toBe(pinned);
  });

  test('writes nothing that it did not read: no tag, no digest, no commit without a name', async () => {
    const before = await text();
    await program('docker', 'echo "no such manifest"');
    await expect(pin()).rejects.toMatchObject({ stderr: expect.stringContaining('docker gave no digest for node:24') });
    expect(await readFile(join(project, 'Dockerfile'), 'utf8')).toBe(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
    expect(before).toContain('FROM node:24-bookworm-slim\n');

    const file = join(project, 'action.yml');
    const action = await readFile(join(ROOT, 'action.yml'), 'utf8');
    await writeFile(file, action.replace('setup-node@v4', 'setup-node@v99'));
    await expect(pin()).rejects.toMatchObject({ stderr: expect.stringContaining('has no tag or branch "v99"') });
    await writeFile(file, action.replace('setup-node@v4', `setup-node@${'a'.repeat(40)}`));
    await expect(pin()).rejects.toMatchObject({ stderr: expect.stringContaining('has no tag beside its commit') });
  });
});

describe('a released version for the action', () => {
  let tarball: string;
  let project: string;
  beforeAll(async () => {
    // In place of the registry, where no release of ours is yet: an npm that has one tarball for whatever is asked.
    tarball = join(folder, 'stranger.tgz');
    await writeFile(tarball, 'what the registry has under our name');
    await program('npm', `[ "$1" = pack ] && cp '${tarball}' "$RUNNER_TEMP/x.tgz" && echo '[{"filename":"x.tgz"}]'`);
    project = join(folder, 'released');
    await mkdir(join(project, 'scripts'), { recursive: true });
    await cp(join(ROOT, 'scripts/released-package.js'), join(project, 'scripts/released-package.js'));
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  });

  const fetchRelease = async (version: string, released: object) => {
    const target = await mkdtemp(join(folder, 'target-'));
    await writeFile(join(project, 'released.json'), JSON.stringify(released));
    const words = [join(project, 'scripts/released-package.js'), version, target];
    const env = { PATH: PATH(), RUNNER_TEMP: target };
    const { stdout, stderr, code } = await run(process.execPath, words, { env }).then(
      (done) => ({ ...done, code: 0 }),
      (error) => error as { stdout: string; stderr: string; code: number },
    );
    return { stdout, stderr, code, target, fetched: await readdir(target) };
  };
  const hash = async () =>
    `sha512-${createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64')}`;

  test('is taken with the hash that was released', async () => {
    const { stdout, code, target } = await fetchRelease('0.2.0', { '0.2.0': await hash() });
    expect({ stdout, code }).toEqual({ stdout: `${join(target, 'x.tgz')}\n`, code: 0 });
  });

  test('a package of that name with another content is not run', async () => {
    const { stdout, stderr, code } = await fetchRelease('0.2.0', { '0.2.0': 'sha512-ours' });
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toContain('is not the package that was released: expected sha512-ours, got sha512-');
  });

  test.each([
    '0.1.0',
    'latest',
    'npm:stranger@1',
    'https://example.com/x.tgz',
    '0.2.0 --package=evil',
    'constructor',
    '__proto__',
  ])('%s is refused before the registry is asked', async (version) => {
    const { stdout, stderr, code, fetched } = await fetchRelease(version, { '0.2.0': await hash() });
    expect({ stdout, code, fetched }).toEqual({ stdout: '', code: 1, fetched: [] });
    expect(stderr).toContain('is not a released version that this action knows (0.2.0).');
  });
});
