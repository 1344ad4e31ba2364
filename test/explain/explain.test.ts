import { describe, expect, test } from 'vitest';
import { ERROR_EXIT_CODES, type ErrorCode, type Facts } from '../../src/errors.js';
import { explain } from '../../src/explain/explain.js';
import { expectPlainWords } from '../support/scripted-sign-in.js';

const issuer = 'https://id.example.com/realms/main';
const url = `${issuer}/.well-known/openid-configuration`;
const host = 'id.example.com';
const compared = { check: 'exp', expected: 'after 2026-01-01T00:00:00Z', actual: '2025-12-31T23:00:00Z, 3600 s ago' };
const said = { error: 'some_error', description: 'The provider wrote this.' };
const askedFor = { prompt: 'login', scope: 'openid profile' };
const silent = { prompt: 'none', scope: 'openid profile' };
const announced = ['client_secret_post', 'private_key_jwt'];
const file = '/home/alice/.config/oidc-cli/oidc-cli.yaml';

/** What is known in real runs, for every code: the facts its throwers give. */
const typicalFacts: Record<ErrorCode, readonly Facts[]> = {
  usage: [{ reason: 'Too many arguments.', fix: 'Use --store file.' }],
  config_missing: [
    { key: 'issuer', flag: '--issuer', variable: 'OIDC_CLI_ISSUER', profile: 'staging' },
    { key: 'issuer', flag: '--issuer', variable: 'OIDC_CLI_ISSUER', known: ['dev', 'prod'], files: [file] },
    { key: 'clientId', flag: '--client-id' },
    { key: 'profile', variable: 'OIDC_CLI_PROFILE', known: ['dev', 'prod'] },
    { key: 'profile', variable: 'OIDC_CLI_PROFILE', known: [] },
  ],
  config_file_unreadable: [
    { file, reason: 'EACCES' },
    { file, reason: 'it is not a file' },
    { file, reason: 'EROFS', doing: 'write' },
    { file, reason: 'its other content would change', doing: 'write' },
  ],
  config_file_invalid: [
    { file, line: 7, key: 'profiles.x.scopes', found: 'an unknown key', allowed: ['scope'], suggestion: 'scope' },
    { file, key: 'profiles.x.issuer', found: 'nothing', variable: 'ISSUER' },
    { file, line: 2, column: 1, key: '', found: 'a tab as indentation', allowed: 'valid YAML' },
  ],
  config_untrusted: [
    { file, line: 3, key: 'profiles.x.browser', how: 'Pass --trust-project', folder: '/src/app' },
    { file, line: 3, key: 'profiles.x.clientSecret', variable: 'KEY', how: 'Rename it', folder: '/src/app' },
    { file, line: 3, key: 'profiles.x.clientSecretFile', path: '/etc/key', how: 'Move it', folder: '/src/app' },
  ],
  config_value_invalid: [
    { where: '--display', found: '"wide"', allowed: ['page', 'popup'] },
    { where: '--timeout', found: 'nothing', allowed: '' },
  ],
  profile_unknown: [
    { name: 'prod', known: ['staging', 'dev'] },
    { name: 'prod', known: [] },
    { name: 'prd', known: ['prod'], suggestion: 'prod', files: [file], chosenBy: 'OIDC_CLI_PROFILE' },
    { name: 'prd', known: ['prod'], suggestion: 'prod', files: [file], removing: true },
    { name: 'prd', known: [], removing: true, elsewhere: file, command: 'oidc-cli profile remove prd --project' },
  ],
  profile_exists: [
    { name: 'prod', file },
    { name: 'prod', file, flag: '--save' },
  ],
  client_secret_unavailable: [
    { variable: 'SECRET' },
    { variable: 'SECRET', where: `${file}:3`, file, key: 'profiles.x.clientSecret' },
    { file: '/run/secret', reason: 'ENOENT' },
    { source: 'stdin', reason: 'it is empty' },
    { source: 'session store', reason: 'none is kept for this issuer' },
  ],
  client_auth_unsupported: [{ method: 'client_secret_post', reason: 'no secret' }, { announced }, { announced: [] }],
  redirect_uri_invalid: [{ redirectUri: 'http://localhost:1/#x', reason: 'it has a fragment' }],
  redirect_uri_not_loopback: [{ redirectUri: 'https://app.example.com/callback' }],
  port_taken: [{ port: 8484, holder: 'node (1234)', flag: '--port' }, { port: 8484 }],
  port_forbidden: [{ port: 80, flag: '--port' }],
  ca_unreadable: [{ file: '/etc/ca.pem', reason: 'it holds no certificate' }],
  issuer_invalid: [{ issuer: 'id.example.com' }, { issuer, extra: true }],
  issuer_not_https: [{ issuer: 'http://id.example.com' }],
  discovery_not_found: [{ issuer, url, status: 404, contentType: 'text/html' }],
  discovery_http_error: [
    { issuer, url, status: 503 },
    { issuer, url, status: 302, location: 'https://sso.example/' },
  ],
  discovery_not_json: [
    { issuer, url, contentType: 'text/html' },
    { issuer, url, contentType: 'application/json' },
  ],
  discovery_invalid: [{ issuer, url, reason: 'its issuer must be a string' }],
  discovery_issuer_mismatch: [
    { issuer, url, expected: issuer, actual: `${issuer}/` },
    { issuer, url, expected: issuer, actual: issuer.replace('https', 'http') },
    { issuer, url, expected: issuer },
  ],
  endpoint_missing: [
    { issuer, endpoint: 'token_endpoint' },
    { issuer, endpoint: 'userinfo_endpoint' },
  ],
  key_set_unavailable: [{ url: `${issuer}/keys`, status: 404, reason: 'it answered 404' }],
  network_dns: [{ url, host, reason: 'ENOTFOUND' }],
  network_refused: [{ url, host, reason: 'ECONNREFUSED' }],
  network_unreachable: [{ url, host, reason: 'EHOSTUNREACH' }],
  network_closed: [{ url, host, reason: 'ECONNRESET' }],
  network_failed: [{ url, host, reason: 'the answer is not HTTP' }],
  network_timeout: [{ url, host, seconds: 30 }],
  tls_not_trusted: [
    { url, host, reason: 'the certificate is self-signed', subject: host, validTo: '2027-01-01T00:00:00.000Z' },
    { url, host, reason: 'the certificate has expired' },
  ],
  tls_failed: [{ url, host, reason: 'this port does not speak TLS' }],
  proxy_failed: [{ url, host, proxy: 'proxy.example:3128', reason: 'it answered 407' }],
  response_too_large: [{ url, host, limit: 2_097_152 }],
  access_denied: [{ ...said, ...askedFor }],
  login_required: [
    { ...said, ...silent },
    { ...said, ...askedFor },
  ],
  consent_required: [
    { ...said, ...silent },
    { ...said, ...askedFor },
  ],
  interaction_required: [
    { ...said, ...silent },
    { ...said, ...askedFor },
  ],
  account_selection_required: [
    { ...said, ...silent },
    { ...said, ...askedFor },
  ],
  invalid_scope: [{ ...said, ...askedFor }],
  invalid_target: [said],
  invalid_request: [said],
  unauthorized_client: [said],
  unsupported_response_type: [said],
  provider_server_error: [said, { error: 'server_error' }],
  provider_unavailable: [said],
  authorization_refused: [said, { error: 'odd', description: 'Really?' }],
  callback_state_mismatch: [{ seconds: 60, wrongState: 2, strays: 3 }],
  callback_issuer_mismatch: [
    { expected: issuer, actual: 'absent' },
    { expected: issuer, actual: 'https://x.example' },
  ],
  callback_invalid: [
    { reason: 'it is not a URL' },
    {
      reason: 'it is not an answer to the redirect URI of this sign-in',
      redirectUri: 'http://localhost:8484/callback',
    },
    { reason: 'it has neither a code nor an error', parameters: ['state', 'iss'] },
  ],
  callback_no_pending: [{}],
  login_timeout: [
    { seconds: 300, redirectUri: 'http://localhost:8484/callback', strays: 0 },
    { seconds: 5, strays: 1 },
  ],
  invalid_client: [
    { method: 'client_secret_basic', announced, status: 401, ...said },
    { method: 'none', announced: [], status: 401, error: 'invalid_client' },
  ],
  invalid_grant: [said],
  unsupported_grant_type: [said],
  token_request_refused: [
    { endpoint: 'token_endpoint', status: 502, contentType: 'text/html', reason: 'it has the status 502' },
    { endpoint: 'token_endpoint', status: 302, location: 'https://sso.example/' },
    { endpoint: 'token_endpoint', status: 400, contentType: 'application/json', ...said },
    { endpoint: 'pushed_authorization_request_endpoint', reason: 'only requests to HTTPS are allowed' },
  ],
  token_response_invalid: [
    { endpoint: 'token_endpoint', status: 200, reason: 'its access_token must be a string' },
    { endpoint: 'pushed_authorization_request_endpoint', status: 201, reason: 'its request_uri must be a string' },
  ],
  no_id_token: [
    { issuer, scope: 'openid email' },
    { issuer, scope: 'email' },
  ],
  id_token_malformed: [{ ...compared, actual: 'one part that does not decode' }],
  id_token_encrypted: [compared],
  id_token_signature_invalid: [
    { expected: 'valid with a key (kid a)', actual: 'not valid' },
    { expected: 'valid with a key (kid a)', actual: 'not verifiable: token header and key do not fit each other' },
  ],
  id_token_key_not_found: [
    { expected: 'valid with a key (kid a)', actual: 'no key for it in the key set (b)' },
    { expected: 'valid with a key (no kid)', actual: 'several keys fit and the token names none (key set: a, b)' },
  ],
  id_token_alg_mismatch: [{ expected: 'RS256', actual: 'none' }],
  id_token_alg_unsupported: [{ expected: 'HS256', actual: 'HS256' }],
  id_token_issuer_mismatch: [{ expected: issuer, actual: `${issuer}/` }],
  id_token_audience_mismatch: [{ expected: 'app', actual: '["other"]' }],
  id_token_authorized_party_mismatch: [
    { expected: 'app, or absent', actual: 'other', strict: true },
    { expected: 'app', actual: 'absent', strict: false },
  ],
  id_token_expired: [compared, { ...compared, clockSkew: 0 }, { ...compared, clockSkew: -90 }],
  id_token_not_yet_valid: [compared, { ...compared, clockSkew: 0 }, { ...compared, clockSkew: 90 }],
  id_token_issued_in_future: [compared, { ...compared, clockSkew: 0 }, { ...compared, clockSkew: 90 }],
  id_token_too_old: [{ ...compared, strict: true }],
  id_token_nonce_mismatch: [{ expected: 'the one sent with the authorization request', actual: 'absent' }],
  id_token_at_hash_mismatch: [{ expected: 'absent, or the hash of the access token', actual: 'does not match' }],
  id_token_c_hash_mismatch: [{ expected: 'absent, or the hash of the code', actual: 'does not match' }],
  id_token_subject_invalid: [{ expected: 'a text of at most 255 characters', actual: 'empty' }],
  id_token_auth_time_invalid: [{ expected: 'at most 60 s before now', actual: 'absent', clockSkew: 0 }],
  id_token_acr_mismatch: [{ expected: 'mfa', actual: 'absent', strict: true }],
  id_token_claim_missing: [
    { check: 'iss', expected: issuer, actual: 'absent' },
    { check: 'exp', expected: 'after now', actual: '"1700000000"' },
  ],
  clock_skew: [{ expected: 'at most 30 s', actual: "100 s, the provider's clock is ahead", strict: true }],
  id_token_readers_disagree: [{ who: 'the report refuses it', reason: 'nonce: another value' }],
  refreshed_identity_changed: [{ check: 'same sub', expected: 'alice', actual: 'bob' }],
  userinfo_refused: [
    { url, status: 401, error: 'invalid_token' },
    { url, status: 500, strict: true },
  ],
  userinfo_invalid: [
    { url, contentType: 'text/html', reason: 'it is text/html, not JSON' },
    { url, contentType: 'application/jwt', reason: 'it is not JSON', strict: true },
  ],
  userinfo_subject_mismatch: [{ url, expected: 'alice', actual: 'bob' }],
  revocation_refused: [
    { token: 'refresh_token', status: 503 },
    { token: 'access_token', status: 400, ...said },
  ],
  end_session_not_confirmed: [{ seconds: 60, postLogoutRedirectUri: 'http://localhost:8484/signed-out' }],
  not_signed_in: [{ profile: 'staging', issuer, others: ['dev'] }],
  session_expired: [{ profile: 'staging', issuer, scope: 'openid' }],
  no_refresh_token: [
    { profile: 'staging', scope: 'openid' },
    { profile: 'staging', scope: 'openid offline_access' },
  ],
  refresh_refused: [{ profile: 'staging', ...said }],
  store_unavailable: [{ reason: 'no Secret Service answers' }],
  store_locked: [{ reason: 'the prompt was dismissed' }],
  store_timeout: [{ timeoutSeconds: 3 }, { file: '/data/lock', timeoutSeconds: 30 }],
  store_key_invalid: [
    { variable: 'OIDC_CLI_STORE_KEY', reason: 'too short' },
    { file: '/data/key', reason: 'readable by others', mode: '0644' },
    { file: '/data/key', reason: '5 bytes instead of 32' },
    { file: '/data/sessions/x', keySource: 'environment' },
    { file: '/data/sessions/x', keySource: 'key file' },
  ],
  store_corrupt: [{ file: '/data/sessions/x', reason: 'it ends too early' }],
  store_failed: [{ operation: 'write', file: '/data', reason: 'ENOSPC' }],
  interrupted: [{}],
  internal: [{ reason: 'TypeError in login.js:10' }],
};

