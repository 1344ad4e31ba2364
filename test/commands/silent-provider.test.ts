import { cp, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectorFile, connectorFor } from '../support/connector.js';
import { createMachine, type Machine } from '../support/run.js';
import { startScriptedProvider } from '../support/scripted-provider.js';
import { loginOn } from '../support/scripted-sign-in.js';

/* Commands that send requests to a provider which accepts the connection and never answers. */

const CONNECTOR = 'connector.json';
const WITHOUT_ISSUER = 'without-issuer.json';
let issuer: string;
let silent: Server;
let signedIn: Machine;
const sockets = new Set<Socket>();

beforeAll(async () => {
  const provider = await startScriptedProvider();
  issuer = provider.issuer;
  signedIn = await createMachine();
  const { code, stderr } = await loginOn(signedIn, issuer, [
    '--scope',
    'openid offline_access',
    '--resource',
    'https://api.example.com',
  ]);
  expect(code, stderr).toBe(0);
  await provider.close();
  // The session's provider is now silent: the same port, and no answer.
  silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((done) => silent.listen(Number(new URL(issuer).port), '127.0.0.1', done));
  await connectorFile(signedIn, connectorFor(issuer));
  const withoutIssuer = connectorFor(issuer, { idTokenVerificationConfig: { jwksUri: `${issuer}/jwks` } });
  await writeFile(join(signedIn.home, WITHOUT_ISSUER), JSON.stringify(withoutIssuer));
  const password = `$\{OIDC_CLI_ALICE}`;
  const check = { name: 'silent', profile: { issuer, clientId: 'app' }, user: 'alice', password };
  const plan = JSON.stringify({ checks: [check] });
  await writeFile(join(signedIn.home, 'oidc-smoke.yaml'), plan);
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => silent.close(done));
  await signedIn.remove();
});

const client = () => ['--issuer', issuer, '--client-id', 'app'];

/** Each command with its exit code: 6, or 1 if its report has the failure as one of several results. */
const COMMANDS: readonly (readonly [string, number, () => readonly string[]])[] = [
  ['login', 6, () => ['login', ...client(), '--no-browser']],
  ['login --start', 6, () => ['login', ...client(), '--start']],
  ['whoami --userinfo', 6, () => ['whoami', '--userinfo']],
  ['token --refresh', 6, () => ['token', '--refresh']],
  ['token --resource', 6, () => ['token', '--resource', 'https://api.example.com']],
  ['userinfo', 6, () => ['userinfo']],
  ['logout', 6, () => ['logout', '--no-end-session']],
  ['inspect', 6, () => ['inspect']],
  ['inspect --issuer', 6, () => ['inspect', 'e30.e30.', '--issuer', issuer]],
  ['probe', 6, () => ['probe', ...client(), '--yes', '--no-browser']],
  ['profile import', 6, () => ['profile', 'import', WITHOUT_ISSUER]],
  ['profile export', 6, () => ['profile', 'export', ...client()]],
  ['doctor', 1, () => ['doctor', ...client()]],
  ['doctor --connector', 1, () => ['doctor', '--connector', CONNECTOR]],
  ['smoke', 6, () => ['smoke']],
  ['smoke baseline', 6, () => ['smoke', 'baseline']],
];

const LIMITS = [
  ['OIDC_CLI_TIMEOUT=1', { OIDC_CLI_TIMEOUT: '1' }, []],
  ['--timeout 1', {}, ['--timeout', '1']],
] as const;

const CASES = COMMANDS.flatMap(([name, exitCode, argv]) =>
  LIMITS.map(([limit, env, flags]) => ({ name, limit, exitCode, argv, env, flags })),
);

test.each(CASES)('$name ends with $limit', async ({ argv, exitCode, env, flags }) => {
  const machine = await createMachine();
  try {
    await cp(signedIn.home, machine.home, { recursive: true });
    const begun = performance.now();
    const { code, stdout, stderr } = await machine.run([...argv(), ...flags], {
      env: { ...env, OIDC_CLI_ALICE: 'alice-password' },
      stdin: '',
    });
    const seconds = (performance.now() - begun) / 1000;
    expect(code, stdout + stderr).toBe(exitCode);
    expect(stdout + stderr).toMatch(/network_timeout|(within|after) 1 s/);
    // Without the limit a response takes up to 30 seconds.
    expect(seconds).toBeLessThan(20);
  } finally {
    await machine.remove();
  }
});

test('a command refuses an invalid OIDC_CLI_TIMEOUT, and takes the flag before the variable', async () => {
  const env = { OIDC_CLI_TIMEOUT: 'soon' };
  const refused = await signedIn.run(['userinfo'], { env });
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('OIDC_CLI_TIMEOUT');
  expect((await signedIn.run(['userinfo', '--timeout', '1'], { env })).code).toBe(6);
});
