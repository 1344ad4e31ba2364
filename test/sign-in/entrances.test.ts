// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of a plan
import { describe, expect, test } from 'vitest';
import { connectorFile, connectorFor } from '../support/connector.js';
import { createMachine, type Machine } from '../support/run.js';
import { type Script, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { runPlan } from '../support/smoke-plan.js';
import { BROKEN_RESPONSES, type BrokenResponse } from './broken-responses.js';

/*
 * One sign-in has several entrances. The same response of a provider must get
 * the same code, exit code and first cause at each of them. A Logto connector
 * has the verdicts of Logto, with codes of their own, and these are the same at
 * each entrance of a connector; where the response is refused before Logto sees
 * it, the code is that of any other sign-in.
 */

/** What an entrance makes of a broken response. */
interface Verdict {
  readonly code: string;
  readonly exit: number;
  readonly cause: string;
}

interface Failure {
  readonly error?: { readonly code: string; readonly causes: readonly string[]; readonly exitCode: number } | null;
}

const CLIENT = { id: 'app', secret: 'matrix-secret-of-the-app' };
const REDIRECT_URI = 'http://127.0.0.1:0/callback';
/** Seconds: long enough on a slow machine, and not waited for where the browser comes back with the right state. */
const timeoutOf = ({ authorization, repeated }: Script) =>
  repeated === 'state' || (authorization && 'state' in authorization) ? '2' : '40';

type Entrance = (provider: ScriptedProvider, machine: Machine, timeout: string) => Promise<Verdict>;

const flags = (issuer: string) => ['--issuer', issuer, '--client-id', CLIENT.id, '--client-secret-env', 'APP_SECRET'];
const env = { APP_SECRET: CLIENT.secret };

const ENTRANCES: Readonly<Record<string, Entrance>> = {
  login: async ({ issuer }, on, timeout) => {
    const argv = ['login', ...flags(issuer), '--redirect-uri', REDIRECT_URI, '--timeout', timeout, '--json'];
    return verdictOf((await on.run(argv, { env, openUrl: followRedirects })).stdout);
  },
  'login --with http': async ({ issuer }, on, timeout) => {
    const argv = ['login', '--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD', ...flags(issuer)];
    const more = ['--redirect-uri', 'http://127.0.0.1:8484/callback', '--timeout', timeout, '--json'];
    const run = await on.run([...argv, ...more], { env: { ...env, PASSWORD: 'alice-password' } });
    return verdictOf(run.stdout);
  },
  'login --start': async ({ issuer }, on) => {
    const redirectUri = 'http://127.0.0.1:1/callback';
    const begun = await on.run(['login', '--start', ...flags(issuer), '--redirect-uri', redirectUri, '--json'], {
      env,
    });
    const { authorizationUrl } = JSON.parse(begun.stdout) as { authorizationUrl?: string };
    if (authorizationUrl === undefined) return verdictOf(begun.stdout);
    const response = await fetch(authorizationUrl, { redirect: 'manual' });
    await response.text();
    const pasted = response.headers.get('location') ?? '';
    return verdictOf((await on.run(['login', '--callback-url', '-', '--json'], { env, stdin: `${pasted}\n` })).stdout);
  },
  smoke: async ({ issuer }, on, timeout) => {
    const profile = { issuer, clientId: CLIENT.id, clientSecret: '${OIDC_CLI_APP_SECRET}' };
    const check = {
      name: 'matrix',
      profile,
      redirectUri: 'http://127.0.0.1:8484/callback',
      with: 'http',
      user: 'alice',
    };
    const { report } = await runPlan(on, [{ ...check, expect: { userinfo: true }, timeout: Number(timeout) }], [], {
      env: { OIDC_CLI_APP_SECRET: CLIENT.secret },
      defaults: { password: '${OIDC_CLI_ALICE}' },
    });
    return verdictOf(JSON.stringify(report.checks[0] ?? report));
  },
};

const connectorOf = (issuer: string) =>
  connectorFor(issuer, {
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    authorizationEndpoint: `${issuer}/authorize`,
    idTokenVerificationConfig: { jwksUri: `${issuer}/keys`, issuer },
  });

const CONNECTOR_ENTRANCES: Readonly<Record<string, Entrance>> = {
  'login --connector': async ({ issuer }, on, timeout) => {
    const argv = ['login', '--connector', await connectorFile(on, connectorOf(issuer)), '--redirect-uri', REDIRECT_URI];
    const run = await on.run([...argv, '--timeout', timeout, '--json'], { openUrl: followRedirects });
    return verdictOf(run.stdout);
  },
  'login --connector --with http': async ({ issuer }, on, timeout) => {
    const argv = ['login', '--connector', await connectorFile(on, connectorOf(issuer)), '--redirect-uri', REDIRECT_URI];
    const more = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD', '--timeout', timeout, '--json'];
    return verdictOf((await on.run([...argv, ...more], { env: { PASSWORD: 'alice-password' } })).stdout);
  },
  'smoke with a connector': async ({ issuer }, on, timeout) => {
    await connectorFile(on, connectorOf(issuer));
    const check = {
      name: 'matrix',
      connector: 'connector.json',
      redirectUri: REDIRECT_URI,
      with: 'http',
      user: 'alice',
    };
    const { report } = await runPlan(on, [{ ...check, timeout: Number(timeout) }], [], {
      defaults: { password: '${OIDC_CLI_ALICE}' },
    });
    return verdictOf(JSON.stringify(report.checks[0] ?? report));
  },
};

function verdictOf(json: string): Verdict {
  const { error } = JSON.parse(json) as Failure;
  if (!error) return { code: 'signed in', exit: 0, cause: '' };
  // Ports and how long it took are different in each run.
  const cause = (error.causes[0] ?? '').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').replace(/\d+ seconds?/, 'N seconds');
  return { code: error.code, exit: error.exitCode, cause };
}

/** The verdicts of several entrances on one broken response, each at a provider and on a machine of its own. */
async function verdictsAt(
  entrances: Readonly<Record<string, Entrance>>,
  { script }: BrokenResponse,
): Promise<Record<string, Verdict>> {
  const verdicts = Object.entries(entrances).map(async ([name, entrance]): Promise<[string, Verdict]> => {
    const provider = await startScriptedProvider();
    const own = await createMachine();
    provider.play(script);
    // How long the browser was away is a fact by which causes are chosen.
    own.stopClock();
    try {
      return [name, await entrance(provider, own, timeoutOf(script))];
    } finally {
      await provider.close();
      await own.remove();
    }
  });
  return Object.fromEntries(await Promise.all(verdicts));
}

/** The verdict that all entrances have in common. */
function commonVerdict(verdicts: Record<string, Verdict>): Verdict {
  const [first, ...others] = Object.entries(verdicts);
  if (!first) throw new Error('no entrance');
  const [, verdict] = first;
  // As objects with names, so that a failure says which entrance differs.
  expect(Object.fromEntries(others)).toEqual(Object.fromEntries(others.map(([name]) => [name, verdict])));
  expect(verdict.code).not.toBe('signed in');
  return verdict;
}

describe('the same broken response has the same code, exit code and first cause at every entrance', () => {
  test.concurrent.each(BROKEN_RESPONSES.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const [clients, connectors] = await Promise.all([
      verdictsAt(ENTRANCES, one),
      one.notForConnectors ? undefined : verdictsAt(CONNECTOR_ENTRANCES, one),
    ]);
    const verdict = commonVerdict(clients);
    if (!connectors) return;
    const { code } = commonVerdict(connectors);
    if (!code.startsWith('connector_')) expect(code).toBe(verdict.code);
  });
});
