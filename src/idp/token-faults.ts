import { randomUUID } from 'node:crypto';
import type { Fault } from './fault.js';
import {
  closeConnection,
  HUGE_BYTES,
  hugeText,
  page,
  pause,
  redirect,
  SLOW_MS,
  sendNothing,
  truncateBody,
} from './faulty-responses.js';

/** Faults of the token endpoint: how it takes the client's authentication, and what it answers. */
export const TOKEN_FAULTS = {
  'strict-basic': {
    does: 'A Basic credential counts only if it is form-encoded throughout: a raw +, %, / or = in a secret fails.',
    clause: 'as RFC 6749 §2.3.1 asks',
    client: 'signs in',
    request: (headers) => {
      headers.authorization = basicOnlyIfEncoded(headers.authorization);
    },
  },
  'raw-basic': {
    does: 'Basic credentials are compared as they stand, not form-decoded first: an encoded + or % in a secret fails.',
    clause: 'against RFC 6749 §2.3.1',
    request: (headers) => {
      headers.authorization = rawBasic(headers.authorization);
    },
  },
  'no-id-token': {
    does: 'The token endpoint answers without an ID token.',
    clause: 'against OIDC Core §3.1.3.3',
    client: 'refuses',
    tokenResponse: (response) => {
      delete response.id_token;
    },
  },
  'refresh-without-id-token': {
    does: 'A refresh brings no new ID token.',
    clause: 'allowed by OIDC Core §12.2',
    client: 'signs in',
    tokenResponse: (response, grantType) => {
      if (grantType === 'refresh_token') delete response.id_token;
    },
  },
  'null-refresh-token': {
    does: 'The token endpoint answers with "refresh_token": null.',
    clause: 'against RFC 6749 §5.1',
    tokenResponse: (response) => {
      response.refresh_token = null;
    },
  },
  'no-refresh-token': {
    does: 'No refresh token comes, though offline_access was asked for.',
    clause: 'allowed by RFC 6749 §5.1 and OIDC Core §11',
    client: 'signs in',
    tokenResponse: (response) => {
      delete response.refresh_token;
    },
  },
  'no-access-token': {
    does: 'The token endpoint answers without an access token.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    tokenResponse: (response) => {
      delete response.access_token;
    },
  },
  'no-token-type': {
    does: 'The token endpoint does not say of what type the access token is.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    tokenResponse: (response) => {
      delete response.token_type;
    },
  },
  'unknown-token-type': {
    does: 'token_type is mac.',
    clause: 'to be refused by RFC 6749 §7.1',
    client: 'refuses',
    tokenResponse: (response) => {
      response.token_type = 'mac';
    },
  },
  'no-expires-in': {
    does: 'The token endpoint does not say when the access token expires.',
    clause: 'allowed by RFC 6749 §5.1, which recommends to say it',
    client: 'signs in',
    tokenResponse: (response) => {
      delete response.expires_in;
    },
  },
  'expires-in-string': {
    does: 'expires_in is the string "3600".',
    clause: 'against RFC 6749 §5.1',
    tokenResponse: (response) => {
      response.expires_in = String(response.expires_in);
    },
  },
  'negative-expires-in': {
    does: 'expires_in is -60.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    tokenResponse: (response) => {
      response.expires_in = -60;
    },
  },
  'fewer-scopes': {
    does: 'The scope of the token answer is openid alone, whatever was asked for.',
    clause: 'allowed by RFC 6749 §3.3',
    tokenResponse: (response) => {
      response.scope = 'openid';
    },
  },
  'code-refused': {
    does: 'The token endpoint refuses every code with invalid_grant, and says that it has expired.',
    clause: 'RFC 6749 §5.2',
    client: 'refuses',
    answer: {
      token: (ctx) => {
        if (ctx.oidc.params?.grant_type !== 'authorization_code') return;
        ctx.status = 400;
        ctx.body = { error: 'invalid_grant', error_description: 'The authorization code has expired.' };
      },
    },
  },
  'error-with-200': {
    does: 'The token endpoint answers invalid_grant with the status 200.',
    clause: 'against RFC 6749 §5.2',
    client: 'refuses',
    answer: {
      token: (ctx) => {
        ctx.status = 200;
        ctx.body = { error: 'invalid_grant', error_description: 'bad_verification_code' };
      },
    },
  },
  'token-form-encoded': {
    does: 'The token endpoint answers with a form in place of JSON.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    answer: {
      token: (ctx) => {
        const form = new URLSearchParams();
        for (const [name, value] of Object.entries(ctx.body as object)) form.set(name, String(value));
        ctx.body = form.toString();
        ctx.type = 'application/x-www-form-urlencoded';
      },
    },
  },
  'token-not-json': {
    does: 'The token endpoint answers 200 with an HTML page.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    answer: { token: (ctx) => page(ctx, 200, 'Welcome') },
  },
  'token-500': {
    does: 'The token endpoint answers 500 with plain text.',
    clause: 'a broken provider, or a proxy before it',
    client: 'refuses',
    answer: {
      token: (ctx) => {
        ctx.status = 500;
        ctx.type = 'text';
        ctx.body = 'Internal Server Error';
      },
    },
  },
  'token-empty': {
    does: 'The token endpoint answers 200 with nothing.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    answer: {
      token: (ctx) => {
        ctx.body = '';
        ctx.status = 200;
        ctx.type = 'json';
      },
    },
  },
  'token-cut-off': {
    does: 'The token endpoint answers with the first half of its JSON, as if it were the whole.',
    clause: 'against RFC 6749 §5.1',
    client: 'refuses',
    answer: { token: truncateBody },
  },
  'token-broken-off': {
    does: 'The connection to the token endpoint closes after half of the answer.',
    clause: 'a broken provider, or a proxy before it',
    client: 'refuses',
    answer: { token: closeConnection },
  },
  'token-huge': {
    does: `The token endpoint’s answer is ${HUGE_BYTES} MB long; the tokens are in it.`,
    clause: 'allowed; a client does well to read no more than it can use',
    tokenResponse: (response) => {
      response.padding = hugeText();
    },
  },
  'token-redirect': {
    does: 'The token endpoint redirects to /another/token.',
    clause: 'against RFC 6749 §5.1: what follows it hands code and secret to another address',
    client: 'refuses',
    answer: { token: (ctx) => redirect(ctx, '/another/token') },
  },
  'token-slow': {
    does: `The token endpoint answers after ${SLOW_MS / 1000} seconds.`,
    clause: 'allowed; a code may have expired until then (RFC 6749 §4.1.2)',
    answer: { token: (ctx) => pause(ctx, SLOW_MS) },
  },
  'token-silent': {
    does: 'The token endpoint takes the request and never answers.',
    clause: 'a broken provider, or a firewall before it: a client has to end its wait',
    client: 'refuses',
    answer: { token: sendNothing },
  },
} satisfies Readonly<Record<string, Fault>>;

