// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation

import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../src/idp/identity-provider.js';
import { createSessions } from '../../src/sessions/sessions.js';
import { identityProvider } from '../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { formsOf } from '../support/secret-forms.js';
import { ALICE, demo, ENV, type Report, runPlan } from '../support/smoke-plan.js';
import { withTimeStopped } from '../support/time.js';

let machine: Machine;
let provider: IdentityProvider;
let scripted: ScriptedProvider;
/** Takes connections and says nothing. */
const mute = createServer((socket) => held.add(socket));
const held = new Set<Socket>();
let muteIssuer: string;
beforeAll(async () => {
  [machine, provider, scripted] = await Promise.all([createMachine(), identityProvider(), startScriptedProvider()]);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  muteIssuer = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const socket of held) socket.destroy();
  await Promise.all([new Promise((resolve) => mute.close(resolve)), scripted.close(), machine.remove()]);
});

const app = () => ({ issuer: scripted.issuer, clientId: 'app' });
const many = (count: number, more: Readonly<Record<string, unknown>> = {}) =>
  Array.from({ length: count }, (_, index) => ({ name: `check ${index + 1}`, profile: app(), ...more }));
const names = (report: Report, verdict: string) =>
  report.checks.filter((check) => check.verdict === verdict).map(({ name }) => name);

describe('many checks at once', () => {
  test('one that hangs and one whose provider dies in the middle: 48 pass, 2 fail with their own reason', async () => {
    // It answers until somebody asks for its tokens, and is gone then.
    const dying = await startScriptedProvider();
    dying.play({
      token: () => {
        void dying.close();
        throw new Error('gone');
      },
    });
    const good = Array.from({ length: 48 }, (_, index) => ({
      name: `good ${index + 1}`,
      profile: demo(provider.issuer),
    }));
    const hanging = { name: 'hanging', profile: { issuer: muteIssuer, clientId: 'app' }, timeout: 3 };
    const ended = { name: 'ended', profile: { issuer: dying.issuer, clientId: 'app' } };
    const checks = [...good.slice(0, 5), hanging, ...good.slice(5, 25), ended, ...good.slice(25)];
    const { code, report } = await runPlan(machine, checks, ['--concurrency', '8']);
    expect(report.counts).toEqual({ passed: 48, flaky: 0, failed: 2, notRun: 0 });
    const errors = report.checks.flatMap(({ name, error }) => (error ? [[name, error.code]] : []));
    expect(errors).toEqual([
      ['hanging', 'smoke_check_timeout'],
      ['ended', 'network_closed'],
    ]);
    expect(report.checks.find(({ name }) => name === 'hanging')?.error?.message).toMatch(/within 3 seconds.*discovery/);
    // Their own reasons differ.
    expect(code).toBe(1);
  }, 90_000);

  test('metadata and keys are asked for once an issuer, and connections are kept', async () => {
    scripted.play({});
    const { report } = await runPlan(machine, many(20), ['--concurrency', '5']);
    expect(report.counts.passed).toBe(20);
    expect(scripted.requests('/.well-known/openid-configuration')).toHaveLength(1);
    expect(scripted.requests('/keys')).toHaveLength(1);
    expect(new Set(report.checks.map(({ keySet }) => keySet)).size).toBe(1);
  });

  test('a redirect URI in production is tested, and the code never gets there', async () => {
    scripted.play({});
    const redirectUri = 'https://app.example.com/callback?tenant=1';
    const { report } = await runPlan(machine, many(1, { redirectUri }));
    expect(report.checks[0]?.verdict).toBe('passed');
    expect(scripted.requests('/token').at(-1)?.form.get('redirect_uri')).toBe(redirectUri);
  });
});

