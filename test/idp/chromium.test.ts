import * as openid from 'openid-client';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { chromiumPresent, launchChromium } from '../support/chromium.js';
import { identityProvider } from '../support/identity-provider.js';
import { requirement } from '../support/requirement.js';
import { relyingParty } from './relying-party.js';

const present = requirement('Chromium', chromiumPresent, 'the pages are not tried in a real browser');

describe.runIf(present)('in a real browser', () => {
  let idp: IdentityProvider;
  let browser: Browser;

  beforeAll(async () => {
    [idp, browser] = await Promise.all([identityProvider(), launchChromium()]);
  });
  afterAll(() => browser?.close());

  /** A new window, and everything the browser complains about. */
  async function open(): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    const context = await browser.newContext({ locale: 'en-US' });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    return { context, page, complaints };
  }

  test.each(['127.0.0.1', 'localhost'])('typing a password and allowing leads back to %s', async (host) => {
    const app = await relyingParty(idp, { host });
    const { page, complaints } = await open();
    const { url, checks } = await app.request({ scope: 'openid email' });
    await page.goto(url);
    await page.getByLabel('User name or e-mail').fill('alice');
    await page.getByLabel('Password').fill('alice-password');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Allow Demo app?' }).waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('Signed in.').waitFor();
    const tokens = await openid.authorizationCodeGrant(app.config, new URL(page.url()), checks);
    expect(tokens.claims()?.email).toBe('alice@example.com');
    expect(complaints).toEqual([]);
  });

  test('one click signs a test user in, also in place of another, and logout asks and leads back', async () => {
    const app = await relyingParty(idp);
    const { page, complaints } = await open();
    for (const [parameters, name] of [
      [{}, 'Alice Example'],
      [{ prompt: 'select_account' }, 'Bob Example'],
    ] as const) {
      await page.goto((await app.request(parameters)).url);
      await page.getByRole('button', { name: `Sign in as ${name}` }).click();
      await page.getByText(`You are signed in as ${name}.`).waitFor();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByText('Signed in.').waitFor();
    }
    const logout = openid.buildEndSessionUrl(app.config, { post_logout_redirect_uri: `${app.redirectUri}/bye` });
    await page.goto(logout.href);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${app.redirectUri}/bye`);
    expect(complaints).toEqual([]);
  });

  test('a wrong password is said in words that a screen reader is given', async () => {
    const app = await relyingParty(idp);
    const { page } = await open();
    await page.goto((await app.request()).url);
    await page.getByLabel('User name or e-mail').fill('alice');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    expect(await page.getByRole('alert').textContent()).toContain('do not match');
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
  });

  test('denying and cancelling both answer access_denied', async () => {
    const app = await relyingParty(idp);
    for (const driver of ['Cancel', 'Deny']) {
      const { page } = await open();
      await page.goto((await app.request()).url);
      if (driver === 'Deny') await page.getByRole('button', { name: 'Sign in as Bob Example' }).click();
      await page.getByRole('button', { name: driver }).click();
      await page.getByText('Signed in.').waitFor();
      expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
    }
  });

  test('form_post comes back by itself, and without a session logout goes on by itself', async () => {
    const app = await relyingParty(idp);
    const { page, complaints } = await open();
    await page.goto((await app.request({ response_mode: 'form_post' })).url);
    await page.getByRole('button', { name: 'Sign in as Bob Example' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('Signed in.').waitFor();
    expect(app.posted[0]?.get('code')).toBeTypeOf('string');
    const other = await open();
    await other.page.goto(openid.buildEndSessionUrl(app.config).href);
    await other.page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
  });

  test('no page is wider than a phone', async () => {
    const app = await relyingParty(idp, { path: `/${'a-very-long-path-'.repeat(20)}` });
    const { page } = await open();
    await page.setViewportSize({ width: 320, height: 640 });
    const width = () => page.evaluate('document.documentElement.scrollWidth');
    const resource = `https://api.example.com/${'x'.repeat(200)}`;
    await page.goto((await app.request({ resource, scope: `openid ${'y'.repeat(200)}` })).url);
    expect(await width()).toBe(320);
    await page.getByRole('button', { name: 'Sign in as Alice Example' }).click();
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    expect(await width()).toBe(320);
    await page.goto((await app.request({ redirect_uri: `https://app.example/${'z'.repeat(300)}` })).url);
    expect(await width()).toBe(320);
  });
});
