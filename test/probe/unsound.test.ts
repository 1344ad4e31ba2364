import { describe, expect, test } from 'vitest';
import type { NON_CONFORMING_FAULTS } from '../../src/idp/non-conforming-faults.js';
import { PROBE_NAMES, type ProbeName } from '../../src/probe/probe.js';
import { BY_HTTP, CONFIDENTIAL, ENV, onMachine, probeArgv, provider } from './probed.js';

/** Which probe each unsound switch of the built-in provider violates, and what cannot be told then. */
const VIOLATED: Readonly<
  Record<
    keyof typeof NON_CONFORMING_FAULTS | 'no-iss-parameter' | 'wrong-iss-parameter',
    readonly [ProbeName, ...ProbeName[]]
  >
> = {
  'no-iss-parameter': ['iss-in-answer'],
  'wrong-iss-parameter': ['iss-in-answer'],
  'prompt-none-page': ['prompt-none'],
  'prompt-none-denied': ['prompt-none'],
  'redirect-uri-any-host': ['redirect-uri-other'],
  'redirect-uri-prefix': ['redirect-uri-suffix'],
  'implicit-flow': ['response-type-downgrade'],
  'unsigned-request-object': ['unsigned-request-object'],
  'plain-accepted': ['plain-challenge'],
  'state-decoded-twice': ['state-unchanged'],
  'verifier-ignored': ['code-verifier-wrong'],
  'verifier-optional': ['code-verifier-missing'],
  'challenge-as-verifier': ['code-verifier-plain'],
  'token-redirect-uri-ignored': ['redirect-uri-at-token'],
  'client-secret-ignored': ['client-secret-wrong'],
  'code-reusable': ['code-reuse', 'code-reuse-revokes'],
  'code-reuse-unnoticed': ['code-reuse-revokes'],
  'nonce-decoded-twice': ['nonce-unchanged'],
  'max-age-ignored': ['max-age'],
  'refresh-any-client': ['refresh-other-client'],
  'refresh-token-reusable': ['refresh-reuse', 'refresh-reuse-revokes'],
  'refresh-reuse-unnoticed': ['refresh-reuse-revokes'],
  'access-token-irrevocable': ['revoked-access-token'],
  'refresh-token-irrevocable': ['revoked-refresh-token'],
  'userinfo-without-token': ['userinfo-without-token'],
  'userinfo-unverified-token': ['userinfo-foreign-token'],
  'post-logout-redirect-any': ['end-session-redirect'],
};

/** Switches that do not touch each other, so that one run shows them all. */
const SETS: readonly (readonly (keyof typeof VIOLATED)[])[] = [
  [
    ...(['no-iss-parameter', 'redirect-uri-any-host', 'plain-accepted', 'token-redirect-uri-ignored'] as const),
    ...(['code-reuse-unnoticed', 'refresh-any-client', 'access-token-irrevocable'] as const),
    ...(['userinfo-without-token', 'nonce-decoded-twice', 'max-age-ignored'] as const),
  ],
  [
    ...(['wrong-iss-parameter', 'redirect-uri-prefix', 'implicit-flow', 'verifier-ignored'] as const),
    ...(['refresh-reuse-unnoticed', 'refresh-token-irrevocable'] as const),
  ],
  [
    ...(['unsigned-request-object', 'verifier-optional', 'client-secret-ignored', 'code-reusable'] as const),
    ...(['userinfo-unverified-token', 'post-logout-redirect-any', 'state-decoded-twice'] as const),
  ],
  ['prompt-none-page', 'challenge-as-verifier', 'refresh-token-reusable'],
  ['prompt-none-denied'],
];

describe('unsound switches of the built-in provider', () => {
  test('are all in the sets', () => {
    expect(SETS.flat().toSorted()).toEqual(Object.keys(VIOLATED).toSorted());
  });

  test.concurrent.each(SETS)('set %$ violates exactly its probes', async (...faults) => {
    const violated = inOrder(faults.map((fault) => VIOLATED[fault][0]));
    const untold = inOrder(faults.flatMap((fault) => VIOLATED[fault].slice(1)));
    const { issuer } = await provider(faults);
    const argv = probeArgv(issuer, [...CONFIDENTIAL, ...BY_HTTP, '--yes']);
    const { code, stdout, stderr } = await onMachine((machine) => machine.run(argv, { env: ENV }));
    expect(marked('✗', stdout), stdout + stderr).toEqual(violated);
    expect(marked('?', stdout), stdout).toEqual(untold);
    const others = PROBE_NAMES.filter((name) => !violated.includes(name) && !untold.includes(name));
    expect(marked('✓', stdout)).toEqual(others);
    expect(code).toBe(1);
    const [, list = ''] = /^Violated\n([\s\S]+?)\n\n(?! )/m.exec(stdout) ?? [];
    const requests = list.match(/^ {6}(GET|POST|authorization request:) http.+\n[\s\S]+?^ {6}→ [A-Z].+\.$/gm);
    expect(requests, list).toHaveLength(violated.length);
    expect(stdout).not.toContain('could not be revoked');
  });
});

function inOrder(names: readonly ProbeName[]): readonly ProbeName[] {
  return PROBE_NAMES.filter((name) => names.includes(name));
}

/** The names of the probes that stand in the table with this mark. */
function marked(mark: string, table: string): readonly (string | undefined)[] {
  return table
    .split('\n')
    .filter((line) => line.startsWith(`  ${mark} `))
    .map((line) => /[a-z][a-z-]+/.exec(line)?.[0]);
}