describe('ways and places', () => {
  /** A program that prints where the provider sends it. */
  const SIGNS_IN =
    "const next = async (url) => (await fetch(url, { redirect: 'manual' })).headers.get('location');\n" +
    '// The one-time address leads to the provider, which sends the browser back.\n' +
    'console.log(await next(await next(process.argv[2])));\n';

  test('a command signs in, where the file is trusted', async () => {
    scripted.play({});
    const program = join(machine.home, 'sign-in.mjs');
    await writeFile(program, SIGNS_IN);
    const command = `"${process.execPath}" "${program}"`;
    const checks = many(2, { with: 'command', command, redirectUri: 'https://app.example.com/callback' });
    const { report, code } = await runPlan(machine, checks, ['--trust-project']);
    expect(report.checks.map(({ verdict, way: driver, signedIn }) => [verdict, driver, signedIn])).toEqual(
      Array(2).fill(['passed', 'command', true]),
    );
    expect(code).toBe(0);
    await writeFile(program, 'process.exit(3);');
    const failed = await runPlan(machine, checks, ['--trust-project', '--fail-fast', '--concurrency', '1']);
    expect(failed.report.checks.map(({ verdict, error }) => error?.code ?? verdict)).toEqual([
      'sign_in_command_failed',
      'not run',
    ]);
  });

  test('a command signs in beside the app that listens on the redirect URI, which nobody waits for', async () => {
    scripted.play({});
    const program = join(machine.home, 'sign-in-beside.mjs');
    await writeFile(program, SIGNS_IN);
    const command = `"${process.execPath}" "${program}"`;
    const redirectUri = `${muteIssuer}/callback`;
    const checks = many(1, { with: 'command', command, redirectUri });
    // A second attempt would never come.
    const { code } = await withTimeStopped(() => runPlan(machine, checks, ['--trust-project']));
    expect(code).toBe(0);
  });

  test('one secret of all checks from stdin', async () => {
    const defaults = { ...ALICE, password: { stdin: true } };
    const checks = [1, 2].map((number) => ({ name: `check ${number}`, profile: demo(provider.issuer) }));
    const right = await runPlan(machine, checks, [], { defaults, stdin: 'alice-password\n' });
    expect([right.code, right.report.counts.passed]).toEqual([0, 2]);
    const wrong = await runPlan(machine, checks, [], { defaults, stdin: 'another-password\n' });
    expect(wrong.report.checks.map(({ error }) => error?.code)).toEqual(Array(2).fill('sign_in_rejected'));
    expect(wrong.stdout + wrong.stderr).not.toContain('another-password');
  });
});

