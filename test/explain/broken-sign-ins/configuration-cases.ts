import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';
import { oauthError } from '../../support/scripted-provider.js';
import { type BrokenSignIn, nobodyThere, type Stage } from './stage.js';

const CLIENT = ['--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'];

/** Signs in as the confidential client with this in the variable that holds its secret. */
function withSecret(secret: string, flags: readonly string[] = []) {
  return async (stage: Stage) => {
    const { issuer } = await stage.idp();
    return stage.login(issuer, [...CLIENT, ...flags], { env: { SECRET: stage.secret(secret) } });
  };
}

/** Signs in at the built-in provider, which is sound. */
function withFlags(...flags: string[]) {
  return async (stage: Stage) => stage.login((await stage.idp()).issuer, flags);
}

/** Runs a command in a folder that holds this configuration. */
function withFile(content: string, ...argv: string[]) {
  return async (stage: Stage) => {
    await writeFile(join(stage.machine.home, 'oidc-cli.yaml'), content);
    return stage.run(argv);
  };
}

const PROGRAM = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD'];
const PASSWORD = { env: { PASSWORD: 'alice-password' } };

/** The mistake is on this side: a flag, a file, a variable, or what was registered. */
export const CONFIGURATION_CASES: readonly BrokenSignIn[] = [
  {
    name: 'no issuer is given',
    code: 'config_missing',
    exit: 3,
    because: /No issuer is given/,
    run: (stage) => stage.run(['login', '--client-id', 'demo']),
  },
  {
    name: 'no client id is given',
    code: 'config_missing',
    exit: 3,
    because: /No client id is given/,
    run: (stage) => stage.run(['login', '--issuer', 'https://id.example.com']),
  },
  {
    name: 'the issuer has no scheme',
    code: 'config_value_invalid',
    exit: 3,
    because: /"id\.example\.com" cannot be used/,
    run: (stage) => stage.login('id.example.com'),
  },
  {
    name: 'the issuer is plain http, and elsewhere',
    code: 'issuer_not_https',
    exit: 3,
    because: /plain http, and not on this machine/,
    run: (stage) => stage.login('http://id.example.com'),
  },
  {
    name: 'the issuer names a realm that is not there',
    code: 'discovery_not_found',
    exit: 3,
    because: /path has a typo, or is that of another tenant or realm/,
    run: async (stage) => stage.login(`${(await stage.idp()).issuer}/realms/mian`),
  },
  {
    name: 'the path of the issuer is missing',
    code: 'discovery_not_found',
    exit: 3,
    because: /has a path that is missing here/,
    run: async (stage) => stage.login(new URL((await stage.scripted({}, { path: '/realms/main' })).issuer).origin),
  },
  {
    name: 'the issuer ends in a slash that the provider does not have',
    code: 'discovery_issuer_mismatch',
    exit: 3,
    because: /differ only by the slash at the end/,
    run: async (stage) => stage.login(`${(await stage.scripted({}, { path: '/realms/main' })).issuer}/`),
  },
  {
    name: 'the issuer is written with localhost, and the provider writes 127.0.0.1',
    code: 'discovery_issuer_mismatch',
    exit: 3,
    because: /differ only by localhost and 127\.0\.0\.1/,
    run: async (stage) => stage.login((await stage.idp()).issuer.replace('127.0.0.1', 'localhost')),
  },
  {
    name: 'the client id is unknown to the provider, and a person sees its page',
    code: 'login_timeout',
    exit: 6,
    because: /the client id "dmeo" is unknown to this provider/,
    run: async (stage) =>
      stage.login((await stage.idp()).issuer, ['--client-id', 'dmeo', '--timeout', '1'], { openUrl: nobodyThere }),
  },
  {
    name: 'the client id is unknown to the provider, and a program sees its page',
    code: 'sign_in_page_error',
    exit: 5,
    because: /client id is unknown/,
    run: async (stage) => stage.login((await stage.idp()).issuer, ['--client-id', 'dmeo', ...PROGRAM], PASSWORD),
  },
  {
    name: 'the redirect URI is not registered, and a person sees the page of the provider',
    code: 'login_timeout',
    exit: 6,
    because: /http:\/\/127\.0\.0\.1:\d+\/callback is not registered for this client/,
    run: (stage) => atStrictClient(stage, ['--timeout', '1']),
  },
  {
    name: 'the redirect URI is not registered, and a program sees the page of the provider',
    code: 'sign_in_page_error',
    exit: 5,
    because: /redirect URI http:\/\/127\.0\.0\.1:\d+\/callback is not registered/,
    run: (stage) => atStrictClient(stage, PROGRAM),
  },
  {
    name: 'the provider names the redirect URI that is registered, with a slash',
    code: 'invalid_request',
    exit: 5,
    because: /differ by the slash at the end/,
    run: async (stage) => {
      const port = await freePort();
      const authorization = {
        code: undefined,
        error: 'invalid_request',
        error_description: `redirect_uri must be one of: http://localhost:${port}/callback/`,
      };
      const { issuer } = await stage.scripted({ authorization });
      return stage.login(issuer, ['--redirect-uri', `http://localhost:${port}/callback`]);
    },
  },
  {
    name: 'the client secret is another one',
    code: 'invalid_client',
    exit: 5,
    because: /secret is wrong, expired, or of another environment \(it is 14 characters long\)/,
    run: withSecret('another-secret'),
  },
  {
    name: 'the client secret ends in a line break',
    code: 'invalid_request',
    exit: 5,
    because: /12 characters long and ends in a line break/,
    run: withSecret('demo-secret\n'),
  },
  {
    name: 'the client secret stands in quotes',
    code: 'invalid_client',
    exit: 5,
    because: /stands in quotes/,
    run: withSecret('"demo-secret"'),
  },
  {
    name: 'the client secret is the name of a variable',
    code: 'invalid_client',
    exit: 5,
    because: /name of a variable that nobody filled in/,
    run: withSecret(`\${CLIENT_SECRET}`),
  },
  {
    name: 'the client secret is the id of the secret',
    code: 'invalid_client',
    exit: 5,
    because: /form of an id \(UUID\)/,
    run: withSecret('5f1c2c1e-9a4e-4a39-b2a5-0c4a5bd1a111'),
  },
  {
    name: 'the client secret is a placeholder',
    code: 'invalid_client',
    exit: 5,
    because: /looks like a placeholder/,
    run: withSecret('<your-client-secret>'),
  },
  {
    name: 'the client is confidential, and no secret is given',
    code: 'invalid_client',
    exit: 5,
    because: /confidential at the provider, and no secret was sent/,
    run: withFlags('--client-id', 'demo-confidential'),
  },
  {
    name: 'the client is public, and a secret is given',
    code: 'invalid_client',
    exit: 5,
    because: /or the client is a public one there, and has none/,
    run: async (stage) => {
      const { issuer } = await stage.idp();
      return stage.login(issuer, ['--client-secret-env', 'SECRET'], { env: { SECRET: stage.secret('not-for-this') } });
    },
  },
  {
    name: 'the provider does not support the client authentication that was chosen',
    code: 'invalid_client',
    exit: 5,
    because: /does not support client_secret_basic: it announces client_secret_post/,
    run: async (stage) => {
      const { issuer } = await stage.scripted({
        client: { id: 'demo', secret: 'a-good-secret', methods: ['client_secret_post'] },
        metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
      });
      const flags = ['--client-secret-env', 'SECRET', '--client-auth', 'client_secret_basic'];
      return stage.login(issuer, flags, { env: { SECRET: stage.secret('a-good-secret') } });
    },
  },
  {
    name: 'Microsoft says which secret it was',
    code: 'invalid_client',
    exit: 5,
    because: /AADSTS7000215: The client secret is wrong: often its id was copied/,
    run: async (stage) => {
      const words = 'AADSTS7000215: Invalid client secret provided. Trace ID: 0f6b2c1e';
      const { issuer } = await stage.scripted({ token: () => oauthError(401, 'invalid_client', words) });
      const env = { SECRET: stage.secret('k3Qzx9Lw~7') };
      return stage.login(issuer, ['--client-secret-env', 'SECRET'], { env });
    },
  },
  {
    name: 'the variable of the client secret is not set',
    code: 'client_secret_unavailable',
    exit: 3,
    because: /variable SECRET \(.+\), and it is not set/,
    run: withFlags(...CLIENT),
  },
  {
    name: 'the file of the client secret is not there',
    code: 'client_secret_unavailable',
    exit: 3,
    because: /there is no such file/,
    run: withFlags('--client-id', 'demo-confidential', '--client-secret-file', 'secret.txt'),
  },
  {
    name: 'a client authentication is chosen that needs a secret, and there is none',
    code: 'client_auth_unsupported',
    exit: 3,
    because: /needs a client secret, and none is configured/,
    run: withFlags('--client-auth', 'client_secret_post'),
  },
  {
    name: 'a scope is not announced by the provider',
    code: 'invalid_scope',
    exit: 5,
    because: /does not announce payrol: it is misspelled/,
    run: async (stage) => {
      const metadata = { scopes_supported: ['openid', 'profile', 'payroll'] };
      const authorization = { code: undefined, error: 'invalid_scope' };
      return stage.login((await stage.scripted({ metadata, authorization })).issuer, ['--scope', 'openid payrol']);
    },
  },
  {
    name: 'a scope is not allowed to the client',
    code: 'invalid_scope',
    exit: 5,
    because: /not allowed one of them/,
    run: async (stage) => {
      const { issuer } = await stage.idp({ clients: [{ clientId: 'small', scope: 'openid email' }] });
      return stage.login(issuer, ['--client-id', 'small', '--scope', 'openid profile']);
    },
  },
  {
    name: 'the scope openid is not asked for',
    code: 'no_id_token',
    exit: 7,
    because: /"openid" was not asked for, only: profile/,
    run: async (stage) =>
      stage.login((await stage.scripted({ tokens: { id_token: undefined } })).issuer, ['--scope', 'profile']),
  },
  {
    name: 'nothing may be asked, and nobody is signed in',
    code: 'login_required',
    exit: 5,
    because: /prompt=none was sent and the browser has no session/,
    run: withFlags('--prompt', 'none'),
  },
  {
    name: 'the port of the redirect URI is taken',
    code: 'port_taken',
    exit: 3,
    because: /or a program made with Node listens there/,
    run: async (stage) => {
      const other = createServer();
      await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
      const { port } = other.address() as { port: number };
      const { issuer } = await stage.idp();
      const finished = await stage.login(issuer, ['--redirect-uri', `http://127.0.0.1:${port}/callback`]);
      other.close();
      return finished;
    },
  },
  {
    name: 'the redirect URI has a fragment',
    code: 'config_value_invalid',
    exit: 3,
    because: /#done" cannot be used/,
    run: withFlags('--redirect-uri', 'http://localhost:8484/callback#done'),
  },
  {
    name: 'the redirect URI is on another machine, and nobody can paste',
    code: 'redirect_uri_not_loopback',
    exit: 3,
    because: /not on this machine, so nothing here can take its answer/,
    run: async (stage) => {
      const flags = ['--redirect-uri', 'https://app.example.com/callback', '--client-secret-stdin'];
      return stage.login((await stage.idp()).issuer, flags, { stdin: `${stage.secret('a-piped-secret')}\n` });
    },
  },
  {
    name: 'the name of the profile has a typo',
    code: 'profile_unknown',
    exit: 3,
    because: /no profile "stagign"/,
    run: withFile('profiles:\n  staging: { issuer: https://id.example.com, clientId: app }\n', 'login', 'stagign'),
  },
  {
    name: 'the configuration file is no YAML',
    code: 'config_file_invalid',
    exit: 3,
    because: /line 2/,
    run: withFile('profiles:\n\tstaging: {}\n', 'login', 'staging'),
  },
  {
    name: 'a key of the configuration file has a typo',
    code: 'config_file_invalid',
    exit: 3,
    because: /line 3, key profiles\.staging\.clientID/,
    run: withFile('profiles:\n  staging:\n    clientID: app\n    issuer: https://id.example.com\n', 'login', 'staging'),
  },
  {
    name: 'the file of authorities is not there',
    code: 'ca_unreadable',
    exit: 3,
    because: /ca\.pem" cannot be used/,
    run: withFlags('--ca', 'ca.pem'),
  },
];

/** Signs in as a client whose one redirect URI has a slash at the end. */
async function atStrictClient(stage: Stage, flags: readonly string[]) {
  const port = await freePort();
  const { issuer } = await stage.idp({
    clients: [{ clientId: 'strict', redirectUris: [`http://127.0.0.1:${port}/callback/`] }],
  });
  const client = ['--client-id', 'strict', '--redirect-uri', `http://127.0.0.1:${port}/callback`];
  return stage.login(issuer, [...client, ...flags], { ...PASSWORD, openUrl: nobodyThere });
}
