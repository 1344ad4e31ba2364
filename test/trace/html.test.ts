import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { chromiumPresent, launchChromium } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine } from '../support/run.js';
import { oauthError, type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { ALICE, demo, ENV } from '../support/smoke-plan.js';
import { type Traced, traced } from './traced.js';

const present = requirement('Chromium', chromiumPresent, 'the report is not opened in a real browser');

/** Markup, terminal escapes, marks of direction and what looks like an end of our own markup. */
const HOSTILE =
  '</pre></script><script>document.title="owned"</script><img src=x onerror=alert(1)>\u001b[2J\u001b]0;owned\u0007\u202eevil\u2066\u200b "\'&amp;';
const REFUSED: Script = { token: () => oauthError(400, 'invalid_grant', 'The code was used before.') };

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

/** A traced sign-in, and the address of its report. */
async function signIn(script: Script, flags: readonly string[] = []): Promise<Traced & { address: string }> {
  provider.play(script);
  const machine = await createMachine();
  onTestFinished(() => machine.remove());
  const argv = [
    'login',
    '--issuer',
    provider.issuer,
    '--client-id',
    'app',
    '--redirect-uri',
    'http://127.0.0.1:0/callback',
  ];
  const result = await traced(machine, [...argv, ...flags], { openUrl: followRedirects });
  return { ...result, address: pathToFileURL(join(machine.home, 'trace.html')).href };
}

/** A run of three checks: one passes, one fails, and one is to be refused and is. */
async function smokeRun(): Promise<Traced & { address: string }> {
  const { issuer } = await identityProvider();
  const machine = await createMachine();
  onTestFinished(() => machine.remove());
  const checks = [
    { name: 'it works', profile: demo(issuer) },
    { name: 'another person', profile: demo(issuer), expect: { claims: { email: 'bob@example.com' } } },
    { name: 'a wrong password', profile: demo(issuer), user: 'bob', expect: { failure: 'sign_in_rejected' } },
  ];
  await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
  const result = await traced(machine, ['smoke'], { env: ENV });
  return { ...result, address: pathToFileURL(join(machine.home, 'trace.html')).href };
}

test('a run of several checks has each by itself: how it ended, why, and its own sequence', async () => {
  const { html } = await smokeRun();
  expect(html).toContain('1 of 3 checks failed.');
  const jobs = [...html.matchAll(/<details class="card job" id="(job-\d)"( open)?><summary>(.*?)<\/summary>/g)].map(
    ([, id, open, summary = '']) => [id, open !== undefined, summary.replaceAll(/<[^>]*>/g, '').replace(/\d+ ms/, 'T')],
  );
  const summaries = jobs.map(([, open, summary]) => `${open ? 'unfolded' : 'folded'}: ${summary}`);
  expect(summaries.map((summary) => summary.replace(/\d+ requests?, T$/, '').trim()).sort()).toEqual([
    'folded:  Shared by all',
    'folded: ✓ done a wrong password',
    'folded: ✓ done it works',
    'unfolded: ✗ failed another person',
  ]);
  // What was to be refused is no failure of the run.
  expect(html.match(/class="event [^"]*\bbad\b/g)).toHaveLength(1);
  expect(html).toMatch(/class="event [^"]*\brefused\b/);
});

