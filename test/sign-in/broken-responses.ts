import { makeKey, oauthError, type Script } from '../support/scripted-provider.js';

/** A provider that breaks a sign-in in one way, whoever asks it. */
export interface BrokenResponse {
  readonly name: string;
  readonly script: Script;
  /** A Logto connector never sees what is broken: it has no discovery, and never asks the userinfo endpoint. */
  readonly notForConnectors?: true;
}

const HTML = { 'content-type': 'text/html' };
const now = () => Math.floor(Date.now() / 1000);
const strangersKey = (await makeKey()).privateKey;

const DISCOVERY: readonly BrokenResponse[] = (
  [
    ['discovery is not found', () => ({ status: 404, headers: HTML, body: '<h1>Not found</h1>' })],
    ['discovery fails with 500', () => ({ status: 500, body: '' })],
    ['discovery is a web page', () => ({ headers: HTML, body: '<title>Welcome</title>' })],
    ['discovery names a different issuer', (honest) => ({ body: { ...honest, issuer: 'https://other.example.com' } })],
    ['discovery has no token endpoint', (honest) => ({ body: { ...honest, token_endpoint: undefined } })],
  ] as [string, NonNullable<Script['discovery']>][]
).map(([name, discovery]) => ({ name, script: { discovery }, notForConnectors: true }));

const AUTHORIZATION: readonly BrokenResponse[] = Object.entries({
  'authorization: access_denied': { code: undefined, error: 'access_denied' },
  'authorization: invalid_scope with a description': {
    code: undefined,
    error: 'invalid_scope',
    error_description: 'The scope "payments" is not known.',
  },
  'authorization: unauthorized_client': { code: undefined, error: 'unauthorized_client' },
  'authorization: login_required': { code: undefined, error: 'login_required' },
  'authorization: server_error': { code: undefined, error: 'server_error' },
  'authorization: temporarily_unavailable': { code: undefined, error: 'temporarily_unavailable' },
  'authorization: a code of the vendor': { code: undefined, error: 'tenant_suspended' },
  'authorization: no state': { state: undefined },
  'authorization: a different state': { state: 'changed-by-the-provider' },
  'authorization: no code and no error': { code: undefined },
}).map(([name, authorization]) => ({ name, script: { authorization } }));

const ISSUER_PARAMETER: readonly BrokenResponse[] = Object.entries({
  'authorization: a different iss': { iss: 'https://other.example.com' },
  'authorization: no iss, though it is advertised': { iss: undefined },
}).map(([name, authorization]) => ({ name, script: { authorization }, notForConnectors: true }));

const REPEATED: readonly BrokenResponse[] = ['state', 'code'].map((name) => ({
  name: `authorization: ${name} twice`,
  script: { repeated: name },
}));

const TOKEN: readonly BrokenResponse[] = (
  [
    ['token: invalid_client, 401', () => oauthError(401, 'invalid_client')],
    ['token: invalid_client with words', () => oauthError(401, 'invalid_client', 'The client secret has expired.')],
    ['token: invalid_grant', () => oauthError(400, 'invalid_grant')],
    ['token: invalid_grant with words', () => oauthError(400, 'invalid_grant', 'redirect_uri does not match')],
    ['token: unauthorized_client', () => oauthError(400, 'unauthorized_client')],
    ['token: access_denied, 401', () => oauthError(401, 'access_denied', 'Unauthorized')],
    ['token: invalid_request', () => oauthError(400, 'invalid_request', 'code_verifier is missing')],
    ['token: 500', () => ({ status: 500, body: '' })],
    ['token: 503 web page', () => ({ status: 503, headers: HTML, body: '<title>Maintenance</title>' })],
    ['token: 403 web page', () => ({ status: 403, headers: HTML, body: '<title>Blocked</title>' })],
    ['token: 200 web page', () => ({ headers: HTML, body: '<title>Sign in</title>' })],
    ['token: empty', () => ({ body: '' })],
    ['token: redirects', () => ({ status: 302, headers: { location: '/elsewhere' } })],
  ] as [string, NonNullable<Script['token']>][]
).map(([name, token]) => ({ name, script: { token } }));

const TOKENS: readonly BrokenResponse[] = Object.entries({
  'token: no id_token': { id_token: undefined },
  'token: an id_token that is no JWT': { id_token: 'not-a-jwt' },
}).map(([name, tokens]) => ({ name, script: { tokens } }));

const ID_TOKEN: readonly BrokenResponse[] = (
  [
    ['ID token: a different iss', { claims: { iss: 'https://other.example.com' } }],
    ['ID token: a different aud', { claims: { aud: 'other-client' } }],
    ['ID token: expired', { claims: { iat: now() - 7200, exp: now() - 3600 } }],
    ['ID token: a different nonce', { claims: { nonce: 'other-nonce' } }],
    ['ID token: no sub', { claims: { sub: undefined } }],
    ['ID token: signed by a different key', { signWith: strangersKey }],
    ['ID token: alg none', { idToken: (honest) => unsigned(honest) }],
    ['ID token: an unknown kid', { header: { kid: 'rotated-away' } }],
    ['key set: 404', { keySet: () => ({ status: 404, headers: HTML, body: '<h1>Not found</h1>' }) }],
    ['key set: a web page', { keySet: () => ({ headers: HTML, body: '<title>Keys</title>' }) }],
    ['key set: empty', { keySet: () => ({ body: { keys: [] } }) }],
  ] as [string, Script][]
).map(([name, script]) => ({ name, script }));

const USERINFO: readonly BrokenResponse[] = (
  [['userinfo: a different sub', () => ({ body: { sub: 'user-2' } })]] as [string, NonNullable<Script['userinfo']>][]
).map(([name, userinfo]) => ({ name, script: { userinfo }, notForConnectors: true }));

/** Every way to break a sign-in that all entrances are compared by. */
export const BROKEN_RESPONSES: readonly BrokenResponse[] = [
  ...DISCOVERY,
  ...AUTHORIZATION,
  ...ISSUER_PARAMETER,
  ...REPEATED,
  ...TOKEN,
  ...TOKENS,
  ...ID_TOKEN,
  ...USERINFO,
];

/** The same claims without a signature (RFC 7519 §6). */
function unsigned(jwt: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  return `${header}.${jwt.split('.')[1]}.`;
}
