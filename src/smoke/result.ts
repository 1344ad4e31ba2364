import type { Check } from '../check.js';
import type { ErrorCode, ExitCode } from '../errors.js';

/** How a check ended. `flaky`: it failed, and passed when it was run again. */
export type CheckVerdict = 'passed' | 'failed' | 'flaky' | 'not run';

/** How a check got its tokens. With the last two nobody signed in, and reports say so. */
export type UsedDriver = 'http' | 'browser' | 'command' | 'refresh' | 'client_credentials';

/** One part of a sign-in and how long it took, in milliseconds. */
export interface PhaseTime {
  readonly phase:
    | 'discovery'
    | 'authorization request'
    | 'sign-in pages'
    | 'token request'
    | 'userinfo'
    | 'expectations';
  readonly ms: number;
}

/** A failure in the words that every command uses. Holds no secret. */
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
  /** Absent when the sign-in succeeded, whatever the expectations say. */
  readonly error?: CheckError;
  /** The step in which `error` came up. */
  readonly failedIn?: PhaseTime['phase'];
  /** What this attempt violated; those of the last one stand in the result's `expectations` too. */
  readonly violated?: readonly Check[];
}

/** Files kept of a failed sign-in, by their paths. */
export interface Evidence {
  readonly screenshot?: string;
  readonly text?: string;
}

/** How one check ended, with all that reports need. */
export interface CheckResult {
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly profile: string;
  /** What `profile` is the name of. Absent: a profile. */
  readonly kind?: 'profile' | 'connector';
  readonly issuer: string;
  /** Absent when it did not come to that. */
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
  /** Of the last attempt that left some. */
  readonly evidence?: Evidence;
  /** When the provider's TLS certificate expires: seconds since the epoch. */
  readonly certificateExpiresAt?: number;
  /** Tells one key set from another: a hash of its public keys. */
  readonly keySet?: string;
  /** Where the check stands: file and line. */
  readonly where: { readonly file: string; readonly line: number };
  /** Which of several runs with `--repeat` this was, from 1. */
  readonly run?: number;
}

/** A whole run, finished or interrupted. */
export interface SmokeRun {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly results: readonly CheckResult[];
  /** `1/4`, where the run was a part of the plan. */
  readonly shard?: string;
  /** Ended by Ctrl-C or the time limit for all before every check had run. */
  readonly ended?: 'interrupted' | 'timed out' | 'failed fast';
  readonly exitCode: ExitCode;
}

/** What reporters are told while a run goes on. */
export type SmokeEvent =
  | { readonly type: 'planned'; readonly checks: number; readonly concurrency: number }
  | { readonly type: 'started'; readonly name: string }
  | { readonly type: 'retried'; readonly name: string; readonly error: CheckError }
  | { readonly type: 'finished'; readonly result: CheckResult };
