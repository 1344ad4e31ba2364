import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunWorld } from '../support/run.js';
import { oauthError, type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { login } from '../support/scripted-sign-in.js';
import { withTimeStopped } from '../support/time.js';

let provider: ScriptedProvider;
beforeAll(async () => {
  provider = await startScriptedProvider({ path: '/realms/main' });
});
afterAll(() => provider.close());

/** Everything a person sees of a failed sign-in, without what differs from run to run. */
async function seen(script: Script, flags: readonly string[] = [], world: RunWorld = {}, issuer = provider.issuer) {
  provider.play(script);
  const { stdout, stderr, code } = await login(issuer, flags, world);
  expect(stdout).toBe('');
  expect(code).not.toBe(0);
  return (
    stderr
      .replaceAll(String(provider.port), 'PORT')
      .replaceAll(/http:\/\/127\.0\.0\.1:\d+\/callback/g, 'http://127.0.0.1:PORT/callback')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replaceAll(/\d{3,} s (ago|ahead)/g, 'SOME s $1')
      // A Date header has whole seconds.
      .replaceAll(/(clock skew +)(?:0 s|1 s, the provider's clock is \w+)/g, '$1none to speak of')
  );
}

test('nothing listens at the issuer', async () => {
  const gone = await startScriptedProvider();
  await gone.close();
  const words = await seen({}, [], {}, gone.issuer);
  expect(words.replaceAll(String(gone.port), 'PORT')).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT as client app
    profile 127.0.0.1:PORT (named after its issuer)
    ✗ Nothing listens at 127.0.0.1:PORT: the connection was refused.
      Likely causes, most likely first:
        1. The provider is not running.
        2. The port in the URL is another one.
        3. It runs in a container whose port is not published.
      To fix: Start the provider, or correct host and port.
      (network_refused, exit code 8)
    "
  `);
});

test('the issuer has no configuration', async () => {
  expect(await seen({ discovery: () => ({ status: 404 }) })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    ✗ There is no OpenID configuration at http://127.0.0.1:PORT/realms/main/.well-known/openid-configuration (404).
      Likely causes, most likely first:
        1. The issuer has a path that is missing here (/oidc, /realms/NAME, /v2.0, the tenant id).
        2. The path has a typo, or the provider is an OAuth server without OpenID Connect.
      To fix: Copy the issuer from the provider's console, or open the address above in a browser until it shows JSON.
      (discovery_not_found, exit code 3)
    "
  `);
});

test('the issuer differs by its last slash', async () => {
  expect(await seen({ metadata: { issuer: `${provider.issuer}/` } })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    ✗ You asked for the issuer "http://127.0.0.1:PORT/realms/main", and its configuration says it is "http://127.0.0.1:PORT/realms/main/".
      Likely cause:
        - They differ only by the slash at the end: the comparison is exact.
      To fix: Use --issuer http://127.0.0.1:PORT/realms/main/ if that is the provider you mean; else correct the issuer in the provider's settings.
      (discovery_issuer_mismatch, exit code 3)
    "
  `);
});

test('the port of the redirect URI is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const words = await seen({}, ['--redirect-uri', `http://127.0.0.1:${port}/callback`]);
  other.close();
  expect(
    words.replaceAll(String(port), 'TAKEN').replace(/taken by .+?\.$/m, 'taken by SOMEBODY.'),
  ).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    ✗ Port TAKEN on this machine is taken by SOMEBODY.
      Likely cause:
        - Another sign-in is still waiting in another terminal.
      To fix: Stop that program, or choose another port with --port (and register the redirect URI with it).
      (port_taken, exit code 3)
    "
  `);
});

test('the person said no', async () => {
  const authorization = { code: undefined, error: 'access_denied', error_description: 'The user cancelled.' };
  expect(await seen({ authorization })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ✗ The sign-in was denied at the provider. It says: access_denied: "The user cancelled."
      Likely causes, most likely first:
        1. The person pressed "cancel" or "deny".
        2. The person is not assigned to this application, or a policy of the provider refused them.
      To fix: Sign in again and allow it; if you did, look for the person and the application in the provider's sign-in log.
      (access_denied, exit code 5)
    "
  `);
});

test('a scope is not allowed', async () => {
  const authorization = { code: undefined, error: 'invalid_scope' };
  expect(await seen({ authorization }, ['--scope', 'openid payroll'])).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ✗ The provider refuses the scopes that were asked for (openid payroll). It says: invalid_scope.
      Likely causes, most likely first:
        1. A scope is misspelled.
        2. The application is not allowed one of them at the provider.
      To fix: Compare --scope with the scopes allowed to this application in the provider's console.
      (invalid_scope, exit code 5)
    "
  `);
});

test('nobody came back', async () => {
  const words = await withTimeStopped((pass) => {
    const onOutput = (text: string) => {
      if (text.includes('If nothing appears')) setImmediate(() => pass(1));
    };
    return seen({}, ['--timeout', '1'], { openUrl: async () => {}, onOutput });
  });
  expect(words.replaceAll(/^http:\S+\/authorize\?\S+$/gm, 'AUTHORIZATION URL')).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 1 s for the sign-in … (Ctrl-C ends it)
    Opened a browser (the browser of this run). If nothing appears, open this address yourself:

    AUTHORIZATION URL

    ✗ Nobody finished the sign-in within 1 second.
      Likely causes, most likely first:
        1. The browser shows an error page of the provider, most often because "http://127.0.0.1:PORT/callback" is not registered as a redirect URI of this client.
        2. The page was left or closed.
      To fix: Register exactly http://127.0.0.1:PORT/callback at the provider, or allow more time with --timeout.
      (login_timeout, exit code 6)
    "
  `);
});

test('the method of client authentication is not supported', async () => {
  const script: Script = {
    client: { id: 'app', secret: 'a-secret', methods: ['client_secret_post'] },
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
  };
  const flags = ['--client-secret-env', 'S', '--client-auth', 'client_secret_basic'];
  expect(await seen(script, flags, { env: { S: 'a-secret' } })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication client_secret_basic (as asked for)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ✗ The provider did not accept the client's authentication (client_secret_basic). It says: invalid_client: "client authentication failed".
      Likely causes, most likely first:
        1. The provider does not support client_secret_basic: it announces client_secret_post.
        2. The client secret is wrong, expired, or of another environment (it is 8 characters long).
        3. The client id is of another application or tenant.
        4. The application is registered for another method of client authentication.
      To fix: Check id and secret, or try another --client-auth; the provider supports: client_secret_post.
      (invalid_client, exit code 5)
    "
  `);
});

test('the code is refused', async () => {
  const script: Script = { token: () => oauthError(400, 'invalid_grant', 'The code has expired.') };
  expect(await seen(script)).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ✗ The provider refuses the authorization code. It says: invalid_grant: "The code has expired."
      Likely causes, most likely first:
        1. The code expired (many live for a minute or less) or was used before.
        2. The redirect URI of the token request is not the one of the authorization request.
        3. The PKCE verifier was not accepted: something between altered the request, or the code belongs to another sign-in.
      To fix: Sign in again without delay; if it stays, the provider's log tells which of these it was.
      (invalid_grant, exit code 5)
    "
  `);
});

test('the token endpoint is down', async () => {
  const script: Script = {
    token: () => ({
      status: 502,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<h1>Bad gateway</h1>',
    }),
  };
  expect(await seen(script)).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ✗ The token endpoint answered with status 502 and text/html, which is no answer the standard knows.
      Likely causes, most likely first:
        1. The provider failed inside: its log has the reason.
        2. A proxy or firewall answered in its place.
      To fix: Compare the endpoint in the provider's configuration with the real one, and look into the provider's log.
      (token_request_refused, exit code 5)
    "
  `);
});

test('no ID token came', async () => {
  expect(await seen({ tokens: { id_token: undefined } })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ✗ The provider gave an access token and no ID token, so nobody is known to have signed in.
      Likely causes, most likely first:
        1. The provider dropped the scope "openid": it is not allowed to this application.
        2. The issuer is an OAuth server without OpenID Connect.
      To fix: Ask for it with --scope "openid profile email", and allow the scope openid to the application.
      (no_id_token, exit code 7)
    "
  `);
});

