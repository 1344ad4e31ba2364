import type { SecretReference } from '../profiles/profile.js';
import type { CheckContent, Expectations } from './plan.js';

/** Where a secret is, or a text that is none. */
export type PlannedText =
  | { readonly kind: 'text'; readonly value: string }
  | Extract<SecretReference, { readonly kind: 'env' | 'file' | 'stdin' }>;

/** One explicit step on the pages. */
export type PlannedAction =
  | { readonly fill: string; readonly value: PlannedText }
  | { readonly click: string }
  /** What is to appear, or milliseconds. */
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
  /** A profile by its name, or the keys of one. Absent with a connector. */
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
  /** The file it is in, as far as a profile in it needs to know. */
  readonly plan: PlanFile;
  /** Its place in the file's list, from 0. */
  readonly index: number;
}

/** A file of checks. */
export interface PlanFile {
  readonly path: string;
  /** Where relative paths begin. */
  readonly folder: string;
  /** The user trusts it with programs, weaker verification and secrets from anywhere. */
  readonly trusted: boolean;
  /** The line, from 1, of the key at this path, or of the nearest above it. */
  lineOf(path: readonly string[]): number;
}
