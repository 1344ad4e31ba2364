import { describe, expect, test } from 'vitest';
import type { ProbeName } from '../../../src/doctor/probes/probe.js';
import type { UNSOUND_FAULTS } from '../../../src/idp/unsound-faults.js';
import { namesOf, probed, provider } from './probed.js';

/** Which probe each unsound switch of the built-in provider violates, and what cannot be told then. */
const VIOLATED: Readonly<
  Record<keyof typeof UNSOUND_FAULTS | 'no-iss-parameter' | 'wrong-iss-parameter', readonly [ProbeName, ...ProbeName[]]>
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

describe('each unsound switch of the built-in provider', () => {
  test.concurrent.each(Object.entries(VIOLATED))('%s violates exactly %s', async (fault, [violated, ...untold]) => {
    const { code, document, stderr } = await probed(await provider([fault as keyof typeof VIOLATED]));
    expect(namesOf(document, 'violated'), stderr).toEqual([violated]);
    expect(namesOf(document, 'not testable'), JSON.stringify(document.probes, undefined, 1)).toEqual(untold);
    expect(namesOf(document, 'not applicable')).toEqual([]);
    expect(code).toBe(1);
    const found = document.probes.find(({ name }) => name === violated);
    expect(found?.repair).toMatch(/\.$/);
    expect(found?.exchanges.length).toBeGreaterThan(0);
    expect(document.tokens).toMatchObject({ left: 0, reasons: [] });
  });
});
