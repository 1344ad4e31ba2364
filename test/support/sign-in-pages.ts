import type { IncomingMessage } from 'node:http';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { URI } from 'otpauth';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { identityProvider } from './identity-provider.js';

/** Which sign-in pages a provider shows. */
export type PageStyle =
  /** User name, then password, then a one-time code, then "stay signed in?". */
  | 'two-step'
  /** A page of its own script, which renders the form late and sends it by `fetch`. */
  | 'single-page'
  /** One page in Japanese, with everything around the form that such pages have. */
  | 'japanese'
  /** Accounts to choose from, of which none or one is the user's own. */
  | 'chooser'
  /** Says that the account is locked, whatever the password. */
  | 'locked'
  /** After the password a page of hidden fields that its script sends on. */
  | 'self-submitting'
  /** Never answers the password. */
  | 'hanging';

export interface PagesOptions {
  readonly style: PageStyle;
  /** The account chooser offers the user's own account. */
  readonly remembered?: boolean;
  /** Refuses this many one-time codes, right as they are. */
  readonly refuseCodes?: number;
  /** One field for each digit of the code. */
  readonly digits?: boolean;
}

/** A test user whose password has whatever must be escaped somewhere. */
export const TEST_USER = {
  username: 'sam@example.com',
  password: 'Pä$$ "w0rd" & <more>/+ü',
  // A period of a few seconds, so that the next code does not take half a minute.
  totp: 'otpauth://totp/Example:sam?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example&period=4',
} as const;

/** A provider with such pages. */
export interface SignInPages extends IdentityProvider {
  /** Every button pressed and every page shown, in order. */
  readonly seen: string[];
}

/** Starts the built-in provider with other pages; it is stopped after the tests of the file. */
export async function signInPages(options: PagesOptions): Promise<SignInPages> {
  const seen: string[] = [];
  const idp = await identityProvider({
    users: [
      {
        username: TEST_USER.username,
        password: TEST_USER.password,
        listed: false,
        claims: { sub: 'sam', name: 'Sam Example', email: TEST_USER.username },
      },
    ],
    configure: (configuration) => {
      if (configuration.interactions) {
        configuration.interactions.url = (_ctx, interaction) => `/pages/${interaction.uid}`;
      }
    },
    extend: (provider) => addPages(provider, options, seen),
  });
  return { ...idp, seen };
}

function addPages(provider: Provider, options: PagesOptions, seen: string[]): void {
  const visits = new Map<string, Visit>();
  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    if (!ctx.path.startsWith('/pages/')) return next();
    ctx.remove('content-security-policy');
    const { uid, prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
    const first: Visit = { step: options.style === 'chooser' ? 'choose' : 'name', refused: 0, used: new Set() };
    const visit = visits.get(uid) ?? first;
    visits.set(uid, visit);
    const form = ctx.method === 'POST' ? await readForm(ctx.req) : undefined;
    const client = String(params.client_id);
    const consent = prompt.name === 'consent';
    await response({ ctx, provider, visit, form, options, seen, consent, client, at: `/pages/${uid}` });
  });
}

interface Visit {
  step: 'choose' | 'name' | 'password' | 'code' | 'stay' | 'done';
  refused: number;
  /** One-time codes that were taken. */
  readonly used: Set<string>;
}

interface Asked {
  readonly ctx: KoaContextWithOIDC;
  readonly provider: Provider;
  readonly visit: Visit;
  readonly form: URLSearchParams | undefined;
  readonly options: PagesOptions;
  readonly seen: string[];
  readonly consent: boolean;
  readonly client: string;
  readonly at: string;
}

async function response(asked: Asked): Promise<void> {
  const { ctx, form, consent, options, seen } = asked;
  if (form) seen.push(`pressed ${form.get('press') ?? 'nothing'}`);
  if (consent) return form ? decideConsent(asked, form) : show(asked, consentPage(asked));
  if (form?.get('press') === 'cancel') return finish(asked, { error: 'access_denied' });
  if (options.style === 'single-page') return singlePage(asked);
  if (form) {
    const wrong = check(asked, form);
    if (wrong === 'wait') return new Promise(() => undefined);
    if (asked.visit.step === 'done' && wrong === undefined) {
      if (options.style === 'self-submitting' && !form.has('ticket')) return show(asked, ticketPage(asked));
      return signedIn(asked);
    }
    if (wrong === undefined) {
      ctx.status = 303;
      return ctx.redirect(asked.at);
    }
    ctx.status = 200;
    return show(asked, stepPage(asked, wrong));
  }
  return show(asked, stepPage(asked, undefined));
}

