import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { autoDriver } from '../../src/browser/auto-driver.js';
import { headlessBrowserDriver } from '../../src/browser/headless-browser.js';
import { httpDriver } from '../../src/browser/http-driver.js';
import type { SignInDriver } from '../../src/browser/sign-in-driver.js';
import { createFetch } from '../../src/network/fetch.js';
import { browserDriver, serve } from '../support/browser-pages.js';
import { createTestAuthority, opensslPresent } from '../support/certificates.js';
import { chromiumPresent, killOwnBrowser } from '../support/chromium.js';
import { pageJob } from '../support/page-job.js';
import { requirement } from '../support/requirement.js';
import { signInPages } from '../support/sign-in-pages.js';

const clock = { now: () => Date.now() };
const present = requirement('Chromium', chromiumPresent, 'signing in by a browser without a person');

describe.runIf(present && requirement('openssl', opensslPresent(), 'a browser with --ca'))('certificates', () => {
  const authority = createTestAuthority();
  afterAll(() => authority.remove());

  test('are trusted by --ca where the server is vouched for by it, also on the way; by --insecure; and not without', async () => {
    const tls = authority.issue('localhost', 'DNS:localhost,IP:127.0.0.1');
    const end = { status: 302, headers: { location: 'http://127.0.0.1:9/callback?code=c' } };
    const second = await serve(() => end, authority.issue('other', 'IP:127.0.0.1'));
    const first = await serve(() => ({ status: 302, headers: { location: `${second}/` } }), tls);
    const stranger = await serve(() => end, authority.selfSigned('stranger', 'IP:127.0.0.1'));
    const trusting = browserDriver({ caFile: authority.caFile });
    const [plain, insecure] = [browserDriver(), browserDriver({ insecure: true })];
    onTestFinished(async () => {
      await Promise.all([trusting, plain, insecure].map((driver) => driver.close()));
    });
    expect((await trusting.signIn(pageJob(first))).parameters.get('code')).toBe('c');
    await expect(trusting.signIn(pageJob(stranger))).rejects.toMatchObject({ code: 'tls_not_trusted' });
    await expect(plain.signIn(pageJob(first))).rejects.toMatchObject({
      code: 'tls_not_trusted',
      facts: { url: `${first}/auth` },
    });
    expect((await insecure.signIn(pageJob(stranger))).parameters.get('code')).toBe('c');
  });
});

test.runIf(present)('a proxy of the environment is used by the browser, but not for this machine', async () => {
  const asked: string[] = [];
  const proxy = await serve((url) => {
    asked.push(url.href);
    return { status: 302, headers: { location: 'http://127.0.0.1:9/callback?code=c' } };
  });
  const driver = browserDriver({ env: { ...process.env, HTTP_PROXY: proxy, no_proxy: '' } });
  onTestFinished(() => driver.close());
  const far = await driver.signIn(pageJob('http://id.example.invalid'));
  expect(far.parameters.get('code')).toBe('c');
  const near = await serve(() => ({ status: 302, headers: { location: 'http://127.0.0.1:9/callback?code=d' } }));
  expect((await driver.signIn(pageJob(near))).parameters.get('code')).toBe('d');
  expect(asked.filter((url) => url.startsWith(near))).toEqual([]);
});

describe.runIf(present && process.platform === 'linux')('a browser that dies', () => {
  test('is started again, and the sign-ins in it begin once more', async () => {
    const driver = browserDriver();
    onTestFinished(() => driver.close());
    const [spa, plain] = await Promise.all([signInPages({ style: 'single-page' }), signInPages({ style: 'japanese' })]);
    const begun: string[] = [];
    const jobs = [spa, plain, spa].map(({ issuer }) => {
      const job = pageJob(issuer);
      const again = async () => {
        begun.push('again');
        return job.url;
      };
      return driver.signIn({ ...job, again });
    });
    await expect.poll(() => spa.seen.length).toBeGreaterThan(0);
    killOwnBrowser();
    const responses = await Promise.all(jobs);
    expect(responses.every(({ parameters }) => parameters.has('code'))).toBe(true);
    expect(begun.length).toBeGreaterThan(0);
  });

  test('twice is a failure', async () => {
    const driver = browserDriver();
    onTestFinished(() => driver.close());
    const pages = await signInPages({ style: 'hanging' });
    const signIn = driver.signIn(pageJob(pages.issuer));
    signIn.catch(() => undefined);
    for (const times of [1, 2]) {
      const pressed = () => pages.seen.filter((event) => event === 'pressed forward').length;
      await expect.poll(pressed).toBe(times);
      killOwnBrowser();
    }
    await expect(signIn).rejects.toMatchObject({
      code: 'browser_failed',
      facts: { reason: 'it ended twice while signing in' },
    });
  });
});

describe.runIf(present)('auto', () => {
  test('goes on with a browser where a page needs script, asks for the request anew, and remembers it', async () => {
    const fetch = createFetch({ env: {}, clock });
    const used: string[] = [];
    const driver = autoDriver(noted('http', httpDriver({ fetch: fetch.ask, clock }), used), async () =>
      noted('browser', browserDriver(), used),
    );
    onTestFinished(async () => {
      await driver.close();
      fetch.close();
    });
    const [spa, plain] = await Promise.all([signInPages({ style: 'single-page' }), signInPages({ style: 'japanese' })]);
    expect((await driver.signIn(pageJob(plain.issuer))).way).toBe('http');
    const job = pageJob(spa.issuer);
    const fresh = pageJob(spa.issuer);
    const response = await driver.signIn({ ...job, again: async () => fresh.url });
    expect(response.way).toBe('browser');
    expect(response.parameters.get('state')).toBe(fresh.state);
    await driver.signIn(pageJob(spa.issuer));
    expect(used).toEqual(['http', 'http', 'browser', 'browser']);
  });

  function noted(name: string, driver: SignInDriver, used: string[]): SignInDriver {
    return {
      ...driver,
      signIn: (job) => {
        used.push(name);
        return driver.signIn(job);
      },
    };
  }
});

describe('where there is no browser', () => {
  test('a named one that is not there is told', async () => {
    const driver = headlessBrowserDriver({
      browserPath: '/nowhere/chrome',
      env: {},
      platform: process.platform,
      clock,
    });
    await expect(driver.signIn(pageJob('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'browser_missing',
      facts: { reason: '/nowhere/chrome is no program that can be run' },
    });
    await driver.close();
  });

  test.skipIf(process.platform === 'win32')('a program that is none is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-browser-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'chrome');
    await writeFile(path, '#!/bin/sh\necho "No usable sandbox!" >&2\nexit 1\n');
    await chmod(path, 0o755);
    const driver = headlessBrowserDriver({
      env: { OIDC_CLI_BROWSER_PATH: path, PATH: process.env.PATH },
      platform: process.platform,
      clock,
    });
    await expect(driver.signIn(pageJob('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'browser_failed',
      facts: { browser: path, reason: expect.stringMatching(/sandbox/i) },
    });
    await driver.close();
  });
});
