import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HTMLElement } from 'node-html-parser';
import type { CookieJar } from 'tough-cookie';
import { type ErrorCode, OidcCliError } from '../../src/errors.js';

/** One page that the browser came to, and what it did there. */
export interface BrowserStep {
  /** Without query and fragment: those may hold codes and tokens. */
  readonly url: string;
  readonly title: string;
  readonly action: 'signed in' | 'cancelled' | 'allowed' | 'denied' | 'went on' | 'stopped';
}

export interface HttpBrowserOptions {
  readonly username: string;
  /** Left out with `deny`: the sign-in page is cancelled. */
  readonly password?: string;
  /** Refuses what a page asks to allow: consent, or signing out. */
  readonly deny?: boolean;
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole way; 30,000 by default. */
  readonly timeoutMs?: number;
  /** Cookies to begin with, and where new ones are kept. */
  readonly jar?: CookieJar;
  readonly acceptLanguage?: string;
  readonly onStep?: (step: BrowserStep) => void;
}

/** The page where the way ended. */
export interface LastPage {
  /** Whole: it may hold a code, so it must not be shown. */
  readonly finalUrl: string;
  readonly status: number;
  readonly body: string;
}

/** Requests on one way; a sign-in with consent takes about ten. */
const MAX_REQUESTS = 40;
/** Bytes of one page. */
const MAX_BODY = 2 * 1024 * 1024;

/** The protocols of pages. */
const WEB: readonly string[] = ['http:', 'https:'];

/** What a browser would send next. */
interface Move {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly form?: URLSearchParams;
  readonly referrer?: URL;
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly contentType: string;
  readonly body: string;
}

/**
 * A browser without a window or scripts: opens `url`, follows redirects,
 * keeps cookies, fills in the sign-in form once, presses the buttons of
 * consent and logout pages, and ends at the first page without any of these.
 * A sign-in form that comes back (wrong password) ends it as well; the caller
 * reads the page.
 *
 * Throws `login_timeout`, a `network_*` code, or the signal's reason.
 */
export async function signInOverHttp(url: string, options: HttpBrowserOptions): Promise<LastPage> {
  const [{ CookieJar }, { parse }] = await Promise.all([import('tough-cookie'), import('node-html-parser')]);
  const jar = options.jar ?? new CookieJar();
  const timeoutMs = options.timeoutMs ?? 30_000;
  const expired = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, expired]) : expired;
  let signedIn = false;
  let move: Move = { url: new URL(url), method: 'GET' };
  try {
    for (let requests = 0; requests < MAX_REQUESTS; requests++) {
      const answer = await send(move, jar, options.acceptLanguage, signal);
      if (answer.location !== undefined && answer.status >= 300 && answer.status < 400) {
        move = redirected(move, new URL(answer.location, move.url), answer.status);
        if (WEB.includes(move.url.protocol)) continue;
        // An application's own scheme (RFC 8252 7.1): there is nothing to open here, and the way has ended.
        return { finalUrl: move.url.href, status: answer.status, body: '' };
      }
      const page = parse(answer.contentType.includes('html') ? answer.body : '', { comment: false });
      const next = decide(page, options, signedIn);
      options.onStep?.({
        url: move.url.origin + move.url.pathname,
        title: page.querySelector('title')?.textContent.trim() ?? '',
        action: next.action,
      });
      if (!next.form) return { finalUrl: move.url.href, status: answer.status, body: answer.body };
      signedIn ||= next.action === 'signed in';
      move = submission(move.url, next.form, next.fields);
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (expired.aborted) throw new OidcCliError('login_timeout', { timeoutMs, url: place(move.url) }, { cause: error });
    throw error;
  }
  throw new OidcCliError('network_failed', { url: place(move.url), found: `${MAX_REQUESTS} requests without an end` });
}

type Decision =
  | { readonly action: 'stopped'; readonly form?: undefined }
  | { readonly action: Exclude<BrowserStep['action'], 'stopped'>; readonly form: HTMLElement; readonly fields: Fields };

type Fields = readonly (readonly [string, string])[];

/** Which form of a page to submit, with which fields. */
function decide(page: HTMLElement, options: HttpBrowserOptions, signedIn: boolean): Decision {
  const forms = page.querySelectorAll('form');
  const signIn = forms.find((form) => form.querySelector('input[type=password]'));
  if (signIn) {
    if (signedIn) return { action: 'stopped' };
    const buttons = submitButtons(page, signIn);
    if (options.password === undefined && options.deny) {
      return { action: 'cancelled', form: signIn, fields: pressed(signIn, buttons.find(refuses)) };
    }
    const fields = pressed(
      signIn,
      buttons.find((button) => !refuses(button)),
    );
    return { action: 'signed in', form: signIn, fields: typed(fields, signIn, options) };
  }
  for (const form of forms) {
    if (form.querySelector(VISIBLE_FIELD) || form.getAttribute('method')?.toLowerCase() !== 'post') continue;
    const buttons = submitButtons(page, form);
    // Hidden fields alone: a script would have sent it (OAuth 2.0 Form Post Response Mode).
    if (buttons.length === 0) return { action: 'went on', form, fields: pressed(form, undefined) };
    const button = buttons.find((candidate) => refuses(candidate) === (options.deny === true));
    if (button) return { action: options.deny ? 'denied' : 'allowed', form, fields: pressed(form, button) };
  }
  return { action: 'stopped' };
}

