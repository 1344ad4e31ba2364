import type { Check } from '../check.js';
import type { ErrorCode, ExitCode } from '../errors.js';
import type { Stage } from '../trace/recorder.js';

/** The result of a check. `flaky`: it failed, and passed when it was run again. */
export type CheckVerdict = 'passed' | 'failed' | 'flaky' | 'not run';

/** The driver that got a check's tokens. With the last two no user signed in, and reports state that. */
export type UsedDriver = 'http' | 'browser' | 'command' | 'refresh' | 'client_credentials';

/** One part of a sign-in and how long it took, in milliseconds. */
export interface PhaseTime {
  readonly phase: Stage;
  readonly ms: number;
}

/** A failure as every command explains it. Holds no secret. */
export interface CheckError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
  readonly exitCode: ExitCode;
}

/** One run of a check; a retry is another. */
export interface Attempt {
  /** Milliseconds. */
  readonly durationMs: number;
  /** Absent when the sign-in succeeded, even if expectations are violated. */
  readonly error?: CheckError;
  /** The step of `error`. */
  readonly failedIn?: Stage;
  /** The violations of this attempt; those of the last are in the result's `expectations` too. */
  readonly violated?: readonly Check[];
}

/** The evidence files of a failed sign-in, by their paths. */
export interface Evidence {
  readonly screenshot?: string;
  readonly text?: string;
}

/** The result of one check, with all data for reports. */
export interface CheckResult {
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly profile: string;
  /** The kind of `profile`. Absent: a profile. */
  readonly kind?: 'profile' | 'connector';
  readonly issuer: string;
  /** Absent when the check did not get that far. */
  readonly way?: UsedDriver;
  readonly subject?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds of the last attempt. */
  readonly durationMs: number;
  readonly attempts: readonly Attempt[];
  readonly phases: readonly PhaseTime[];
  /** By the plan's names: `claims.email`, `refresh.rotates`. */
  readonly expectations: readonly Check[];
  /** The evidence of the last attempt that has any. */
  readonly evidence?: Evidence;
  /** The expiry of the provider's TLS certificate: seconds since the epoch. */
  readonly certificateExpiresAt?: number;
  /** Identifies a key set: a hash of its public keys. */
  readonly keySet?: string;
  /** The check's place in the plan: file and line. */
  readonly where: { readonly file: string; readonly line: number };
  /** The number of the run with `--repeat`, from 1. */
  readonly run?: number;
}

/** A whole run, finished or interrupted. */
export interface SmokeRun {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly results: readonly CheckResult[];
  /** `1/4` for a part of the plan. */
  readonly shard?: string;
  /** The reason for an end before every check had run: Ctrl-C, the time limit for all, or too many failures. */
  readonly ended?: 'interrupted' | 'timed out' | 'failed fast';
  readonly exitCode: ExitCode;
}

/** The events of a run for reporters. */
export type SmokeEvent =
  | { readonly type: 'planned'; readonly checks: number; readonly concurrency: number }
  | { readonly type: 'started'; readonly name: string }
  | { readonly type: 'retried'; readonly name: string; readonly error: CheckError }
  | { readonly type: 'finished'; readonly result: CheckResult };
