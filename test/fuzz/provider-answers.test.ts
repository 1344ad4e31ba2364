import http from 'node:http';
import fc from 'fast-check';
import type { FuzzRun } from '../support/fuzz.js';
import { FUZZ_SECRETS, fuzz, fuzzes, fuzzWorld } from '../support/fuzz.js';
import { type Changes, changed, changes } from '../support/fuzz-documents.js';
import { type Reply, type Script, SUBJECT } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';

/*
 * What a provider answers with: each document begins as a valid one and is
 * changed, with a status and a content type that may fit or not.
 */

fuzzes();

const HEADERS = fc.constantFrom<Readonly<Record<string, string>>>(
  ...[{}, {}, {}, {}].map(() => ({ 'content-type': 'application/json' })),
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'text/html' },
  { 'content-type': 'application/jwt' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  { 'content-type': 'application/json', 'www-authenticate': 'Bearer error="invalid_token", Basic realm=' },
  {
    'content-type': 'application/json',
    'cache-control': 'max-age=99999999999, immutable',
    age: '-1',
    date: 'yesterday',
  },
);

interface Answered {
  readonly changes: Changes;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly command: number;
}

const answered = (...statuses: readonly number[]): fc.Arbitrary<Answered> =>
  fc.record({ changes, status: fc.constantFrom(...statuses), headers: HEADERS, command: fc.nat(100) });

const reply = ({ changes: made, status, headers }: Answered, honest: object): Reply => ({
  status,
  headers,
  body: changed(honest, made),
});

const profile = () => ['--issuer', fuzzWorld.provider.issuer, '--client-id', 'app'];
const secret = ['--client-secret-env', 'OIDC_CLI_FUZZ_SECRET'];

const login = (...flags: readonly string[]): FuzzRun => ({
  argv: ['login', ...profile(), '--redirect-uri', 'http://127.0.0.1:0/callback', '--timeout', '1', ...flags],
  world: { openUrl: followRedirects },
});
const traces = ['trace.json', 'trace.har', 'trace.html'].flatMap((file) => ['--trace-file', file]);
const doctor = (...flags: readonly string[]): FuzzRun => ({ argv: ['doctor', ...profile(), ...flags] });

/** Plays a script; of several commands the case says which is run. */
function against(script: Script, { command }: { readonly command: number }, ...runs: readonly FuzzRun[]): FuzzRun[] {
  fuzzWorld.provider.play(script);
  return runs.filter((_, index) => index === command % runs.length);
}