describe('which checks run', () => {
  test('a filter takes a part of a name, * for anything, or a tag', async () => {
    scripted.play({});
    const checks = [
      { name: 'staging one', profile: app(), tags: ['nightly'] },
      { name: 'Staging two', profile: app() },
      { name: 'production', profile: app(), tags: ['nightly', 'slow'] },
    ];
    const run = async (...filters: string[]) => {
      const { report } = await runPlan(
        machine,
        checks,
        filters.flatMap((filter) => ['--filter', filter]),
      );
      return report.checks.map(({ name }) => name);
    };
    expect(await run('staging')).toEqual(['staging one', 'Staging two']);
    expect(await run('nightly')).toEqual(['staging one', 'production']);
    expect(await run('stag*two', 'slow')).toEqual(['Staging two', 'production']);
  });

  test('a filter that nothing fits is a mistake', async () => {
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks: many(2) }));
    const { code, stderr } = await machine.run(['smoke', '--filter', 'chekc'], { env: ENV });
    expect(code).toBe(2);
    expect(stderr).toContain('The checks are: check 1, check 2.');
  });

  test('shards are whole, apart from each other, and stay as they are when a check is added', async () => {
    scripted.play({});
    const shards = async (count: number) =>
      Promise.all(
        [1, 2, 3].map(async (part) => {
          const own = await createMachine();
          const { report, code } = await runPlan(own, many(count), ['--shard', `${part}/3`]);
          expect([code, report.shard]).toEqual([0, `${part}/3`]);
          await own.remove();
          return report.checks.map(({ name }) => name);
        }),
      );
    const [before, after] = [await shards(30), await shards(31)];
    expect(before.flat().sort()).toEqual(
      many(30)
        .map(({ name }) => name)
        .sort(),
    );
    for (const [index, part] of before.entries()) {
      expect(part.length).toBeGreaterThan(3);
      expect(after[index]?.filter((name) => name !== 'check 31')).toEqual(part);
    }
  });

  test.each(['0/3', '4/3', '1', 'x/y'])('--shard %s is none', async (shard) => {
    const { code, stderr } = await machine.run(['smoke', '--shard', shard]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('1/4 is the first of four')]);
  });

  test('repeated runs are numbered, and stop after so many failures', async () => {
    scripted.play({});
    const good = await runPlan(machine, many(2), ['--repeat', '3']);
    expect(good.report.checks.map(({ name, run }) => `${name} ${run}`)).toEqual([
      ...['check 1 1', 'check 2 1', 'check 1 2', 'check 2 2', 'check 1 3', 'check 2 3'],
    ]);
    scripted.play({ claims: { aud: 'other' } });
    const bad = await runPlan(machine, many(2), ['--repeat', '3', '--max-failures', '2', '--concurrency', '1']);
    expect(bad.report.counts).toEqual({ passed: 0, flaky: 0, failed: 2, notRun: 4 });
    expect([bad.report.ended, bad.code]).toEqual(['failed fast', 7]);
    const fast = await runPlan(machine, many(5), ['--fail-fast', '--concurrency', '1']);
    expect(fast.report.counts).toEqual({ passed: 0, flaky: 0, failed: 1, notRun: 4 });
  });
});

describe('retries', () => {
  test('a flake is told from a failure, and both keep their reasons', async () => {
    const tokens = new Map<string, number>();
    scripted.play({
      token: (honest, { form }) => {
        const who = form.get('client_id') ?? '';
        tokens.set(who, (tokens.get(who) ?? 0) + 1);
        const fails = who === 'broken' || (who === 'flaky' && tokens.get(who) === 1);
        return fails ? { status: 503, body: 'later' } : { body: honest };
      },
    });
    const checks = ['good', 'flaky', 'broken'].map((clientId) => ({ name: clientId, profile: { ...app(), clientId } }));
    const { report, code } = await runPlan(machine, checks, ['--retries', '2']);
    expect(report.checks.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'good passed',
      'flaky flaky',
      'broken failed',
    ]);
    const [, flaky, broken] = report.checks;
    expect(flaky?.attempts.map(({ error }) => error?.code)).toEqual(['token_request_refused', undefined]);
    expect(broken?.attempts.map(({ error }) => error?.code)).toEqual(Array(3).fill('token_request_refused'));
    expect(code).toBe(5);
  });

  test('a violated expectation is tried again as well, and kept', async () => {
    let asked = 0;
    scripted.play({ idToken: (honest) => honest, userinfo: (honest) => ({ body: { ...honest, tries: ++asked } }) });
    const checks = many(1, { expect: { userinfo: { claims: { tries: 2 } } }, retries: 1 });
    const { report, code } = await runPlan(machine, checks);
    expect([report.checks[0]?.verdict, code]).toEqual(['flaky', 0]);
    expect(report.checks[0]?.attempts.map(({ violated }) => violated)).toEqual([['userinfo.claims.tries'], []]);
  });
});

