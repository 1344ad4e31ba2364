import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import parse from 'parse-prometheus-text-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult, SmokeRun } from '../../../src/smoke/result.js';
import { allPassed, everyVerdict, hostileRun, report } from '../../support/smoke-run.js';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: string;
}

/** The samples of a metric. */
function samples(text: string, name: string): readonly Sample[] {
  const families = parse(text) as { name: string; metrics: Sample[] }[];
  return families.find((family) => family.name === name)?.metrics ?? [];
}

describe('The report for Prometheus', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
    file = join(folder, 'collector', 'oidc.prom');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const write = async (run: SmokeRun) => {
    await report([`prometheus=${file}`], run);
    return readFile(file, 'utf8');
  };
  const [check] = allPassed.results as [CheckResult];
  const withKeySets = (...sets: readonly (readonly [issuer: string, keySet: string])[]): SmokeRun => ({
    ...allPassed,
    results: sets.map(([issuer, keySet], index) => ({ ...check, issuer, keySet, startedAt: check.startedAt + index })),
  });

  test('of checks that ended in every way', async () => {
    expect((await report(['prometheus'], everyVerdict)).stdout).toMatchInlineSnapshot(`
      "# HELP oidc_smoke_last_run_timestamp_seconds When the last run ended.
      # TYPE oidc_smoke_last_run_timestamp_seconds gauge
      oidc_smoke_last_run_timestamp_seconds 1795489214

      # HELP oidc_smoke_last_run_duration_seconds How long the last run took.
      # TYPE oidc_smoke_last_run_duration_seconds gauge
      oidc_smoke_last_run_duration_seconds 14

      # HELP oidc_smoke_last_run_success Whether the last run ended with exit code 0.
      # TYPE oidc_smoke_last_run_success gauge
      oidc_smoke_last_run_success 0

      # HELP oidc_smoke_check_success Whether the check passed, at once or when it was run again.
      # TYPE oidc_smoke_check_success gauge
      oidc_smoke_check_success{file="checks/oidc-smoke.yaml",check="staging"} 1
      oidc_smoke_check_success{file="checks/oidc-smoke.yaml",check="single page"} 1
      oidc_smoke_check_success{file="checks/oidc-smoke.yaml",check="wrong secret"} 0
      oidc_smoke_check_success{file="checks/oidc-smoke.yaml",check="claims"} 0
      oidc_smoke_check_success{file="checks/machines.yaml",check="kept token"} 1

      # HELP oidc_smoke_check_flaky Whether the check failed and passed when it was run again.
      # TYPE oidc_smoke_check_flaky gauge
      oidc_smoke_check_flaky{file="checks/oidc-smoke.yaml",check="staging"} 0
      oidc_smoke_check_flaky{file="checks/oidc-smoke.yaml",check="single page"} 1
      oidc_smoke_check_flaky{file="checks/oidc-smoke.yaml",check="wrong secret"} 0
      oidc_smoke_check_flaky{file="checks/oidc-smoke.yaml",check="claims"} 0
      oidc_smoke_check_flaky{file="checks/machines.yaml",check="kept token"} 0

      # HELP oidc_smoke_check_attempts How often the check was run until it passed or was given up.
      # TYPE oidc_smoke_check_attempts gauge
      oidc_smoke_check_attempts{file="checks/oidc-smoke.yaml",check="staging"} 1
      oidc_smoke_check_attempts{file="checks/oidc-smoke.yaml",check="single page"} 2
      oidc_smoke_check_attempts{file="checks/oidc-smoke.yaml",check="wrong secret"} 2
      oidc_smoke_check_attempts{file="checks/oidc-smoke.yaml",check="claims"} 1
      oidc_smoke_check_attempts{file="checks/machines.yaml",check="kept token"} 1

      # HELP oidc_smoke_check_duration_seconds How long the check's last attempt took.
      # TYPE oidc_smoke_check_duration_seconds gauge
      oidc_smoke_check_duration_seconds{file="checks/oidc-smoke.yaml",check="staging"} 1.234
      oidc_smoke_check_duration_seconds{file="checks/oidc-smoke.yaml",check="single page"} 2
      oidc_smoke_check_duration_seconds{file="checks/oidc-smoke.yaml",check="wrong secret"} 0.9
      oidc_smoke_check_duration_seconds{file="checks/oidc-smoke.yaml",check="claims"} 12.345
      oidc_smoke_check_duration_seconds{file="checks/machines.yaml",check="kept token"} 0.1

      # HELP oidc_smoke_check_phase_duration_seconds How long a part of the check took.
      # TYPE oidc_smoke_check_phase_duration_seconds gauge
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="staging",phase="discovery"} 0.12
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="staging",phase="sign-in pages"} 0.8004
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="single page",phase="discovery"} 0.12
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="single page",phase="sign-in pages"} 0.8004
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="wrong secret",phase="token request"} 0.3
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="claims",phase="discovery"} 0.12
      oidc_smoke_check_phase_duration_seconds{file="checks/oidc-smoke.yaml",check="claims",phase="sign-in pages"} 0.8004

      # HELP oidc_smoke_check_info How the check got its tokens; signed_in="false": nobody signed in.
      # TYPE oidc_smoke_check_info gauge
      oidc_smoke_check_info{file="checks/oidc-smoke.yaml",check="staging",profile="staging",issuer="https://id.example.com",way="http",signed_in="true"} 1
      oidc_smoke_check_info{file="checks/oidc-smoke.yaml",check="single page",profile="staging",issuer="https://id.example.com",way="browser",signed_in="true"} 1
      oidc_smoke_check_info{file="checks/oidc-smoke.yaml",check="wrong secret",profile="production",issuer="https://login.example.com",way="http",signed_in="false"} 1
      oidc_smoke_check_info{file="checks/oidc-smoke.yaml",check="claims",profile="staging",issuer="https://id.example.com",way="http",signed_in="true"} 1
      oidc_smoke_check_info{file="checks/machines.yaml",check="kept token",profile="staging",issuer="https://id.example.com",way="refresh",signed_in="false"} 1

      # HELP oidc_smoke_checks Checks of the last run by how they ended.
      # TYPE oidc_smoke_checks gauge
      oidc_smoke_checks{verdict="passed"} 2
      oidc_smoke_checks{verdict="flaky"} 1
      oidc_smoke_checks{verdict="failed"} 2
      oidc_smoke_checks{verdict="not run"} 1

      # HELP oidc_smoke_certificate_expiry_timestamp_seconds When the provider's TLS certificate expires; the earliest that was seen.
      # TYPE oidc_smoke_certificate_expiry_timestamp_seconds gauge
      oidc_smoke_certificate_expiry_timestamp_seconds{issuer="https://id.example.com"} 1800000000
      oidc_smoke_certificate_expiry_timestamp_seconds{issuer="https://login.example.com"} 1790000000

      # HELP oidc_smoke_key_set_info The key set that was seen last, as a hash of its public keys.
      # TYPE oidc_smoke_key_set_info gauge
      oidc_smoke_key_set_info{issuer="https://id.example.com",key_set="set-one"} 1

      # HELP oidc_smoke_key_set_changes_total How often the issuer's key set was another than the time before, since this file was begun.
      # TYPE oidc_smoke_key_set_changes_total counter
      oidc_smoke_key_set_changes_total{issuer="https://id.example.com"} 0
      "
    `);
  });

  test('is read by a parser of the format: seconds, labels, and that nobody signed in', async () => {
    const text = await write(everyVerdict);
    expect(samples(text, 'oidc_smoke_check_success').map(({ labels, value }) => [labels?.check, value])).toEqual([
      ['staging', '1'],
      ['single page', '1'],
      ['wrong secret', '0'],
      ['claims', '0'],
      ['kept token', '1'],
    ]);
    const info = samples(text, 'oidc_smoke_check_info').map(({ labels }) => [labels?.way, labels?.signed_in]);
    expect(info).toContainEqual(['refresh', 'false']);
    expect(samples(text, 'oidc_smoke_last_run_timestamp_seconds')).toEqual([
      { value: String((everyVerdict.startedAt + everyVerdict.durationMs) / 1000) },
    ]);
  });

  test('counts how often the keys of an issuer changed from run to run, and remembers those it did not ask', async () => {
    await rm(file, { force: true });
    const [one, two] = ['https://one.example', 'https://"two"\\example'];
    const seen = async (run: SmokeRun) => {
      const text = await write(run);
      const sets = samples(text, 'oidc_smoke_key_set_info').map(({ labels }) => [labels?.issuer, labels?.key_set]);
      const changes = samples(text, 'oidc_smoke_key_set_changes_total').map(({ value }) => Number(value));
      return sets.map(([issuer, keySet], index) => `${issuer} ${keySet} ${changes[index]}`);
    };
    expect(await seen(withKeySets([one, 'a'], [two, 'b']))).toEqual([`${one} a 0`, `${two} b 0`]);
    expect(await seen(withKeySets([one, 'a'], [two, 'c']))).toEqual([`${one} a 0`, `${two} c 1`]);
    // Another shard: nothing was asked of the second.
    expect(await seen(withKeySets([one, 'd']))).toEqual([`${one} d 1`, `${two} c 1`]);
    // Rotated while a run went on.
    expect(await seen(withKeySets([one, 'd'], [one, 'e']))).toEqual([`${one} e 2`, `${two} c 1`]);
  });

  test('begins anew where the file is not one of ours', async () => {
    await writeFile(file, 'oidc_smoke_key_set_info{issuer="x" nonsense\n\u0000');
    expect(samples(await write(withKeySets(['https://one.example', 'a'])), 'oidc_smoke_key_set_changes_total')).toEqual(
      [{ labels: { issuer: 'https://one.example' }, value: '0' }],
    );
  });

  test('of several runs of a check tells the worst', async () => {
    const [passed, , , failed] = everyVerdict.results as [CheckResult, CheckResult, CheckResult, CheckResult];
    const again = { ...failed, name: passed.name, where: passed.where };
    const results = [passed, again, passed].map((result, index) => ({ ...result, run: index + 1 }));
    const text = await write({ ...everyVerdict, results });
    expect(samples(text, 'oidc_smoke_check_success')).toMatchObject([{ value: '0' }]);
    expect(samples(text, 'oidc_smoke_check_duration_seconds')).toMatchObject([{ value: '12.345' }]);
  });

  test('stays in its format whatever a provider says', async () => {
    await rm(file, { force: true });
    const text = await write(hostileRun);
    for (const line of text.trimEnd().split('\n')) {
      if (line !== '') expect(line).toMatch(/^(# (HELP|TYPE) )?oidc_smoke_\w+[ {]/);
    }
    const known = samples(text, 'oidc_smoke_key_set_info');
    expect(known).toHaveLength(1);
    // Read back and written once more it is still the same key set.
    expect(samples(await write(hostileRun), 'oidc_smoke_key_set_changes_total')).toMatchObject([{ value: '0' }]);
    expect(text).not.toMatch(/\p{Cf}|##\w*\[/u);
    expect(text).not.toContain('\u001b');
  });
});
