import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/context.js';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import type { Session } from '../../src/sessions/session-store.js';
import { createSessions, type SessionEntry, type Sessions } from '../../src/sessions/sessions.js';
import { runCommand, startCommand } from '../support/built-command.js';
import { identityProvider } from '../support/identity-provider.js';
import { type Keyring, keyringPresent, keyringWhy, startKeyring } from '../support/keyring.js';
import { requirement } from '../support/requirement.js';

let provider: IdentityProvider;
let home: string;
/** What happens elsewhere before the provider revokes a token. */
let beforeRevocation = async () => {};

beforeAll(async () => {
  provider = await identityProvider({
    extend: (op) => {
      op.use(async (ctx, next) => {
        if (ctx.path.includes('revocation')) await beforeRevocation();
        await next();
      });
    },
  });
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'oidc-cli-many-'));
});
afterEach(() => {
  beforeRevocation = async () => {};
  rmSync(home, { recursive: true, force: true });
});

function environment(more: Environment = {}): Environment {
  return { ...more, OIDC_CLI_HOME: home, HOME: home, PASSWORD: 'alice-password' };
}

/** Signs alice in as the profile `ci`, without a browser. */
async function signIn(store: string, env: Environment): Promise<void> {
  const { issuer } = provider;
  const client = ['--issuer', issuer, '--client-id', 'demo', '--port', '0', '--scope', 'openid offline_access'];
  const person = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD'];
  const { code, stderr } = await runCommand(['login', 'ci', ...client, ...person, '--store', store], env);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

/** The sessions of this home, as another process has them, and the one that is kept. */
async function otherProcess(): Promise<{ sessions: Sessions; entry: SessionEntry }> {
  const clock = { now: () => Date.now() };
  const sessions = createSessions({ dataFolder: home, env: {}, platform: process.platform, clock });
  const entry = await sessions.find({});
  if (!entry) throw new Error('nobody is signed in');
  return { sessions, entry };
}

/** What a refresh brings, as another process would get it. */
async function refreshed(session: Session): Promise<Session> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'demo',
    refresh_token: session.refreshToken ?? '',
  });
  const response = await fetch(`${provider.issuer}/token`, { method: 'POST', body });
  const tokens = (await response.json()) as Record<'access_token' | 'refresh_token', string>;
  return { ...session, accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
}

describe('commands in several processes at once', () => {
  it('a sign-out waits for a refresh and revokes what that brought', async () => {
    const env = environment({ OIDC_CLI_STORE: 'file' });
    await signIn('file', env);
    const { sessions, entry } = await otherProcess();
    const { finished, newest } = await sessions.exclusively(entry, async () => {
      const session = await sessions.read(entry);
      if (!session) throw new Error('it was saved');
      const newest = await refreshed(session);
      const command = startCommand(['logout', 'ci', '--no-end-session', '--json'], env);
      // Time enough to read the session and sign out: it must do neither yet.
      await Promise.race([command.finished, new Promise((resolve) => setTimeout(resolve, 2_000))]);
      expect(await sessions.read(entry)).toEqual(session);
      await sessions.update(newest, entry);
      return { finished: command.finished, newest };
    });
    expect(await finished).toMatchObject({ code: 0 });
    expect(await provider.provider.RefreshToken.find(newest.refreshToken ?? '')).toBeUndefined();
    expect(await sessions.list()).toEqual([]);
  });
});

describe('a sign-in that another process makes while one is signed out of', () => {
  it('stays, and the output says so', async () => {
    const env = environment({ OIDC_CLI_STORE: 'file' });
    await signIn('file', env);
    const { sessions, entry } = await otherProcess();
    const session = await sessions.read(entry);
    if (!session) throw new Error('it was saved');
    const newer = { ...session, signedInAt: session.signedInAt + 5, accessToken: 'of the newer sign-in' };
    const { store } = await sessions.choose('file');
    let revocations = 0;
    beforeRevocation = async () => {
      if (revocations++ === 0) await sessions.save(newer, store);
    };
    const { code, stdout } = await runCommand(['logout', 'ci', '--no-end-session'], env);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(revocations).toBeGreaterThan(0);
    expect(stdout).toContain('a newer sign-in, made meanwhile, stays on this machine');
    expect(stdout).not.toContain('session forgotten');
    const [left] = await sessions.list();
    expect(left && (await sessions.read(left))).toEqual(newer);
  });
});

describe.runIf(requirement('gnome-keyring', keyringPresent, keyringWhy))('beside a keyring', () => {
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await startKeyring();
  });
  afterAll(() => keyring.stop());

  it('a refresh that waits for its turn finds the session that a sign-in has put into another store', async () => {
    const env = environment(keyring.env);
    await signIn('keychain', env);
    const { sessions, entry } = await otherProcess();
    const { finished } = await sessions.exclusively(entry, async () => {
      const command = startCommand(['token', '--refresh', '--json'], env);
      await command.said('the one last signed in to');
      await signIn('file', env);
      return { finished: command.finished };
    });
    const { code, stdout } = await finished;
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(keyring.search('oidc-cli')).toBe('');
    const [moved] = await sessions.list();
    const now = moved && (await sessions.open(moved));
    expect(now).toMatchObject({ entry: { store: 'file' }, session: { accessToken: JSON.parse(stdout).accessToken } });
    expect(await runCommand(['token', '--refresh'], env)).toMatchObject({ code: 0 });
  });
});
