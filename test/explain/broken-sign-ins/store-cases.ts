import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokenSignIn, Stage } from './stage.js';

const key = (stage: Stage, letter: string) => ({ OIDC_CLI_STORE_KEY: stage.secret(letter.repeat(64)) });

/** The session cannot be kept, or not be read again. */
export const STORE_CASES: readonly BrokenSignIn[] = [
  {
    name: 'the key of the session file is too short',
    code: 'store_key_invalid',
    exit: 9,
    because: /part of it was copied/,
    run: async (stage) => stage.login((await stage.idp()).issuer, [], { env: { OIDC_CLI_STORE_KEY: 'short' } }),
  },
  {
    name: 'the session was saved with another key',
    code: 'store_key_invalid',
    exit: 9,
    because: /OIDC_CLI_STORE_KEY is not set here, or not to the key/,
    run: async (stage) => {
      const { issuer } = await stage.scripted();
      await stage.login(issuer, [], { env: key(stage, 'a') });
      return stage.login(issuer, [], { env: key(stage, 'b') });
    },
  },
  {
    name: 'the session file was damaged after the sign-in',
    code: 'store_corrupt',
    exit: 9,
    because: /edited, or cut off/,
    run: async (stage) => {
      const { issuer } = await stage.scripted();
      await stage.login(issuer);
      const folder = join(stage.machine.home, 'store');
      const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
      for (const name of files) await writeFile(join(folder, name), 'not a session');
      return stage.run(['whoami']);
    },
  },
  {
    name: 'the folder of the sessions is a file',
    code: 'store_failed',
    exit: 9,
    because: /A file stands where the folder should be/,
    run: async (stage) => {
      await writeFile(join(stage.machine.home, 'store'), '');
      return stage.login((await stage.idp()).issuer);
    },
  },
  {
    name: 'there is no keychain',
    code: 'store_unavailable',
    exit: 9,
    because: /no keychain service here/,
    run: async (stage) =>
      stage.login((await stage.idp()).issuer, ['--store', 'keychain'], {
        env: { OIDC_CLI_STORE: undefined, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
      }),
  },
];
