import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { Verdict } from '../../src/check.js';
import type { DoctorCheck } from '../../src/checks/check-list.js';
import { createMachine, type Finished, type Machine, type RunWorld } from './run.js';
import {
  type Json,
  providerKey,
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from './scripted-provider.js';

/*
 * `doctor --connector` against a scripted provider, one a test file, for
 * mistakes made one at a time in a connector that has none.
 */

/** The good connector's. */
export const SECRET = 'a-Secret-of-32-characters-or-so_';
/** What it takes to know the redirect URIs. */
export const LOGTO = ['--logto-endpoint', 'https://tenant.logto.app', '--connector-id', 'abc123'];

export let machine: Machine;
export let provider: ScriptedProvider;

/** Makes the machine and the provider of a test file's connectors; to be called once, at its top. */
export function examinesConnectors(): void {
  beforeAll(async () => {
    machine = await createMachine();
    provider = await startScriptedProvider();
    // Made here: on a busy machine it takes longer than Logto waits for a key set.
    await providerKey();
  });

  beforeEach(() => provider.play({}));

  afterAll(async () => {
    await provider.close();
    await machine.remove();
  });
}

/** What an honest provider of these endpoints says beside the least. */
export const ANNOUNCED: Json = {
  scopes_supported: ['openid', 'profile', 'email', 'phone', 'offline_access'],
  claims_supported: ['sub', 'name', 'picture', 'email', 'email_verified'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  response_modes_supported: ['query', 'form_post'],
  token_endpoint_auth_signing_alg_values_supported: ['HS256'],
};

/** A connector that has nothing wrong with it. */
export function good(): Json & { idTokenVerificationConfig: Json } {
  return {
    authorizationEndpoint: `${provider.issuer}/authorize`,
    tokenEndpoint: `${provider.issuer}/token`,
    clientId: 'app',
    clientSecret: SECRET,
    scope: 'openid profile email',
    tokenEndpointAuthMethod: 'client_secret_basic',
    idTokenVerificationConfig: {
      jwksUri: `${provider.issuer}/keys`,
      issuer: provider.issuer,
      algorithms: ['RS256'],
      clockTolerance: 5,
    },
  };
}

/** Members of a connector: the good one's verification with other members in idTokenVerificationConfig. */
export function verifying(changes: Json): Json {
  return { idTokenVerificationConfig: { ...good().idTokenVerificationConfig, ...changes } };
}

/** What `doctor --connector --json` writes. */
export interface DoctorDocument {
  readonly connector: string;
  readonly accepted: boolean;
  readonly failed: number;
  readonly warned: number;
  readonly issuer: string | null;
  readonly redirectUris: { readonly signIn: string; readonly linking: string } | null;
  readonly checks: readonly DoctorCheck[];
  readonly error?: { readonly code: string; readonly facts: Json };
}

/** A finished `doctor --json`. */
export interface Examined extends Finished {
  readonly document: DoctorDocument;
  /** What failed and what warned, as `verdict name`. */
  readonly bad: readonly string[];
}

/** A connector, its provider, and the command line. */
export interface Case {
  /** Laid over the good connector; undefined members are left out. */
  readonly config?: Json;
  /** In place of the file's text. */
  readonly text?: string;
  readonly script?: Script | undefined;
  readonly flags?: readonly string[];
  readonly world?: RunWorld;
}

/** Plays a script to the provider, on top of what it announces. */
export function play({ metadata, ...script }: Script = {}): void {
  provider.play({ metadata: { ...ANNOUNCED, ...metadata }, ...script });
}

/** Runs `doctor` on a connector; its secret is nowhere. */
export async function run({ config, text, script, flags = [], world: deps }: Case): Promise<Finished> {
  play(script);
  await writeFile(join(machine.home, 'connector.json'), text ?? JSON.stringify({ ...good(), ...config }, undefined, 2));
  const finished = await machine.run(['doctor', '--connector', 'connector.json', ...flags], deps);
  expect(finished.stdout + finished.stderr).not.toContain(SECRET);
  return finished;
}

/** Runs `doctor --json`, and holds the document against what every one owes its reader. */
export async function examine(given: Case = {}): Promise<Examined> {
  const finished = await run({ ...given, flags: [...(given.flags ?? []), '--json'] });
  const document = JSON.parse(finished.stdout) as DoctorDocument;
  expect(finished.stderr).toBe('');
  const bad = document.checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  expect({ failed: document.failed, warned: document.warned }).toEqual({
    failed: bad.filter(({ verdict }) => verdict === 'fail').length,
    warned: bad.filter(({ verdict }) => verdict === 'warn').length,
  });
  for (const { why, repair, actual } of bad) {
    for (const words of [why, repair, actual]) expect(words).toMatch(/^\S.*\S$/);
    for (const words of [why, repair]) expect(words).not.toMatch(/undefined|\[object|\n| {2}| [.,;]|\.\./);
  }
  return { ...finished, document, bad: bad.map(({ verdict, name }) => `${verdict} ${name}`) };
}

/** The first check of a name. */
export function find({ document }: Examined, name: string, group?: string): DoctorCheck {
  const check = document.checks.find((one) => one.name === name && (group === undefined || one.group === group));
  if (!check) throw new Error(`no check ${name}: ${document.checks.map((one) => one.name).join(', ')}`);
  return check;
}

/** A mistake and what is to be found of it. */
export interface Finding extends Case {
  /** `verdict name`. */
  readonly sees: string;
  readonly path?: string;
  /** In the whole of the check. */
  readonly says?: RegExp;
  /** Exit code; by the verdict unless told. */
  readonly exits?: number;
  /** Other findings that follow from the same mistake. */
  readonly and?: readonly string[];
}

/** Runs one mistake, and sees that it is found, alone, where the good connector has no finding at all. */
export async function expectFinding({ sees, path, says, exits, and = [], ...given }: Finding): Promise<void> {
  const examined = await examine(given);
  expect(examined.bad).toEqual(expect.arrayContaining([sees]));
  expect([...new Set(examined.bad)].sort()).toEqual([sees, ...and].sort());
  const [verdict, ...name] = sees.split(' ');
  const check = examined.document.checks.find(
    (one) =>
      one.verdict === (verdict as Verdict) &&
      one.name === name.join(' ') &&
      (path === undefined || one.path === path) &&
      (says === undefined || says.test(JSON.stringify(one))),
  );
  expect(check, JSON.stringify(examined.document.checks, undefined, 1)).toBeDefined();
  if (path !== undefined) expect(check?.line).toBeGreaterThan(0);
  const fails = examined.bad.some((one) => one.startsWith('fail'));
  expect(examined.code).toBe(exits ?? (fails ? 1 : 0));
}
