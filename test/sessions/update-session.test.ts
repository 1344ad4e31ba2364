import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../support/built-command.js';
import { atEndOfFile } from '../support/end-of-file.js';
import { type Keyring, keyringPresent, keyringWhy, startKeyring } from '../support/keyring.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { smallDisk, smallDisksPresent } from '../support/small-disk.js';

const provider = await startScriptedProvider();
atEndOfFile(() => provider.close());

const AUTOMATED = [
  '--port',
  '0',
  '--no-userinfo',
  '--with',
  'http',
  '--user',
  'alice',
  '--password-env',
  'OIDC_CLI_PW',
];
const LOGIN = ['login', '--issuer', provider.issuer, '--client-id', 'app', '--store', 'keychain', ...AUTOMATED];

test('a store that cannot be written is found before the refresh token is spent', async () => {
  const machine = await createMachine();
  try {
    provider.play({});
    const env = { OIDC_CLI_STORE_KEY: 'a passphrase of the tests', OIDC_CLI_PW: 'alice-password' };
    const login = LOGIN.map((word) => (word === 'keychain' ? 'file' : word));
    expect(await machine.run(login, { env })).toMatchObject({ code: 0 });
    provider.play({});
    chmodSync(join(machine.home, 'store', 'salt'), 0o644);
    const refused = await machine.run(['token', '--refresh'], { env });
    expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining('(store_key_invalid, exit code 9)') });
    expect(provider.requests('/token')).toEqual([]);
  } finally {
    await machine.remove();
  }
});

/** The provider hands out a new refresh token, and meanwhile the keychain ends to take anything. */
describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))(
  'a keychain that takes no refreshed session',
  () => {
    let keyring: Keyring;
    let machine: Machine;
    beforeEach(async () => {
      keyring = await startKeyring();
      machine = await createMachine();
    });
    afterEach(async () => {
      await keyring.stop();
      await machine.remove();
    });

    const environment = (home: string) => ({
      ...keyring.env,
      OIDC_CLI_HOME: home,
      OIDC_CLI_PW: 'alice-password',
      // What newer versions of Node compile would fill the small disk before the refresh.
      NODE_DISABLE_COMPILE_CACHE: '1',
    });
    const breakKeychain = {
      'is locked': () => keyring.lock(),
      'has ended': () => keyring.stop(),
      hangs: () => keyring.pause(),
    } as const;

    test.each(['is locked', 'has ended', 'hangs'] as const)(
      'since it %s: the encrypted file takes it',
      async (what) => {
        const env = environment(machine.home);
        provider.play({});
        const first = await runCommand(LOGIN, env);
        expect(first.code, first.stderr).toBe(0);
        expect(readdirSync(machine.home)).not.toContain('store');
        provider.play({
          token: async (honest) => {
            await breakKeychain[what]();
            return { body: honest };
          },
        });
        const refreshed = await runCommand(['token', '--refresh'], env);
        expect(refreshed, refreshed.stderr).toMatchObject({ code: 0, signal: null });
        expect(keyring.users()).toEqual([]);
        expect(refreshed.stderr).toMatch(/Warning: the session could not be saved .*It is now in the encrypted file\./);
        const [{ store }] = JSON.parse(readFileSync(join(machine.home, 'sessions.json'), 'utf8')).sessions;
        expect(store).toBe('file');
        provider.play({});
        expect(await runCommand(['token'], env)).toMatchObject({ code: 0, stdout: refreshed.stdout });
        // The new refresh token is the one that is spent next.
        expect(await runCommand(['token', '--refresh'], env)).toMatchObject({ code: 0 });
        expect(provider.requests('/token')).toHaveLength(1);
        expect(provider.requests('/token')[0]?.form.get('refresh_token')).toBe(
          [...provider.secrets].filter((secret) => secret.startsWith('rt~')).at(-2),
        );
      },
    );

    test('since it hangs, and the encrypted file does not take it either: the loss is reported in time', async () => {
      const env = environment(machine.home);
      const [rotates, doesNot] = [{}, { refresh_token: undefined }].map((tokens) =>
        provider.play.bind(undefined, {
          token: (honest: Readonly<Record<string, unknown>>) => {
            keyring.pause();
            // In the place of the folder for session files.
            writeFileSync(join(machine.home, 'store'), '');
            return { body: { ...honest, ...tokens } };
          },
        }),
      );
      provider.play({});
      expect(await runCommand(LOGIN, env)).toMatchObject({ code: 0 });
      rotates?.();
      const lost = await runCommand(['token', '--refresh', '--json'], env);
      expect(lost, lost.stderr).toMatchObject({ code: 9, signal: null });
      const { error } = JSON.parse(lost.stdout);
      expect(error).toMatchObject({ code: 'store_timeout', exitCode: 9, facts: { lost: 'refresh token' } });
      expect(error.message).toBe(
        'The keychain did not answer in time. The provider replaced the saved refresh token, and the new one could not be saved anywhere.',
      );
      for (const secret of provider.secrets) expect(lost.stdout + lost.stderr).not.toContain(secret);
      expect(keyring.users()).toEqual([]);

      keyring.resume();
      doesNot?.();
      const same = await runCommand(['token', '--refresh'], env);
      expect(same, same.stderr).toMatchObject({ code: 9, signal: null, stdout: '' });
      expect(same.stderr).toContain('The keychain did not answer in time.');
      expect(same.stderr).not.toContain('refresh token');
    });

    test.runIf(smallDisksPresent)('and a disk that takes none either: the command says that it ends here', async () => {
      const disk = smallDisk();
      try {
        const env = environment(disk.folder);
        provider.play({});
        expect(await runCommand(LOGIN, env)).toMatchObject({ code: 0 });
        provider.play({
          token: (honest) => {
            keyring.lock();
            disk.leave(0);
            return { body: honest };
          },
        });
        const lost = await runCommand(['token', '--refresh'], env);
        expect(lost).toMatchObject({ code: 9, stdout: '' });
        expect(lost.stderr).toContain(
          'The provider replaced the saved refresh token, and the new one could not be saved',
        );
        expect(lost.stderr).toContain(
          `sign in with the encrypted file: oidc-cli login --issuer ${provider.issuer} --client-id app`,
        );
      } finally {
        disk.remove();
      }
    });
  },
);
