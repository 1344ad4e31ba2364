import { expect, test } from 'vitest';
import type { ShownEvent } from '../../src/trace/document.js';
import { measurePhases } from '../../src/trace/phases.js';

const START = Date.UTC(2026, 10, 24);

function request(number: number, step: string, from: number, to: number, status = 200): ShownEvent {
  return {
    kind: 'exchange',
    number,
    step,
    from: 'cli',
    to: 'provider',
    startedAt: START + from,
    durationMs: to - from,
    method: 'GET',
    url: { base: 'https://id.example.com/', query: [], fragment: [] },
    requestHeaders: [],
    status,
  };
}

function away(number: number, step: string, at: number, about?: string): ShownEvent {
  return {
    ...{ kind: 'step', number, step, from: 'browser', to: 'provider', startedAt: START + at },
    ...(about === undefined ? {} : { about }),
  };
}

const run = (durationMs: number, exitCode = 0) => ({ startedAt: START, durationMs, exitCode });

test('each millisecond is counted once: requests before the browser, the browser before the rest', () => {
  const events = [
    request(1, 'discovery', 10, 110),
    away(2, 'authorization request', 120),
    request(3, 'key set', 100, 220),
    away(4, 'authorization response', 1_120),
    request(5, 'token request', 1_150, 1_250, 400),
  ];
  const timing = measurePhases(events, run(1_300));
  expect(timing.phases.map(({ name, durationMs, failed }) => [name, durationMs, failed])).toEqual([
    ['discovery', 100, false],
    ['sign-in at the provider', 1_000, false],
    ['key set', 120, false],
    ['token request', 100, true],
  ]);
  // 10-220 and 1150-1250; 220-1120; the rest of 1300.
  expect(timing).toMatchObject({ requestsMs: 310, browserMs: 900, ownMs: 90 });
});

test('a browser that did not come back was waited for until the end', () => {
  const timing = measurePhases([away(1, 'authorization request', 100)], run(5_100, 6));
  expect(timing.phases).toMatchObject([{ kind: 'browser', durationMs: 5_000, failed: true }]);
});

test('nobody waits for a browser where the command only began the sign-in', () => {
  expect(measurePhases([away(1, 'authorization request', 100)], run(200)).phases).toEqual([]);
});

test('jobs side by side each have their own browser', () => {
  const events = [
    away(1, 'authorization request', 0, 'one'),
    away(2, 'authorization request', 10, 'two'),
    away(3, 'authorization response', 50, 'two'),
    away(4, 'authorization response', 90, 'one'),
  ];
  expect(measurePhases(events, run(100)).phases.map(({ about, durationMs }) => [about, durationMs])).toEqual([
    ['one', 90],
    ['two', 40],
  ]);
});
