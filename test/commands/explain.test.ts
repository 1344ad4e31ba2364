import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ERROR_EXIT_CODES, type ErrorCode } from '../../src/errors.js';
import { codesByArea } from '../../src/explain/explain.js';
import { explainProviderCode } from '../../src/explain/explain-provider-code.js';
import { providerCodes } from '../../src/explain/provider-codes.js';
import { createMachine, type Machine } from '../support/run.js';
import { expectPlainWords } from '../support/scripted-sign-in.js';

let machine: Machine;
beforeAll(async () => {
  machine = await createMachine();
});
afterAll(() => machine.remove());

describe('explain CODE', () => {
  it('says what a code of ours means', async () => {
    const { code, stdout, stderr } = await machine.run(['explain', 'network_dns']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatchInlineSnapshot(`
      "network_dns — exit code 8

      The host name of the provider cannot be resolved.

      Likely causes, most likely first:
        1. The name has a typo.
        2. It is known only inside a company network or VPN.
        3. This machine has no working DNS.

      To fix: Check the name in the issuer, and whether a VPN or proxy (HTTPS_PROXY) is needed.
      All codes: oidc-cli explain, or docs/errors.md
      "
    `);
  });

  it("says what a provider's code means, and where it is defined", async () => {
    const { stdout } = await machine.run(['explain', 'slow_down']);
    expect(stdout).toMatchInlineSnapshot(`
      "slow_down — a provider's answer (RFC 8628 §3.5, CIBA §11)

      The device asks too often while the person signs in elsewhere.

      Likely cause:
        - The interval between two requests is shorter than the provider wants.

      To fix: Add 5 seconds to the interval, for this request and all later ones.
      "
    `);
  });

  it('knows a code that is both', async () => {
    const { stdout } = await machine.run(['explain', 'invalid_grant', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'invalid_grant',
      exitCode: 5,
      area: 'Token, userinfo, revocation and end session endpoints',
      standard: 'RFC 6749 §5.2',
      causes: [expect.stringContaining('expired'), expect.any(String), expect.any(String)],
    });
  });

  it('knows server_error by the name that providers use', async () => {
    const { stdout } = await machine.run(['explain', 'server_error', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'server_error', exitCode: 5 });
  });

  test.each(['AADSTS700016', 'aadsts700016'])('%s is passed on whole, as the provider’s own', async (asked) => {
    const { code, stdout } = await machine.run(['explain', asked]);
    expect(code).toBe(0);
    expect(stdout).toContain("AADSTS700016 is one of Microsoft Entra ID's own codes");
    expect(stdout).toContain('There is no application with this client id in this tenant.');
    expect(stdout).toContain('error?code=700016');
  });

  test.each([
    [
      'a line of a log',
      'invalid_client: AADSTS7000215: Invalid client secret provided.',
      'invalid_client',
      'Invalid client secret',
    ],
    [
      'an answer',
      '{"error":"invalid_client","error_description":"AADSTS7000215: Wrong. Trace ID: 1-2"}',
      'invalid_client',
      'Trace ID: 1-2',
    ],
    [
      'an address',
      'http://localhost/cb?error=access_denied&error_description=AADSTS7000215%3A+No&code=a-secret-code&state=x',
      'access_denied',
      'AADSTS7000215: No',
    ],
  ])(
    '%s that was copied whole is read for its codes, and the own code is passed on',
    async (_what, text, code, words) => {
      const { code: exit, stdout } = await machine.run(['explain', text, '--json']);
      expect(exit, stdout).toBe(0);
      const entry = JSON.parse(stdout);
      expect(entry).toMatchObject({ code, message: expect.stringContaining(words) });
      expect(entry.causes[0]).toMatch(/^AADSTS7000215: The client secret is wrong/);
      expect(entry.message).not.toContain(`"${code}`);
      expect(stdout).not.toContain('a-secret-code');
    },
  );

  it('words around an own code alone do not hide it', async () => {
    const { stdout } = await machine.run(['explain', 'AADSTS50011: The redirect URI does not match.', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'AADSTS50011', fix: expect.stringContaining('Authentication') });
  });

  it('an own code that is not known here is not guessed at', async () => {
    const { code, stdout } = await machine.run(['explain', 'ORA-01017', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'ORA-01017', exitCode: null, causes: [] });
  });

  test.each([
    ['invalid_grnt', /Did you mean invalid_grant\?/],
    ['loginrequired', /Did you mean login_required\?/],
    ['quite_another_thing_altogether', /To fix: All codes: oidc-cli explain/],
    ['\u001b[2J', /"\\u\{1b\}\[2J" is no code/],
    ['constructor', /is no code that is known here/],
    ['RFC6749', /is no code that is known here/],
  ])('%j is not known: exit code 2, with the nearest', async (asked, says) => {
    const { code, stdout, stderr } = await machine.run(['explain', asked]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
  });
});

describe('explain without a code', () => {
  it('lists every code by area', async () => {
    const { code, stdout } = await machine.run(['explain', '--json']);
    expect(code).toBe(0);
    const listed = JSON.parse(stdout) as {
      areas: { area: string; codes: { code: ErrorCode; exitCode: number }[] }[];
      providerCodes: { code: string; standard: string }[];
    };
    const codes = listed.areas.flatMap((area) => area.codes);
    expect(codes.map((one) => one.code).sort()).toEqual(Object.keys(ERROR_EXIT_CODES).sort());
    for (const one of codes) expect(one.exitCode).toBe(ERROR_EXIT_CODES[one.code]);
    expect(listed.providerCodes.map((one) => one.code)).toEqual(providerCodes());
  });

  it('lists them for people as well', async () => {
    const { stdout } = await machine.run(['explain']);
    for (const { area, codes } of codesByArea()) for (const one of [area, ...codes]) expect(stdout).toContain(one);
    expect(stdout).toContain('docs/errors.md');
  });
});

describe.each(providerCodes())("a provider's %s", (code) => {
  it('has plain words, with and without a description', () => {
    for (const description of [undefined, 'Because.', 'Why not?', '']) {
      const words = explainProviderCode(code, { error: code, description });
      if (!words) throw new Error(`${code} has no words`);
      expectPlainWords(words);
      expect(words.standard).toMatch(/\S/);
    }
  });

  it('names no code of ours that is not there', () => {
    const ours = explainProviderCode(code)?.ours;
    if (ours !== undefined) expect(Object.keys(ERROR_EXIT_CODES)).toContain(ours);
    else expect(Object.keys(ERROR_EXIT_CODES)).not.toContain(code);
  });
});
