import type { FactsOf } from '../errors.js';
import { shellWord } from '../safe-text.js';
import { causes, type ExplainTable, type Given, listText, secondsText } from './explanation.js';

/** The page's own words as a clause, or nothing. */
function pageQuote(facts: Given<'words'>): string {
  const words = String(facts.words ?? '').trim();
  if (words === '') return '';
  return ` It says: "${words.replace(/[.。!！]+$/, '')}".`;
}

/** The page by its title and address, as far as they are known. */
function page(facts: Given<'title' | 'url'>): string {
  const title = String(facts.title ?? '').trim();
  const at = facts.url === undefined ? '' : ` at ${facts.url}`;
  return `${title === '' ? 'a page' : `the page "${title}"`}${at}`;
}

/** What the page wanted, in the words of the flags. */
const INPUTS: Readonly<Record<string, { readonly name: string; readonly flags: string }>> = {
  username: { name: 'user name', flags: '--user' },
  password: { name: 'password', flags: '--password-env, --password-file or --password-stdin' },
  code: { name: 'one-time code', flags: '--totp-env or --totp-file' },
};

function requestedInput(facts: Given<'field'>): { readonly name: string; readonly flags: string } {
  return INPUTS[String(facts.field)] ?? { name: 'user name or password', flags: '--user and --password-env' };
}

/** Whether the page speaks of the redirect URI. */
function aboutRedirect({ words }: Given<'words'>): boolean {
  return /redirect|reply url|コールバック|リダイレクト|AADSTS50011/i.test(String(words));
}

/** Which credentials were about to be sent to which address, and why they were not. */
function stoppedText(facts: FactsOf<'sign_in_unsafe_destination'>): string {
  const kinds = Array.isArray(facts.kinds) && facts.kinds.length > 0 ? facts.kinds : ['credentials'];
  const credentials = new Intl.ListFormat('en-GB').format(kinds.map(String));
  const to = facts.destination ?? 'an address';
  if (facts.onPage === true)
    return `The page at ${to} asks for the ${credentials} over plain http, so nothing was typed there.`;
  const from = facts.page === undefined ? '' : ` by the page at ${facts.page}`;
  const how: Readonly<Record<string, string>> = {
    'plain http': ' over plain http',
    'in the URL': ' as part of a URL',
    'another site': ', which is a different site',
  };
  return `The ${credentials} would have been sent${from} to ${to}${how[String(facts.problem)] ?? ''}. The request was stopped.`;
}

/** The change that makes the destination of credentials safe. */
function saferDestination(facts: FactsOf<'sign_in_unsafe_destination'>): string {
  const { destination = 'that address', host, problem, allowHttpHelps } = facts;
  if (problem === 'in the URL') return 'Change the page at the provider so that it sends its form by POST.';
  if (problem === 'another site' && host !== undefined) {
    return `If this host may receive them, pass --allow-credentials-to ${shellWord(String(host))}. Otherwise find out why the provider leads there.`;
  }
  if (allowHttpHelps === true) return 'If this issuer may be used over plain http, pass --allow-http.';
  return `Serve ${destination} over https, or change the pages at the provider so that they do not lead there.`;
}

