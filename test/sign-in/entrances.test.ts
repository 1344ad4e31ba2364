// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of a plan
import { describe, expect, test } from 'vitest';
import { connectorFile, connectorFor } from '../support/connector.js';
import { createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects } from '../support/scripted-sign-in.js';
import { runPlan } from '../support/smoke-plan.js';
import { BROKEN_RESPONSES, type BrokenResponse } from './broken-responses.js';

/*
 * One sign-in has five entrances. The same response of a provider must get the
 * same code, exit code and first cause at each of them. What differs today is
 * listed in known-differences.json, beside the verdict of `login`. The list must
 * only become shorter, until it is empty.
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
/** Seconds. Where nobody comes back with the right state, an entrance waits so long. */
const TIMEOUT = '2';

type Entrance = (provider: ScriptedProvider, machine: Machine) => Promise<Verdict>;

const flags = (issuer: string) => ['--issuer', issuer, '--client-id', CLIENT.id, '--client-secret-env', 'APP_SECRET'];
const env = { APP_SECRET: CLIENT.secret };

const ENTRANCES: Readonly<Record<string, Entrance>> = {
  login: async ({ issuer }, on) => {
    const argv = ['login', ...flags(issuer), '--redirect-uri', REDIRECT_URI, '--timeout', TIMEOUT, '--json'];
    return verdictOf((await on.run(argv, { env, openUrl: followRedirects })).stdout);
  },
  'login --with http': async ({ issuer }, on) => {
    const argv = ['login', '--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD', ...flags(issuer)];
    const more = ['--redirect-uri', 'http://127.0.0.1:8484/callback', '--timeout', TIMEOUT, '--json'];
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
  smoke: async ({ issuer }, on) => {
    const profile = { issuer, clientId: CLIENT.id, clientSecret: '${OIDC_CLI_APP_SECRET}' };
    const check = {
      name: 'matrix',
      profile,
      redirectUri: 'http://127.0.0.1:8484/callback',
      with: 'http',
      user: 'alice',
    };
    const { report } = await runPlan(on, [{ ...check, expect: { userinfo: true }, timeout: Number(TIMEOUT) }], [], {
      env: { OIDC_CLI_APP_SECRET: CLIENT.secret },
      defaults: { password: '${OIDC_CLI_ALICE}' },
    });
    return verdictOf(JSON.stringify(report.checks[0] ?? report));
  },
  'login --connector': async ({ issuer }, on) => {
    const connector = connectorFor(issuer, {
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      authorizationEndpoint: `${issuer}/authorize`,
      idTokenVerificationConfig: { jwksUri: `${issuer}/keys`, issuer },
    });
    const argv = ['login', '--connector', await connectorFile(on, connector), '--redirect-uri', REDIRECT_URI];
    const run = await on.run([...argv, '--timeout', TIMEOUT, '--json'], { openUrl: followRedirects });
    return verdictOf(run.stdout);
  },
};

function verdictOf(json: string): Verdict {
  const { error } = JSON.parse(json) as Failure;
  if (!error) return { code: 'signed in', exit: 0, cause: '' };
  // Ports and how long it took are different in each run.
  const cause = (error.causes[0] ?? '').replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').replace(/\d+ seconds?/, 'N seconds');
  return { code: error.code, exit: error.exitCode, cause };
}

/** Every entrance's verdict on one broken response, each at a provider and on a machine of its own. */
async function verdictsOn({ script, notForConnectors }: BrokenResponse): Promise<Record<string, Verdict>> {
  const names = Object.keys(ENTRANCES).filter((name) => !(notForConnectors && name === 'login --connector'));
  const verdicts = names.map(async (name): Promise<[string, Verdict]> => {
    const provider = await startScriptedProvider();
    const own = await createMachine();
    provider.play(script);
    try {
      return [name, await (ENTRANCES[name] as Entrance)(provider, own)];
    } finally {
      await provider.close();
      await own.remove();
    }
  });
  return Object.fromEntries(await Promise.all(verdicts));
}

describe('the same broken response at every entrance', () => {
  const differences = new Map<string, Record<string, Verdict | undefined>>();

  test.concurrent.each(BROKEN_RESPONSES.map((one) => [one.name, one] as const))('%s: refused', async (name, one) => {
    const { login, ...others } = await verdictsOn(one);
    const different = Object.entries(others).filter(([, verdict]) => JSON.stringify(verdict) !== JSON.stringify(login));
    if (different.length > 0) differences.set(name, { login, ...Object.fromEntries(different) });
    expect(Object.values({ login, ...others }).filter((verdict) => verdict?.code === 'signed in')).toEqual([]);
  });

  test('the same verdict, but for the differences that are known', async () => {
    const listed = BROKEN_RESPONSES.map(({ name }) => [name, differences.get(name)]).filter(([, one]) => one);
    const json = `${JSON.stringify(Object.fromEntries(listed), undefined, 2)}\n`;
    await expect(json).toMatchFileSnapshot('known-differences.json');
  });
});
