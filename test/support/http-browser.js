import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/*
 * Plain JavaScript, types beside it: the demo, the benches and the tests'
 * programs run it in processes of their own, in which Node reads no TypeScript.
 */

/** What went wrong, by the code that the program has for it. */
class BrowserError extends Error {
  constructor(code, facts, options) {
    super(code, options);
    this.code = code;
    this.facts = facts;
  }
}

/** Requests on one way; a sign-in with consent takes about ten. */
const MAX_REQUESTS = 40;

/** Bytes of one page. */
const MAX_BODY = 2 * 1024 * 1024;

/** The protocols of pages. */
const WEB = ['http:', 'https:'];

/**
 * A browser without a window or scripts: opens `url`, follows redirects,
 * keeps cookies, fills in the sign-in form once, presses the buttons of
 * consent and logout pages, and ends at the first page without any of these.
 * A sign-in form that comes back (wrong password) ends it as well; the caller
 * reads the page.
 *
 * Throws `login_timeout`, a `network_*` code, or the signal's reason.
 */
export async function signInOverHttp(url, options) {
  const [{ CookieJar }, { parse }] = await Promise.all([import('tough-cookie'), import('node-html-parser')]);
  const jar = options.jar ?? new CookieJar();
  const timeoutMs = options.timeoutMs ?? 30_000;
  const expired = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, expired]) : expired;
  let signedIn = false;
  let move = { url: new URL(url), method: 'GET' };
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
    if (expired.aborted) throw new BrowserError('login_timeout', { timeoutMs, url: place(move.url) }, { cause: error });
    throw error;
  }
  throw new BrowserError('network_failed', { url: place(move.url), found: `${MAX_REQUESTS} requests without an end` });
}

/** Which form of a page to submit, with which fields. */
function decide(page, options, signedIn) {
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
function submitButtons(page, form) {
  const id = form.getAttribute('id');
  const selector = 'button, input[type=submit]';
  const own = form.querySelectorAll(selector).filter((button) => button.getAttribute('form') === undefined);
  const named = page.querySelectorAll(selector).filter((button) => id && button.getAttribute('form') === id);
  return [...own, ...named].filter(
    (button) => !['button', 'reset'].includes(button.getAttribute('type')?.toLowerCase() ?? ''),
  );
}

/** Whether a button says no, by its value or its words, in English or Japanese. */
function refuses(button) {
  const words = [button.getAttribute('value') ?? '', button.getAttribute('name') ?? '', button.textContent].join(' ');
  return /\b(cancel|deny|denied|decline|reject|abort|no|stay)\b|キャンセル|拒否|しない|いいえ|まま/i.test(words);
}

/** The fields a form sends when a button is pressed (HTML, constructing the entry list). */
function pressed(form, button) {
  const fields = [];
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
function typed(fields, form, options) {
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

function submission(page, form, fields) {
  const url = new URL(form.getAttribute('action') || page, page);
  const body = new URLSearchParams(fields.map(([name, value]) => [name, value]));
  if (form.getAttribute('method')?.toLowerCase() === 'post') return { url, method: 'POST', form: body, referrer: page };
  url.search = body.toString();
  return { url, method: 'GET', referrer: page };
}

/** The request after a redirect (RFC 9110 15.4): a GET, unless the status keeps the method. */
function redirected(move, url, status) {
  if ((status === 307 || status === 308) && move.form) return { ...move, url };
  return { url, method: 'GET' };
}

async function send(move, jar, acceptLanguage, signal) {
  const { url, method, form } = move;
  const cookies = await jar.getCookieString(url.href);
  const body = form?.toString();
  const headers = {
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
  const response = await new Promise((resolve, reject) => {
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
  };
}

async function readBody(response, url) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      size += chunk.length;
      if (size > MAX_BODY) throw new BrowserError('response_too_large', { url: place(url), limit: MAX_BODY });
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof BrowserError ? error : failure(url, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}
const NETWORK_CODES = {
  ENOTFOUND: 'network_dns',
  EAI_AGAIN: 'network_dns',
  ECONNREFUSED: 'network_refused',
  ECONNRESET: 'network_closed',
};

function failure(url, error) {
  const found = error.code ?? '';
  const code = NETWORK_CODES[found] ?? (/CERT|SIGNED/.test(found) ? 'tls_not_trusted' : 'network_failed');
  return new BrowserError(code, { url: place(url), host: url.host }, { cause: error });
}

function place(url) {
  return url.origin + url.pathname;
}
