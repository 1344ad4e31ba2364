// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { REPORTERS } from '../../src/smoke/reporters/reporters.js';
import { chromiumPresent, drivenBrowserPath } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Machine } from '../support/run.js';
import { formsOf } from '../support/secret-forms.js';
import { type PageStyle, type SignInPages, signInPages, TEST_USER } from '../support/sign-in-pages.js';
import { demo, ENV, type Report, SAM, SAM_ENV } from '../support/smoke-plan.js';

const STYLES: readonly PageStyle[] = ['two-step', 'single-page', 'japanese', 'chooser', 'locked'];
const WRONG = 'Wröng "pass" & <word>/+1';

/** Pages as providers have them, each signed in on by `oidc-cli smoke` with every report, and no secret in any of them. */
describe.each(['http', 'browser'] as const)('on the pages of providers, with: %s', { timeout: 600_000 }, (driver) => {
  const present = driver === 'http' || requirement('Chromium', chromiumPresent, 'smoke checks by a browser');
  let machine: Machine;
  let builtIn: IdentityProvider;
  let pages: Readonly<Record<string, SignInPages>>;
  beforeAll(async () => {
    machine = await createMachine();
    builtIn = await identityProvider();
    const each = STYLES.map(async (style) => [style, await signInPages({ style, remembered: true })] as const);
    pages = Object.fromEntries(await Promise.all(each));
  });
  afterAll(() => machine.remove());

  test.runIf(present)('each signs in or says why not, as its page has it', async () => {
    const profile = (style: PageStyle) => demo(pages[style]?.issuer ?? '');
    const wrong = { ...SAM, password: '${OIDC_CLI_WRONG}' };
    const checks = [
      { name: 'built-in', profile: demo(builtIn.issuer), user: 'alice', password: '${OIDC_CLI_ALICE}' },
      { name: 'two steps, one-time code, consent', profile: profile('two-step') },
      { name: 'rendered by script', profile: profile('single-page') },
      { name: 'in Japanese', profile: profile('japanese') },
      { name: 'account chooser', profile: profile('chooser') },
      { name: 'wrong password', profile: profile('two-step'), ...wrong },
      { name: 'wrong password in Japanese', profile: profile('japanese'), ...wrong },
      { name: 'locked', profile: profile('locked') },
      { name: 'locked, as it should be', profile: profile('locked'), expect: { failure: 'sign_in_account_locked' } },
    ];
    await writeFile(
      join(machine.home, 'oidc-smoke.yaml'),
      JSON.stringify({
        defaults: { ...SAM, with: driver, timeout: 240, redirectUri: 'http://127.0.0.1:8484/callback' },
        checks,
      }),
    );
    const reports = join(machine.home, 'reports');
    await mkdir(reports, { recursive: true });
    const flags = REPORTERS.flatMap((name) => ['--reporter', `${name}=${join(reports, name)}`]);
    const { code, stdout, stderr } = await machine.run(
      ['smoke', ...flags, '--evidence', join(reports, 'pages'), '--browser-path', drivenBrowserPath ?? 'none'],
      { env: { ...ENV, ...SAM_ENV, OIDC_CLI_WRONG: WRONG } },
    );
    const report = JSON.parse(await readFile(join(reports, 'json'), 'utf8')) as Report;
    const outcome = Object.fromEntries(
      report.checks.map(({ name, verdict, error }) => [name, error?.code ?? verdict] as const),
    );
    expect(outcome).toEqual({
      'built-in': 'passed',
      'two steps, one-time code, consent': 'passed',
      'rendered by script': driver === 'http' ? 'sign_in_script_needed' : 'passed',
      'in Japanese': 'passed',
      'account chooser': 'passed',
      'wrong password': 'sign_in_rejected',
      'wrong password in Japanese': 'sign_in_rejected',
      locked: 'sign_in_account_locked',
      'locked, as it should be': 'passed',
    });
    expect(code).toBe(driver === 'http' ? 1 : 5);
    const message = (name: string) => report.checks.find((check) => check.name === name)?.error?.message;
    expect(message('wrong password')).toContain('It says: "Wrong password. Try again or reset it"');
    expect(message('wrong password in Japanese')).toContain('メールアドレスまたはパスワードが正しくありません');
    expect(message('locked')).toContain('Your account has been locked after too many attempts');
    expect(new Set(report.checks.filter(({ verdict }) => verdict === 'passed').map((check) => check.way))).toEqual(
      new Set([driver]),
    );
    expect(pages['two-step']?.seen).toEqual(
      expect.arrayContaining(['page Two-step verification', 'page Stay signed in?', 'pressed yes', 'pressed allow']),
    );
    expect(pages.chooser?.seen).toContain('pressed account');

    const saved = await filesIn(reports);
    const evidence = saved.filter(({ path }) => path.includes('pages'));
    // Of each failure its page, of a browser its picture too; of what was to fail nothing.
    const failures = driver === 'http' ? 3 : 6;
    expect(evidence.map(({ path }) => path.replace(/^.*\./, '')).sort()).toHaveLength(failures);
    expect(evidence.some(({ bytes }) => bytes.includes('メールアドレスまたはパスワードが正しくありません'))).toBe(true);
    const everything = Buffer.concat([Buffer.from(stdout + stderr), ...saved.map(({ bytes }) => bytes)]);
    expect(everything.length).toBeGreaterThan(10_000);
    const totp = /secret=(\w+)/.exec(TEST_USER.totp)?.[1] ?? '';
    for (const secret of [...Object.values(SAM_ENV), ...Object.values(ENV), WRONG, totp]) {
      for (const form of formsOf(secret)) expect(everything.includes(form), `the output holds ${form}`).toBe(false);
    }
  });
});

async function filesIn(folder: string): Promise<{ path: string; bytes: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(path) })));
}