test('the ID token has several faults: all are shown, and the first is explained', async () => {
  const iat = Math.floor(Date.now() / 1000) - 200_000;
  const claims = { aud: 'other-app', iat, exp: iat + 300, nonce: 'other', azp: 'other-app' };
  expect(await seen({ claims })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ID token
      ✓  alg         RS256
      ✓  signature   valid (RS256, kid RS256-key)
      ✓  iss         http://127.0.0.1:PORT/realms/main
      ✗  aud         other-app                           expected app
      !  azp         other-app                           expected app, or absent
      ✗  exp         TIME, SOME s ago  expected after TIME (less 30 s)
      !  iat         TIME, SOME s ago  expected TIME, at most 30 s later
      ✗  nonce       another value                       expected the one sent with the authorization request
      ✓  sub         user-1
      ✓  clock skew  none to speak of
      -  nothing to check: nbf, at_hash, auth_time, acr

    ✗ The ID token is for another client. Expected: app. Found: other-app.
      Likely causes, most likely first:
        1. The client id is that of another application.
        2. The provider puts an API or a name into aud.
      To fix: Use the client id that stands in aud, or correct the audience of ID tokens at the provider.
      (id_token_audience_mismatch, exit code 7)
    "
  `);
});

test('the key that signed is not published', async () => {
  expect(await seen({ header: { kid: 'key-2' } })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ID token
      ✓  alg         RS256
      ✗  signature   no key for it in the key set (RS256-key)  expected valid with a key of the provider's key set (kid key-2)
      ✓  iss         http://127.0.0.1:PORT/realms/main
      ✓  aud         app
      ✓  exp         TIME
      ✓  iat         TIME
      ✓  nonce       the same
      ✓  sub         user-1
      ✓  clock skew  none to speak of
      -  nothing to check: azp, nbf, at_hash, auth_time, acr

    ✗ The key that signed the ID token is not in the provider's key set, even after it was fetched again. Expected: valid with a key of the provider's key set (kid key-2). Found: no key for it in the key set (RS256-key).
      Likely causes, most likely first:
        1. The provider rotated its keys and publishes the new one too late, or a cache serves an old key set.
        2. The jwks_uri is that of another provider or tenant.
      To fix: Make the provider publish the key at its jwks_uri before it signs with it.
      (id_token_key_not_found, exit code 7)
    "
  `);
});

