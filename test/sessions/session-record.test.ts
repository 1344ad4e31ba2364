import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEncryptedFileStore } from '../../src/sessions/encrypted-file.js';
import { createMachine } from '../support/run.js';
import { session } from './fixtures.js';

const ISSUER = 'http://127.0.0.1:1';

/** Members of a session with a value of another type. */
const MISTYPED = {
  ...{ expiresAt: 'tomorrow', refreshToken: 7, scope: 'openid', accessTokens: {}, claims: [], tokenType: null },
  ...{ clientSecret: { kind: 'file' }, endpoints: 'none', signedInAt: 1e300, clockTolerance: '30', issuer: 'nowhere' },
};

test.each(Object.entries(MISTYPED))(
  'a session whose %s is of another type is damaged, and says so',
  async (name, value) => {
    const machine = await createMachine();
    try {
      const whole = session({ issuer: ISSUER });
      const store = createEncryptedFileStore({ dataFolder: machine.home, env: {}, platform: process.platform });
      await store.set('a-key', JSON.stringify({ ...whole, [name]: value }));
      const { profile, clientId, subject } = whole;
      const entry = {
        profile,
        issuer: ISSUER,
        clientId,
        subject,
        store: 'file',
        key: 'a-key',
        signedInAt: 1,
        savedAt: 1,
      };
      const index = {
        version: 1,
        sessions: [{ ...entry, refreshable: true }],
        pending: [],
        clientSecrets: [],
        unsettled: [],
      };
      await writeFile(join(machine.home, 'sessions.json'), JSON.stringify(index));
      for (const argv of [['token'], ['whoami'], ['userinfo'], ['logout']]) {
        const { stdout, stderr } = await machine.run([...argv, '--json']);
        const { error } = JSON.parse(stdout) as { error?: { code: string } };
        expect(['store_corrupt', 'not_signed_in', undefined], `${argv} ${stderr}`).toContain(error?.code);
      }
    } finally {
      await machine.remove();
    }
  },
);