describe('how a run ends', () => {
  const failing = (...codes: readonly string[]) => {
    scripted.play({
      token: (honest, { form }) => {
        const who = form.get('client_id') ?? '';
        return codes.includes(who) ? { status: 400, body: { error: who } } : { body: honest };
      },
    });
    return codes.map((clientId) => ({ name: clientId, profile: { ...app(), clientId } }));
  };

  test('all well is 0, a violated expectation 1', async () => {
    scripted.play({});
    expect((await runPlan(machine, many(2))).code).toBe(0);
    const { code } = await runPlan(machine, many(2, { expect: { claims: { sub: 'nobody' } } }));
    expect(code).toBe(1);
  });

  test("a sign-in's own code where all failures share it, else 1", async () => {
    const refused = failing('invalid_grant', 'invalid_client');
    expect((await runPlan(machine, [...refused, ...many(1)])).code).toBe(5);
    const closed = { name: 'closed', profile: { issuer: 'http://127.0.0.1:1', clientId: 'x' } };
    expect((await runPlan(machine, [closed])).code).toBe(8);
    expect((await runPlan(machine, [...refused, closed])).code).toBe(1);
  });

  test('Ctrl-C ends it in good order: what ran is reported, and nothing is called failed that was cut off', async () => {
    scripted.play({});
    const ctrlC = new AbortController();
    const checks = [
      ...many(3),
      { name: 'waiting', profile: { issuer: muteIssuer, clientId: 'x' } },
      ...many(5).slice(3),
    ];
    const args = ['--concurrency', '1', '--reporter', 'terminal'];
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
    const junit = join(machine.home, 'report.xml');
    const out = await machine.run(['smoke', ...args, '--reporter', `junit=${junit}`, '--reporter', 'json=run.json'], {
      env: ENV,
      signal: ctrlC.signal,
      // The terminal's report is on stdout: it is the mute provider that tells that it came so far.
      ...(await whenHeld(() => ctrlC.abort())),
    });
    const report = JSON.parse(await readFile(join(machine.home, 'run.json'), 'utf8')) as Report;
    expect([out.code, report.ended, report.exitCode]).toEqual([130, 'interrupted', 130]);
    expect(names(report, 'passed')).toEqual(['check 1', 'check 2', 'check 3']);
    expect(names(report, 'not run')).toEqual(['waiting', 'check 4', 'check 5']);
    expect((await stat(junit)).size).toBeGreaterThan(100);
  });

  test('the time for all ends what still runs, and says at what', async () => {
    scripted.play({});
    const checks = [
      ...many(1),
      { name: 'waiting', profile: { issuer: muteIssuer, clientId: 'x' } },
      ...many(2).slice(1),
    ];
    const { code, report } = await withTimeStopped((pass) => {
      mute.once('connection', () => pass(2));
      return runPlan(machine, checks, ['--concurrency', '1', '--timeout-all', '2']);
    });
    expect(report.checks.map(({ verdict }) => verdict)).toEqual(['passed', 'failed', 'not run']);
    expect(report.checks[1]?.error?.code).toBe('smoke_run_timeout');
    expect([report.ended, code]).toEqual(['timed out', 6]);
  });

  test('a report that cannot be written is told before anything runs', async () => {
    await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks: many(1) }));
    await writeFile(join(machine.home, 'file'), '');
    scripted.play({});
    const { code } = await machine.run(['smoke', '--reporter', 'junit=file/report.xml'], { env: ENV });
    expect([code, scripted.requests('/authorize').length]).toEqual([3, 0]);
  });

  test('Ctrl-C while a kept session is refreshed saves what that brings', async () => {
    let tell = () => {};
    let give = () => {};
    const asked = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const answered = new Promise<void>((resolve) => {
      give = resolve;
    });
    const slow = await identityProvider({
      extend: (op) => {
        op.use(async (ctx, next) => {
          await next();
          if (ctx.oidc?.params?.grant_type !== 'refresh_token') return;
          tell();
          await answered;
        });
      },
    });
    const client = ['--issuer', slow.issuer, '--client-id', 'demo', '--port', '0', '--scope', 'openid offline_access'];
    const signedIn = await machine.run(['login', ...client, '--save', 'slow'], { openUrl: aliceSignsIn });
    expect(signedIn.code).toBe(0);
    const interruption = new AbortController();
    const check = { name: 'it', profile: 'slow', with: 'refresh' };
    const running = runPlan(machine, [check], [], { signal: interruption.signal });
    await asked;
    interruption.abort();
    give();
    const { code, stderr } = await running;
    expect(code).toBe(130);
    expect(stderr.match(/^Waiting up to 5 s for the provider's answer.*; Ctrl-C again gives it up\.$/gm)).toHaveLength(
      1,
    );
    expect((await machine.run(['token', 'slow', '--refresh'])).code).toBe(0);
  });

  test('a kept session that another process holds is waited for no longer than the check has time', async () => {
    const client = ['--issuer', provider.issuer, '--client-id', 'demo', '--port', '0'];
    const login = ['login', ...client, '--scope', 'openid offline_access', '--save', 'held'];
    expect((await machine.run(login, { openUrl: aliceSignsIn })).code).toBe(0);
    const deps = { dataFolder: machine.home, env: {}, platform: process.platform, clock: Date };
    const sessions = createSessions(deps);
    const entry = await sessions.find({ profile: 'held' });
    if (!entry) throw new Error('nobody is signed in');
    const check = { name: 'it', profile: 'held', with: 'refresh' };
    // It is let go when the run has ended: one that waits for it ends by the time limit of this test.
    const { code, report } = await sessions.exclusively(entry, () => runPlan(machine, [check], ['--timeout', '3']));
    expect([code, report.checks[0]?.error?.code]).toEqual([6, 'smoke_check_timeout']);
    expect(report.checks[0]?.error?.message).toContain('token request');
  });

  test('a report that can no longer be written is told on stderr: stdout has its one document', async () => {
    const folder = join(machine.home, 'of-reports');
    const removing = await identityProvider({
      onRequest: () => {
        rmSync(folder, { recursive: true, force: true });
        writeFileSync(folder, 'a file by now');
      },
    });
    const flags = ['--reporter', `junit=${join(folder, 'x.xml')}`];
    const { code, report, stderr } = await runPlan(machine, [{ name: 'it', profile: demo(removing.issuer) }], flags);
    expect([code, report.counts.passed]).toEqual([3, 1]);
    expect(stderr).toContain('(report_unwritable, exit code 3)');
  });
});