const VISIBLE_FIELD =
  'input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=checkbox]), textarea, select';

/** The buttons that submit a form, also those elsewhere on the page that name it. */
function submitButtons(page: HTMLElement, form: HTMLElement): HTMLElement[] {
  const id = form.getAttribute('id');
  const selector = 'button, input[type=submit]';
  const own = form.querySelectorAll(selector).filter((button) => button.getAttribute('form') === undefined);
  const named = page.querySelectorAll(selector).filter((button) => id && button.getAttribute('form') === id);
  return [...own, ...named].filter(
    (button) => !['button', 'reset'].includes(button.getAttribute('type')?.toLowerCase() ?? ''),
  );
}

/** Whether a button says no, by its value or its words, in English or Japanese. */
function refuses(button: HTMLElement): boolean {
  const words = [button.getAttribute('value') ?? '', button.getAttribute('name') ?? '', button.textContent].join(' ');
  return /\b(cancel|deny|denied|decline|reject|abort|no|stay)\b|キャンセル|拒否|しない|いいえ|まま/i.test(words);
}

/** The fields a form sends when a button is pressed (HTML, constructing the entry list). */
function pressed(form: HTMLElement, button: HTMLElement | undefined): Fields {
  const fields: [string, string][] = [];
  for (const input of form.querySelectorAll('input')) {
    const name = input.getAttribute('name');
    const type = input.getAttribute('type')?.toLowerCase() ?? 'text';
    if (!name || ['submit', 'button', 'image', 'reset'].includes(type)) continue;
    if ((type === 'checkbox' || type === 'radio') && input.getAttribute('checked') === undefined) continue;
    fields.push([name, input.getAttribute('value') ?? (type === 'checkbox' ? 'on' : '')]);
  }
  const name = button?.getAttribute('name');
  if (name) fields.push([name, button?.getAttribute('value') ?? '']);
  return fields;
}

/** The fields of a sign-in form with the user name and password filled in. */
function typed(fields: Fields, form: HTMLElement, options: HttpBrowserOptions): Fields {
  const inputs = form.querySelectorAll('input');
  const password = inputs.find((input) => input.getAttribute('type') === 'password')?.getAttribute('name');
  const texts = inputs.filter((input) => ['text', 'email', 'tel'].includes(input.getAttribute('type') ?? 'text'));
  const username = (
    texts.find((input) => input.getAttribute('autocomplete')?.includes('username')) ?? texts[0]
  )?.getAttribute('name');
  return fields.map(([name, value]) => {
    if (name === password) return [name, options.password ?? ''];
    return name === username ? [name, options.username] : [name, value];
  });
}

function submission(page: URL, form: HTMLElement, fields: Fields): Move {
  const url = new URL(form.getAttribute('action') || page, page);
  const body = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value]));
  if (form.getAttribute('method')?.toLowerCase() === 'post') return { url, method: 'POST', form: body, referrer: page };
  url.search = body.toString();
  return { url, method: 'GET', referrer: page };
}

/** The request after a redirect (RFC 9110 15.4): a GET, unless the status keeps the method. */
function redirected(move: Move, url: URL, status: number): Move {
  if ((status === 307 || status === 308) && move.form) return { ...move, url };
  return { url, method: 'GET' };
}

async function send(move: Move, jar: CookieJar, acceptLanguage: string | undefined, signal: AbortSignal) {
  const { url, method, form } = move;
  const cookies = await jar.getCookieString(url.href);
  const body = form?.toString();
  const headers: Record<string, string> = {
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'accept-language': acceptLanguage ?? 'en',
    ...(cookies === '' ? {} : { cookie: cookies }),
    ...(body === undefined
      ? {}
      : {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(body)),
          ...(move.referrer ? { origin: move.referrer.origin } : {}),
        }),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const make = url.protocol === 'https:' ? requestHttps : requestHttp;
    make(url, { method, headers, signal, agent: false }, resolve)
      .once('error', (error) => reject(failure(url, error)))
      .end(body);
  });
  for (const cookie of response.headers['set-cookie'] ?? []) {
    await jar.setCookie(cookie, url.href, { ignoreError: true });
  }
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    contentType: response.headers['content-type'] ?? '',
    body: await readBody(response, url),
  } satisfies Answer;
}

async function readBody(response: IncomingMessage, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY) throw new OidcCliError('response_too_large', { url: place(url), limit: MAX_BODY });
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw error instanceof OidcCliError ? error : failure(url, error as NodeJS.ErrnoException);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const NETWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'network_dns',
  EAI_AGAIN: 'network_dns',
  ECONNREFUSED: 'network_refused',
  ECONNRESET: 'network_closed',
};

function failure(url: URL, error: NodeJS.ErrnoException): OidcCliError {
  const found = error.code ?? '';
  const code = NETWORK_CODES[found] ?? (/CERT|SIGNED/.test(found) ? 'tls_not_trusted' : 'network_failed');
  return new OidcCliError(code, { url: place(url), host: url.host }, { cause: error });
}

function place(url: URL): string {
  return url.origin + url.pathname;
}
