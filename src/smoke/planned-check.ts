import type { SecretReference } from '../profiles/profile.js';
import type { CheckContent, Expectations } from './plan.js';

/** A reference to a secret, or a text that is not secret. */
export type PlannedText =
  | { readonly kind: 'text'; readonly value: string }
  | Extract<SecretReference, { readonly kind: 'env' | 'file' | 'stdin' }>;

/** One explicit step on the pages. */
export type PlannedAction =
  | { readonly fill: string; readonly value: PlannedText }
  | { readonly click: string }
  /** A text to wait for, or milliseconds. */
  | { readonly wait: string | number };

/** Keys of a check in the file that mean the same here, with the defaults of the file applied. */
type PlannedValues = {
  readonly [Key in 'command' | 'allowCredentialsTo' | 'redirectUri' | 'timeout' | 'retries']: CheckContent[Key];
};

/**
 * One check as it is to be run: defaults applied, paths absolute, nothing
 * secret in it. Times are seconds.
 */
export interface PlannedCheck extends PlannedValues {
  readonly name: string;
  readonly where: { readonly file: string; readonly line: number };
  /** The name of a profile, or the keys of one. Absent for a connector. */
  readonly profile: CheckContent['profile'];
  /** The absolute path of a Logto connector's JSON. */
  readonly connector: CheckContent['connector'];
  readonly with: NonNullable<CheckContent['with']>;
  readonly user: PlannedText | undefined;
  readonly password: PlannedText | undefined;
  readonly totp: PlannedText | undefined;
  readonly refreshToken: PlannedText | undefined;
  readonly steps: readonly PlannedAction[] | undefined;
  readonly tags: readonly string[];
  /** `discovery` is an absolute path. */
  readonly expect: Expectations;
  /** The plan's file, as far as a profile in it needs it. */
  readonly plan: PlanFile;
  /** Its index in the file's list, from 0. */
  readonly index: number;
}

/** A plan's file. */
export interface PlanFile {
  readonly path: string;
  /** The base of relative paths. */
  readonly folder: string;
  /** The user trusts it with programs, weaker verification and secrets from any source. */
  readonly trusted: boolean;
  /** The line, from 1, of the key at this path, or of the nearest above it. */
  lineOf(path: readonly string[]): number;
}
