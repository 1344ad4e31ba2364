import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { chromiumPresent, launchChromium } from '../support/chromium.js';
import { requirement } from '../support/requirement.js';
import { createMachine } from '../support/run.js';
import { oauthError, type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
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
  beforeAll(async () => {
    const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    [browser, axe] = await Promise.all([launchChromium(), readFile(path, 'utf8')]);
  });
  afterAll(() => browser?.close());

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

  const views = [
    ['light', 1000],
    ['dark', 1000],
    ['light', 360],
    ['dark', 360],
  ] as const;

  test.each(views)(
    '%s, %i wide: no complaint, nothing beside the page, no serious barrier',
    async (colorScheme, width) => {
      const { address } = await signIn({ claims: { nonce: 'another' }, header: { typ: HOSTILE } });
      const { page, complaints, asked } = await open(address, { colorScheme, width });
      await openAll(page);
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
        0,
      );
      expect(await page.title()).toBe('oidc-cli login: failed');
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