const codes = Object.keys(ERROR_EXIT_CODES) as ErrorCode[];

describe.each(codes)('%s', (code) => {
  test('has plain words when nothing is known', () => {
    expectPlainWords(explain(code, {}));
  });

  test('has plain words for what real runs know', () => {
    for (const facts of typicalFacts[code]) expectPlainWords(explain(code, facts));
  });

  test("ends well whatever the provider's words end with", () => {
    for (const description of ['No.', 'No!', 'No', ' No. ', '']) {
      expectPlainWords(explain(code, { ...typicalFacts[code][0], error: 'an_error', description }));
    }
  });
});

describe('the first cause is the true one where facts tell', () => {
  const firstCause = (code: ErrorCode, facts: Facts) => explain(code, facts).causes[0];

  test.each<[string, ErrorCode, Facts, RegExp]>([
    [
      'issuers that differ by a slash',
      'discovery_issuer_mismatch',
      { expected: issuer, actual: `${issuer}/` },
      /slash/,
    ],
    [
      'a provider behind a proxy',
      'discovery_issuer_mismatch',
      { expected: 'https://a.example', actual: 'http://a.example' },
      /behind a proxy/,
    ],
    ['another host', 'discovery_issuer_mismatch', { expected: issuer, actual: 'https://b.example' }, /alias/],
    ['a provider that is down', 'discovery_http_error', { url, status: 503 }, /down/],
    ['a gateway', 'discovery_http_error', { url, status: 403 }, /firewall or gateway/],
    ['a method the provider lacks', 'invalid_client', { method: 'client_secret_basic', announced }, /does not support/],
    [
      'a wrong secret',
      'invalid_client',
      { method: 'client_secret_post', announced: ['client_secret_post'] },
      /secret is wrong/,
    ],
    ['no secret at all', 'invalid_client', { method: 'none', announced }, /no secret was sent/],
    ['an unsigned token', 'id_token_alg_mismatch', { expected: 'RS256', actual: 'none' }, /does not sign/],
    ['a token issuer with a slash', 'id_token_issuer_mismatch', { expected: issuer, actual: `${issuer}/` }, /slash/],
    ['our clock ahead', 'id_token_expired', { clockSkew: -90 }, /provider's is 90 s behind/],
    ['clocks that agree', 'id_token_expired', { clockSkew: 0 }, /short life/],
    ["the provider's clock ahead", 'id_token_issued_in_future', { clockSkew: 90 }, /provider's is 90 s ahead/],
    ['clocks that agree, token of the future', 'id_token_issued_in_future', { clockSkew: 1 }, /later than its own/],
    ['a failing userinfo endpoint', 'userinfo_refused', { status: 500 }, /failed inside/],
    ['strays and silence', 'login_timeout', { seconds: 9, strays: 2, redirectUri: 'http://x/' }, /2 other requests/],
    ['silence', 'login_timeout', { seconds: 9, strays: 0, redirectUri: 'http://x/' }, /is not registered/],
    [
      'a redirecting token endpoint',
      'token_request_refused',
      { status: 302, location: 'https://x.example/' },
      /redirects/,
    ],
    ['offline_access not asked for', 'no_refresh_token', { scope: 'openid' }, /offline_access was not asked/],
    ['offline_access asked for', 'no_refresh_token', { scope: 'openid offline_access' }, /prompt consent/],
    ['prompt=none', 'login_required', silent, /prompt=none was sent/],
    ['no prompt=none', 'login_required', askedFor, /without showing a page/],
  ])('%s', (_name, code, facts, cause) => {
    expect(firstCause(code, facts)).toMatch(cause);
  });

  test('clocks that agree are not to be set', () => {
    expect(explain('id_token_expired', { clockSkew: 0 }).fix).not.toMatch(/NTP/);
    expect(explain('id_token_expired', { clockSkew: -60 }).fix).toMatch(/NTP.*--clock-tolerance/);
  });

  test('a taken port is named, with who holds it', () => {
    expect(explain('port_taken', { port: 8484, holder: 'node (77)' }).message).toBe(
      'Port 8484 on this machine is taken by node (77).',
    );
  });
});
