import type { Clock } from '../context.js';
import type { Recorder, Step } from '../trace/recorder.js';
import type { LoginEvent } from './browser-login.js';

/** Where steps are told. */
export interface StepDeps {
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** The authorization request: the browser's, not ours, so the recorder has to be told (RFC 6749 §4.1.1). */
export function noteAuthorizationRequest({ recorder, clock }: StepDeps, url: string): void {
  recorder.note({ step: 'authorization request', from: 'browser', to: 'provider', at: clock.now(), url });
}

/** The authorization response, as the browser or a driver brought it (RFC 6749 §4.1.2). */
export function noteAuthorizationResponse(
  { recorder, clock }: StepDeps,
  answer: {
    readonly redirectUri: string;
    readonly parameters: URLSearchParams;
    readonly via: string;
    /** Whether it came with the cookie of the one browser that opened the one-time address; absent where no listener took it. */
    readonly bound?: boolean;
  },
): void {
  recorder.note({
    step: 'authorization response',
    from: 'browser',
    to: 'cli',
    at: clock.now(),
    note: `by ${answer.via}${answer.bound === undefined ? '' : answer.bound ? ', bound to one browser' : ', from any browser'}`,
    url: answer.redirectUri,
    posted: answer.via === 'form_post',
    parameters: [...answer.parameters],
  });
}

/** Tells the recorder of what a person is told while the browser is away. */
export function noteEvent({ recorder, clock }: StepDeps, event: LoginEvent): void {
  const step = stepOf(event);
  if (step) recorder.note({ ...step, at: clock.now() });
}

function stepOf(event: LoginEvent): Omit<Step, 'at'> | undefined {
  switch (event.type) {
    case 'discovered':
      return {
        step: 'client authentication chosen',
        from: 'cli',
        to: 'cli',
        note: `${event.authentication.method} (${event.authentication.reason})`,
      };
    case 'listening':
      return { step: 'listening', from: 'cli', to: 'cli', note: `for the answer at ${event.redirectUri}` };
    case 'no listener':
      return { step: 'not listening', from: 'cli', to: 'cli', note: `${event.redirectUri} is not on this machine` };
    case 'browser opened':
      return { step: 'browser opened', from: 'cli', to: 'browser', note: `by ${event.by}` };
    case 'browser failed':
      return { step: 'browser not opened', from: 'cli', to: 'browser', note: event.reason };
    case 'driving':
      return { step: 'driver started', from: 'cli', to: 'browser', note: `signs in without a person, by ${event.way}` };
    case 'stray':
      // As the terminal tells them: a flood must not drown the rest.
      if (!/^10*$/.test(String(event.count))) return undefined;
      return {
        step: 'stray request',
        from: 'browser',
        to: 'cli',
        note: `${event.reason}; ignored (${event.count} so far)`,
      };
    case 'pasted ignored':
      return { step: 'pasted address ignored', from: 'browser', to: 'cli', note: event.reason };
    default:
      return undefined;
  }
}
