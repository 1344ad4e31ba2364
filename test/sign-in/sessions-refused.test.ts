import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine } from '../support/run.js';
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.js';
import { followRedirects, loginOn } from '../support/scripted-sign-in.js';

let provider: ScriptedProvider;
let machine: Machine;

beforeAll(async () => {
  provider = await startScriptedProvider();
});
afterAll(() => provider.close());
beforeEach(async () => {
  machine = await createMachine();
  provider.play({});
});
afterEach(() => machine.remove());

async function signIn(...flags: string[]): Promise<void> {
  const { code, stderr } = await loginOn(machine, provider.issuer, ['--scope', 'openid offline_access', ...flags]);
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
}

const tokenOf = async (): Promise<string> => (await machine.run(['token'])).stdout;

describe('a refresh', () => {
  it('that is about another person is refused, and nothing of it is kept', async () => {
    // However the provider writes its endpoint: a refusal that hangs on the spelling of a URL can be talked out of.
    const spellings = [
      `${provider.issuer}/token`,
      `${provider.issuer.replace('http:', 'HTTP:')}/token`,
      `${provider.issuer}/x/../token`,
    ];
    for (const token_endpoint of spellings) {
      provider.play({ metadata: { token_endpoint, revocation_endpoint: token_endpoint } });
      await signIn();
      const before = await tokenOf();
      provider.play({ metadata: { token_endpoint, revocation_endpoint: token_endpoint }, claims: { sub: 'mallory' } });
      const { code, stdout } = await machine.run(['token', '--refresh', '--json']);
      expect(JSON.parse(stdout).error.code).toBe('refreshed_identity_changed');
      expect(code).toBe(7);
      provider.play({ metadata: { token_endpoint } });
      expect(await tokenOf()).toBe(before);
    }
  });

  it('is not begun while the key set is down, so that the refresh token is not spent', async () => {
    await signIn();
    provider.play({ keySet: () => ({ status: 500 }) });
    const { code, stdout } = await machine.run(['token', '--refresh', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error.code).toBe('key_set_unavailable');
    expect(provider.requests('/token')).toEqual([]);
  });
});

describe('a token response', () => {
  it('whose lifetime no calendar has is kept and shown all the same', async () => {
    provider.play({ tokens: { expires_in: 2 ** 63 } });
    await signIn();
    const who = await machine.run(['whoami', '--json']);
    expect(who.code).toBe(0);
    expect(JSON.parse(who.stdout)).toMatchObject({ state: 'valid', expiresAt: null });
    expect((await machine.run(['whoami'])).stdout).toContain('expires at no time a calendar has');
    expect((await machine.run(['token', '--json'])).code).toBe(0);
  });

  it('whose token could not stand in a header is refused', async () => {
    provider.play({ tokens: { access_token: 'a\u001b[31m\nb' } });
    const { code, stdout } = await loginOn(machine, provider.issuer, ['--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout).error.code).toBe('token_response_invalid');
    expect((await machine.run(['whoami'])).code).toBe(4);
  });
});

describe('words of the provider', () => {
  const hostile = 'Mallory\u001b[31m\u009b2J\u202etxt.exe\u061c';

  it('cannot drive or deceive the terminal, in text or in JSON', async () => {
    provider.play({ claims: { name: hostile }, tokens: { scope: `openid ${hostile}` } });
    const text = await loginOn(machine, provider.issuer, ['--show-claims']);
    const json = await loginOn(machine, provider.issuer, ['--json']);
    const who = await machine.run(['whoami', '--claims']);
    const all = await machine.run(['whoami', '--all']);
    for (const { stdout, stderr } of [text, json, who, all]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
      expect(stdout + stderr).not.toMatch(/[\u001b\u0080-\u009f\u202e\u061c]/);
    }
    expect(JSON.parse(json.stdout).claims.name).toBe(hostile);
  });
});

describe('a sign-out', () => {
  it('does not fail where the provider does not revoke tokens of that kind', async () => {
    await signIn();
    // RFC 7009 §2.2.1; the script has an answer of its choice for this endpoint.
    const pushed = { status: 400, body: { error: 'unsupported_token_type' } };
    provider.play({ metadata: { revocation_endpoint: `${provider.issuer}/par` }, pushed });
    const { code, stdout } = await machine.run(['logout', '--no-end-session', '--json']);
    expect(code).toBe(0);
    const steps = JSON.parse(stdout).sessions[0].steps as { step: string; outcome: string }[];
    expect(steps.find(({ step }) => step === 'revoke access token')?.outcome).toBe('not offered');
  });
});

describe('a sign-in that is repeated by its name', () => {
  it('is as strict as before', async () => {
    await signIn('--strict', '--clock-tolerance', '7');
    const name = new URL(provider.issuer).host;
    provider.play({ claims: { azp: 'somebody-else' } });
    const again = await machine.run(['login', name, '--json'], { openUrl: followRedirects });
    expect(again.code).toBe(7);
    expect(JSON.parse(again.stdout).error.code).toBe('id_token_authorized_party_mismatch');
  });
});
