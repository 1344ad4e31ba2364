// The least that signs in with openid-client: what `oidc-cli login` is measured against.
import { createServer } from 'node:http';
import * as client from 'openid-client';

const [, , issuer, scope] = process.argv;
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const redirectUri = `http://127.0.0.1:${server.address().port}/callback`;

const configuration = await client.discovery(new URL(issuer), 'demo', undefined, client.None(), {
  execute: [client.allowInsecureRequests],
});
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
const url = client.buildAuthorizationUrl(configuration, {
  redirect_uri: redirectUri,
  scope,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
});
const answered = new Promise((resolve) => {
  server.once('request', (request, response) => {
    response.end('Signed in.');
    resolve(request.url);
  });
});
console.log(url.href);
const callback = new URL(await answered, redirectUri);
const tokens = await client.authorizationCodeGrant(configuration, callback, {
  pkceCodeVerifier,
  expectedState,
  expectedNonce,
});
console.log(`Signed in as ${tokens.claims().sub}`);
server.close();
server.closeAllConnections();
