import type { ErrorCode, Facts } from '../errors.js';
import { authorization } from './authorization.js';
import { configuration } from './configuration.js';
import type { Entry, Explanation } from './explanation.js';
import { idToken } from './id-token.js';
import { network } from './network.js';
import { sessions } from './sessions.js';
import { tokens } from './tokens.js';

const entries = {
  ...configuration,
  ...network,
  ...authorization,
  ...tokens,
  ...idToken,
  ...sessions,
} satisfies Record<ErrorCode, Entry>;

/** Puts a stable code and what is known of this run into words. Pure: every code has words, and none of them throws. */
export function explain(code: ErrorCode, facts: Facts): Explanation {
  return entries[code](facts);
}
