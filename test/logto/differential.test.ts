import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AUTHORIZATION_CASES } from './authorization-cases.js';
import { CONFIGURATION_CASES } from './configuration-cases.js';
import { DELIBERATE_DIFFERENCES } from './deliberate-differences.js';
import { type DifferentialCase, NOW, runBoth } from './differential-case.js';
import { generatedCase } from './generated-cases.js';
import { ID_TOKEN_CASES } from './id-token-cases.js';
import { KEY_SET_CASES, SLOW_CASES } from './key-set-cases.js';
import type { Outcome } from './oracle.js';
import { TOKEN_CASES } from './token-cases.js';

/*
 * `@logto/connector-oidc` itself is the oracle: each case goes through Logto's
 * code and through ours, at one provider on loopback. The clock stands still
 * for both, so that iat and exp of a client assertion are the same and the
 * boundaries of time are exact; state and nonce are the same for both; of jti
 * alone only its being there is compared. Time limits run on the same clock, so
 * that none passes because the machine is slow.
 */

const CASES = [...CONFIGURATION_CASES, ...AUTHORIZATION_CASES, ...TOKEN_CASES, ...KEY_SET_CASES, ...ID_TOKEN_CASES];

/** Every way in which Logto ends a sign-in. */
const ENDINGS = [
  'accepted',
  'general',
  'invalid_config',
  'invalid_response',
  'server_error',
  'social_invalid_id_token',
];

const { timeout } = AbortSignal;

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: NOW * 1000 });
  AbortSignal.timeout = (ms) => {
    const limit = new AbortController();
    setTimeout(() => limit.abort(new DOMException('The time limit has passed', 'TimeoutError')), ms);
    return limit.signal;
  };
});

afterAll(() => {
  AbortSignal.timeout = timeout;
  vi.useRealTimers();
});

function ending(outcome: Outcome<unknown> | undefined): string | undefined {
  return outcome && ('is' in outcome ? 'accepted' : outcome.error);
}

async function expectTheSame(one: DifferentialCase, onHang?: () => void): Promise<void> {
  const { logto, ours } = await runBoth(one, onHang);
  expect(ours).toEqual(logto);
  // That the case is what its name says.
  expect(ending(logto.signIn)).toBe(one.ends);
  expect(logto.configAccepted).toBe(one.ends !== 'invalid_config');
  if (one.refreshEnds !== undefined) expect(ending(logto.refresh)).toBe(one.refreshEnds);
}

describe.concurrent('Logto and we make the same of', () => {
  test.each(CASES)('$name', async (one) => expectTheSame(one));
});

describe('Logto and we do not wait for', () => {
  test.each(SLOW_CASES)('$name', async (one) => {
    let hanging = 0;
    await expectTheSame(one, () => {
      hanging += 1;
      if (hanging === 2) vi.advanceTimersByTime(11_000);
    });
    vi.setSystemTime(NOW * 1000);
  });
});

test('Logto and we make the same of 150 mixtures', async () => {
  const endings = new Map<string | undefined, number>();
  await fc.assert(
    fc.asyncProperty(generatedCase, async (mixture) => {
      const { logto, ours } = await runBoth({ name: 'a mixture', ends: 'accepted', ...mixture });
      expect(ours).toEqual(logto);
      endings.set(ending(logto.signIn), (endings.get(ending(logto.signIn)) ?? 0) + 1);
    }),
    { seed: 20_300_101, numRuns: 150 },
  );
  // A mixture in which all ends the same way would say little.
  expect([...endings.keys()].sort()).toEqual(ENDINGS);
  expect(endings.get('accepted')).toBeGreaterThan(20);
}, 120_000);

describe('a deliberate difference', () => {
  const shown = DELIBERATE_DIFFERENCES.flatMap(({ what, shown }) => (shown ? [{ what, ...shown }] : []));

  test.each(shown)('$what', async ({ what, by, oursEnds }) => {
    const { logto, ours } = await runBoth({ name: what, ...by });
    expect(ending(logto.signIn)).toBe(by.ends);
    expect(ending(ours.signIn)).toBe(oursEnds);
  });
});

test('the cases are many, each under its own name, and end in every way that Logto knows', () => {
  const names = CASES.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(150);
  const endings = new Set(CASES.map(({ ends }) => ends));
  expect([...endings].sort()).toEqual(ENDINGS);
});