/** Calls once a connection to the mute provider is there. */
async function whenHeld(then: () => void): Promise<object> {
  mute.once('connection', then);
  return {};
}

describe('evidence', () => {
  test('of a sign-in that failed its page is kept where it was asked for', async () => {
    const check = { name: 'wrong / password', profile: demo(provider.issuer), password: '${OIDC_CLI_WRONG}' };
    const deps = { env: { OIDC_CLI_WRONG: 'wrong-password-of-alice' } };
    const { report } = await runPlan(machine, [check], ['--evidence', 'evidence'], deps);
    expect(report.checks[0]?.error?.code).toBe('sign_in_rejected');
    const { text } = report.checks[0]?.evidence ?? {};
    expect(text).toContain(join(machine.home, 'evidence', '1-wrong-password'));
    expect(await readFile(text ?? '', 'utf8')).not.toContain('wrong-password-of-alice');
    // Without a word about it, in a folder that no other user can read.
    const saved = (await runPlan(machine, [check], [], deps)).report.checks[0]?.evidence.text ?? '';
    expect(saved).toMatch(/oidc-cli-smoke-[0-9a-f]{12}.1-wrong-password.sign-in-[0-9a-f]{8}\.txt$/);
    const parts = [saved, dirname(saved), dirname(dirname(saved))];
    const modes = await Promise.all(parts.map(async (path) => ((await stat(path)).mode & 0o777).toString(8)));
    if (process.platform !== 'win32') expect(modes).toEqual(['600', '700', '700']);
    const without = await runPlan(machine, [check], ['--no-evidence'], deps);
    expect(without.report.checks[0]?.evidence).toEqual({ screenshot: null, text: null });
  });

  test('of a flake is what was seen before it passed, and of an expected failure nothing', async () => {
    let refused = 0;
    const once = await identityProvider({
      extend: (op) => {
        op.use(async (ctx, next) => {
          if (ctx.path !== '/auth' || refused++ > 0) return next();
          ctx.status = 503;
          ctx.type = 'html';
          ctx.body = '<title>Later</title><h1>Down for maintenance</h1>';
        });
      },
    });
    const folder = join(machine.home, 'of-a-flake');
    const checks = [
      { name: 'flaky', profile: demo(once.issuer), retries: 1 },
      { name: 'refused', profile: demo(once.issuer), user: 'nobody', expect: { failure: 'sign_in_rejected' } },
    ];
    const flags = ['--evidence', folder, '--concurrency', '1'];
    const { report, code } = await runPlan(machine, checks, [...flags, '--reporter', 'terminal=flaky.txt']);
    expect([code, ...report.checks.map(({ verdict }) => verdict)]).toEqual([0, 'flaky', 'passed']);
    const text = report.checks[0]?.evidence.text ?? '';
    expect(await readFile(text, 'utf8')).toContain('Down for maintenance');
    expect(await readFile(join(machine.home, 'flaky.txt'), 'utf8')).toContain(`\n    Text of the page: ${text}\n`);
    expect(report.checks[1]?.evidence).toEqual({ screenshot: null, text: null });
    const saved = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(saved.filter((entry) => entry.isFile())).toHaveLength(1);
  });
});

