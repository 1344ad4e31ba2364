import { describe, expect, test } from 'vitest';
import { ERROR_EXIT_CODES, type ErrorCode, type Facts, type FactsOf } from '../../src/errors.js';
import { explain } from '../../src/explain/explain.js';
import { expectPlainWords } from '../support/scripted-sign-in.js';

const issuer = 'https://id.example.com/realms/main';
const url = `${issuer}/.well-known/openid-configuration`;
const host = 'id.example.com';
const compared = {
  check: 'exp',
  expected: 'after 2026-01-01T00:00:00Z',
  actual: '2025-12-31T23:00:00Z, 60 minutes ago',
};
const details = { error: 'some_error', description: 'The provider wrote this.' };
const askedFor = { prompt: 'login', scope: 'openid profile' };
const silent = { prompt: 'none', scope: 'openid profile' };
const metadata = ['client_secret_post', 'private_key_jwt'];
const file = '/home/alice/.config/oidc-cli/oidc-cli.yaml';
const serverError = { logtoStatus: 500, logtoCode: 'Internal server error' };
const refusedClaim = { ...serverError, tolerance: '0 s', missing: false };

/** What Logto shows beside the true reason, where it is not the bare 500. */
function byLogto(code: string) {
  return { logtoStatus: code === 'social_invalid_id_token' ? 401 : 400, logtoCode: `connector.${code}` };
}

