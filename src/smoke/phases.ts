import type { Recorder, Stage } from '../trace/recorder.js';
import type { PhaseTime } from './result.js';

const ORDER: readonly Stage[] = [
  'discovery',
  'authorization request',
  'sign-in pages',
  'token request',
  'userinfo',
  'expectations',
];

/** The requests by whose own time a part is measured: what the client does around them is not the provider's. */
const REQUESTS: Partial<Record<Stage, string>> = { 'token request': 'token request', userinfo: 'userinfo request' };

/** How long each part of a try took, of those that have ended. */
export function phaseTimes({ stages, exchanges }: Recorder): PhaseTime[] {
  return ORDER.flatMap((phase) => {
    const request = REQUESTS[phase];
    const ms =
      request === undefined
        ? sum(stages.filter(({ stage }) => stage === phase).map((one) => one.ms))
        : exchanges.find(({ step }) => step === request)?.durationMs;
    return ms === undefined ? [] : [{ phase, ms: Math.round(ms * 10) / 10 }];
  });
}

/** The part that a try is at, or that it failed in; undefined before the first. */
export function currentPhase({ stages, exchanges }: Recorder): Stage | undefined {
  const phase = stages.at(-1)?.stage;
  // An error in place of a code comes from the pages: no token was asked for.
  const nothingSent = phase === 'token request' && !exchanges.some(({ step }) => step === 'token request');
  return nothingSent && stages.some(({ stage }) => stage === 'sign-in pages') ? 'sign-in pages' : phase;
}

/** Undefined where there is none, or one that has not ended. */
function sum(times: readonly (number | undefined)[]): number | undefined {
  if (times.length === 0) return undefined;
  return times.reduce((all, ms) => (all === undefined || ms === undefined ? undefined : all + ms));
}
