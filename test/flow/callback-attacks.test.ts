import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenUrl } from '../../src/context.js';
import { CookieBrowser } from '../support/cookie-browser.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { refused, signIn } from '../support/scripted-sign-in.js';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());

/** A browser that asks the provider and comes back with its answer, changed on the way. It returns the page it is shown. */
async function comeBack(browser: CookieBrowser, asked: URL, change: (callback: URL) => void): Promise<Response> {
  const { headers } = await browser.request(asked);
  const callback = new URL(headers.get('location') ?? '');
  change(callback);
  return browser.open(callback);
}

test('a thousand requests of strangers do not keep a sign-in from completing', async () => {
  const openUrl: OpenUrl = async (url) => {
    const browser = new CookieBrowser();
    const asked = await browser.authorizationRequest(url);
    const redirectUri = asked.searchParams.get('redirect_uri') ?? '';
    const strangers = Array.from({ length: 1_000 }, (_, index) => {
      const stray = index % 2 ? `${redirectUri}?error=access_denied&state=${index}` : `${redirectUri}/${index}`;
      // Those still open when the listener ends are cut off.
      return fetch(stray).then(
        (answer) => answer.text(),
        () => undefined,
      );
    });
    await browser.open(asked);
    await Promise.all(strangers);
  };
  const { code, document } = await signIn(provider, {}, [], { openUrl });
  expect([code, document.subject !== undefined]).toEqual([0, true]);
});

describe('an answer with the right state and a parameter twice ends the sign-in, and not a time-out later', () => {
  test.each([
    ['code', 'another-code'],
    ['state', undefined],
    ['iss', undefined],
  ])('%s', async (name, value) => {
    const openUrl: OpenUrl = async (url) => {
      const browser = new CookieBrowser();
      const page = await comeBack(browser, await browser.authorizationRequest(url), ({ searchParams }) =>
        searchParams.append(name, value ?? searchParams.get(name) ?? ''),
      );
      expect(await page.text()).toContain('Sign-in failed');
    };
    const { error } = await refused(provider, {}, [], { openUrl });
    expect(error).toMatchObject({ code: 'callback_invalid', exitCode: 7 });
    expect(error.message).toContain(`"${name}"`);
    expect(JSON.stringify(error)).not.toContain('another-code');
    expect(provider.requests('/token')).toEqual([]);
  });

  test('but with another state beside ours it is a stranger’s', async () => {
    const openUrl: OpenUrl = async (url) => {
      const browser = new CookieBrowser();
      const asked = await browser.authorizationRequest(url);
      const page = await comeBack(browser, asked, ({ searchParams }) => searchParams.append('state', 'another'));
      expect(page.status).toBe(400);
      await browser.open(asked);
    };
    expect((await signIn(provider, {}, [], { openUrl })).code).toBe(0);
  });
});

test('HTML in error_description is text on the page that the person sees', async () => {
  const evil = '<img src=x onerror="alert(1)"><script>alert(1)</script>';
  let page = '';
  const openUrl: OpenUrl = async (url) => {
    page = await (await new CookieBrowser().open(url)).text();
  };
  const script = { authorization: { code: undefined, error: 'access_denied', error_description: evil } };
  const { error } = await refused(provider, script, [], { openUrl });
  expect(error).toMatchObject({ code: 'access_denied', facts: { description: evil } });
  expect(page).toContain('Sign-in failed');
  expect(page).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toMatch(/<img|<script/);
});