/** Facts of real runs, for every branch of the explanations that has words of its own. */
const examples: { readonly [C in ErrorCode]: readonly FactsOf<C>[] } = {
  usage: [{ reason: 'Too many arguments.', fix: 'Use --store file.' }],
  config_missing: [
    { key: 'issuer', flag: '--issuer', variable: 'OIDC_CLI_ISSUER', profile: 'staging' },
    { key: 'appId', flag: '--app-id', variable: 'OIDC_CLI_APP_ID', profile: 'bookstore' },
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
    { file, line: 3, key: 'checks.0.connector', path: '/etc/c.json', how: 'Move it', folder: '/src/app' },
    {
      file,
      line: 3,
      key: 'profiles.x.issuer',
      variable: 'KEY',
      host: 'id.example',
      how: 'Name it',
      folder: '/src/app',
    },
    { file, line: 3, key: 'x', path: '/src/app/.env', reason: 'holds variables', how: 'Move it', folder: '/src/app' },
    {
      file,
      line: 3,
      key: 'x',
      path: '/src/app/pw',
      host: 'id.example',
      unasked: true,
      how: 'Pass it',
      folder: '/src/app',
    },
    { file, line: 3, key: 'x', variable: 'KEY', host: 'id.example', declined: 'now', folder: '/src/app' },
    { file, line: 3, key: 'x', variable: 'KEY', host: 'id.example', declined: 'saved', folder: '/src/app' },
    { file, line: 3, key: 'x', variable: 'KEY', host: 'id.example', declined: 'before', folder: '/src/app' },
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
  store_key_as_secret: [{ variable: 'OIDC_CLI_STORE_KEY' }, { file: '/data/key' }],
  client_secret_unavailable: [
    { variable: 'SECRET' },
    { variable: 'SECRET', where: `${file}:3`, file, key: 'profiles.x.clientSecret' },
    { file: '/run/secret', reason: 'ENOENT' },
    { source: 'stdin', reason: 'it is empty' },
    { source: 'session store', reason: 'none is kept for this issuer' },
  ],
  client_auth_unsupported: [
    { method: 'client_secret_post', reason: 'no secret' },
    { announced: metadata },
    { announced: [] },
  ],
  redirect_uri_invalid: [{ redirectUri: 'http://localhost:1/#x', reason: 'it has a fragment' }],
  redirect_uri_not_loopback: [
    { redirectUri: 'https://app.example.com/callback' },
    { redirectUri: 'com.example.app:/callback' },
  ],
  port_taken: [
    { port: 8484, holder: 'node (1234)', flag: '--port' },
    { port: 8484 },
    { port: 9400, holder: 'node (1234)', flag: '--port', of: 'provider' },
    { port: 8484, holder: 'node (1234)', flag: '--port', of: 'demo' },
  ],
  port_forbidden: [{ port: 80, flag: '--port' }],
  ca_unreadable: [{ file: '/etc/ca.pem', reason: 'it holds no certificate' }],
  report_unwritable: [
    { file: 'junit.xml', reason: 'EACCES' },
    { file: 'reports', reason: 'it is a folder' },
    { file: 'trace.html', reason: 'ENOSPC', flag: '--trace-file FILE' },
  ],
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
  network_timeout: [
    { url, host, seconds: 30 },
    { url, host, seconds: 30, step: 'token request', answeredBefore: true },
    { url, host, seconds: 30, step: 'key set', namedBy: issuer },
  ],
  tls_not_trusted: [
    { url, host, reason: 'the certificate is self-signed', subject: host, validTo: '2027-01-01T00:00:00.000Z' },
    { url, host, reason: 'the certificate has expired', validTo: '2027-01-01T00:00:00.000Z' },
    { url, host, reason: 'the certificate is not valid yet', validFrom: '2027-01-01T00:00:00.000Z' },
    { url, host, reason: 'the certificate is for another host' },
    { url, host, reason: 'the certificate comes from an authority that is not known here' },
    { url, host },
  ],
  tls_failed: [{ url, host, reason: 'this port does not speak TLS' }],
  proxy_failed: [{ url, host, proxy: 'proxy.example:3128', reason: 'it answered 407' }],
  response_too_large: [{ url, host, limit: 2_097_152 }],
  response_too_deep: [{ url, host, limit: 100 }],
  access_denied: [{ ...details, ...askedFor }],
  login_required: [
    { ...details, ...silent },
    { ...details, ...askedFor },
  ],
  consent_required: [
    { ...details, ...silent },
    { ...details, ...askedFor },
  ],
  interaction_required: [
    { ...details, ...silent },
    { ...details, ...askedFor },
  ],
  account_selection_required: [
    { ...details, ...silent },
    { ...details, ...askedFor },
  ],
  invalid_scope: [
    { ...details, ...askedFor },
    { ...details, ...askedFor, unannounced: ['payroll'] },
    { ...details, ...askedFor, unannounced: ['pay', 'roll'] },
  ],
  invalid_target: [
    details,
    { ...details, profile: 'staging', resource: 'https://api.example.com', askedResources: [] },
    { ...details, resource: 'https://api.example.com', askedResources: ['https://stock.example.com'] },
    { ...details, resource: 'https://api.example.com', askedResources: ['https://api.example.com'] },
  ],
  invalid_request: [details, { ...details, redirectUri: 'http://localhost:8484/callback' }],
  unauthorized_client: [details],
  unsupported_response_type: [details],
  provider_server_error: [details, { error: 'server_error' }],
  provider_unavailable: [details],
  authorization_refused: [details, { error: 'odd', description: 'Really?' }],
  callback_state_mismatch: [
    { seconds: 60, wrongState: 2, strays: 3 },
    { seconds: 60, wrongState: 1, noState: 1, strayError: 'access_denied' },
    { wrongState: 1, noState: 0, likeOurs: false },
    { wrongState: 1, noState: 0, likeOurs: true },
  ],
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
  callback_no_pending: [
    {},
    { others: 0, expiredFor: 100 },
    { others: 1, likeOurs: true },
    { others: 2, likeOurs: false },
  ],
  sign_in_rejected: [
    { field: 'password', words: 'Your password is incorrect.', title: 'Sign in', url },
    { field: 'username', words: 'アカウントが見つかりません。', title: 'サインイン', url },
    { field: 'code', words: 'Invalid code' },
    { field: 'password' },
  ],
  sign_in_account_locked: [{ words: 'Your account is locked.' }, { words: 'アカウントはロックされています！' }],
  sign_in_page_error: [
    {
      words: 'Invalid parameter: redirect_uri',
      status: 400,
      title: 'Error',
      url,
      redirectUri: 'https://app.example.com/',
    },
    { words: 'AADSTS700016: Application was not found', title: 'Error' },
    { status: 502 },
  ],
  sign_in_loops: [
    { title: 'Sign in', url, times: 3 },
    { title: '', url, words: 'Sign in to go on' },
  ],
  sign_in_page_not_understood: [
    { title: 'Choose', url, controls: ['text field "Colour"', 'button "Go"'] },
    { title: 'Prove', url, controls: [], captcha: true, newPassword: true, passkey: true },
  ],
  sign_in_page_too_large: [
    { title: 'Sign in', url, limit: 'elements', most: 100_000 },
    { title: '', url, limit: 'depth', most: 2_000 },
    { title: '', url, limit: 'controls', most: 5_000 },
    { title: '', url, limit: 'seconds', most: 5 },
  ],
  sign_in_script_needed: [
    { title: 'App', url },
    { title: '', url },
  ],
  sign_in_credentials_missing: [
    { field: 'password' },
    { field: 'code' },
    { field: 'username' },
    { field: 'password', variable: 'TEST_PASSWORD', reason: 'it is not set' },
    { field: 'code', file: '/run/totp', reason: 'ENOENT' },
    { field: 'password', source: 'stdin', reason: 'it is empty' },
  ],
  sign_in_unsafe_destination: [
    {
      problem: 'plain http',
      kinds: ['user name', 'password'],
      destination: 'http://login.example.com',
      host: 'login.example.com',
      page: 'https://id.example.com',
      credentialsSent: ['one-time code to https://id.example.com'],
    },
    {
      problem: 'plain http',
      kinds: ['password'],
      destination: 'http://id.example.com',
      host: 'id.example.com',
      onPage: true,
      allowHttpHelps: true,
    },
    { problem: 'in the URL', kinds: ['password'], destination: 'https://id.example.com', host: 'id.example.com' },
    {
      problem: 'another site',
      kinds: ['password'],
      destination: 'https://other.example',
      host: 'other.example',
      page: 'https://id.example.com',
    },
    {},
  ],
  sign_in_step_failed: [
    {
      step: 'click "Go on"',
      title: 'Sign in',
      url,
      reason: 'nothing like that is on the page',
      controls: ['button "Go"'],
    },
    { step: 'wait "#done"', reason: 'it did not appear' },
  ],
  sign_in_command_failed: [{ command: 'sign-in.sh', reason: 'it ended with exit code 1' }],
  sign_in_timed_out: [
    { seconds: 30, pages: 2, title: 'Sign in', url },
    { seconds: 1, pages: 0 },
  ],
  totp_secret_invalid: [{ reason: 'it is not base32' }],
  browser_missing: [
    { reason: 'the package playwright-core is not installed', package: 'playwright-core' },
    { reason: 'no Chrome, Chromium or Edge was found' },
    { reason: '/opt/chrome is not there' },
  ],
  browser_failed: [
    { browser: '/usr/bin/chromium', reason: 'No usable sandbox' },
    { reason: 'it ended twice while signing in' },
  ],
  one_time_address_reused: [{}, { of: 'sign-out' }, { browserFailed: 'xdg-open ended with exit code 3' }],
  login_timeout: [
    { seconds: 5, strays: 1, wrongState: 0, otherBrowser: 1, redirectUri: 'http://localhost:8484/callback' },
    { seconds: 5, strays: 1, wrongState: 0, otherUser: 1, redirectUri: 'http://localhost:8484/callback' },
    { seconds: 5, strays: 3, wrongState: 1, otherBrowser: 2, redirectUri: 'http://localhost:8484/callback' },
    { seconds: 300, redirectUri: 'http://localhost:8484/callback', strays: 0 },
    { seconds: 5, strays: 1 },
    { seconds: 5, strays: 1, emptyVisits: 1, redirectUri: 'http://localhost:8484/callback' },
    { seconds: 5, redirectUri: 'http://localhost:8484/callback', pageStatus: 303 },
    { seconds: 5, redirectUri: 'http://localhost:8484/callback', pageStatus: 503, pageWords: 'Down.', clientId: 'app' },
    ...['redirect URI', 'client', 'scope', 'other'].map((complaint) => ({
      ...{ seconds: 5, redirectUri: 'http://localhost:8484/callback', clientId: 'app' },
      ...{ pageStatus: 400, pageWords: 'Something is wrong!', complaint },
    })),
  ],
  invalid_client: [
    { method: 'client_secret_basic', announced: metadata, status: 401, ...details },
    { method: 'none', announced: [], status: 401, error: 'invalid_client' },
    { method: 'client_secret_basic', announced: metadata, secretCharacters: 10, secretOddities: [] },
    {
      method: 'client_secret_basic',
      secretCharacters: 1,
      secretOddities: ['ends in a line break', 'stands in quotes'],
    },
    { method: 'client_secret_jwt', clockSkew: 73, secretCharacters: 32, secretOddities: [] },
  ],
  invalid_grant: [
    details,
    { ...details, cameBy: 'listener', cameAfter: 3 },
    { ...details, cameBy: 'paste', cameAfter: 151 },
    { ...details, cameBy: 'listener', challengeMethods: ['plain'] },
  ],
  unsupported_grant_type: [details],
  organization_refused: [
    { ...details, profile: 'staging', scope: 'openid', organization: 'org-1', granted: 'openid' },
    { ...details, scope: 'openid urn:logto:scope:organizations', organization: 'org-1', granted: 'openid' },
    { ...details, organization: 'org-1', granted: 'openid urn:logto:scope:organizations' },
  ],
  token_request_refused: [
    { endpoint: 'token_endpoint', status: 502, contentType: 'text/html', reason: 'it has the status 502' },
    { endpoint: 'token_endpoint', status: 302, location: 'https://sso.example/' },
    { endpoint: 'token_endpoint', status: 400, contentType: 'application/json', ...details },
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
    { token: 'access_token', status: 400, ...details },
  ],
  end_session_not_confirmed: [
    { seconds: 60, postLogoutRedirectUri: 'http://localhost:8484/signed-out' },
    { seconds: 60, postLogoutRedirectUri: 'http://localhost:8484/signed-out', otherBrowser: 1 },
  ],
  not_signed_in: [{ profile: 'staging', issuer, others: ['dev'] }],
  session_expired: [{ profile: 'staging', issuer, scope: 'openid' }],
  no_refresh_token: [
    { profile: 'staging', scope: 'openid' },
    { profile: 'staging', scope: 'openid offline_access' },
    { profile: 'staging', scope: 'openid', resource: 'https://api.example.com', askedResources: [] },
    { profile: 'staging', scope: 'openid', organization: 'org-1' },
  ],
  refresh_refused: [
    { profile: 'staging', ...details },
    { profile: 'staging', ...details, organization: 'org-1', granted: 'openid' },
  ],
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
  store_corrupt: [{ file: '/data/sessions/x', reason: 'it ends too early' }, { value: 'client secret' }],
  output_unwritable: [{ reason: 'ENOSPC' }],
  store_version_newer: [
    { file: '/data/sessions.json', version: 2, list: true },
    { file: '/data/store/x', version: 2 },
  ],
  store_failed: [{ operation: 'write', file: '/data', reason: 'ENOSPC' }],
  connector_file_unreadable: [
    { file: 'connector.json', reason: 'there is no such file' },
    { file: 'stdin', reason: 'it is a folder' },
  ],
  connector_file_invalid: [
    { file: 'connector.json', reason: 'it is empty' },
    {
      file: 'connector.json',
      line: 3,
      path: 'config.scope',
      reason: 'the key is there twice',
      fix: 'Keep one of them.',
    },
    { file: 'stdin', line: 1, reason: 'it is a list of 2', fix: 'Take one connector out of the list.' },
  ],
  connector_config_invalid: [
    { ...byLogto('invalid_config'), path: 'scope', line: 4, found: 'nothing', allowed: 'text in quotes' },
    {
      ...byLogto('invalid_config'),
      path: 'config.clientId',
      line: 2,
      found: 'a number',
      allowed: 'text in quotes',
      when: 'when the connector is saved',
      more: 1,
      others: ['config.grantType (line 3) is another text; allowed: "authorization_code".'],
    },
    {
      ...byLogto('invalid_config'),
      path: 'scope',
      found: 'nothing',
      allowed: 'text in quotes',
      when: 'at each sign-in: it saves, and empty values are lost',
    },
    {
      ...serverError,
      path: 'customConfig.constructor',
      found: 'a name that Logto cannot turn into a parameter',
      allowed: 'any other name',
      when: 'at each sign-in',
      fix: 'Remove constructor from customConfig.',
    },
  ],
  connector_overrides_request: [
    { names: ['state'], keys: ['customConfig.State'], consequence: 'refuse the answer' },
    { names: ['nonce', 'redirect_uri'], keys: ['customConfig.nonce', 'customConfig.redirectUri'], consequence: 'fail' },
  ],
  connector_endpoint_invalid: [
    { ...serverError, key: 'tokenEndpoint', reason: 'it is not an absolute URL' },
    { ...serverError, key: 'idTokenVerificationConfig.jwksUri', reason: 'ftp is no scheme that can be requested' },
  ],
  connector_verification_config_invalid: [
    { ...serverError, key: 'idTokenVerificationConfig.clockTolerance', reason: 'a text needs a unit ("5 s")' },
    { ...serverError, key: 'idTokenVerificationConfig.algorithms', reason: 'it is not a list of names' },
  ],
  connector_client_assertion_failed: [
    { ...byLogto('general'), alg: 'HS256', reason: 'the client secret cannot sign' },
    { ...byLogto('general'), reason: 'no signing algorithm is written out' },
  ],
  connector_code_missing: [
    { ...byLogto('general'), error: 'access_denied', description: 'The person said no.', scope: 'openid' },
    { ...byLogto('general'), error: 'invalid_scope', scope: 'openid+email', joinedScope: true },
    { ...byLogto('general'), error: 'invalid_scope', scope: 'openid mail' },
    { ...byLogto('general'), error: 'invalid_request', scope: 'openid', secondQuery: true },
    { ...byLogto('general'), error: 'invalid_request', description: 'code_challenge is required', pkceRequired: true },
    { ...byLogto('general'), scope: 'openid', responseMode: 'fragment' },
    { ...byLogto('general'), scope: 'openid' },
  ],
  connector_token_refused: [
    { ...byLogto('general'), status: 400, ...details, method: 'client_secret_post', announced: metadata },
    {
      ...byLogto('general'),
      status: 401,
      error: 'invalid_client',
      method: 'client_secret_basic',
      rawBasicDiffers: true,
    },
    { ...byLogto('general'), status: 401, error: 'invalid_client', method: 'client_secret_basic', announced: metadata },
    { ...byLogto('general'), status: 401, secretHasWhitespace: true, authenticate: 'Basic realm="token"' },
    { ...byLogto('general'), status: 400, error: 'invalid_grant', description: 'PKCE is required', pkceRequired: true },
    { ...byLogto('general'), status: 400, error: 'invalid_grant', overridden: ['code'] },
    { ...byLogto('general'), status: 400, error: 'invalid_grant', refreshing: true },
    { ...byLogto('general'), status: 502, body: '<html>\n  <h1>Bad gateway</h1>' },
    { ...byLogto('general'), status: 500, body: '' },
  ],
  connector_token_response_invalid: [
    { ...byLogto('invalid_response'), reason: 'it is not JSON', contentType: 'text/html' },
    { ...byLogto('invalid_response'), reason: 'it is not JSON' },
    { ...byLogto('invalid_response'), reason: 'it has no id_token', member: 'id_token' },
    { ...byLogto('invalid_response'), reason: 'it has no id_token', member: 'id_token', refreshing: true },
    { ...byLogto('invalid_response'), reason: 'expires_in is a string and not a number', member: 'expires_in' },
    { ...byLogto('social_invalid_id_token'), reason: 'id_token is empty', member: 'id_token' },
  ],
  connector_token_unreachable: [
    { ...serverError, url, host, why: 'network_timeout', seconds: 10 },
    { ...serverError, url, host, why: 'network_dns', reason: 'ENOTFOUND' },
    { ...serverError, url, host, why: 'network_refused', reason: 'ECONNREFUSED' },
    { ...serverError, url, host, why: 'network_unreachable', reason: 'EHOSTUNREACH' },
    { ...serverError, url, host, why: 'network_closed', reason: 'ECONNRESET' },
    { ...serverError, url, host, why: 'network_failed', reason: 'the answer is not HTTP' },
    { ...serverError, url, host, why: 'tls_not_trusted', reason: 'the certificate is self-signed' },
    { ...serverError, url, host, why: 'response_too_large', limit: 2_097_152 },
    { ...serverError, url, host, why: 'response_too_deep', limit: 100 },
    { ...serverError, url, reason: 'it redirects without end' },
  ],
  connector_key_set_unavailable: [
    { ...serverError, url, why: 'network_timeout', seconds: 5 },
    { ...serverError, url, status: 404, reason: 'it answered 404' },
    { ...serverError, url, status: 404, reason: 'it answered 404', keySetIsAnnounced: true },
    { ...serverError, url, status: 302, reason: 'it answered 302' },
    { ...serverError, url, status: 200, reason: 'its answer is no key set' },
    { ...serverError, url, why: 'network_refused', reason: 'ECONNREFUSED' },
  ],
  connector_id_token_refused: [
    { ...refusedClaim, claim: 'iss', expected: issuer, actual: `${issuer}/` },
    { ...refusedClaim, claim: 'iss', expected: issuer, actual: 'https://other.example', issuerIsAnnounced: true },
    { ...refusedClaim, claim: 'iss', expected: issuer, actual: 'nothing', missing: true },
    { ...refusedClaim, claim: 'aud', expected: 'app', actual: 'app-1, app-2' },
    { ...refusedClaim, claim: 'exp', expected: 'after 2026-01-01T00:00:00.000Z', actual: '2025-12-31T23:59:59.000Z' },
    {
      ...refusedClaim,
      claim: 'nbf',
      expected: '2026-01-01T00:00:00.000Z or before',
      actual: '2026-01-01T00:01:00.000Z',
    },
    { ...refusedClaim, claim: 'iat', expected: 'at most 60 s before 2026-01-01T00:00:00.000Z', actual: 'nothing' },
    { ...refusedClaim, claim: 'sub', expected: 'user-1', actual: 'user-2', tolerance: '30 seconds' },
    { ...refusedClaim, claim: 'typ', expected: 'JWT', actual: 'at+jwt' },
    { ...serverError, reason: 'signature verification failed', kind: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
    { ...serverError, reason: 'no applicable key found in the JSON Web Key Set', kind: 'ERR_JWKS_NO_MATCHING_KEY' },
    { ...serverError, reason: 'multiple keys match', kind: 'ERR_JWKS_MULTIPLE_MATCHING_KEYS', announced: metadata },
    { ...serverError, reason: '"alg" is not allowed', kind: 'ERR_JOSE_ALG_NOT_ALLOWED' },
    { ...serverError, reason: '"alg" is not allowed', kind: 'ERR_JOSE_ALG_NOT_ALLOWED', alg: 'RS256' },
    { ...serverError, reason: 'Invalid Compact JWS', kind: 'ERR_JWS_INVALID' },
  ],
  connector_claims_refused: [
    { ...byLogto('social_invalid_id_token'), claim: 'name', expected: 'a text', actual: 'a number' },
    {
      ...byLogto('social_invalid_id_token'),
      claim: 'email_verified',
      expected: 'true or false',
      actual: 'a string',
      stringBoolean: true,
    },
    { ...byLogto('social_invalid_id_token'), claim: 'sub', expected: 'a text', actual: 'absent' },
  ],
  connector_nonce_mismatch: [byLogto('social_invalid_id_token')],
  connector_refresh_unsupported: [
    { ...serverError, key: 'tokenEndpointAuthMethod' },
    { ...serverError, key: 'tokenEndpointAuthMethod', refreshing: true },
  ],
  plan_missing: [
    { file: '/src/app/oidc-smoke.yaml', named: false },
    { file: '/src/app/checks.yaml', named: true },
  ],
  plan_exists: [{ file: '/src/app/oidc-smoke.yaml' }],
  smoke_baseline_unreadable: [
    { file: '/src/app/oidc-baseline.json', reason: 'ENOENT' },
    { file: '/src/app/oidc-baseline.json', reason: 'it is no JSON' },
  ],
  smoke_secret_unavailable: [
    { what: 'password', variable: 'OIDC_CLI_PASSWORD', reason: 'it is not set' },
    { what: 'password', file: '/src/app/password', reason: 'ENOENT' },
    { what: 'password', source: 'stdin', reason: 'it is empty' },
  ],
  smoke_nothing_selected: [{ filter: ['prdo'], known: ['prod', 'staging'] }],
  smoke_expectation_violated: [{ expectation: 'claims.email', expected: '"a"', actual: '"b"' }],
  smoke_check_timeout: [
    { seconds: 60, phase: 'sign-in pages' },
    { seconds: 60, phase: 'token request' },
  ],
  smoke_run_timeout: [{ seconds: 600, phase: 'discovery' }],
  introspection_refused: [{ status: 401, method: 'none', ...details }, { status: 500 }],
  interrupted: [{}],
  internal: [{ reason: 'TypeError in login.js:10' }],
};

const codes = Object.keys(ERROR_EXIT_CODES) as ErrorCode[];

describe.each(codes)('%s', (code) => {
  test('has plain words when nothing is known', () => {
    expectPlainWords(explain(code, {}));
  });

  test('has plain words for what real runs know', () => {
    for (const facts of examples[code]) expectPlainWords(explain(code, facts));
  });

  test("ends well whatever the provider's words end with", () => {
    for (const description of ['No.', 'No!', 'No', ' No. ', '']) {
      expectPlainWords(explain(code, { ...examples[code][0], error: 'an_error', description }));
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
    [
      'a secret that ends in a line break',
      'invalid_client',
      { method: 'client_secret_basic', secretCharacters: 11, secretOddities: ['ends in a line break'] },
      /^The client secret that was sent is 11 characters long and ends in a line break\.$/,
    ],
    [
      'an assertion of a clock that is off',
      'invalid_client',
      { method: 'client_secret_jwt', clockSkew: -73, secretCharacters: 32, secretOddities: [] },
      /provider's is 73 s behind/,
    ],
    [
      'a redirect URI that differs by a slash from the one the provider names',
      'invalid_request',
      {
        redirectUri: 'http://localhost:8484/callback',
        description: 'Not one of: http://localhost:8484/callback/.',
      },
      /names http:\/\/localhost:8484\/callback\/: they differ by the slash at the end\.$/,
    ],
    [
      'a redirect URI on another port',
      'sign_in_page_error',
      { redirectUri: 'http://localhost:8484/cb', words: 'Registered: http://localhost:3000/cb' },
      /differ by the port/,
    ],
    [
      'a redirect URI by its other name',
      'invalid_grant',
      { redirectUri: 'http://localhost:8484/cb', description: 'expected "http://127.0.0.1:8484/cb"' },
      /localhost and 127\.0\.0\.1/,
    ],
    [
      'a redirect URI with another scheme',
      'invalid_request',
      { redirectUri: 'http://app.example/cb', description: "got 'https://app.example/cb'" },
      /http and https/,
    ],
    [
      'a code of Microsoft',
      'invalid_client',
      { method: 'client_secret_post', description: 'AADSTS7000222: The provided client secret keys are expired.' },
      /^AADSTS7000222: The client secret has expired/,
    ],
    ['a scope that is not announced', 'invalid_scope', { scope: 'a b', unannounced: ['b'] }, /not announce b: it is/],
    ['a code that was used', 'invalid_grant', { description: 'Code already redeemed' }, /used before/],
    ['a verifier', 'invalid_grant', { description: 'PKCE verification failed' }, /PKCE verifier/],
    ['a redirect URI at the token endpoint', 'invalid_grant', { description: 'redirect_uri mismatch' }, /redirect URI/],
    ['a person who pressed cancel', 'access_denied', { description: 'The user cancelled' }, /pressed/],
    ['a person without an assignment', 'access_denied', { description: 'User is not assigned' }, /not assigned/],
    ['PKCE that was not taken', 'invalid_request', { description: 'code_challenge is required' }, /agree on PKCE/],
    [
      'an error of another standard',
      'token_request_refused',
      { error: 'use_dpop_nonce', status: 400 },
      /^use_dpop_nonce \(RFC 9449 §8\)/,
    ],
    [
      'an answer that says http',
      'callback_issuer_mismatch',
      { expected: 'https://a.b', actual: 'http://a.b' },
      /proxy/,
    ],
    ['an answer with a slash', 'callback_issuer_mismatch', { expected: issuer, actual: `${issuer}/` }, /slash/],
    ['a nonce that is not passed on', 'id_token_nonce_mismatch', { actual: 'absent' }, /not pass nonce on/],
    ['a nonce that is another', 'id_token_nonce_mismatch', { actual: 'another value' }, /keeps that of an earlier/],
    ['an empty key set', 'id_token_key_not_found', { actual: 'no key for it (it is empty)' }, /is empty/],
    ['a client id in capitals', 'id_token_audience_mismatch', { expected: 'app', actual: 'App' }, /upper and lower/],
    ['an API in aud', 'id_token_audience_mismatch', { expected: 'app', actual: 'https://api.example' }, /puts the API/],
    ['a name inside of a company', 'network_dns', { host: 'id.corp' }, /company network/],
    ['no name server', 'network_dns', { host: 'id.example.com', reason: 'EAI_AGAIN' }, /no working DNS/],
    ['a proxy that wants a password', 'proxy_failed', { reason: 'it answered 407' }, /user name and password/],
    ['a proxy that forbids', 'proxy_failed', { reason: 'it answered 403' }, /not allow this host/],
    [
      'the address of the configuration itself',
      'discovery_not_found',
      { issuer: `${issuer}/.well-known/openid-configuration` },
      /the part before/,
    ],
    ['Logto without /oidc', 'discovery_not_found', { issuer: 'https://t.logto.app' }, /ends in \/oidc/],
    ['a provider that is down', 'discovery_http_error', { url, status: 503 }, /down/],
    ['a gateway', 'discovery_http_error', { url, status: 403 }, /firewall or gateway/],
    [
      'a method the provider lacks',
      'invalid_client',
      { method: 'client_secret_basic', announced: metadata },
      /does not support/,
    ],
    [
      'a wrong secret',
      'invalid_client',
      { method: 'client_secret_post', announced: ['client_secret_post'] },
      /secret is wrong/,
    ],
    ['no secret at all', 'invalid_client', { method: 'none', announced: metadata }, /no secret was sent/],
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
    [
      'a secret that breaks under raw Basic',
      'connector_token_refused',
      { error: 'invalid_client', method: 'client_secret_basic', rawBasicDiffers: true, announced: metadata },
      /without encoding it first/,
    ],
    [
      'PKCE, which Logto does not do',
      'connector_token_refused',
      { error: 'invalid_grant', pkceRequired: true },
      /cannot be used as a connector/,
    ],
    [
      'an issuer that differs from the connector by a slash',
      'connector_id_token_refused',
      { claim: 'iss', expected: issuer, actual: `${issuer}/` },
      /slash/,
    ],
    ['a provider without ID tokens', 'connector_token_response_invalid', { member: 'id_token' }, /scope openid/],
    ['booleans as texts', 'connector_claims_refused', { stringBoolean: true }, /as texts/],
    [
      'an issuer that is the one of discovery',
      'connector_id_token_refused',
      { claim: 'iss', expected: issuer, actual: 'https://other.example', issuerIsAnnounced: true },
      /the fault is at the provider/,
    ],
    [
      'a key set where discovery has it',
      'connector_key_set_unavailable',
      { status: 404, keySetIsAnnounced: true },
      /the fault is at the provider/,
    ],
    [
      'an ID token that a refresh leaves out',
      'connector_token_response_invalid',
      { member: 'id_token', refreshing: true },
      /§12\.2 allows/,
    ],
    [
      'a grant type of customConfig',
      'connector_token_refused',
      { status: 400, error: 'unsupported_grant_type', overridden: ['grant_type'] },
      /overrides grant_type/,
    ],
    ['a key set behind a redirect', 'connector_key_set_unavailable', { status: 302 }, /does not follow/],
  ])('%s', (_name, code, facts, cause) => {
    expect(firstCause(code, facts)).toMatch(cause);
  });

  test.each(codes)('%s reads well when nothing is known', (code) => {
    const { message, causes, fix } = explain(code, {});
    expect(message).not.toMatch(/something else|Found: unknown/);
    for (const text of [message, fix, ...causes]) {
      expect(text).toMatch(/^[A-Z"“]|^https |^oidc-cli |^prompt=none |^[a-z]+_[a-z_]+ |^idToken|^customConfig/);
    }
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