describe('a failure is told in the part of the sign-in that it belongs to', () => {
  const failed = async (more: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) => {
    const { report } = await runPlan(machine, [{ name: 'it', profile: demo(provider.issuer), ...more }], [], { env });
    const [only] = report.checks as unknown as [{ failedIn: string; error: { code: string; message: string } }];
    return only;
  };

  test('a sign-in that is denied on the pages, before any token is asked for', async () => {
    expect(await failed({ steps: [{ click: 'Cancel' }] })).toMatchObject({
      failedIn: 'sign-in pages',
      error: { code: 'access_denied' },
    });
  });

  test('a password that is missing, or handed on as nothing', async () => {
    const missing = { failedIn: 'sign-in pages', error: { code: 'smoke_secret_unavailable' } };
    const unset = await failed({ password: '${OIDC_CLI_NONE}' });
    expect(unset).toMatchObject(missing);
    expect(unset.error.message).toContain('OIDC_CLI_NONE: it is not set');
    const empty = await failed({ password: '${OIDC_CLI_NONE}' }, { OIDC_CLI_NONE: '' });
    expect(empty).toMatchObject(missing);
    expect(empty.error.message).toContain('OIDC_CLI_NONE: it is empty');
  });

  test('a client secret that is missing: no grant was used, and no issuer is known', async () => {
    const own = await createMachine();
    const file =
      'profiles: { shop: { issuer: https://id.example.com, clientId: app, clientSecret: "${OIDC_CLI_NONE}" } }';
    await writeFile(join(own.home, 'oidc-cli.yaml'), file);
    const checks = [{ name: 'it', profile: 'shop', with: 'client_credentials' }];
    const { report } = await runPlan(own, checks, [], { defaults: {} });
    expect(report.checks[0]).toMatchObject({ way: null, error: { code: 'client_secret_unavailable' } });
    const { stdout } = await own.run(['smoke']);
    expect(stdout).toContain('\n  Profile shop\n  (client_secret_unavailable, exit code 3)\n');
    await own.remove();
  });
});