test('the explanation stands before everything else, and the page asks for nothing from anywhere', async () => {
  const { html } = await signIn(REFUSED);
  expect(html.indexOf('The provider refuses the authorization code')).toBeGreaterThan(0);
  expect(html.indexOf('The provider refuses the authorization code')).toBeLessThan(html.indexOf('id="sequence"'));
  expect(html).not.toMatch(/<(script|link rel="stylesheet"|iframe|object|embed)/);
  expect(html).not.toMatch(/\b(src|srcset|action)=|@import|url\(/);
  expect(
    [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href).filter((href) => !/^(#|data:,$)/.test(href ?? '')),
  ).toEqual([]);
});

describe.runIf(present)('in a real browser', () => {
  let browser: Browser;
  let axe: string;
  let folder: string;
  beforeAll(async () => {
    const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    [browser, axe, folder] = await Promise.all([
      launchChromium(),
      readFile(path, 'utf8'),
      mkdtemp(join(tmpdir(), 'oidc-cli-reports-')),
    ]);
  });
  afterAll(() => Promise.all([browser?.close(), rm(folder, { recursive: true, force: true })]));

  interface View {
    readonly colorScheme?: 'light' | 'dark';
    readonly width?: number;
    /** For the accessibility check, which is a script of ours; the page itself has none. */
    readonly bypassCSP?: boolean;
  }

  /** The page, with everything the browser complains about or asks the network for. */
  async function open(address: string, { colorScheme = 'light', width = 1000, bypassCSP = false }: View = {}) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, bypassCSP });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => complaints.push('a dialog')));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(address);
    return { page, complaints, asked: () => asked.filter((url) => !url.startsWith('data:') && url !== address) };
  }

  const openAll = (page: Page) =>
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");

  const LONG = 'w'.repeat(3_000);
  const failed = () => signIn({ claims: { nonce: 'another' }, header: { typ: HOSTILE } });
  const reports = {
    'a failed sign-in': failed,
    'a sign-in': () => signIn({}),
    'values without end': () =>
      signIn(
        { claims: { name: LONG, [LONG]: LONG }, userinfo: (honest) => ({ body: honest, headers: { 'x-l': LONG } }) },
        ['--with-claims'],
      ),
    'checks of smoke': smokeRun,
  } as const;
  const made = new Map<keyof typeof reports, Promise<{ readonly code: number; readonly address: string }>>();
  /** A report that several tests look at, in a folder that outlives the first of them. */
  const madeOnce = (report: keyof typeof reports) => {
    const making =
      made.get(report) ??
      reports[report]().then(async ({ code, html }) => {
        const file = join(folder, `${made.size}.html`);
        await writeFile(file, html);
        return { code, address: pathToFileURL(file).href };
      });
    made.set(report, making);
    return making;
  };
  const views = [
    ['a failed sign-in', 'light', 1000],
    ['a failed sign-in', 'dark', 360],
    ['a sign-in', 'dark', 1000],
    ['values without end', 'light', 360],
    ['checks of smoke', 'dark', 360],
  ] as const;

  test.each(views)(
    '%s, %s, %i wide: no complaint, nothing beside the page, no barrier',
    async (report, colorScheme, width) => {
      const { address, code } = await madeOnce(report);
      const { page, complaints, asked } = await open(address, { colorScheme, width });
      await openAll(page);
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
        0,
      );
      expect(await page.title()).toMatch(code === 0 ? /: done$/ : /^oidc-cli (login|smoke): failed$/);
      expect(complaints).toEqual([]);
      expect(asked()).toEqual([]);

      const checked = await open(address, { colorScheme, width, bypassCSP: true });
      await openAll(checked.page);
      await checked.page.evaluate(axe);
      const { violations, passes } = (await checked.page.evaluate('axe.run()')) as AxeResults;
      expect(passes.length).toBeGreaterThan(10);
      expect(violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes[0]?.html }))).toEqual([]);
    },
  );

  test('each step unfolds by the keyboard, and a replaced value leads to where else it was seen', async () => {
    const { address } = await signIn({});
    const { page } = await open(address);
    const request = page.locator('details.event', { has: page.locator('.label', { hasText: /^token request POST/ }) });
    const form = request.getByText('code_verifier', { exact: true });
    expect(await form.isVisible()).toBe(false);
    await request.locator('> summary').focus();
    await page.keyboard.press('Enter');
    await form.waitFor();
    await request.locator('a.name').first().click();
    expect(new URL(page.url()).hash).toMatch(/^#secret-\d+$/);
    expect(await page.locator('tr:target').isVisible()).toBe(true);
  });

  test('what failed is unfolded at once', async () => {
    const { address } = await signIn(REFUSED);
    const { page } = await open(address);
    const openOnes = page.locator('details.event[open]');
    expect(await openOnes.count()).toBe(1);
    expect(await openOnes.getByText('The code was used before.').isVisible()).toBe(true);
  });

  test('on paper everything is unfolded', async () => {
    const { address } = await signIn({});
    const { page } = await open(address);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByText('code_verifier', { exact: true }).first().isVisible()).toBe(true);
    const box = await page.locator('#event-1 .inside').boundingBox();
    expect(box?.height ?? 0).toBeGreaterThan(50);
  });
});
