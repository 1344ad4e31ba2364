import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { OidcCliError } from '../../src/errors.js';
import { atEndOfFile } from '../support/end-of-file.js';

/** A home, a project and a configuration folder of one test, removed after those of its file. */
export function makeWorld(env: Record<string, string> = {}) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'oidc-cli-profiles-')));
  atEndOfFile(() => rmSync(home, { recursive: true, force: true }));
  const cwd = join(home, 'code', 'shop');
  const folders = { config: join(home, 'config'), data: join(home, 'data') };
  mkdirSync(cwd, { recursive: true });
  mkdirSync(folders.config, { recursive: true });
  const write = (path: string, text: string | Buffer) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  return {
    home,
    cwd,
    folders,
    env: { HOME: home, ...env } as Record<string, string | undefined>,
    projectFile: join(cwd, 'oidc-cli.yaml'),
    userFile: join(folders.config, 'config.yaml'),
    project: (text: string | Buffer) => write(join(cwd, 'oidc-cli.yaml'), text),
    user: (text: string | Buffer) => write(join(folders.config, 'config.yaml'), text),
    write: (path: string, text: string) => write(join(home, path), text),
  };
}

export type World = ReturnType<typeof makeWorld>;

/** The error that something ends with: its code and facts. */
export async function failure(work: Promise<unknown>): Promise<{ code: string; facts: Record<string, unknown> }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OidcCliError);
  const { code, facts } = error as OidcCliError;
  return { code, facts: { ...facts } };
}
