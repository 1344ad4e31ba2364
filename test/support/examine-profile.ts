import { expect } from 'vitest';
import type { DoctorCheck } from '../../src/checks/check-list.js';
import type { Finished, Machine, RunWorld } from './run.js';
import type { Json, Script, ScriptedProvider } from './scripted-provider.js';

/*
 * `doctor` on a profile, with a provider that does one thing wrong where it
 * otherwise does nothing wrong.
 */

/** A client secret that must be nowhere. */
export const SECRET = 'a-Secret-of-32-characters-or-so_';

/** What an honest provider says beside the least. */
const ANNOUNCED: Json = {
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  claims_supported: ['sub', 'name', 'email'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  response_modes_supported: ['query', 'form_post'],
};

/** What `doctor --json` writes. */
export interface DoctorDocument {
  readonly profile: string | null;
  readonly issuer: string | null;
  readonly clientId: string | null;
  readonly redirectUri: string | null;
  readonly failed: number;
  readonly warned: number;
  readonly notMade: number;
  readonly finding: DoctorCheck | null;
  readonly checks: readonly DoctorCheck[];
}

/** A finished `doctor --json`. */
export interface Examined extends Finished {
  readonly document: DoctorDocument;
  /** What failed and what warned, as `verdict name`. */
  readonly bad: readonly string[];
  /** The first check of a name. */
  check(name: string): DoctorCheck;
}

/** A browser that is there, and what else makes a machine that has nothing to complain of. */
export const SOUND = { BROWSER: '/bin/true' };

/** Runs `doctor --json`, and holds the document against what every one owes its reader. */
export async function examine(machine: Machine, argv: readonly string[], deps: RunWorld = {}): Promise<Examined> {
  const env = { ...SOUND, ...deps.env };
  const finished = await machine.run(['doctor', ...argv, '--json'], { ...deps, env });
  expect(finished.stdout + finished.stderr).not.toContain(SECRET);
  const document = JSON.parse(finished.stdout) as DoctorDocument;
  const { checks } = document;
  const bad = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const count = (verdict: string) => checks.filter((check) => check.verdict === verdict).length;
  expect([document.failed, document.warned]).toEqual([count('fail'), count('warn')]);
  expect(document.notMade).toBe(checks.filter(({ dependsOn }) => dependsOn !== undefined).length);
  expect(document.finding === null).toBe(document.failed === 0);
  if (document.finding) expect(checks).toContainEqual(document.finding);
  for (const { actual, why, repair, side, verdict } of checks) {
    for (const words of [actual, why, repair])
      expect(words ?? 'x').not.toMatch(/undefined|\[object|NaN|\n| {2}| [.,;]/);
    if (verdict === 'fail' || verdict === 'warn') {
      expect(repair).toMatch(/^\S.*\S$/);
      expect(side).toMatch(/^(configuration|machine|network|provider|registration)$/);
    }
  }
  // A check that needs a failed one names it, and that one failed.
  for (const { dependsOn } of checks) {
    if (dependsOn !== undefined)
      expect(checks).toContainEqual(expect.objectContaining({ name: dependsOn, verdict: 'fail' }));
  }
  return {
    ...finished,
    document,
    bad: bad.map(({ verdict, name }) => `${verdict} ${name}`),
    check: (name) => {
      const check = checks.find((one) => one.name === name);
      if (!check) throw new Error(`no check ${name}: ${checks.map((one) => one.name).join(', ')}`);
      return check;
    },
  };
}

/** The flags for a scripted provider, as a client with a secret, on any free port. */
export function flagsFor({ issuer }: { readonly issuer: string }): string[] {
  return ['--issuer', issuer, '--client-id', 'app', '--client-secret-env', 'APP_SECRET', '--port', '0'];
}

/** Plays a script to a provider, on top of what it announces. */
export function play(provider: ScriptedProvider, { metadata, ...script }: Script = {}): void {
  provider.play({ metadata: { ...ANNOUNCED, ...metadata }, ...script });
}
