import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/context.js';
import { startCommand } from '../support/built-command.js';
import { fakeTime, fakeTimePresent, fakeTimeWhy } from '../support/faketime.js';
import { identityProvider } from '../support/identity-provider.js';
import { APART, pidNamespacePresent, pidNamespaceWhy } from '../support/namespaces.js';
import { requirement } from '../support/requirement.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';

/** A moment that is waited for. */
function moment() {
  let come = () => {};
  const delivery = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { came: delivery, come };
}

/**
 * A provider that rotates refresh tokens, and a machine that is signed in to
 * it. The first request of each kind after the sign-in waits for `let`.
 */
async function signedIn(machine: Machine) {
  const spent: string[] = [];
  let watching = false;
  const gates = { discovery: [moment(), moment()], refresh: [moment(), moment()] } as const;
  const taken = new Set<string>();
  const second = moment();
  const { issuer } = await identityProvider({
    extend: (op) => {
      op.use(async (ctx, next) => {
        const hold = async (kind: keyof typeof gates) => {
          if (!watching || taken.has(kind)) return;
          taken.add(kind);
          gates[kind][0].come();
          await gates[kind][1].came;
        };
        if (ctx.path === '/.well-known/openid-configuration') await hold('discovery');
        await next();
        if (ctx.oidc?.params?.grant_type !== 'refresh_token') return;
        spent.push(String(ctx.oidc.params.refresh_token));
        if (spent.length > 1) second.come();
        await hold('refresh');
      });
    },
  });
  const login = ['login', '--issuer', issuer, '--client-id', 'demo', '--port', '0'];
  const scope = ['--scope', 'openid profile email offline_access'];
  expect(await machine.run([...login, ...scope], { openUrl: aliceSignsIn })).toMatchObject({ code: 0 });
  watching = true;
  return {
    spent,
    /** Resolves when the first request of its kind is there. */
    asked: (kind: keyof typeof gates) => gates[kind][0].came,
    let: (kind: keyof typeof gates) => gates[kind][1].come(),
    /** Resolves when a refresh token is spent a second time, at the latest after a while in which it would have been. */
    attacked: (ms: number) => Promise.race([second.came, new Promise((resolve) => setTimeout(resolve, ms))]),
  };
}

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => machine.remove());

const environment = (more: Environment = {}): Environment => ({
  OIDC_CLI_HOME: machine.home,
  OIDC_CLI_STORE: 'file',
  HOME: machine.home,
  ...more,
});

const refresh = (more?: Environment) => startCommand(['token', '--refresh'], environment(more), '');

describe.runIf(requirement('libfaketime', fakeTimePresent, fakeTimeWhy))('a refresh token is spent once', () => {
  test('by machines whose clocks differ', async () => {
    const provider = await signedIn(machine);
    provider.let('discovery');
    const first = refresh();
    await provider.asked('refresh');
    const others = [refresh(fakeTime('+9s')), refresh(fakeTime('-9s'))];
    await provider.attacked(1_500);
    provider.let('refresh');
    const { stdout } = await first.finished;
    expect(stdout).not.toBe('');
    for (const { finished } of others) expect(await finished).toMatchObject({ code: 0, stdout });
    expect(provider.spent).toHaveLength(1);
  });

  test('by a process that was stopped while the provider had its request, for longer than a lock waits', async () => {
    const provider = await signedIn(machine);
    provider.let('discovery');
    const first = refresh();
    await provider.asked('refresh');
    first.kill('SIGSTOP');
    // A second of ours is five of its own.
    const second = refresh(fakeTime('+0 x5'));
    await provider.attacked(2_500);
    first.kill('SIGCONT');
    provider.let('refresh');
    const [{ stdout }, ended] = await Promise.all([first.finished, second.finished]);
    expect(stdout).not.toBe('');
    expect(ended).toMatchObject({ code: 0, stdout });
    expect(provider.spent).toHaveLength(1);
  });

  test.runIf(requirement('PID namespaces', pidNamespacePresent, pidNamespaceWhy))(
    'by a process on a different machine that was stopped before it sent its request',
    async () => {
      const provider = await signedIn(machine);
      const apart = startCommand(['token', '--refresh'], environment(), '', undefined, APART);
      await provider.asked('discovery');
      const child = Number(readFileSync(`/proc/${apart.pid}/task/${apart.pid}/children`, 'utf8'));
      process.kill(child, 'SIGSTOP');
      provider.let('refresh');
      const ended = await refresh(fakeTime('+0 x5')).finished;
      expect(ended).toMatchObject({ code: 0 });
      process.kill(child, 'SIGCONT');
      provider.let('discovery');
      expect(await apart.finished).toMatchObject({ code: 0, stdout: ended.stdout });
      expect(provider.spent).toHaveLength(1);
      expect(existsSync(`${machine.home}/sessions.json.lock`)).toBe(false);
    },
  );
});
