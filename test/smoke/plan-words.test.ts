import { expect, test } from 'vitest';
import { ERROR_EXIT_CODES, type ErrorCode } from '../../src/errors.js';
import { explain } from '../../src/explain/explain.js';
import { toPlanTerms } from '../../src/smoke/plan-terms.js';
import { createMachine } from '../support/run.js';

test.each([
  ['correct --password-env, --password-file or --password-stdin.', 'correct the key password.'],
  [
    'Check id and secret, or try another --client-auth; it supports: none.',
    'Check id and secret, or try another clientAuth; it supports: none.',
  ],
  ['Sign in with --with browser, or with --with auto', 'Sign in with: browser, or with: auto'],
  ['Leave out --prompt none, or pass --allow-http.', 'Leave out prompt none, or set allowHttp.'],
  [
    'Sign in with: oidc-cli login --issuer http://10.0.0.1 --client-id a. Or --scope.',
    'Sign in with: oidc-cli login --issuer http://10.0.0.1 --client-id a. Or scope.',
  ],
  ['give it more time with --timeout.', 'give it more time with --timeout.'],
  [
    'Keep it with: oidc-cli login PROFILE --client-secret-stdin --save PROFILE',
    'Keep it with: oidc-cli login PROFILE --client-secret-stdin --save PROFILE',
  ],
])('%s', (text, expected) => {
  expect(toPlanTerms(text)).toBe(expected);
});

/** Codes that no check ends with, and a flag of the browser itself. */
const NOT_OF_A_CHECK =
  /^(profile_exists|plan_exists|redirect_uri_not_loopback|port_taken|port_forbidden|one_time_address_reused): |: --headless$/;

test('no error of a check names a flag that smoke has not', async () => {
  const machine = await createMachine();
  const { stdout } = await machine.run(['smoke', '--help']);
  await machine.remove();
  const known: readonly string[] = stdout.match(/--[a-z-]+/g) ?? [];
  const codes = Object.keys(ERROR_EXIT_CODES) as ErrorCode[];
  const strange = codes.flatMap((code) => {
    const { fix, causes, message } = explain(code, {});
    const text = toPlanTerms([message, ...causes, fix].join(' \n')).replace(/oidc-cli [a-z][^,;.)]*/g, '');
    const flags = (text.match(/--[a-z]+(-[a-z]+)*/g) ?? []).filter((flag) => !known.includes(flag));
    return flags.map((flag) => `${code}: ${flag}`).filter((one) => !NOT_OF_A_CHECK.test(one));
  });
  expect(strange).toEqual([]);
});
