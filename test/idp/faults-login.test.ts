import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/idp/fault.js';
import { FAULT_NAMES, FAULTS } from '../../src/idp/faults.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine } from '../support/run.js';

/** The faults of which a sound relying party makes one thing alone. */
const DECIDED = FAULT_NAMES.flatMap((name) => {
  const { client }: Fault = FAULTS[name];
  return client === undefined ? [] : [[name, client] as const];
});

/** Of these no answer comes: the wait is short. Of the others one comes, however slow the machine is. */
const SILENT: readonly string[] = ['token-silent', 'answer-in-fragment'];

/*
 * oidc-cli is a relying party as well: the last column of docs/faults.md holds for it.
 */
describe.concurrent('at a provider with the fault', () => {
  test.each(DECIDED)('%s a sign-in by oidc-cli %s', async (name, client) => {
    const { issuer } = await identityProvider({ faults: [name] });
    const machine = await createMachine();
    const driver = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD'];
    const timeout = SILENT.includes(name) ? ['--timeout', '2'] : [];
    const argv = ['login', '--issuer', issuer, '--client-id', 'demo', '--port', '0', ...driver, ...timeout, '--json'];
    const { code, stdout } = await machine.run(argv, { env: { PASSWORD: 'alice-password' } });
    const signedIn = await machine.run(['whoami']);
    await machine.remove();
    const accepted = client === 'signs in';
    expect(code === 0, stdout).toBe(accepted);
    // What is refused leaves nobody signed in.
    expect(signedIn.code).toBe(accepted ? 0 : 4);
    expect('error' in JSON.parse(stdout)).toBe(!accepted);
  });
});
