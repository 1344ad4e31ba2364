// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '../../src/check.js';
import type { Machine, RunWorld } from './run.js';
import { TEST_USER } from './sign-in-pages.js';

/** One check as the JSON report has it, as far as tests look. */
export interface ReportedCheck {
  readonly name: string;
  readonly verdict: 'passed' | 'failed' | 'flaky' | 'not run';
  readonly way: string | null;
  readonly signedIn: boolean | null;
  readonly subject: string | null;
  readonly issuer: string;
  readonly profile: string;
  readonly run: number | null;
  readonly keySet: string | null;
  readonly certificateExpiresAt: string | null;
  readonly phases: readonly { readonly phase: string; readonly ms: number }[];
  readonly expectations: readonly Check<'met' | 'violated' | 'skipped'>[];
  readonly error: { readonly code: string; readonly message: string; readonly exitCode: number } | null;
  readonly attempts: readonly {
    readonly error: { readonly code: string } | null;
    readonly violated: readonly string[];
  }[];
  readonly evidence: { readonly screenshot: string | null; readonly text: string | null };
  readonly where: { readonly file: string; readonly line: number };
}

/** The JSON report. */
export interface Report {
  readonly exitCode: number;
  readonly ended: string | null;
  readonly shard: string | null;
  readonly counts: Readonly<Record<'passed' | 'flaky' | 'failed' | 'notRun', number>>;
  readonly checks: readonly ReportedCheck[];
}

/** The password of alice, in a variable that any plan may read. */
export const ENV = { OIDC_CLI_ALICE: 'alice-password' };

/** Who signs in where nothing else is said. */
export const ALICE = { user: 'alice', password: '${OIDC_CLI_ALICE}', redirectUri: 'http://localhost:8484/callback' };

/** The test user of the pages in `sign-in-pages.ts`, and the variables of their secrets. */
export const SAM = { user: TEST_USER.username, password: '${OIDC_CLI_SAM}', totp: '${OIDC_CLI_SAM_TOTP}' };
export const SAM_ENV = { OIDC_CLI_SAM: TEST_USER.password, OIDC_CLI_SAM_TOTP: TEST_USER.totp };

/** An inline profile of the built-in provider. */
export function demo(issuer: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { issuer, clientId: 'demo', ...more };
}

/** Writes a plan (YAML takes JSON) and runs it; the report is that of `--json`. */
export async function runPlan(
  machine: Machine,
  checks: readonly Readonly<Record<string, unknown>>[],
  flags: readonly string[] = [],
  deps: RunWorld & { readonly defaults?: Readonly<Record<string, unknown>> } = {},
): Promise<{ readonly code: number; readonly report: Report; readonly stdout: string; readonly stderr: string }> {
  const { defaults = ALICE, ...rest } = deps;
  await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults, checks }, undefined, 2));
  const finished = await machine.run(['smoke', '--json', ...flags], { ...rest, env: { ...ENV, ...deps.env } });
  return { ...finished, report: JSON.parse(finished.stdout) as Report };
}