/** What is wrong with what was sent, or undefined; moves the visit on. */
function check({ visit, options, at }: Asked, form: URLSearchParams): string | undefined {
  const japanese = options.style === 'japanese';
  const oneStep =
    japanese || options.style === 'locked' || options.style === 'self-submitting' || options.style === 'hanging';
  switch (visit.step) {
    case 'choose': {
      visit.step = form.get('account') === TEST_USER.username ? 'password' : 'name';
      return undefined;
    }
    case 'name':
      if (form.get('identifier') !== TEST_USER.username)
        return japanese ? 'アカウントが見つかりません。' : "We couldn't find that account.";
      if (!oneStep) {
        visit.step = 'password';
        return undefined;
      }
      return checkPassword(visit, options, form);
    case 'password':
      return checkPassword(visit, options, form);
    case 'code': {
      const digits = [0, 1, 2, 3, 4, 5].map((digit) => form.get(`d${digit}`) ?? '').join('');
      const code = form.get('code') ?? digits;
      const right = URI.parse(TEST_USER.totp).validate({ token: code, window: 1 }) !== null;
      if (!right || visit.used.has(code) || visit.refused < (options.refuseCodes ?? 0)) {
        visit.used.add(code);
        visit.refused += 1;
        return 'That code is not correct.';
      }
      visit.step = 'stay';
      return undefined;
    }
    case 'stay':
      visit.step = 'done';
      return undefined;
    case 'done':
      return form.get('ticket') === at ? undefined : 'Invalid ticket.';
  }
}

function checkPassword(visit: Visit, { style }: PagesOptions, form: URLSearchParams): string | undefined {
  if (style === 'hanging') return 'wait';
  if (style === 'locked') return 'Your account has been locked after too many attempts. Contact your administrator.';
  if (form.get('password') !== TEST_USER.password) {
    return style === 'japanese'
      ? 'メールアドレスまたはパスワードが正しくありません。'
      : 'Wrong password. Try again or reset it.';
  }
  visit.step = style === 'two-step' ? 'code' : 'done';
  return undefined;
}

function stepPage({ visit, options, at }: Asked, wrong: string | undefined): Page {
  const alert = wrong === undefined ? '' : `<p class="error" role="alert">${asText(wrong)}</p>`;
  if (options.style === 'japanese') return { language: 'ja', title: 'サインイン', body: japaneseForm(at, alert) };
  const button = (text: string) => `<button type="submit" name="press" value="forward">${text}</button>`;
  const cancel = '<button type="submit" name="press" value="cancel" formnovalidate>Cancel</button>';
  const around = `<p><a href="/forgot">Forgot your password?</a> <a href="/register">Sign up</a></p>
<form method="post" action="/social/google"><button name="press" value="google">Continue with Google</button></form>
<form method="get" action="/language"><select name="lang"><option>English<option>日本語</select><button>Change language</button></form>`;
  const form = (inner: string) => `<form method="post" action="${at}" novalidate>${alert}${inner}</form>${around}`;
  const password =
    '<label>Password <input type="password" name="password" autocomplete="current-password"></label><button type="button" aria-label="Show password">👁</button>';
  const name =
    '<label for="identifier">E-mail address</label><input id="identifier" name="identifier" type="email" autocomplete="username">';
  switch (visit.step) {
    case 'choose': {
      const accounts = ['kim@example.com', ...(options.remembered ? [TEST_USER.username] : [])];
      const rows = accounts.map(
        (account) =>
          `<form method="post" action="${at}"><input type="hidden" name="account" value="${account}"><button name="press" value="account"><b>${account.split('@')[0]}</b><br>${account}</button></form>`,
      );
      return {
        language: 'en',
        title: 'Sign in',
        body: `<h1>Choose an account</h1>${rows.join('')}<form method="post" action="${at}"><button name="press" value="another">Use another account</button></form>`,
      };
    }
    case 'name': {
      const oneStep = options.style === 'locked' || options.style === 'self-submitting' || options.style === 'hanging';
      return {
        language: 'en',
        title: 'Sign in',
        body: `<h1>Sign in</h1>${form(name + (oneStep ? password : '') + cancel + button(oneStep ? 'Sign in' : 'Next'))}`,
      };
    }
    case 'password':
      return {
        language: 'en',
        title: 'Enter your password',
        body: `<h1>Welcome</h1><p>${TEST_USER.username}</p>${form(password + cancel + button('Sign in'))}`,
      };
    case 'code': {
      const digits = [0, 1, 2, 3, 4, 5].map(
        (digit) =>
          `<input name="d${digit}" inputmode="numeric" maxlength="1" aria-label="Digit ${digit + 1}" size="1">`,
      );
      const one = '<label>6-digit code <input name="code" inputmode="numeric" autocomplete="one-time-code"></label>';
      return {
        language: 'en',
        title: 'Two-step verification',
        body: `<h1>Enter the code from your authenticator app</h1>${form((options.digits ? digits.join('') : one) + cancel + button('Verify'))}<p><a href="/other">Use another method</a></p>`,
      };
    }
    default:
      return {
        language: 'en',
        title: 'Stay signed in?',
        body: `<h1>Stay signed in?</h1><p>Do this to be asked less often.</p><form method="post" action="${at}"><label><input type="checkbox" name="never">Don't show this again</label><button name="press" value="no">No</button><button name="press" value="yes">Yes</button></form>`,
      };
  }
}

