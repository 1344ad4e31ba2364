import type { OpenUrl } from '../../../src/context.js';
import { CookieBrowser } from '../../support/cookie-browser.js';
import { signInOverHttp } from '../../support/http-browser.js';
import { signInPages, TEST_USER } from '../../support/sign-in-pages.js';
import type { BrokenSignIn, Stage } from './stage.js';

/** Long enough for a browser that does not have far to go. */
const SHORT = ['--timeout', '2'];

/** A browser that only goes to the redirect URI, with this behind the question mark. */
const goesBack = (query: string): OpenUrl => {
  return async (url) => {
    const { searchParams } = await new CookieBrowser().authorizationRequest(url);
    await fetch(`${searchParams.get('redirect_uri')}${query}`);
  };
};

/** A browser that follows redirects and keeps no cookies. */
const keepsNoCookies: OpenUrl = async (url) => void (await fetch(url));

/** Signs in by a program at pages of this style. */
function program(style: Parameters<typeof signInPages>[0]['style'], flags: readonly string[] = []) {
  return async (stage: Stage) => {
    const { issuer } = await signInPages({ style });
    const driver = ['--with', 'http', '--user', TEST_USER.username, '--password-env', 'PASSWORD', ...flags];
    return stage.login(issuer, driver, { env: { PASSWORD: stage.secret(TEST_USER.password) } });
  };
}

/** What the person, the browser, or the program in its place does. */
export const BROWSER_CASES: readonly BrokenSignIn[] = [
  {
    name: 'the person cancels the sign-in',
    code: 'access_denied',
    exit: 5,
    because: /pressed "cancel"/,
    run: async (stage) =>
      stage.login((await stage.idp()).issuer, [], {
        openUrl: async (url) => void (await signInOverHttp(url, { username: 'alice', deny: true })),
      }),
  },
  {
    name: 'a tab of an earlier sign-in answers',
    code: 'callback_state_mismatch',
    exit: 7,
    because: /tab of an earlier sign-in/,
    run: async (stage) =>
      stage.login((await stage.idp()).issuer, SHORT, {
        openUrl: goesBack(`?code=a-code&state=${'x'.repeat(43)}`),
      }),
  },
  {
    name: 'the state is lost on the way',
    code: 'callback_state_mismatch',
    exit: 7,
    because: /drops the state/,
    run: async (stage) => stage.login((await stage.idp()).issuer, SHORT, { openUrl: goesBack('?code=a-code') }),
  },
  {
    name: 'an error comes without the state',
    code: 'callback_state_mismatch',
    exit: 7,
    because: /refused with the error "unauthorized_client" and left the state out/,
    run: async (stage) =>
      stage.login((await stage.idp()).issuer, SHORT, { openUrl: goesBack('?error=unauthorized_client') }),
  },
  {
    name: 'the browser keeps no cookies',
    code: 'login_timeout',
    exit: 6,
    because: /A response with the right state came from another browser .* or from one that keeps no cookies/,
    run: async (stage) => stage.login((await stage.scripted()).issuer, SHORT, { openUrl: keepsNoCookies }),
  },
  {
    name: 'two programs open the one-time address',
    code: 'one_time_address_reused',
    exit: 7,
    because: /opened in two browsers/,
    run: async (stage) =>
      stage.login((await stage.idp()).issuer, [], {
        openUrl: async (url) => {
          for (const _ of [1, 2]) await new CookieBrowser().request(url);
        },
      }),
  },
  {
    name: 'a program types the wrong password',
    code: 'sign_in_rejected',
    exit: 5,
    because: /password is another one/,
    run: async (stage) => {
      const flags = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD'];
      return stage.login((await stage.idp()).issuer, flags, { env: { PASSWORD: stage.secret('wrong-password') } });
    },
  },
  {
    name: 'a program has no password to type',
    code: 'sign_in_credentials_missing',
    exit: 3,
    because: /named without what it needs/,
    run: async (stage) => stage.login((await stage.idp()).issuer, ['--with', 'http', '--user', 'alice']),
  },
  {
    name: 'the account is locked',
    code: 'sign_in_account_locked',
    exit: 5,
    because: /Too many sign-ins failed/,
    run: program('locked'),
  },
  {
    name: 'the page wants a one-time code, and there is none',
    code: 'sign_in_credentials_missing',
    exit: 3,
    because: /second factor/,
    run: program('two-step'),
  },
  {
    name: 'the page is made by a script',
    code: 'sign_in_script_needed',
    exit: 3,
    because: /renders its sign-in page by script/,
    run: program('single-page'),
  },
  {
    name: 'the page never answers',
    code: 'sign_in_timed_out',
    exit: 6,
    because: /slow/,
    run: program('hanging', ['--timeout', '2']),
  },
  {
    name: 'the browser is not there',
    code: 'browser_missing',
    exit: 3,
    because: /installed elsewhere|not installed/,
    run: async (stage) => {
      const flags = [
        '--with',
        'browser',
        '--user',
        'alice',
        '--password-env',
        'PASSWORD',
        '--browser-path',
        '/nowhere',
      ];
      return stage.login((await stage.idp()).issuer, flags, { env: { PASSWORD: 'alice-password' } });
    },
  },
  {
    name: 'the program that signs in brings nothing back',
    code: 'sign_in_command_failed',
    exit: 3,
    because: /has to print the address/,
    run: async (stage) => {
      const flags = ['--with', 'command', '--browser', `${process.execPath} -e 0`];
      return stage.login((await stage.idp()).issuer, flags, { env: { PATH: process.env.PATH } });
    },
  },
  {
    name: 'what is pasted is no address',
    code: 'callback_invalid',
    exit: 7,
    because: /part of the address was copied/,
    run: (stage) => stage.run(['login', '--callback-url', 'code=abc&state=def']),
  },
  {
    name: 'what is pasted is the answer to a sign-in of another program',
    code: 'callback_no_pending',
    exit: 4,
    because: /sign-in of another program: its state has another form/,
    run: (stage) => stage.run(['login', '--callback-url', 'http://localhost:8484/callback?code=abc&state=def']),
  },
];
