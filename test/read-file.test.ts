import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityProvider } from './support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from './support/run.js';
import { ALICE, demo, ENV } from './support/smoke-plan.js';

const provider = await identityProvider();

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => machine.remove());

/** What stands in a file's place. Nothing of it may be waited for, or read to its end. */
const IN_ITS_PLACE: Readonly<Record<string, (path: string) => Promise<unknown> | unknown>> = {
  'a pipe that nothing writes to': (path) => execFileSync('mkfifo', [path]),
  'a device without an end': (path) => symlink('/dev/zero', path),
  // It takes no room on the disk.
  'a file of 1 GiB': (path) => writeFile(path, '').then(() => truncate(path, 2 ** 30)),
};

const profile = ['--issuer', provider.issuer, '--client-id', 'demo'];
const plan = (check: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ defaults: ALICE, checks: [{ name: 'it', profile: demo(provider.issuer), ...check }] });

/** A file that a command reads: the command line, and how it ends where the file is none. */
const READ: readonly {
  readonly file: string;
  readonly argv: readonly string[];
  /** Its code, or the words where it shows none. */
  readonly says: string;
  readonly exitCode: number;
  readonly plan?: string;
}[] = [
  { file: 'config.yaml', argv: ['whoami'], says: 'config_file_unreadable', exitCode: 3 },
  { file: 'oidc-smoke.yaml', argv: ['smoke'], says: 'config_file_unreadable', exitCode: 3 },
  { file: 'clients.yaml', argv: ['idp', '--clients', 'clients.yaml'], says: 'config_file_unreadable', exitCode: 3 },
  {
    file: 'secret',
    argv: ['login', ...profile, '--client-secret-file', 'secret'],
    says: 'client_secret_unavailable',
    exitCode: 3,
  },
  { file: 'ca.pem', argv: ['doctor', ...profile, '--ca', 'ca.pem'], says: 'The CA file', exitCode: 1 },
  { file: 'ca.pem', argv: ['login', ...profile, '--ca', 'ca.pem'], says: 'ca_unreadable', exitCode: 3 },
  {
    file: 'connector.json',
    argv: ['doctor', '--connector', 'connector.json'],
    says: 'connector_file_',
    exitCode: 3,
  },
  {
    file: 'baseline.json',
    // A link to a device leaves the folder, and is refused as that where the folder is not trusted.
    argv: ['smoke', '--trust-project'],
    plan: plan({ expect: { discovery: 'baseline.json' } }),
    says: 'smoke_baseline_unreadable',
    exitCode: 1,
  },
];

describe('only regular files of bounded size are read', () => {
  for (const { file, argv, says, exitCode, plan: checks } of READ) {
    test.each(Object.keys(IN_ITS_PLACE))(`${argv[0]} with %s in place of ${file}`, async (what) => {
      if (checks !== undefined) await writeFile(join(machine.home, 'oidc-smoke.yaml'), checks);
      await IN_ITS_PLACE[what]?.(join(machine.home, file));
      const finished = await machine.run(argv, { env: ENV });
      expect(finished.code, finished.stderr).toBe(exitCode);
      expect(finished.stdout + finished.stderr).toContain(says);
    });
  }

  test.each(Object.keys(IN_ITS_PLACE))('a session with %s in place of its file, its key or the list', async (what) => {
    const login = ['login', ...profile, '--port', '0'];
    expect(await machine.run(login, { openUrl: aliceSignsIn })).toMatchObject({ code: 0 });
    const store = join(machine.home, 'store');
    const entry = (await readdir(store)).find((name) => name.endsWith('.json')) ?? '';
    for (const path of [join(store, entry), join(store, 'key'), join(machine.home, 'sessions.json')]) {
      await rm(path);
      await mkdir(dirname(path), { recursive: true });
      await IN_ITS_PLACE[what]?.(path);
      const finished = await machine.run(['whoami']);
      expect(finished.code, finished.stderr).toBe(9);
      expect(finished.stderr).toMatch(/\(store_/);
    }
  });
});
