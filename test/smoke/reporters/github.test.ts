import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/smoke/result.js';
import { allPassed, everyVerdict, hostileRun, report } from '../../support/smoke-run.js';

describe('The report for GitHub Actions', () => {
  let folder: string;
  let summary: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
    summary = join(folder, 'summary.md');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const deps = () => ({
    cwd: join(folder, 'checkout', 'smoke'),
    env: { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: join(folder, 'checkout'), GITHUB_STEP_SUMMARY: summary },
  });

  test('is made by itself there: annotations beside the lines of the terminal report, and the step summary', async () => {
    await writeFile(summary, 'Of another tool.\n');
    const { stdout, stderr } = await report([], everyVerdict, deps());
    expect(stdout).toMatch(/^6 checks, 2 at once\n/);
    expect(stderr).toMatchInlineSnapshot(`
      "::warning file=smoke/checks/oidc-smoke.yaml,line=9,title=single page is flaky::Nobody signed in within 30 seconds.
      ::error file=smoke/checks/oidc-smoke.yaml,line=15,title=wrong secret failed in token request::What happened: The provider did not accept the client's authentication (client_secret_basic).%0ALikely causes, most likely first:%0A  1. The client secret is wrong.%0A  2. The client id is of another tenant.%0ATo fix: Check id and secret.%0AScreenshot: evidence/wrong-secret.png%0AText of the page: evidence/wrong-secret.txt%0AProfile production, https://login.example.com, by http%0AAttempt 1 failed: Nobody signed in within 30 seconds.%0A(invalid_client, exit code 5)
      ::error file=smoke/checks/oidc-smoke.yaml,line=21,title=claims failed in expectations::Expected claims.role: one of admin, owner%0A  Found: absent%0AExpected refresh.rotates: a new refresh token%0A  Found: the same%0ATo fix: Correct what the provider sends, or the check's expectation where what was found is right.%0ANot checked: logout: not reached%0AProfile staging, https://id.example.com, by http
      ::warning title=oidc-cli smoke::1 check not run: others had failed
      "
    `);
    expect(await readFile(summary, 'utf8')).toMatchInlineSnapshot(`
      "Of another tool.
      ## oidc-cli smoke: 2 passed, 1 flaky, 2 failed, 1 not run

      6 checks in 14.0 s, shard 1/4, ended early: failed fast

      | Check | Result | How | Time |
      | --- | --- | --- | ---: |
      | wrong secret | ❌ failed: token request | http | 0.9 s |
      | claims | ❌ failed: expectations | http | 12.3 s |
      | single page | ⚠️ flaky | browser | 2.0 s |
      | last | ➖ not run |  |  |
      | staging | ✅ passed | http | 1.2 s |
      | kept token | ✅ passed | refresh: nobody signed in | 0.1 s |

      ### ❌ wrong secret

      - What happened: The provider did not accept the client's authentication (client\\_secret\\_basic).
      - Likely causes, most likely first:
        - 1\\. The client secret is wrong.
        - 2\\. The client id is of another tenant.
      - To fix: Check id and secret.
      - Screenshot: evidence/wrong-secret.png
      - Text of the page: evidence/wrong-secret.txt
      - Profile production, https\\://login.example.com, by http
      - Attempt 1 failed: Nobody signed in within 30 seconds.
      - (invalid\\_client, exit code 5)

      ### ❌ claims

      - Expected claims.role: one of admin, owner
        - Found: absent
      - Expected refresh.rotates: a new refresh token
        - Found: the same
      - To fix: Correct what the provider sends, or the check's expectation where what was found is right.
      - Not checked: logout: not reached
      - Profile staging, https\\://id.example.com, by http

      ### Not checked, though expected

      - kept token: claims.sub, claims.email: there is no ID token
      - kept token: logout.returns: no browser of ours signed in

      "
    `);
  });

  test('of a run in which all is well annotates nothing', async () => {
    await writeFile(summary, '');
    const { stderr } = await report(['github'], allPassed, deps());
    expect(stderr).toBe('');
    expect(await readFile(summary, 'utf8')).toMatchInlineSnapshot(`
      "## oidc-cli smoke: 1 passed

      1 check in 1.3 s

      | Check | Result | How | Time |
      | --- | --- | --- | ---: |
      | staging | ✅ passed | http | 1.2 s |

      "
    `);
  });

  test('leaves stdout to the data that was asked for', async () => {
    const { stdout, stderr } = await report(['json'], everyVerdict, deps());
    expect(JSON.parse(stdout).counts.failed).toBe(2);
    expect(stderr).toContain('::error file=smoke/checks/oidc-smoke.yaml,line=15,');
  });

  test('goes into a file of its own where one is named', async () => {
    await writeFile(summary, '');
    await report([`github=${join(folder, 'own.md')}`], allPassed, deps());
    expect(await readFile(join(folder, 'own.md'), 'utf8')).toMatch(/^## oidc-cli smoke: 1 passed\n/);
    expect(await readFile(summary, 'utf8')).toBe('');
  });

  test('the variable without its file is told, and fails nothing', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '/dev/null/summary.md' };
    const { stdout, stderr } = await report([], allPassed, { env });
    expect(stdout).toContain('1 passed');
    expect(stderr).toBe('There will be no step summary: the file in GITHUB_STEP_SUMMARY cannot be written.\n');
  });

  test('a summary never grows beyond what GitHub takes', async () => {
    await writeFile(summary, '');
    const [first] = everyVerdict.results.filter(({ verdict }) => verdict === 'failed') as [CheckResult];
    const results = Array.from({ length: 4000 }, (_, index) => ({ ...first, name: `check ${index}` }));
    await report(['github', 'json'], { ...everyVerdict, results }, deps());
    const text = await readFile(summary, 'utf8');
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toMatch(/Too long for a step summary: \d+ rows and sections are left out\.\n\n$/);
  });

  test('nothing that a provider wrote is a command, a column, a link or markup', async () => {
    await writeFile(summary, '');
    const { stdout, stderr } = await report([], hostileRun, deps());
    const lines = `${stdout}${stderr}`.split('\n');
    const commands = lines.filter((line) => /^\s*::|##\w*\[/.test(line));
    expect(commands.map((line) => line.replace(/ .*/, ''))).toEqual(['::warning', '::error', '::error', '::warning']);
    // What ends a command's properties is escaped within them.
    for (const command of commands)
      expect(command.split('::')[1]?.match(/[,:]/g) ?? []).toHaveLength(command.includes('line=') ? 2 : 0);
    const text = await readFile(summary, 'utf8');
    for (const line of text.split('\n').filter((one) => one.startsWith('|'))) {
      expect(line.match(/(?<!\\)\|/g)).toHaveLength(5);
    }
    expect(text).not.toMatch(/(?<!\\)([<>`[\]@*]|:\/\/)|www\.|\p{Cf}/u);
    expect(text).not.toContain('\u001b');
  });
});
