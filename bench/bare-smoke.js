// The same sign-ins by the libraries alone, for bench/smoke.js: no listener, no report, no checks of our own, no
// explanations, and two pages whose forms are known. `node bench/bare-smoke.js ISSUER HOW_MANY AT_ONCE`.
import { Agent, request } from 'node:http';
import { DomUtils, parseDocument } from 'htmlparser2';
import * as client from 'openid-client';
import { CookieJar } from 'tough-cookie';

const [issuer, howMany, atOnce] = process.argv.slice(2);
const redirectUri = 'http://127.0.0.1:8484/callback';
const agent = new Agent({ keepAlive: true });

const configuration = await client.discovery(new URL(issuer), 'demo', undefined, client.None(), {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  [client.customFetch]: async (url, { method, headers, body }) => {
    const { status, headers: answered, text } = await send(new URL(url), method, { ...headers }, body?.toString());
    return new Response(text, { status, headers: { 'content-type': answered['content-type'] } });
  },
});

let left = Number(howMany);
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (left-- > 0) await signIn();
  }),
);
agent.destroy();

async function signIn() {
  const [codeVerifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
  const jar = new CookieJar();
  let url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  let form;
  while (!url.href.startsWith(redirectUri)) {
    const { status, headers, text } = await send(
      url,
      form ? 'POST' : 'GET',
      {
        cookie: jar.getCookieStringSync(url.href),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin } : {}),
      },
      form,
    );
    for (const cookie of headers['set-cookie'] ?? []) jar.setCookieSync(cookie, url.href);
    form = undefined;
    if (status >= 300 && status < 400) {
      url = new URL(headers.location, url);
      continue;
    }
    if (status !== 200) throw new Error(`${url.pathname} answered ${status}`);
    const page = parseDocument(text);
    const element = DomUtils.getElementsByTagName('form', page)[0];
    const fields = DomUtils.getElementsByTagName('input', element).map(({ attribs }) => [
      attribs.name,
      { username: 'alice', password: 'alice-password' }[attribs.name] ?? attribs.value ?? '',
    ]);
    const button = DomUtils.getElementsByTagName('button', element)[0];
    if (button.attribs.name) fields.push([button.attribs.name, button.attribs.value ?? '']);
    form = new URLSearchParams(fields).toString();
    url = new URL(element.attribs.action ?? '', url);
  }
  await client.authorizationCodeGrant(configuration, url, {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

/** One request; the connection is kept. */
function send(url, method, headers, body) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    request(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    })
      .once('error', reject)
      .end(body);
  });
}
