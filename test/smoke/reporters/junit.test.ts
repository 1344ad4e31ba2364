import { describe, expect, test } from 'vitest';
import { junitErrors } from '../../support/junit.js';
import { allPassed, everyVerdict, hostileRun, report } from '../../support/smoke-run.js';

describe('The JUnit report', () => {
  test('of checks that ended in every way', async () => {
    const { stdout } = await report(['junit'], everyVerdict);
    expect(await junitErrors(stdout)).toEqual([]);
    expect(stdout).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="oidc-cli smoke" tests="6" failures="1" errors="1" skipped="1" time="14.000">
        <testsuite name="checks/oidc-smoke.yaml" tests="4" failures="1" errors="1" skipped="0" time="16.479" timestamp="2026-11-24T03:00:00">
          <properties>
            <property name="shard" value="1/4"/>
            <property name="ended" value="failed fast"/>
          </properties>
          <testcase name="staging" classname="staging" time="1.234" file="checks/oidc-smoke.yaml" line="3">
            <properties>
              <property name="issuer" value="https://id.example.com"/>
              <property name="way" value="http"/>
              <property name="signed in" value="true"/>
              <property name="attempts" value="1"/>
            </properties>
          </testcase>
          <testcase name="single page" classname="staging" time="2.000" file="checks/oidc-smoke.yaml" line="9">
            <properties>
              <property name="issuer" value="https://id.example.com"/>
              <property name="way" value="browser"/>
              <property name="signed in" value="true"/>
              <property name="attempts" value="2"/>
            </properties>
            <flakyError message="Nobody signed in within 30 seconds." type="login_timeout">
              <stackTrace>To fix: Give it more time with --timeout.</stackTrace>
            </flakyError>
          </testcase>
          <testcase name="wrong secret" classname="production" time="0.900" file="checks/oidc-smoke.yaml" line="15">
            <properties>
              <property name="issuer" value="https://login.example.com"/>
              <property name="way" value="http"/>
              <property name="signed in" value="false"/>
              <property name="attempts" value="2"/>
            </properties>
            <error message="The provider did not accept the client's authentication (client_secret_basic)." type="invalid_client">What happened: The provider did not accept the client's authentication (client_secret_basic).
      Likely causes, most likely first:
        1. The client secret is wrong.
        2. The client id is of another tenant.
      To fix: Check id and secret.
      Screenshot: evidence/wrong-secret.png
      Text of the page: evidence/wrong-secret.txt
      Profile production, https://login.example.com, by http
      Attempt 1 failed: Nobody signed in within 30 seconds.
      (invalid_client, exit code 5)</error>
            <rerunError message="Nobody signed in within 30 seconds." type="login_timeout">
              <stackTrace>To fix: Give it more time with --timeout.</stackTrace>
            </rerunError>
          </testcase>
          <testcase name="claims" classname="staging" time="12.345" file="checks/oidc-smoke.yaml" line="21">
            <properties>
              <property name="issuer" value="https://id.example.com"/>
              <property name="way" value="http"/>
              <property name="signed in" value="true"/>
              <property name="attempts" value="1"/>
              <property name="not checked" value="logout: not reached"/>
            </properties>
            <failure message="claims.role: expected one of admin, owner, found absent; refresh.rotates: expected a new refresh token, found the same" type="expectation">Expected claims.role: one of admin, owner
        Found: absent
      Expected refresh.rotates: a new refresh token
        Found: the same
      To fix: Correct what the provider sends, or the check's expectation where what was found is right.
      Not checked: logout: not reached
      Profile staging, https://id.example.com, by http</failure>
          </testcase>
        </testsuite>
        <testsuite name="checks/machines.yaml" tests="2" failures="0" errors="0" skipped="1" time="0.100" timestamp="2026-11-24T03:00:00">
          <properties>
            <property name="shard" value="1/4"/>
            <property name="ended" value="failed fast"/>
          </properties>
          <testcase name="kept token" classname="staging" time="0.100" file="checks/machines.yaml" line="2">
            <properties>
              <property name="issuer" value="https://id.example.com"/>
              <property name="way" value="refresh: nobody signed in"/>
              <property name="signed in" value="false"/>
              <property name="attempts" value="1"/>
              <property name="not checked" value="claims.sub, claims.email: there is no ID token; logout.returns: no browser of ours signed in"/>
            </properties>
          </testcase>
          <testcase name="last" classname="staging" time="0.000" file="checks/machines.yaml" line="8">
            <skipped message="others had failed"/>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });

  test('of a run without checks, and of one in which all is well', async () => {
    for (const run of [{ ...allPassed, results: [] }, allPassed]) {
      expect(await junitErrors((await report(['junit'], run)).stdout)).toEqual([]);
    }
  });

  test('stays XML whatever a provider says', async () => {
    const { stdout } = await report(['junit'], hostileRun);
    expect(await junitErrors(stdout)).toEqual([]);
    expect(stdout.replace(/"[^"]*"/g, '')).not.toContain(']]>');
    expect(stdout).not.toMatch(/<script|<b>|\p{Cf}|##\w*\[/u);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.match(/^\s*::/gm)).toBeNull();
  });

  test('the schema would tell: it refuses what CI servers do not take', async () => {
    const { stdout } = await report(['junit'], everyVerdict);
    expect(await junitErrors(stdout.replace('tests="6"', 'tests="six"'))).not.toEqual([]);
    expect(await junitErrors(stdout.replace(/<skipped/, '<forgotten'))).not.toEqual([]);
    expect(await junitErrors(stdout.replace('</error>', ']]></error>'))).not.toEqual([]);
  });
});
