import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenUrl } from '../../src/context.js';
import { CookieBrowser } from '../support/cookie-browser.js';
import { createMachine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects, loginOn, refused, signIn } from '../support/scripted-sign-in.js';

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
        (response) => response.text(),
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

describe('the sign-in belongs to the browser that opened the one-time address', () => {
  const COUNTS_FROM_ANY = 'The response is accepted from any browser, without a cookie.';

  test('a stranger with the right state can neither end nor fail it', async () => {
    const openUrl: OpenUrl = async (url) => {
      const browser = new CookieBrowser();
      const asked = await browser.authorizationRequest(url);
      const { redirect_uri: redirectUri, state = '' } = Object.fromEntries(asked.searchParams);
      for (const response of ['code=foreign', 'error=access_denied', 'code=foreign']) {
        const reply = await fetch(`${redirectUri}?${response}&${new URLSearchParams({ state })}`);
        expect([reply.status, await reply.text()]).toEqual([403, expect.stringContaining('another browser')]);
      }
      await browser.open(asked);
    };
    const { code, stderr } = await signIn(provider, {}, [], { openUrl });
    expect(code).toBe(0);
    expect(stderr.match(/Ignored a response with the right state from another browser.*--no-browser/g)).toHaveLength(1);
    expect(stderr).not.toContain(COUNTS_FROM_ANY);
  });

  test('who answers before the person’s browser has come does not stay signed in', async () => {
    const machine = await createMachine();
    let address = '';
    let second: Promise<Response> | undefined;
    provider.play({
      // The code is exchanged when the other browser comes: nothing is saved yet.
      token: async (honest) => {
        second = fetch(address);
        await fetch(new URL('/favicon.ico', address));
        return { body: honest };
      },
    });
    const openUrl: OpenUrl = async (url) => {
      address = url;
      await followRedirects(url);
    };
    const { code, stdout } = await loginOn(machine, provider.issuer, ['--json'], { openUrl });
    expect([code, JSON.parse(stdout).error.code]).toEqual([7, 'one_time_address_reused']);
    expect(await (await second)?.text()).toContain('Sign-in failed');
    expect((await machine.run(['whoami'])).code).toBe(4);
    await machine.remove();
  });

  test('a browser command that fails, though somebody opened the address, ends it', async () => {
    const openUrl: OpenUrl = async (url) => {
      await new CookieBrowser().request(url);
      throw new Error('no display');
    };
    const { error } = await refused(provider, {}, [], { openUrl });
    expect(error).toMatchObject({
      code: 'one_time_address_reused',
      exitCode: 7,
      facts: { browserFailed: 'no display' },
    });
    expect(error.message).toContain('(no display)');
  });

  test.each([
    ['no browser can be opened', [], 'No browser could be opened: no display.'],
    ['none is asked for', ['--no-browser'], 'Open this address in a browser:'],
  ])(
    'where %s, the address is the provider’s and any browser may answer, which is said',
    async (_why, flags, details) => {
      let answering: Promise<Response> | undefined;
      let opened = '';
      const finished = await signIn(provider, {}, flags, {
        openUrl: async (url) => {
          opened = url;
          throw new Error('no display');
        },
        onStderr: (text) => {
          const [address] = text.match(/^http\S+\/authorize\?\S+$/m) ?? [];
          if (address !== undefined && text.includes(COUNTS_FROM_ANY)) answering ??= fetch(address);
        },
      });
      await answering;
      expect(finished.stderr).toContain(details);
      expect(finished.code).toBe(0);
      if (flags.length === 0) expect(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/go\//);
    },
  );

  test('where the answer is pasted, the browser gets a one-time address and the person the provider’s', async () => {
    const redirectUri = 'https://app.example.com/callback';
    let opened = '';
    let ended = '';
    const { code, stderr } = await signIn(provider, {}, ['--redirect-uri', redirectUri], {
      openUrl: async (url) => {
        opened = url;
        const browser = new CookieBrowser();
        const asked = await browser.authorizationRequest(url);
        ended = (await browser.request(asked)).headers.get('location') ?? '';
      },
      onStderr: (text, stdin) => {
        if (ended !== '' && text.includes(COUNTS_FROM_ANY)) stdin.write(`${ended}\n`);
      },
    });
    expect(code, stderr).toBe(0);
    expect(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/go\/[\w-]{24}$/);
    expect(stderr).toContain(`\n${provider.issuer}/authorize?`);
  });
});