test('the clocks differ', async () => {
  const script = { claims: { iat: Math.floor(Date.now() / 1000) + 600 }, date: 600 };
  const words = await seen(script);
  expect(words.replaceAll(/\b(599|600|601) s/g, '600 s')).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ID token
      ✓  alg         RS256
      ✓  signature   valid (RS256, kid RS256-key)
      ✓  iss         http://127.0.0.1:PORT/realms/main
      ✓  aud         app
      ✓  exp         TIME
      ✗  iat         TIME, SOME s ahead     expected TIME, at most 30 s later
      ✓  nonce       the same
      ✓  sub         user-1
      !  clock skew  600 s, the provider's clock is ahead  expected at most 30 s
      -  nothing to check: azp, nbf, at_hash, auth_time, acr

    ✗ The ID token was issued in the future (iat). Expected: TIME, at most 30 s later. Found: TIME, SOME s ahead.
      Likely causes, most likely first:
        1. The two clocks differ: the provider's is SOME s ahead of this machine's.
        2. The provider writes a time that is later than its own.
      To fix: Set both clocks by NTP; for a known difference, pass --clock-tolerance SECONDS.
      (id_token_issued_in_future, exit code 7)
    "
  `);
});

test('userinfo is of somebody else', async () => {
  expect(await seen({ userinfo: () => ({ body: { sub: 'user-2' } }) })).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ID token
      ✓  alg           RS256
      ✓  signature     valid (RS256, kid RS256-key)
      ✓  iss           http://127.0.0.1:PORT/realms/main
      ✓  aud           app
      ✓  exp           TIME
      ✓  iat           TIME
      ✓  nonce         the same
      ✓  sub           user-1
      ✓  clock skew    none to speak of
      ✗  userinfo sub  user-2                              expected user-1
      -  nothing to check: azp, nbf, at_hash, auth_time, acr

    ✗ Userinfo speaks of "user-2", and the ID token of "user-1": these are two people.
      Likely causes, most likely first:
        1. The provider writes sub in two ways (pairwise and public).
        2. The access token belongs to somebody else.
      To fix: Make sub the same in ID token and userinfo at the provider; an application must not use such claims (OIDC Core §5.3.2).
      (userinfo_subject_mismatch, exit code 7)
    "
  `);
});

test('a warning that --strict refuses', async () => {
  expect(await seen({ claims: { azp: 'other-app' } }, ['--strict'])).toMatchInlineSnapshot(`
    "Signing in at http://127.0.0.1:PORT/realms/main as client app
    profile 127.0.0.1:PORT/realms/main (named after its issuer)
    client authentication none (there is no client secret)
    Waiting up to 300 s for the sign-in … (Ctrl-C ends it)
    The answer came; exchanging the code and verifying the ID token …
    ID token
      ✓  alg         RS256
      ✓  signature   valid (RS256, kid RS256-key)
      ✓  iss         http://127.0.0.1:PORT/realms/main
      ✓  aud         app
      !  azp         other-app                           expected app, or absent
      ✓  exp         TIME
      ✓  iat         TIME
      ✓  nonce       the same
      ✓  sub         user-1
      ✓  clock skew  none to speak of
      -  nothing to check: nbf, at_hash, auth_time, acr

    ✗ The ID token's authorized party (azp) is not this client (a warning; --strict refuses it). Expected: app, or absent. Found: other-app.
      Likely cause:
        - The token was issued to another client of the same project.
      To fix: Have the provider issue ID tokens to this client alone.
      (id_token_authorized_party_mismatch, exit code 7)
    "
  `);
});
