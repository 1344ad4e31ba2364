/**
 * Whether a part of the system that some tests need is there. Says so on
 * stderr where it is not, and fails where every test has to run
 * (`OIDC_CLI_TEST_REQUIRE_ALL=1`), so that nothing is left out unseen.
 */
export function requirement(name: string, present: boolean, why: string): boolean {
  if (present) return true;
  if (process.env.OIDC_CLI_TEST_REQUIRE_ALL === '1') throw new Error(`${name} is required: ${why}`);
  process.stderr.write(`tests left out, ${name} is missing: ${why}\n`);
  return false;
}
