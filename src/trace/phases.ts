import { lookup } from '../json.js';
import type { ShownEvent } from './document.js';
import type { RequestTimes } from './recorder.js';

/** A part of a command's time: a request, or the browser's way from a request of its own to its return. */
export interface Phase {
  /** The step's name, or what the browser was away for. */
  readonly name: string;
  readonly kind: 'request' | 'browser';
  /** Of the event that it begins with. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Of a request: its parts. */
  readonly times?: RequestTimes;
  /** Whether no answer came, or one that refuses. */
  readonly failed: boolean;
  /** Which of several jobs it belongs to. */
  readonly about?: string;
}

/** Where a command's time went. */
export interface Timing {
  /** In the order of their beginnings. */
  readonly phases: readonly Phase[];
  /** Milliseconds in which at least one request was under way. */
  readonly requestsMs: number;
  /** Milliseconds of the browser's alone: no request of ours was under way. */
  readonly browserMs: number;
  /** Milliseconds that remain: what this program did itself, and a person at the terminal. */
  readonly ownMs: number;
}

/** What the browser is away for, by the step that sends it there, and the step that brings it back. */
const AWAY: Readonly<Record<string, { readonly name: string; readonly back: string }>> = {
  'authorization request': { name: 'sign-in at the provider', back: 'authorization response' },
  'end session request': { name: 'sign-out at the provider', back: 'end session response' },
};

/** A stretch of time, in milliseconds since the epoch. */
type Stretch = readonly [from: number, to: number];

/**
 * Where the time of a command went, from `startedAt` for `durationMs`. A
 * browser that did not come back was waited for until the end, unless the
 * command was not to wait (`exitCode` 0).
 */
export function measurePhases(
  events: readonly ShownEvent[],
  run: { readonly startedAt: number; readonly durationMs: number; readonly exitCode: number },
): Timing {
  const end = run.startedAt + run.durationMs;
  const phases = events.flatMap((event, index): Phase[] => {
    const { number, startedAt, about, step } = event;
    const begun = { number, startedAt, about };
    if (event.kind === 'exchange') {
      const { durationMs = 0, times } = event;
      return [
        { ...begun, name: step, kind: 'request', durationMs, ...(times ? { times } : {}), failed: isRefused(event) },
      ];
    }
    const away = lookup(AWAY, step);
    if (!away) return [];
    const later = events.slice(index + 1).filter((other) => other.about === about);
    const back = later.find((other) => other.step === away.back);
    if (!back && run.exitCode === 0) return [];
    const durationMs = Math.max(0, (back?.startedAt ?? end) - startedAt);
    return [{ ...begun, name: away.name, kind: 'browser', durationMs, failed: back === undefined }];
  });
  const stretches = (kinds: readonly Phase['kind'][]) =>
    phases
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ startedAt, durationMs }): Stretch => [startedAt, startedAt + durationMs]);
  const requestsMs = coveredTime(stretches(['request']));
  const all = coveredTime(stretches(['request', 'browser']));
  return { phases, requestsMs, browserMs: all - requestsMs, ownMs: Math.max(0, run.durationMs - all) };
}

/** Whether an exchange brought no answer, or one that refuses. */
export function isRefused(event: ShownEvent & { kind: 'exchange' }): boolean {
  return event.status === undefined || event.status >= 400 || event.failure !== undefined;
}

/** Milliseconds that are in at least one of the stretches. */
function coveredTime(stretches: readonly Stretch[]): number {
  let sum = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of [...stretches].sort(([one], [other]) => one - other)) {
    if (to <= until) continue;
    sum += to - Math.max(from, until);
    until = to;
  }
  return sum;
}

/** The names of a request's parts, for people, in their order. */
const PARTS: readonly (readonly [keyof RequestTimes, string])[] = [
  ['blocked', 'queued'],
  ['dns', 'name'],
  ['connect', 'connect'],
  ['tls', 'TLS'],
  ['send', 'send'],
  ['wait', 'answer'],
  ['receive', 'receive'],
];

/** The parts of a request that took time, in their order, each with a name for people. */
export function timingParts(
  times: RequestTimes | undefined,
): readonly { readonly part: keyof RequestTimes; readonly name: string; readonly ms: number }[] {
  return PARTS.flatMap(([part, name]) => {
    const ms = times?.[part] ?? 0;
    return ms >= 1 ? [{ part, name, ms }] : [];
  });
}

/** Milliseconds in words; what is long, in seconds. */
export function duration(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
