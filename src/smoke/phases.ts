import { type Recorder, STAGES, type Stage } from '../trace/recorder.js';
import type { PhaseTime } from './result.js';

/** The requests whose own time counts for a part: the client's work around them is not the provider's. */
const REQUESTS: Partial<Record<Stage, string>> = { 'token request': 'token request', userinfo: 'userinfo request' };

/** The time of each finished part of a try. */
export function phaseTimes({ stages, exchanges }: Recorder): PhaseTime[] {
  return STAGES.flatMap((phase) => {
    const request = REQUESTS[phase];
    const ms =
      request === undefined
        ? sum(stages.filter(({ stage }) => stage === phase).map((one) => one.ms))
        : exchanges.find(({ step }) => step === request)?.durationMs;
    return ms === undefined ? [] : [{ phase, ms: Math.round(ms * 10) / 10 }];
  });
}

/** The part that a try is in, or that it failed in; undefined before the first. */
export function currentPhase({ stages, exchanges }: Recorder): Stage | undefined {
  const phase = stages.at(-1)?.stage;
  // An error in place of a code comes from the pages, before any token request.
  const nothingSent = phase === 'token request' && !exchanges.some(({ step }) => step === 'token request');
  return nothingSent && stages.some(({ stage }) => stage === 'sign-in pages') ? 'sign-in pages' : phase;
}

/** Undefined if there is none, or if one is not finished. */
function sum(times: readonly (number | undefined)[]): number | undefined {
  if (times.length === 0) return undefined;
  return times.reduce((all, ms) => (all === undefined || ms === undefined ? undefined : all + ms));
}
