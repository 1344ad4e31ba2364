import { Parser, type Result } from 'tap-parser';
import { describe, expect, test } from 'vitest';
import { allPassed, everyVerdict, hostileRun, report } from '../../support/smoke-run.js';

function parse(tap: string): { points: Result[]; extra: string; ok: boolean; bailout: unknown; count: number } {
  const points: Result[] = [];
  let extra = '';
  const parser = new Parser({ strict: true });
  parser.on('assert', (point: Result) => points.push(point));
  parser.on('extra', (text: string) => (extra += text));
  parser.end(tap);
  const { ok, bailout, count } = parser.results ?? { ok: false, bailout: undefined, count: 0 };
  return { points, extra, ok, bailout, count };
}

describe('The TAP report', () => {
  test('of checks that ended in every way', async () => {
    const { stdout } = await report(['tap'], everyVerdict);
    expect(stdout).toMatchInlineSnapshot(`
      "TAP version 14
      1..6
      # shard 1/4
      ok 1 - staging
        ---
        duration_ms: 1234
        profile: staging
        issuer: https://id.example.com
        way: http
        at:
          file: checks/oidc-smoke.yaml
          line: 3
        ...
      ok 2 - single page
        ---
        flaky: true
        duration_ms: 2000
        profile: staging
        issuer: https://id.example.com
        way: browser
        at:
          file: checks/oidc-smoke.yaml
          line: 9
        attempts before:
          - Nobody signed in within 30 seconds.
        ...
      not ok 3 - wrong secret
        ---
        message: The provider did not accept the client's authentication (client_secret_basic).
        severity: fail
        duration_ms: 900
        profile: production
        issuer: https://login.example.com
        way: http
        at:
          file: checks/oidc-smoke.yaml
          line: 15
        step: token request
        code: invalid_client
        causes:
          - The client secret is wrong.
          - The client id is of another tenant.
        fix: Check id and secret.
        attempts before:
          - Nobody signed in within 30 seconds.
        screenshot: evidence/wrong-secret.png
        text of the page: evidence/wrong-secret.txt
        ...
      not ok 4 - claims
        ---
        message: "claims.role: expected one of admin, owner, found absent; refresh.rotates: expected a new refresh token, found the same"
        severity: fail
        duration_ms: 12345
        profile: staging
        issuer: https://id.example.com
        way: http
        at:
          file: checks/oidc-smoke.yaml
          line: 21
        step: expectations
        violated:
          - name: claims.role
            expected: one of admin, owner
            found: absent
          - name: refresh.rotates
            expected: a new refresh token
            found: the same
        not checked:
          - "logout: not reached"
        ...
      ok 5 - kept token
        ---
        duration_ms: 100
        profile: staging
        issuer: https://id.example.com
        way: "refresh: nobody signed in"
        at:
          file: checks/machines.yaml
          line: 2
        not checked:
          - "claims.sub, claims.email: there is no ID token"
          - "logout.returns: no browser of ours signed in"
        ...
      ok 6 - last # SKIP others had failed
      "
    `);
  });

  test('is read by a TAP parser as it was meant', async () => {
    const { points, extra, ok, count } = parse((await report(['tap'], everyVerdict)).stdout);
    expect({ extra, ok, count }).toEqual({ extra: '', ok: false, count: 6 });
    expect(points.map((point) => [point.ok, point.name, point.skip])).toEqual([
      [true, 'staging', false],
      [true, 'single page', false],
      [false, 'wrong secret', false],
      [false, 'claims', false],
      [true, 'kept token', false],
      [true, 'last', 'others had failed'],
    ]);
    expect(points[2]?.diag).toMatchObject({ code: 'invalid_client', step: 'token request', at: { line: 15 } });
    expect(points[4]?.diag).toMatchObject({ way: 'refresh: nobody signed in' });
  });

  test('a run that was cut short did not pass, though all that ran did', async () => {
    expect(parse((await report(['tap'], allPassed)).stdout)).toMatchObject({ ok: true, bailout: false });
    const interrupted = parse((await report(['tap'], { ...allPassed, ended: 'interrupted', exitCode: 130 })).stdout);
    expect(interrupted).toMatchObject({ ok: false, bailout: 'the run was interrupted' });
  });

  test('whatever a provider says is the text of a test point, and not a line of TAP', async () => {
    const { stdout } = await report(['tap'], hostileRun);
    const { points, extra } = parse(stdout);
    expect(extra).toBe('');
    expect(points.map(({ ok }) => ok)).toEqual([true, true, false, false, true, true]);
    expect(points.filter(({ skip, todo }) => skip || todo)).toHaveLength(1);
    expect(points[2]?.diag?.causes).toHaveLength(2);
    expect(points[0]?.name).toContain('::error::one\\u{a}::error::two');
    expect(stdout).not.toMatch(/^\s*::|##\w*\[/m);
  });
});
