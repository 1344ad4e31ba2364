import { appendFileSync } from 'node:fs';

/** The variable with the file in which all processes of a run gather what is missing. */
export const LEFT_OUT = 'OIDC_CLI_TEST_LEFT_OUT';

/**
 * Whether a part of the system that some tests need is there. The run says at
 * its end what was not, in one line, and fails where every test has to run
 * (`OIDC_CLI_TEST_REQUIRE_ALL=1`), so that nothing is left out unseen.
 */
export function requirement(name: string, present: boolean, why: string): boolean {
  if (present) return true;
  if (process.env.OIDC_CLI_TEST_REQUIRE_ALL === '1') throw new Error(`${name} is required: ${why}`);
  const file = process.env[LEFT_OUT];
  if (file !== undefined) appendFileSync(file, `${name}\t${why}\n`);
  return false;
}
