import { expect, test, vi } from 'vitest';
import { headlessBrowserDriver } from '../../src/browser/headless-browser.js';
import { explain } from '../../src/explain/explain.js';
import { pageJob } from '../support/page-job.js';

vi.mock('playwright-core', () => {
  throw new Error("Cannot find package 'playwright-core'");
});

test('without playwright-core a browser is missing, and what to install is said', async () => {
  const driver = headlessBrowserDriver({ env: {}, platform: process.platform, clock: { now: () => Date.now() } });
  const failed = driver.signIn(pageJob('http://127.0.0.1:1'));
  await expect(failed).rejects.toMatchObject({ code: 'browser_missing', facts: { package: 'playwright-core' } });
  const { facts } = await failed.catch((error) => error);
  expect(explain('browser_missing', facts).fix).toContain('npm install playwright-core');
  await driver.close();
});
