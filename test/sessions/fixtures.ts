import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { Session } from '../../src/sessions/session-store.js';
import { createSessions, type Sessions } from '../../src/sessions/sessions.js';
import type { SessionsOptions } from '../../src/sessions/sessions-options.js';

/** A time for tests, in milliseconds: noon of 1 May 2030. */
export const NOON = Date.UTC(2030, 4, 1, 12);

/** A whole session; `parts` replace its own. The tokens are as long as real ones. */
export function session(parts: Partial<Session> = {}): Session {
  return {
    version: 1,
    profile: 'staging',
    issuer: 'https://login.example.org',
    clientId: 'app-1',
    clientAuth: 'none',
    redirectUri: 'http://127.0.0.1:8765/callback',
    subject: 'user-1',
    claims: { sub: 'user-1', name: 'Aiko Sato', email: 'aiko@example.org' },
    idToken: `id-token-${'i'.repeat(1_500)}`,
    accessToken: `access-token-${'a'.repeat(1_200)}`,
    tokenType: 'Bearer',
    expiresAt: NOON / 1000 + 3600,
    refreshToken: `refresh-token-${'r'.repeat(300)}`,
    scope: { requested: ['openid', 'offline_access'], granted: ['openid', 'offline_access'] },
    clockTolerance: 30,
    strict: false,
    signedInAt: NOON / 1000,
    ...parts,
  };
}

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, removed after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'oidc-cli-sessions-'));
  folders.push(path);
  return path;
}

/** The keeper of sessions in a folder, as on Linux with no environment, at noon. */
export function writer(dataFolder: string, parts: Partial<SessionsOptions> = {}): Sessions {
  return createSessions({ dataFolder, env: {}, platform: 'linux', clock: { now: () => NOON }, ...parts });
}

/** Everything in a folder's files, names included, as one text. */
export function everythingIn(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .map(
      (entry) => `${entry.name}\n${entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), 'latin1') : ''}`,
    )
    .join('\n');
}

/** A program of `programs/` in a process of its own, which is killed after the test. */
export interface Program {
  readonly child: ChildProcess;
  /** The next line of its stdout; rejects when it ends first. */
  line(): Promise<string>;
  /** How it ended, with all of its stdout that `line` has not taken, and its stderr. */
  ended(): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/** Starts `programs/<name>` on the built modules. */
export function program(name: string, args: readonly string[], env: Record<string, string | undefined> = {}): Program {
  const file = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  let details = () => {};
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    details();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  closed.then(() => details());
  return {
    child,
    async line() {
      while (!stdout.includes('\n')) {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended: ${stderr}`);
        await new Promise<void>((resolve) => {
          details = resolve;
        });
      }
      const end = stdout.indexOf('\n');
      const line = stdout.slice(0, end);
      stdout = stdout.slice(end + 1);
      return line;
    },
    async ended() {
      const [code, signal] = await closed;
      return { code, signal, stdout, stderr };
    },
  };
}

/** Ends a process and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