describe('smoke init', () => {
  test('writes a plan from a profile that runs as it is, and replaces none', async () => {
    const own = await createMachine();
    const add = ['profile', 'add', 'demo', '--issuer', provider.issuer, '--client-id', 'demo'];
    expect((await own.run(add)).code).toBe(0);
    const written = await own.run(['smoke', 'init', 'demo', '--user', 'alice']);
    expect([written.code, written.stdout]).toEqual([0, '']);
    expect(written.stderr).toContain('the password into OIDC_CLI_DEMO_PASSWORD, and run: oidc-cli smoke');
    const [, advice = ''] = /For CI, write it to this project's too: oidc-cli (.*)/.exec(written.stderr) ?? [];
    const words = advice.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
    expect(words.slice(0, 4)).toEqual(['profile', 'add', 'demo', '--project']);
    expect((await own.run(words)).code).toBe(0);
    const { code, stdout, stderr } = await own.run(['smoke', '--json'], {
      env: { OIDC_CLI_DEMO_PASSWORD: 'alice-password' },
    });
    const plan = join(own.home, 'oidc-smoke.yaml');
    expect(stderr).toBe(`${plan} sends OIDC_CLI_DEMO_PASSWORD to ${provider.issuer}.\n`);
    expect([code, (JSON.parse(stdout) as Report).counts.passed]).toEqual([0, 1]);
    const again = await own.run(['smoke', 'init', 'demo', '--json']);
    expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([3, 'plan_exists']);
    const forced = await own.run(['smoke', 'init', 'demo', '--force', '--json']);
    expect(JSON.parse(forced.stdout)).toEqual({
      schemaVersion: 1,
      file: join(own.home, 'oidc-smoke.yaml'),
      profile: 'demo',
      passwordVariable: 'OIDC_CLI_DEMO_PASSWORD',
    });
    await own.remove();
  });

  test('needs no secret, makes the folder, and says what is left to do', async () => {
    const own = await createMachine();
    const add = ['profile', 'add', 'app', '--issuer', provider.issuer, '--client-id', 'demo-confidential'];
    expect((await own.run([...add, '--client-secret-env', 'OIDC_CLI_APP_SECRET'])).code).toBe(0);
    const written = await own.run(['smoke', 'init', 'app', '--user', 'alice', '--output', 'checks/first.yaml']);
    expect([written.code, written.stderr]).toEqual([
      0,
      expect.stringContaining(
        'Put the password into OIDC_CLI_APP_PASSWORD, the client secret into OIDC_CLI_APP_SECRET, and run: oidc-cli smoke checks/first.yaml\n',
      ),
    ]);
    const env = { OIDC_CLI_APP_PASSWORD: 'alice-password', OIDC_CLI_APP_SECRET: 'demo-secret' };
    expect((await own.run(['smoke', 'checks/first.yaml'], { env })).code).toBe(0);
    const unwritable = await own.run(['smoke', 'init', 'app', '--output', 'checks/first.yaml/x.yaml']);
    expect([unwritable.code, unwritable.stderr]).toEqual([
      3,
      expect.stringContaining('Name another file with --output'),
    ]);
    await own.remove();
  });

  test('without a profile says how to name one, and names no flag that it does not have', async () => {
    const own = await createMachine();
    const none = await own.run(['smoke', 'init']);
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('oidc-cli smoke init NAME')]);
    expect(none.stderr).not.toMatch(/ --issuer, /);
    for (const name of ['a', 'b']) {
      await own.run(['profile', 'add', name, '--issuer', provider.issuer, '--client-id', 'demo']);
    }
    expect((await own.run(['smoke', 'init'])).stderr).toContain('Name a profile (a, b): oidc-cli smoke init NAME');
    await own.remove();
  });

  test('what stands in comments works once it is none', async () => {
    const own = await createMachine();
    const env = { OIDC_CLI_ISSUER: provider.issuer, OIDC_CLI_CLIENT_ID: 'demo' };
    const written = await own.run(['smoke', 'init', '--user', 'alice', '--json'], { env });
    const { file, passwordVariable } = JSON.parse(written.stdout);
    const text = (await readFile(file, 'utf8')).replace(/^ {2}# (?=[- ] )/gm, '  ');
    await writeFile(file, text);
    const { code, stdout } = await own.run(['smoke', '--json'], {
      env: { [passwordVariable]: 'alice-password', OIDC_CLI_DISABLED_USER_PASSWORD: 'x' },
    });
    expect([code, (JSON.parse(stdout) as Report).checks.map(({ name }) => name)]).toEqual([
      0,
      [expect.stringMatching(/^sign-in at /), 'a disabled user is refused'],
    ]);
    await own.remove();
  });

  test('of a provider that only the environment names writes its keys, and no secret', async () => {
    const own = await createMachine();
    const env = {
      OIDC_CLI_ISSUER: provider.issuer,
      OIDC_CLI_CLIENT_ID: 'demo-confidential',
      OIDC_CLI_CLIENT_SECRET: 'demo-secret',
    };
    const written = await own.run(['smoke', 'init', '--user', 'alice', '--json'], { env });
    const { passwordVariable } = JSON.parse(written.stdout);
    const text = await readFile(join(own.home, 'oidc-smoke.yaml'), 'utf8');
    expect(text).not.toContain('demo-secret');
    const { code, stdout } = await own.run(['smoke', '--json'], {
      env: { [passwordVariable]: 'alice-password', OIDC_CLI_CLIENT_SECRET: 'demo-secret' },
    });
    expect([code, (JSON.parse(stdout) as Report).counts.passed]).toEqual([0, 1]);
    await own.remove();
  });
});