/** A form-encoded text (RFC 6749 appendix B): letters, digits, `*-._`, `+` for a space, and escapes. */
const FORM_ENCODED = /^(?:[A-Za-z0-9*\-._+]|%[0-9A-Fa-f]{2})*$/;

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * The Authorization header for a provider that form-decodes Basic credentials
 * (RFC 6749 §2.3.1, which oidc-provider does), changed so that one that is
 * not form-encoded throughout meets `invalid_client`, whatever it decodes to.
 * Headers of another scheme stay as they are.
 */
function basicOnlyIfEncoded(header: string | undefined): string | undefined {
  const given = parseCredentials(header);
  if (given === undefined || (FORM_ENCODED.test(given.id) && FORM_ENCODED.test(given.secret))) return header;
  // A client that exists, and a secret that nobody has.
  return basicHeader({ id: encodeURIComponent(given.id), secret: randomUUID() });
}

/** The Authorization header for the same provider, changed so that it finds the credentials as they were sent. */
function rawBasic(header: string | undefined): string | undefined {
  const given = parseCredentials(header);
  if (given === undefined) return header;
  return basicHeader({ id: encodeURIComponent(given.id), secret: encodeURIComponent(given.secret) });
}

function parseCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic ([\w+/=-]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function basicHeader({ id, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
