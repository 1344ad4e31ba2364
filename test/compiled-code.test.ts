import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enableCompileCache } from '../src/context.js';
import { runCommand } from './support/built-command.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oidc-cli-compiled-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The folders that Node is told to keep compiled code in. */
function saved(env: Record<string, string>): string[] {
  const folders: string[] = [];
  enableCompileCache(env, (name) => folders.push(name));
  return folders;
}

describe('compiled code is kept for the next run', () => {
  test('in OIDC_CLI_HOME, which is private from the start', () => {
    const home = join(folder, 'home');
    expect(saved({ OIDC_CLI_HOME: home })).toEqual([join(home, 'compiled')]);
    if (process.platform !== 'win32') expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  test('not where others could put theirs in its place', () => {
    if (process.platform === 'win32') return;
    const compiled = join(folder, 'compiled');
    mkdirSync(compiled);
    chmodSync(compiled, 0o777);
    expect(saved({ OIDC_CLI_HOME: folder })).toEqual([]);
  });

  test('not where no folder can be made', async () => {
    await writeFile(join(folder, 'compiled'), '');
    expect(saved({ OIDC_CLI_HOME: folder })).toEqual([]);
  });

  test('by the command where Node can; what is damaged there does no harm', async () => {
    const version = () => runCommand(['--version'], { OIDC_CLI_HOME: folder });
    const first = await version();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length > 0).toBe('enableCompileCache' in module);
    for (const { parentPath, name } of files) await writeFile(join(parentPath, name), 'damaged');
    expect(await version()).toEqual(first);
  });
});