fuzz('discovery', answered(200, 200, 200, 200, 200, 404, 500), (one) =>
  against(
    { discovery: (honest) => reply(one, { ...honest, scopes_supported: ['openid'], claims_supported: ['sub'] }) },
    one,
    doctor('--json'),
    doctor(...secret, '--acr-values', 'a b', '--display', 'page', '--claims', '{"userinfo":{"a":null}}'),
    login('--json', ...secret),
    login('--show-claims', ...traces),
    { argv: ['inspect', '-', ...profile(), '--json'], world: { stdin: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln' } },
  ),
);

fuzz('key sets', answered(200, 200, 200, 200, 304), (one) =>
  against({ keySet: (honest) => reply(one, honest) }, one, doctor('--json'), doctor(), login('--json')),
);

fuzz('token answers', answered(200, 200, 200, 400, 401, 403, 500), (one) => {
  const honest = (tokens: object) =>
    one.status < 300 ? tokens : { error: 'invalid_grant', error_description: `no: ${FUZZ_SECRETS.clientSecret}` };
  const script: Script = { token: (tokens) => reply(one, honest(tokens)) };
  return against(
    script,
    one,
    login('--json', ...secret),
    login('--show-claims', ...secret, ...traces),
    login('--json', '--strict', ...secret),
  );
});

fuzz('ID tokens', answered(200), (one) => {
  const part = (text: string) => Buffer.from(text).toString('base64url');
  const object = (text: string | undefined) => JSON.parse(Buffer.from(text ?? '', 'base64url').toString()) as object;
  const script: Script = {
    idToken: (honest) => {
      const [header, claims, signature] = honest.split('.');
      return one.command % 2 === 0
        ? [header, part(changed(object(claims), one.changes)), signature].join('.')
        : [part(changed(object(header), one.changes)), claims, signature].join('.');
    },
  };
  return against(
    script,
    one,
    login('--json'),
    login('--json'),
    login('--show-claims'),
    login('--show-claims', ...traces),
  );
});

fuzz('claims of an ID token that is signed', answered(200), (one) => {
  const claims = jsonObject(changed({ ...SUBJECT, address: { country: 'JP' }, roles: ['a'] }, one.changes));
  return against({ claims }, one, login('--json', '--show-claims'), login('--show-claims'), login('--with-claims'));
});

fuzz('userinfo', answered(200, 200, 200, 200, 401, 500), async (one) => {
  const script: Script = { userinfo: (honest) => reply(one, honest) };
  fuzzWorld.provider.play({});
  return against(
    script,
    one,
    login('--json', '--show-claims'),
    login('--show-claims', ...traces),
    { argv: ['userinfo', '--json'] },
    { argv: ['whoami', '--userinfo', '--claims'] },
  );
});

fuzz('pushed requests and introspection', answered(200, 201, 400, 401), (one) => {
  const script: Script = {
    metadata: { require_pushed_authorization_requests: true },
    pushed: reply(one, {
      request_uri: 'urn:ietf:params:oauth:request_uri:x',
      expires_in: 60,
      error: 'invalid_request',
    }),
  };
  return against(script, one, doctor('--json'), doctor());
});

interface Callback {
  readonly parameters: readonly (readonly [string, string])[];
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const word = fc.oneof(
  fc.constantFrom('code', 'state', 'error', 'error_description', 'iss', 'id_token', 'response', '__proto__', '', 'a'),
  fc.string({ maxLength: 30, unit: 'binary' }),
);
const callback: fc.Arbitrary<Callback> = fc.record({
  parameters: fc.array(fc.tuple(word, word), { maxLength: 6 }),
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE'),
  path: fc.constantFrom('', '', '', '/', '/../callback', '//evil.example', '/%00', '/%ff', ';a=b', '/favicon.ico'),
  headers: fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    { host: 'evil.example' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'accept-language': 'ja', cookie: 'a=b; __proto__=c' },
    { origin: 'null', 'content-length': '0' },
  ),
});

fuzz('callbacks', fc.array(callback, { minLength: 1, maxLength: 3 }), (requests) => {
  fuzzWorld.provider.play({});
  const openUrl = async (url: string) => {
    const asked = await authorizationUrl(url);
    const redirectUri = asked.searchParams.get('redirect_uri') ?? '';
    for (const request of requests) await send(redirectUri, request);
    await followRedirects(url);
  };
  const { argv } = login('--json');
  return [{ argv, world: { openUrl } }];
});

fuzz('addresses that are pasted', fc.array(fc.tuple(word, word), { maxLength: 8 }), (parameters) => [
  { argv: ['inspect', '-', '--json'], world: { stdin: `http://localhost/callback?${query(parameters)}` } },
  { argv: ['inspect', '-'], world: { stdin: `http://localhost/callback#${query(parameters)}` } },
  { argv: ['explain', ...parameters.slice(0, 1).map(([name, text]) => `e${name}${text}`)] },
]);

function query(parameters: readonly (readonly [string, string])[]): string {
  return new URLSearchParams(parameters.map(([name, text]): [string, string] => [name, text])).toString();
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

/** The provider's address of a sign-in, which the browser may be led to by one of this tool's own. */
async function authorizationUrl(url: string): Promise<URL> {
  if (url.startsWith(fuzzWorld.provider.issuer)) return new URL(url);
  const { headers } = await fetch(url, { redirect: 'manual' });
  return new URL(headers.get('location') ?? url);
}

/** One request to the callback listener, whose answer does not matter. */
function send(redirectUri: string, { parameters, method, path, headers }: Callback): Promise<void> {
  const url = new URL(redirectUri);
  const posted = method === 'POST';
  const target = `${url.pathname}${path}${posted ? '' : `?${query(parameters)}`}`;
  return new Promise((resolve) => {
    const { hostname: host, port } = url;
    const request = http.request({ host, port, method, path: target, headers, agent: false }, (response) => {
      response.resume();
      response.on('close', resolve);
    });
    request.on('error', () => resolve());
    request.end(posted ? query(parameters) : undefined);
  });
}
