import { afterAll, describe, expect, test } from 'vitest';
import { PAGE_LIMITS } from '../../src/browser/page-description.js';
import { browserDriver, serve } from '../support/browser-pages.js';
import { chromiumPresent } from '../support/chromium.js';
import { pageJob } from '../support/page-job.js';
import { requirement } from '../support/requirement.js';

const present = requirement('Chromium', chromiumPresent, 'large pages in a browser');
const times = (size: number, part: (index: number) => string) =>
  Array.from({ length: size }, (_, i) => part(i)).join('');
const SIGN_IN =
  '<form method="post"><label>User name <input name="u"></label><input type="password" name="p"><button>Sign in</button></form>';

describe.runIf(present)('a large page in a browser', () => {
  const driver = browserDriver();
  afterAll(() => driver.close());

  /** Each of it within the limits; together they took minutes for each look at the page. */
  const AROUND = [
    times(3_100, (i) => `<a href="/${i}">l${i}</a>`),
    `<p id="x">${'word '.repeat(100_000)}</p>`,
    `<form>${times(300, (i) => `<input name="n${i}" aria-labelledby="${'x '.repeat(100)}">`)}</form>`,
    `<form><label>${'word '.repeat(20_000)}${times(200, () => '<span role="button">b</span>')}<input></label></form>`,
    times(5_000, () => '<i></i>'),
  ];

  test('is signed in on where its form stands behind all of the rest', async () => {
    const site = await serve((url, body) => {
      if (url.pathname === '/auth' && body === '') return AROUND.join('') + SIGN_IN;
      const at = {
        status: 303,
        headers: { location: `http://127.0.0.1:9/callback?code=${new URLSearchParams(body).get('u')}` },
      };
      return url.pathname === '/auth' ? at : '';
    });
    const { parameters } = await driver.signIn(pageJob(site, { timeoutMs: 80_000 }));
    expect(parameters.get('code')).toBe('sam@example.com');
  });

  test.each([
    ['controls', times(PAGE_LIMITS.controls + 1, () => '<input>')],
    ['elements', times(PAGE_LIMITS.elements + 1, () => '<br>')],
    [
      'depth',
      `<script>let at = document.documentElement.appendChild(document.createElement('body'));
       for (let i = 0; i < ${PAGE_LIMITS.depth + 1}; i++) at = at.appendChild(document.createElement('b'));</script>`,
    ],
  ] as const)('that has too much is told by its limit: %s', async (limit, html) => {
    const site = await serve(() => `<!doctype html><title>Large</title>${html}`);
    await expect(driver.signIn(pageJob(site, { timeoutMs: 80_000 }))).rejects.toMatchObject({
      code: 'sign_in_page_too_large',
      facts: { limit, most: PAGE_LIMITS[limit], title: 'Large' },
    });
  });
});
