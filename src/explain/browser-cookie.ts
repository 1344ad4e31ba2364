import type { ExplainTable, Given } from './explanation.js';

/** The advice for a response that came without the cookie of the browser that opened the one-time address. */
export const COOKIE_FIX =
  'Finish the sign-in in the browser that oidc-cli opened, with cookies allowed, or use --no-browser to accept the response from any browser.';

/** Responses that came without that cookie, as a cause. */
export function otherBrowserCause({ otherBrowser }: Given<'otherBrowser'>): string | false {
  const count = Number(otherBrowser ?? 0);
  if (count === 0) return false;
  const responses = count === 1 ? 'A response with the right state' : `${count} responses with the right state`;
  return `${responses} came from another browser or profile than the one that opened the one-time address, or from one that keeps no cookies.`;
}

/** Explanations of a sign-in or sign-out that is bound to one browser. */
export const ONE_BROWSER = {
  one_time_address_reused: (f) => {
    const action = f.of ?? 'sign-in';
    const readByOthers = "Another user of this machine read the address from the browser's command line.";
    if (f.browserFailed !== undefined) {
      return {
        message: `The browser could not be opened (${f.browserFailed}), but a program opened the one-time address of this ${action}, so the ${action} was stopped.`,
        causes: ['The command opened a browser and then ended with an error.', readByOthers],
        fix: 'Use --no-browser, or name another command with --browser.',
      };
    }
    return {
      message: `Two programs opened the one-time address of this ${action}, so the ${action} was stopped. Either of them may belong to somebody else.`,
      causes: [
        'The address was opened in two browsers, or in two profiles or private windows of one.',
        'A browser that keeps no cookies opened it again.',
        readByOthers,
        'A program that looks at addresses first, such as a virus scanner, opened it.',
      ],
      fix: 'Try again and open the address in one browser only, with cookies allowed. If it fails again, use --no-browser, which puts no address on a command line.',
    };
  },
} satisfies Partial<ExplainTable>;