function japaneseForm(at: string, alert: string): string {
  return `<h1>アカウントにサインイン</h1><form method="post" action="${at}">${alert}
<label for="mail">メールアドレス</label><input id="mail" name="identifier" type="text">
<label for="pw">パスワード</label><input id="pw" name="password" type="password"><button type="button">表示</button>
<label><input type="checkbox" name="keep"> ログイン状態を保持する</label>
<button type="submit" name="press" value="cancel">キャンセル</button>
<button type="submit" name="press" value="forward">サインイン</button></form>
<p><a href="/forgot">パスワードをお忘れですか？</a> <a href="/register">新規登録</a> <a href="?lang=en">English</a></p>
<form method="post" action="/social"><button name="press" value="google">Google でログイン</button><button name="press" value="line">LINE でログイン</button></form>`;
}

function consentPage({ options, client, at }: Asked): Page {
  return options.style === 'japanese'
    ? {
        language: 'ja',
        title: 'アクセスの許可',
        body: `<h1>${client} にアクセスを許可しますか？</h1><form method="post" action="${at}"><button name="press" value="deny">許可しない</button><button name="press" value="allow">許可する</button></form>`,
      }
    : {
        language: 'en',
        title: 'Permissions requested',
        body: `<h1>${client} wants to know who you are</h1><form method="post" action="${at}"><button name="press" value="deny">Deny</button><button name="press" value="allow">Accept</button></form>`,
      };
}

function ticketPage({ at }: Asked): Page {
  const body = `<form method="post" action="${at}"><input type="hidden" name="ticket" value="${at}"></form><script>document.forms[0].submit()</script>`;
  return { language: 'en', title: 'One moment', body };
}

/** The page's own script does it all: user name, "Next", password, "Sign in", each after a while. */
async function singlePage(asked: Asked): Promise<void> {
  const { ctx, form, at } = asked;
  if (!form) {
    const body = `<div id="root">Loading …</div><noscript>You need to enable JavaScript to run this app.</noscript><script>${singlePageScript(at)}</script>`;
    return show(asked, { language: 'en', title: 'Example ID', body });
  }
  ctx.type = 'json';
  if (form.get('identifier') !== TEST_USER.username || form.get('password') !== TEST_USER.password) {
    ctx.status = 401;
    ctx.body = { message: 'Incorrect user name or password.' };
    return;
  }
  const location = await asked.provider.interactionResult(ctx.req, ctx.res, { login: { accountId: 'sam' } });
  ctx.body = { location };
}

function singlePageScript(at: string): string {
  return `
const root = document.getElementById('root');
let identifier = '';
function view(html, onForward) {
  root.innerHTML = html;
  const button = root.querySelector('button.main');
  button.onclick = () => { button.disabled = true; setTimeout(() => onForward(root.querySelector('input').value), 200); };
}
function password(error) {
  view('<h1>Hello</h1>' + (error ? '<div role="alert">' + error + '</div>' : '') +
    '<label>Password<input type="password"></label><button class="main">Log in</button><button>Forgot password</button>', async (value) => {
    const answer = await fetch('${at}', { method: 'POST', body: new URLSearchParams({ identifier, password: value, press: 'script' }) });
    const result = await answer.json();
    if (answer.ok) location.href = result.location;
    else password(result.message);
  });
}
setTimeout(() => view('<h1>Log in to Example</h1><label>User name<input type="text"></label><button class="main">Continue</button><button>Continue with Apple</button>', (value) => {
  identifier = value;
  password();
}), 600);`;
}

async function signedIn(asked: Asked): Promise<void> {
  await finish(asked, { login: { accountId: 'sam' } });
}

async function decideConsent(asked: Asked, form: URLSearchParams): Promise<void> {
  if (form.get('press') !== 'allow') return finish(asked, { error: 'access_denied' });
  const { ctx, provider, client } = asked;
  const { prompt, session } = await provider.interactionDetails(ctx.req, ctx.res);
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: client });
  const { missingOIDCScope, missingOIDCClaims } = prompt.details as Readonly<Record<string, string[] | undefined>>;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope);
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  return finish(asked, { consent: { grantId: await grant.save() } });
}

async function finish({ ctx, provider }: Asked, result: Parameters<Provider['interactionResult']>[2]): Promise<void> {
  const merge = { mergeWithLastSubmission: !('error' in result) };
  const location = await provider.interactionResult(ctx.req, ctx.res, result, merge);
  ctx.status = 303;
  ctx.redirect(location);
}

interface Page {
  readonly language: string;
  readonly title: string;
  readonly body: string;
}

function show({ ctx, seen }: Asked, { language, title, body }: Page): void {
  seen.push(`page ${title}`);
  ctx.type = 'html';
  ctx.body = `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>${asText(title)}</title><style>body{font:16px sans-serif;margin:3em;max-width:30em}label,button{display:block;margin:.5em 0}</style>${body}</html>`;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
