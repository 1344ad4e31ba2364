import type { SecretReference } from '../profiles/profile.js';
import type { ProfileValues } from '../profiles/schema.js';
import type { Expectations } from './plan.js';

/** How a check is to get its tokens. */
export type PlannedDriver = 'auto' | 'http' | 'browser' | 'command' | 'refresh' | 'client_credentials';

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

/** One check as it is to be run: defaults applied, paths absolute, nothing secret in it. */
export interface PlannedCheck {
  readonly name: string;
  readonly where: { readonly file: string; readonly line: number };
  /** A profile by its name, or the keys of one. Absent with a connector. */
  readonly profile: string | ProfileValues | undefined;
  /** The absolute path of a Logto connector's JSON. */
  readonly connector: string | undefined;
  readonly with: PlannedDriver;
  readonly command: string | undefined;
  readonly user: PlannedText | undefined;
  readonly password: PlannedText | undefined;
  readonly totp: PlannedText | undefined;
  readonly refreshToken: PlannedText | undefined;
  readonly steps: readonly PlannedAction[] | undefined;
  /** Other hosts that a page may send credentials to. */
  readonly allowCredentialsTo: readonly string[] | undefined;
  readonly redirectUri: string | undefined;
  /** Seconds for one try; absent where neither check nor defaults say. */
  readonly timeout: number | undefined;
  readonly retries: number | undefined;
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
