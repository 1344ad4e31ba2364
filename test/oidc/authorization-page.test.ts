import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFetch } from '../../src/network/fetch.js';
import { tryAuthorizationRequest } from '../../src/oidc/authorization-endpoint.js';
import { serve } from '../support/browser-pages.js';
import { expectLinear } from '../support/growth.js';

const fetch = createFetch({ env: {}, clock: { now: () => Date.now() } });
afterAll(() => fetch.close());

let origin: string;
let page = '';
beforeAll(async () => {
  origin = await serve(() => page);
});

/** What the doctor, the probe and a login make of a page that the authorization endpoint shows. */
function ask(html: string) {
  page = html;
  return tryAuthorizationRequest(`${origin}/auth`, 'http://127.0.0.1:9/callback', { fetch });
}

test.each<[string, (size: number) => string, number?]>([
  ['styles', (size) => '<style></style>'.repeat(size), 64],
  ['texts', (size) => '<p>no'.repeat(size)],
  ['fields', (size) => '<input name="n">'.repeat(size)],
  ['elements in one another', (size) => '<div>x'.repeat(size)],
  [
    'hidden fields of a form',
    (size) =>
      `<form method="post">${Array.from({ length: size / 2 }, (_, i) => `<input type="hidden" name="${i}">`).join('')}<input name="code">`,
  ],
])('a page of many %s is read in time that grows with its size', async (_name, make, smallest = 32) => {
  await expectLinear(make, ask, { smallest, cpuMs: 2_500 });
});

test.each(['redirect_uri ', 'invalid ', '. ', 'name="code" ', 'aadsts'])(
  'much of "%s" is read at once',
  async (part) => {
    const before = process.cpuUsage();
    await ask(part.repeat(1_000_000 / part.length));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5_000);
  },
);

test('of a page with more elements than are read the beginning counts', async () => {
  const much = '<br>'.repeat(200_000);
  expect(await ask(`<input name="user">${much}`)).toEqual({ kind: 'page', status: 200, form: true });
  expect(await ask(`<p>AADSTS50011: no</p>${much}`)).toMatchObject({ kind: 'refused', words: 'AADSTS50011: no' });
});

test('an answer that a page would post to the redirect URI is read from its hidden fields', async () => {
  const fields = '<input type="HIDDEN" name="error" value="access_denied"><input type="hidden" name="state" value="s">';
  const refused = { kind: 'refused', error: 'access_denied', reportedTo: 'redirect URI' };
  expect(await ask(`<form method="post"><div>${fields}</div></form>`)).toMatchObject(refused);
  expect(await ask(`<form>${fields}</form>`)).toMatchObject({ kind: 'page' });
  expect(await ask('<form method="post"><input name="code"></form>')).toMatchObject({ kind: 'page', form: true });
});
