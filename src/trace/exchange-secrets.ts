import { CREDENTIALS, ISSUED_CREDENTIALS } from '../masking/secret-names.js';
import type { Exchange } from './recorder.js';

/** A cookie's shorter value is a setting, and names no session. */
const MIN_COOKIE_LENGTH = 16;

/** The secrets that an exchange sent: secret parameters, credentials, cookies. */
export function sentSecrets({ url, requestHeaders, requestBody }: Exchange): string[] {
  const form = new URLSearchParams(requestBody);
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))) : new URLSearchParams();
  const secrets = CREDENTIALS.flatMap((name) => [...form.getAll(name), ...query.getAll(name)]);
  const [scheme = '', credentials = ''] = (requestHeaders.authorization ?? '').split(' ');
  secrets.push(credentials);
  if (scheme.toLowerCase() === 'basic') {
    // RFC 6749 §2.3.1: the password is form-encoded within.
    const encoded = Buffer.from(credentials, 'base64')
      .toString()
      .replace(/^[^:]*:/, '');
    secrets.push(encoded, new URLSearchParams(`value=${encoded}`).get('value') ?? '');
  }
  secrets.push(...(requestHeaders.cookie ?? '').split(';').map(cookieValue));
  return secrets.filter(Boolean);
}

/** The secrets that an exchange received: tokens, cookies, the code that a redirect carries. */
export function receivedSecrets({ responseHeaders, responseCookies = [], responseBody = '' }: Exchange): string[] {
  const secrets = responseCookies.map((cookie) => cookieValue(cookie.split(';')[0] ?? ''));
  const location = responseHeaders?.location ?? '';
  const code = /[?&#]code=([^&#]+)/.exec(location)?.[1];
  if (code !== undefined) secrets.push(new URLSearchParams(`value=${code}`).get('value') ?? '');
  if (responseBody.includes('token') || responseBody.includes('secret')) {
    const body = tryParse(responseBody);
    for (const name of ISSUED_CREDENTIALS) {
      const value = body[name];
      if (typeof value === 'string') secrets.push(value);
    }
  }
  return secrets.filter(Boolean);
}

/** A text of the form that tokens have (RFC 6750 §2.1), of upper and lower case and digits: no word, no URL, no code of an error. */
const OPAQUE_TOKEN = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w.~+/-]{24,}=*$/;

/** Values in a token response that can only be tokens, though a broken provider calls them something else. */
export function misnamedTokens({ step, responseBody = '' }: Exchange): string[] {
  if (step !== 'token request') return [];
  const tokens: string[] = [];
  // A list of what is left, since a response may be nested deeper than the stack.
  const left: [name: string, value: unknown][] = [['', tryParse(responseBody)]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [name, value] = next;
    if (typeof value === 'string') {
      if (!ISSUED_CREDENTIALS.includes(name) && OPAQUE_TOKEN.test(value)) tokens.push(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const entry of Object.entries(value)) left.push(entry);
    }
  }
  return tokens;
}

function cookieValue(pair: string): string {
  const value = pair.slice(pair.indexOf('=') + 1).trim();
  return value.length < MIN_COOKIE_LENGTH ? '' : value;
}

function tryParse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
