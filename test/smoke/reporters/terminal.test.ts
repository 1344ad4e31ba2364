import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/smoke/result.js';
import { allPassed, everyVerdict, hostileRun, report } from '../../support/smoke-run.js';

describe('The terminal report', () => {
  test('in a log: a line as each check ends, then what failed, why, and what to change', async () => {
    const { stdout, stderr } = await report(['terminal'], everyVerdict);
    expect(stdout).toMatchInlineSnapshot(`
      "6 checks, 2 at once
      ✓ staging (http, 1.2 s)
      ↻ single page: Nobody signed in within 30 seconds. (login_timeout); run again
      ~ single page (browser, 2.0 s): passed on attempt 2
      ↻ wrong secret: Nobody signed in within 30 seconds. (login_timeout); run again
      ✗ wrong secret (http, 0.9 s): token request: The provider did not accept the client's authentication (client_secret_basic).
      ✗ claims (http, 12.3 s): expectations: claims.role: expected one of admin, owner, found absent; refresh.rotates: expected a new refresh token, found the same
      ✓ kept token (refresh: nobody signed in, 0.1 s)

      ✗ wrong secret (checks/oidc-smoke.yaml:15), in token request
        What happened: The provider did not accept the client's authentication (client_secret_basic).
        Likely causes, most likely first:
          1. The client secret is wrong.
          2. The client id is of another tenant.
        To fix: Check id and secret.
        Screenshot: evidence/wrong-secret.png
        Text of the page: evidence/wrong-secret.txt
        Profile production, https://login.example.com, by http
        Attempt 1 failed: Nobody signed in within 30 seconds.
        (invalid_client, exit code 5)

      ✗ claims (checks/oidc-smoke.yaml:21), in expectations
        Expected claims.role: one of admin, owner
          Found: absent
        Expected refresh.rotates: a new refresh token
          Found: the same
        To fix: Correct what the provider sends, or the check's expectation where what was found is right.
        Not checked: logout: not reached
        Profile staging, https://id.example.com, by http

      Flaky: failed, and passed when run again
        ~ single page, attempt 1: Nobody signed in within 30 seconds.

      Not checked, though expected
        - kept token: claims.sub, claims.email: there is no ID token
        - kept token: logout.returns: no browser of ours signed in

      Not run: others had failed
        - last

      Slowest
        12.3 s  claims (sign-in pages 0.8 s)
         2.0 s  single page (sign-in pages 0.8 s)
         1.2 s  staging (sign-in pages 0.8 s)

      ✗ 6 checks in 14.0 s: 2 passed, 1 flaky, 2 failed, 1 not run (shard 1/4)
        Ended early, as so many had failed.
      "
    `);
    expect(stderr).toBe('');
  });

  test('of a run in which all is well: nothing but the lines and the total', async () => {
    const { stdout } = await report([], allPassed);
    expect(stdout).toMatchInlineSnapshot(`
      "1 check
      ✓ staging (http, 1.2 s)

      ✓ 1 check in 1.3 s: 1 passed
      "
    `);
  });

  test('on a terminal: coloured, with one line of progress that is taken back', async () => {
    const { stdout, stderr } = await report(['terminal'], everyVerdict, { tty: true });
    expect(visible(stdout)).toMatchInlineSnapshot(`
      "\\e[2m6 checks, 2 at once\\e[22m
      \\e[32m✓\\e[39m staging \\e[2m(http, 1.2 s)\\e[22m
      \\e[2m↻ single page: Nobody signed in within 30 seconds. (login_timeout); run again\\e[22m
      \\e[33m~\\e[39m single page \\e[2m(browser, 2.0 s)\\e[22m: passed on attempt 2
      \\e[2m↻ wrong secret: Nobody signed in within 30 seconds. (login_timeout); run again\\e[22m
      \\e[31m✗\\e[39m wrong secret \\e[2m(http, 0.9 s)\\e[22m: token request: The provider did not accept the client's authentication (client_secret_basic).
      \\e[31m✗\\e[39m claims \\e[2m(http, 12.3 s)\\e[22m: expectations: claims.role: expected one of admin, owner, found absent; refresh.rotates: expected a new refresh token, found the same
      \\e[32m✓\\e[39m kept token \\e[2m(refresh: nobody signed in, 0.1 s)\\e[22m

      \\e[31m✗\\e[39m \\e[1mwrong secret\\e[22m (checks/oidc-smoke.yaml:15), in token request
        What happened: The provider did not accept the client's authentication (client_secret_basic).
        Likely causes, most likely first:
          1. The client secret is wrong.
          2. The client id is of another tenant.
        To fix: Check id and secret.
        Screenshot: evidence/wrong-secret.png
        Text of the page: evidence/wrong-secret.txt
        Profile production, https://login.example.com, by http
        Attempt 1 failed: Nobody signed in within 30 seconds.
        (invalid_client, exit code 5)

      \\e[31m✗\\e[39m \\e[1mclaims\\e[22m (checks/oidc-smoke.yaml:21), in expectations
        Expected claims.role: one of admin, owner
          Found: absent
        Expected refresh.rotates: a new refresh token
          Found: the same
        To fix: Correct what the provider sends, or the check's expectation where what was found is right.
        Not checked: logout: not reached
        Profile staging, https://id.example.com, by http

      \\e[1mFlaky: failed, and passed when run again\\e[22m
        ~ single page, attempt 1: Nobody signed in within 30 seconds.

      \\e[1mNot checked, though expected\\e[22m
        - kept token: claims.sub, claims.email: there is no ID token
        - kept token: logout.returns: no browser of ours signed in

      \\e[1mNot run: others had failed\\e[22m
        - last

      \\e[1mSlowest\\e[22m
        12.3 s  claims\\e[2m (sign-in pages 0.8 s)\\e[22m
         2.0 s  single page\\e[2m (sign-in pages 0.8 s)\\e[22m
         1.2 s  staging\\e[2m (sign-in pages 0.8 s)\\e[22m

      \\e[31m✗\\e[39m 6 checks in 14.0 s: 2 passed, 1 flaky, 2 failed, 1 not run (shard 1/4)
        \\e[33mEnded early, as so many had failed.\\e[39m
      "
    `);
    expect(visible(stderr).split('\\r\\e[2K')).toMatchInlineSnapshot(`
      [
        "\\e[2m0 of 6 done\\e[22m",
        "\\e[2m0 of 6 done · running: staging\\e[22m",
        "\\e[2m1 of 6 done\\e[22m",
        "\\e[2m1 of 6 done · running: single page\\e[22m",
        "\\e[2m1 of 6 done · running: single page\\e[22m",
        "\\e[2m2 of 6 done\\e[22m",
        "\\e[2m2 of 6 done · running: wrong secret\\e[22m",
        "\\e[2m2 of 6 done · running: wrong secret\\e[22m",
        "\\e[2m3 of 6 done · 1 failed\\e[22m",
        "\\e[2m3 of 6 done · 1 failed · running: claims\\e[22m",
        "\\e[2m4 of 6 done · 2 failed\\e[22m",
        "\\e[2m4 of 6 done · 2 failed · running: kept token\\e[22m",
        "\\e[2m5 of 6 done · 2 failed\\e[22m",
        "",
      ]
    `);
  });

  test('progress fits into one row, also where names are wide', async () => {
    const run = {
      ...allPassed,
      results: allPassed.results.map((result) => ({ ...result, name: '東京の本番環境'.repeat(20) })),
    };
    const { stderr } = await report([], run, { tty: true, columns: 40 });
    for (const line of visible(stderr)
      .replace(/\\e\[\d+m/g, '')
      .split('\\r\\e[2K')) {
      expect([...line].reduce((sum, character) => sum + (character > '\u0300' ? 2 : 1), 0)).toBeLessThan(40);
    }
  });

  test.each([
    ['interrupted', 130, 'Interrupted: this is a report of what ran.'],
    ['timed out', 6, 'The time limit for all was reached: this is a report of what ran.'],
    ['failed fast', 1, 'Ended early, as so many had failed.'],
  ] as const)('says that a run was %s', async (ended, exitCode, words) => {
    const { stdout } = await report([], { ...allPassed, ended, exitCode });
    expect(stdout).toMatch(new RegExp(`\\n✗ 1 check in 1.3 s: 1 passed\\n  ${words}\\n$`));
  });

  test('a provider that is no provider at all: a check without a way, a step or attempts', async () => {
    const [first] = everyVerdict.results;
    if (first === undefined) throw new Error('the run has checks');
    const { way: _way, subject: _subject, ...bare } = first;
    const results = [{ ...bare, run: 2, verdict: 'failed' as const, attempts: [], expectations: [], phases: [] }];
    const { stdout } = await report([], { ...everyVerdict, results });
    expect(stdout).toContain('✗ staging, run 2 (1.2 s): it could not be run\n');
  });

  test('nothing that a provider wrote drives a terminal or a CI server', async () => {
    const { stdout } = await report([], hostileRun);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Cf}/u);
    expect(stdout).not.toMatch(/^\s*::/m);
    expect(stdout).not.toMatch(/##\w*\[/);
  });

  test('many checks with the same gap stand in one line', async () => {
    const gap = { name: 'certificateDays.tls', verdict: 'skip', expected: 'good', actual: 'no https' } as const;
    const [one] = allPassed.results;
    const results = Array.from({ length: 50 }, (_, index) => ({
      ...(one as CheckResult),
      name: `check ${index + 1}`,
      expectations: [gap],
    }));
    const { stdout } = await report([], { ...allPassed, results });
    expect(stdout).toContain(
      'Not checked, though expected\n  - check 1, check 2, check 3 and 47 more: certificateDays.tls: no https\n\n',
    );
  });
});

/** Control characters as they are written in a string. */
function visible(text: string): string {
  return text.replaceAll('\u001b', '\\e').replaceAll('\r', '\\r');
}
