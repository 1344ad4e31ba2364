import type { ErrorCode } from './errors.js';

/** The result of a check. `skip`: the check was not made, for the reason in `actual`. */
export type Verdict = 'pass' | 'fail' | 'warn' | 'skip';

/** One comparison of a report, with its expected and actual value. Every text is for people and holds no secret. */
export interface Check<V extends string = Verdict> {
  /** Stable. A report may hold several checks of one name, each of a different value. */
  readonly name: string;
  readonly verdict: V;
  readonly expected: string;
  readonly actual: string;
  /** The error code of a sign-in that fails because of this check. */
  readonly code?: ErrorCode;
  /** The distance of a time claim from now in seconds, negative in the past; only where the claim is refused for it. */
  readonly secondsAway?: number;
}