describe('secrets', () => {
  test('none of the run is in any report, folder or line', async () => {
    const folder = join(machine.home, 'reports');
    await mkdir(folder, { recursive: true });
    const [password, client, totp] = [
      'pass word+of/alice=&"<>',
      'client secret+with/odd=characters',
      'JBSWY3DPEHPK3PXP',
    ];
    const env = { OIDC_CLI_ALICE: password, OIDC_CLI_CLIENT: client, OIDC_CLI_TOTP: totp };
    const mask = { ...app(), clientSecret: '${OIDC_CLI_CLIENT}', scope: 'openid offline_access' };
    const full = {
      userinfo: true,
      introspection: true,
      refresh: { works: true, rotates: true, oldRefused: true },
      revocation: true,
      logout: true,
    };
    const reporters = ['terminal', 'json', 'junit', 'tap', 'github', 'prometheus'].map(
      (name) => `${name}=${join(folder, name)}`,
    );
    let everything = '';
    for (const [index, script] of [
      {},
      { claims: { nonce: 'x' } },
      { token: () => ({ status: 400, body: { error: 'invalid_grant' } }) },
    ].entries()) {
      scripted.play(script);
      const checks = [
        { name: 'signs in', profile: mask, expect: full },
        { name: 'asks for the wrong', profile: demo(provider.issuer), totp: '${OIDC_CLI_TOTP}', expect: full },
      ];
      await writeFile(join(machine.home, 'oidc-smoke.yaml'), JSON.stringify({ defaults: ALICE, checks }));
      const flags = [
        ...reporters.flatMap((spec) => ['--reporter', spec]),
        '--retries',
        '1',
        '--evidence',
        join(folder, `evidence${index}`),
      ];
      const { stdout, stderr } = await machine.run(['smoke', ...flags], { env });
      everything += stdout + stderr;
      for (const name of ['terminal', 'json', 'junit', 'tap', 'github', 'prometheus']) {
        everything += await readFile(join(folder, name), 'utf8');
      }
      const saved = await readdir(join(folder, `evidence${index}`), { recursive: true, withFileTypes: true });
      expect(saved.length).toBeGreaterThan(0);
      for (const entry of saved) {
        if (entry.isFile()) everything += await readFile(join(entry.parentPath, entry.name), 'latin1');
      }
    }
    expect(everything.length).toBeGreaterThan(5000);
    expect(scripted.secrets.size).toBeGreaterThan(8);
    for (const secret of [...scripted.secrets, password, client, totp]) {
      for (const form of formsOf(secret)) expect(everything.includes(form), `the output holds ${form}`).toBe(false);
    }
  });
});