/** Codes of signing in on a provider's pages by a program. */
export const signInPages = {
  sign_in_rejected: (f) => ({
    message: `The provider did not accept the ${requestedInput(f).name}.${pageQuote(f)}`,
    causes: causes(
      f.field === 'code' && 'The secret of the one-time codes is of another account, or was replaced.',
      f.field === 'code' && "This machine's clock is wrong: a one-time code lives for about 30 seconds.",
      f.field === 'code' && 'Another sign-in used the same one-time code: a provider takes each once.',
      f.field === 'username' && 'There is no such account at this provider, or in this tenant.',
      f.field !== 'code' && f.field !== 'username' && 'The password is another one, or has expired.',
      f.field !== 'code' &&
        f.field !== 'username' &&
        'The account is of another tenant, or of a provider behind this one.',
    ),
    fix: `Sign in by hand with the same account once, and correct ${requestedInput(f).flags}.`,
  }),
  sign_in_account_locked: (f) => ({
    message: `The provider says that the account cannot sign in.${pageQuote(f)}`,
    causes: [
      'Too many sign-ins failed before: many checks with a wrong password at once do that.',
      'An administrator has disabled the account.',
    ],
    fix: 'Unlock the account at the provider, and correct the password before the next run.',
  }),
  sign_in_page_error: (f) => ({
    message: `The provider shows an error in place of its sign-in page${f.status === undefined ? '' : ` (status ${f.status})`}.${pageQuote(f)}`,
    causes: causes(
      aboutRedirect(f) &&
        `The redirect URI${f.redirectUri === undefined ? '' : ` ${f.redirectUri}`} is not registered for this client, to the letter.`,
      !aboutRedirect(f) &&
        /client|application|アプリ|AADSTS700016/i.test(String(f.words)) &&
        'The client id is unknown to this provider.',
      'The provider does not accept a part of the authorization request, and may not tell the application so.',
    ),
    fix:
      aboutRedirect(f) && f.redirectUri !== undefined
        ? `Register exactly ${f.redirectUri} at the provider, or sign in with one that is registered (--redirect-uri).`
        : "Compare client id, redirect URI and scopes with the provider's console; its log has the reason too.",
  }),
  sign_in_loops: (f) => ({
    message: `The sign-in comes back to ${page(f)} again and again.${pageQuote(f)}`,
    causes: [
      'What was typed is wrong, and the page says so in words that are not recognised.',
      'The page needs a step that is not recognised, such as a tick or a choice.',
      'The page needs cookies that the way of signing in does not keep.',
    ],
    fix: 'Sign in by hand once and compare; then name the steps, or sign in with --with browser and --keep-evidence DIR to see the page.',
  }),
  sign_in_page_not_understood: (f) => ({
    message: `It is not clear what to do on ${page(f)}.${f.controls === undefined ? '' : ` It has: ${listText(f.controls, 'nothing to fill in or to press')}.`}`,
    causes: causes(
      f.captcha === true && 'The page asks for proof that a person is there (CAPTCHA): no program can give that.',
      f.newPassword === true && 'The page wants a new password for the account.',
      f.passkey === true && 'The account signs in by a passkey or an app on a phone.',
      'The page asks for something else than user name, password, one-time code and consent.',
    ),
    fix: 'Use a test account that signs in by password (and one-time code) alone, or name the steps for this page.',
  }),
  sign_in_page_too_large: (f) => ({
    message: `Cannot read ${page(f)}: ${limitText(f)}.`,
    causes: [
      'The provider sent another page than its sign-in page, or what makes the page repeats a part of it by mistake.',
      'The server sends pages that keep whoever reads them busy.',
    ],
    fix: 'Open the page in a browser and look at its source. Nothing was typed on it.',
  }),
  sign_in_script_needed: (f) => ({
    message: `The sign-in page needs a browser: without script there is nothing to fill in on ${page(f)}.`,
    causes: ['The provider renders its sign-in page by script.'],
    fix: 'Sign in with --with browser, or with --with auto, which goes on with a browser by itself.',
  }),
  sign_in_credentials_missing: (f) => ({
    message:
      f.reason === undefined
        ? `The sign-in page wants a ${requestedInput(f).name}, and none was given.`
        : `The ${requestedInput(f).name} for the sign-in is not available from ${f.variable === undefined ? (f.file ?? f.source ?? 'its place') : `the environment variable ${f.variable}`}: ${f.reason}.`,
    causes: causes(
      f.reason === undefined && f.field === 'code' && 'The account has a second factor.',
      f.reason === undefined && f.field !== 'code' && 'The way to sign in was named without what it needs.',
      f.variable !== undefined && 'The variable is set in another shell, or has another name.',
    ),
    fix: `Give it with ${requestedInput(f).flags}.`,
  }),
  sign_in_unsafe_destination: (f) => ({
    message: `${stoppedText(f)}${f.credentialsSent === undefined ? ' No credentials were sent.' : ''}`,
    causes: causes(
      f.problem === 'plain http' && 'A redirect, a form or a script of the sign-in pages leads to plain http.',
      f.problem === 'in the URL' &&
        'The form on the page is sent by GET, or a redirect or script repeats what was typed.',
      f.problem === 'another site' &&
        'The provider hands the sign-in to another site by a form, a redirect or a script.',
      f.problem === 'another site' && 'Somebody changed the page, or the provider is not the one you expect.',
    ),
    fix: saferDestination(f),
  }),
  sign_in_step_failed: (f) => ({
    message: `The step ${f.step ?? 'of the plan'} could not be done${f.title === undefined && f.url === undefined ? '' : ` on ${page(f)}`}${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: causes(
      'The page has changed, or another page came.',
      f.controls !== undefined && `What the page has: ${listText(f.controls, 'nothing to fill in or to press')}.`,
    ),
    fix: 'Name what is there: a CSS selector, or the words on the label or button.',
  }),
  sign_in_command_failed: (f) => ({
    message: `The command ${f.command ?? 'that signs in'} did not bring back an answer${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: [
      'The command has to print the address that the sign-in ended at, or go there itself where that is on this machine.',
    ],
    fix: 'Run the command by itself with an authorization URL as its last argument, and look at what it prints.',
  }),
  sign_in_timed_out: (f) => ({
    message: `The sign-in did not end within ${secondsText(f.seconds)}${f.title === undefined && f.url === undefined ? '' : `; it was on ${page(f)}`}.`,
    causes: causes(
      f.pages === 0 && 'The provider does not answer, or answers very slowly.',
      f.pages !== 0 && "The provider's pages are slow.",
      f.pages !== 0 && 'The page waits for something that does not come, such as a tap on a phone.',
    ),
    fix: 'Look at the page in a browser; if it is only slow, give it more time with --timeout.',
  }),
  totp_secret_invalid: (f) => ({
    message: `The secret of the one-time codes cannot be used${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: ['It is a one-time code itself, or was copied in part.'],
    fix: 'Give what the provider shows beside its QR code: letters A to Z and digits 2 to 7, or the whole otpauth:// address.',
  }),
  browser_missing: (f) => ({
    message: `A browser is needed to sign in, and there is none: ${f.reason ?? 'no Chrome, Chromium or Edge was found'}.`,
    causes: causes(
      f.package !== undefined && `The package ${f.package} drives the browser and is not installed with oidc-cli.`,
      f.package === undefined && 'Chrome, Chromium or Edge is installed elsewhere, or not at all.',
    ),
    fix:
      f.package === undefined
        ? 'Install Chrome, Chromium or Edge, or name the program with --browser-path or OIDC_CLI_BROWSER_PATH.'
        : `Install it where oidc-cli is installed, with "npm install ${f.package}", or sign in with --with http.`,
  }),
  browser_failed: (f) => ({
    message: `The browser ${f.browser ?? ''}${f.browser === undefined ? '' : ' '}did not do its work${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: causes(
      /sandbox|namespace|zygote/i.test(String(f.reason)) && 'It may not make its sandbox here, as in many containers.',
      /shared librar|\.so/i.test(String(f.reason)) && 'Libraries that it needs are not installed.',
      /ended|closed|crash/i.test(String(f.reason)) && 'It had too little memory.',
      'The program that was found is no Chrome, Chromium or Edge, or is too old.',
    ),
    fix: 'Start it by hand with --headless to see what it says, or name another with --browser-path.',
  }),
} satisfies Partial<ExplainTable>;

/** The limit that a page is over. */
function limitText({ limit, most }: FactsOf<'sign_in_page_too_large'>): string {
  if (typeof most !== 'number') return 'it is too large';
  const number = most.toLocaleString('en');
  switch (limit) {
    case 'depth':
      return `its elements are nested more than ${number} deep`;
    case 'controls':
      return `it has more than ${number} fields, buttons and links`;
    case 'seconds':
      return `reading it takes more than ${number} seconds`;
    default:
      return `it has more than ${number} elements`;
  }
}
