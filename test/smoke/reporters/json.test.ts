import { describe, expect, test } from 'vitest';
import { everyVerdict, HOSTILE, hostileRun, report } from '../../support/smoke-run.js';

describe('The JSON report', () => {
  test('of checks that ended in every way', async () => {
    const { stdout, stderr } = await report(['json'], everyVerdict);
    const document = JSON.parse(stdout);
    expect(stderr).toBe('');
    expect({ ...document, checks: document.checks.map(({ name }: { name: string }) => name) }).toMatchInlineSnapshot(`
      {
        "checks": [
          "staging",
          "single page",
          "wrong secret",
          "claims",
          "kept token",
          "last",
        ],
        "counts": {
          "failed": 2,
          "flaky": 1,
          "notRun": 1,
          "passed": 2,
        },
        "durationMs": 14000,
        "ended": "failed fast",
        "exitCode": 1,
        "schemaVersion": 1,
        "shard": "1/4",
        "startedAt": "2026-11-24T03:00:00Z",
      }
    `);
    expect(document.checks[2]).toMatchInlineSnapshot(`
      {
        "attempts": [
          {
            "durationMs": 800,
            "error": {
              "causes": [
                "The page was slow.",
              ],
              "code": "login_timeout",
              "exitCode": 6,
              "fix": "Give it more time with --timeout.",
              "message": "Nobody signed in within 30 seconds.",
            },
            "violated": [],
          },
          {
            "durationMs": 900,
            "error": {
              "causes": [
                "The client secret is wrong.",
                "The client id is of another tenant.",
              ],
              "code": "invalid_client",
              "exitCode": 5,
              "fix": "Check id and secret.",
              "message": "The provider did not accept the client's authentication (client_secret_basic).",
            },
            "violated": [],
          },
        ],
        "certificateExpiresAt": "2026-09-21T14:13:20Z",
        "durationMs": 900,
        "error": {
          "causes": [
            "The client secret is wrong.",
            "The client id is of another tenant.",
          ],
          "code": "invalid_client",
          "exitCode": 5,
          "fix": "Check id and secret.",
          "message": "The provider did not accept the client's authentication (client_secret_basic).",
        },
        "evidence": {
          "screenshot": "evidence/wrong-secret.png",
          "text": "evidence/wrong-secret.txt",
        },
        "expectations": [],
        "failedIn": "token request",
        "issuer": "https://login.example.com",
        "keySet": null,
        "name": "wrong secret",
        "phases": [
          {
            "ms": 300,
            "phase": "token request",
          },
        ],
        "profile": "production",
        "run": null,
        "signedIn": false,
        "startedAt": "2026-11-24T03:00:01Z",
        "subject": null,
        "verdict": "failed",
        "way": "http",
        "where": {
          "file": "checks/oidc-smoke.yaml",
          "line": 15,
        },
      }
    `);
    expect(document.checks[3].attempts).toEqual([
      { durationMs: 12_345, error: null, violated: ['claims.role', 'refresh.rotates'] },
    ]);
    expect(document.checks[5]).toMatchInlineSnapshot(`
      {
        "attempts": [],
        "certificateExpiresAt": null,
        "durationMs": 0,
        "error": null,
        "evidence": {
          "screenshot": null,
          "text": null,
        },
        "expectations": [],
        "failedIn": null,
        "issuer": "https://id.example.com",
        "keySet": null,
        "name": "last",
        "phases": [],
        "profile": "staging",
        "run": null,
        "signedIn": false,
        "startedAt": null,
        "subject": null,
        "verdict": "not run",
        "way": null,
        "where": {
          "file": "checks/machines.yaml",
          "line": 8,
        },
      }
    `);
  });

  test('says that nobody signed in where a grant needs nobody', async () => {
    const document = JSON.parse((await report(['json'], everyVerdict)).stdout);
    expect(document.checks.map((one: { way: string; signedIn: boolean }) => [one.way, one.signedIn])).toEqual([
      ['http', true],
      ['browser', true],
      ['http', false],
      ['http', true],
      ['refresh', false],
      [null, false],
    ]);
  });

  test('holds what a provider said to the letter, and drives neither a terminal nor a CI server', async () => {
    const { stdout } = await report(['json'], hostileRun);
    expect(JSON.parse(stdout).checks[0].issuer).toBe(HOSTILE);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Cf}/u);
    expect(stdout).not.toMatch(/##/);
  });
});
