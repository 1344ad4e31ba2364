import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, chromiumPresent, launchChromium } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { createMachine, type Finished, type Machine } from '../support/run.js';

const present = requirement('Chromium', chromiumPresent, 'sign-ins through a real browser');

describe.runIf(present)('a sign-in through a real browser', () => {
  let chromium: Browser;
  let context: BrowserContext;
  let page: Page;
  let machine: Machine;
  let login: string[];

  beforeAll(async () => {
    chromium = await launchChromium(chromiumPath);
  });
  afterAll(() => chromium?.close());
  beforeEach(async () => {
    const provider = await identityProvider();
    machine = await createMachine();
    context = await chromium.newContext();
    page = await context.newPage();
    login = [
      'login',
      '--issuer',
      provider.issuer,
      '--client-id',
      'demo',
      '--redirect-uri',
      'http://localhost:0/callback',
    ];
  });
  afterEach(async () => {
    await context?.close();
    await machine?.remove();
  });

  /** Types user name and password, and allows what the consent page asks. */
  async function signInByHand(url: string): Promise<void> {
    await page.goto(url);
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password').fill('alice-password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('You are signed in').first().waitFor();
  }

  /** Runs a command and lets the person finish with the browser: the command ends first, and a next page would interrupt the last one. */
  async function run(argv: readonly string[], person: (url: string) => Promise<void>): Promise<Finished> {
    let browsing: Promise<void> = Promise.resolve();
    const finished = await machine.run(argv, {
      openUrl: (url) => {
        browsing = person(url);
        return browsing;
      },
    });
    await browsing;
    return finished;
  }

  it('ends with the session kept, a page that says so, and no code in the history', async () => {
    const { code, stdout } = await run(login, signInByHand);
    expect(code).toBe(0);
    expect(stdout).toContain('Signed in as Alice Example');
    await expect.poll(() => page.getByText('Alice Example').count()).toBeGreaterThan(0);
    expect(page.url()).not.toContain('code=');
    // The page outlives the listener: what it shows needs no script and no further request.
    expect(await page.evaluate('document.scripts.length')).toBe(0);
    const history = await page.evaluate('history.length');
    for (let back = 1; back < Number(history); back += 1) {
      await page.goBack().catch(() => undefined);
      expect(page.url()).not.toContain('code=');
    }
  });

  it('shows the denial in the browser and in the terminal', async () => {
    const { code, stderr } = await run(login, async (url) => {
      await page.goto(url);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('denied').first().waitFor();
    });
    expect(code).toBe(5);
    expect(stderr).toContain('access_denied');
  });

  it('speaks Japanese to a browser that prefers it', async () => {
    await context.close();
    context = await chromium.newContext({ locale: 'ja-JP' });
    page = await context.newPage();
    const { code } = await run(login, async (url) => {
      await page.goto(url);
      await page.locator('input[name="username"]:visible').first().fill('alice');
      await page.locator('input[type="password"]:visible').first().fill('alice-password');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /許可|同意/ }).click();
      await page.getByText('サインイン').first().waitFor();
    });
    expect(code).toBe(0);
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('ja');
  });

  it('signs out at the provider, which then asks for the password again', async () => {
    expect((await run(login, signInByHand)).code).toBe(0);
    const out = await run(['logout', '--post-logout-redirect-uri', 'http://localhost:0/signed-out'], async (url) => {
      await page.goto(url);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('signed out').first().waitFor();
    });
    expect(out.stdout).toContain('✓ signed out at the provider');
    expect(out.code).toBe(0);
    let asked = false;
    await run(login, async (url) => {
      await page.goto(url);
      asked = await page.getByLabel('Password').isVisible();
      await page.getByRole('button', { name: 'Cancel' }).click();
    });
    expect(asked).toBe(true);
  });

  it.each(['query', 'form_post'])(
    'takes an answer by %s from another site, bound to the browser by its cookie',
    async (mode) => {
      // The provider is at 127.0.0.1 and the redirect URI at localhost: to a browser these are two sites.
      const trace = join(machine.home, 'trace.json');
      const posts: Record<string, string>[] = [];
      page.on('request', async (request) => {
        if (request.method() === 'POST' && request.url().startsWith('http://localhost'))
          posts.push(await request.allHeaders());
      });
      const { code } = await run([...login, '--response-mode', mode, '--trace-file', trace], signInByHand);
      expect(code).toBe(0);
      expect(readFileSync(trace, 'utf8')).toContain(`by ${mode}, bound to one browser`);
      expect(posts.map(({ cookie }) => cookie)).toEqual(mode === 'query' ? [] : [undefined]);
    },
  );

  it('ends the sign-in when another profile opens the address after it', async () => {
    const other = await chromium.newContext();
    const { code, stderr } = await run(login, async (url) => {
      await page.goto(url);
      const second = await other.newPage();
      await second.goto(url);
      await second.getByText('Sign-in failed').first().waitFor();
    });
    await other.close();
    expect([code, stderr]).toEqual([7, expect.stringContaining('one_time_address_reused')]);
  });
});
