import type { DriverKind, SignInDriver } from '../browser/sign-in-driver.js';
import type { Clock } from '../context.js';
import type { Facts } from '../errors.js';
import { lookup } from '../json.js';
import type { Delivery, TokenClient } from '../oidc/token-requests.js';
import type { Recorder, Step } from '../trace/recorder.js';
import type { AuthorizationResponse } from './user-agent.js';

/** The recorder that a sign-in reports its steps to. */
export interface StepDeps {
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** The data of a sign-in's progress steps by name. None holds a secret, except a one-time address. */
export interface SignInSteps {
  readonly 'client authentication chosen': {
    readonly method: string;
    readonly reason: TokenClient['authentication']['reason'];
    readonly issuer: string;
    readonly requestedIssuer: string;
  };
  readonly listening: { readonly redirectUri: string };
  readonly 'not listening': { readonly redirectUri: string };
  /**
   * The address to open by hand. `once`: a one-time address on this machine, which
   * binds the sign-in to the browser that opens it; otherwise the authorization
   * request itself, whose response counts without a cookie. Repeated if no browser
   * could be opened.
   */
  readonly 'browser address': { readonly url: string; readonly once: boolean };
  readonly 'browser opened': { readonly by: string };
  readonly 'browser not opened': { readonly reason: string };
  readonly waiting: { readonly seconds: number };
  /** No response has arrived for a long time. */
  readonly 'long wait': { readonly redirectUri: string; readonly strays: number };
  readonly 'stray request': { readonly reason: string; readonly count: number };
  readonly 'pasted address ignored': { readonly reason: 'not a callback' | 'wrong state' };
  readonly 'driver started': { readonly driver: SignInDriver['name']; readonly redirectUri: string };
  readonly 'driver finished': { readonly driver: DriverKind; readonly pages: number };
  readonly 'authorization response': { readonly delivery: Delivery['via'] };
  /** One of several sign-ins, `number` of `planned`. */
  readonly 'sign-in begins': { readonly number: number; readonly planned: number; readonly why: string };
  readonly 'sign-in ends': Facts;
}

/** Calls the function in `handlers` with the name of each step, from now on. */
export function followSteps(
  recorder: Recorder,
  handlers: { readonly [Name in keyof SignInSteps]?: (facts: SignInSteps[Name]) => void },
): void {
  const named = handlers as Readonly<Record<string, (facts: unknown) => void>>;
  recorder.listen(({ step, facts }) => lookup(named, step)?.(facts ?? {}));
}

/** Records the authorization request (RFC 6749 §4.1.1). The browser sends it, so no recorded fetch does. */
export function noteAuthorizationRequest({ recorder, clock }: StepDeps, url: string): void {
  recorder.note({ step: 'authorization request', from: 'browser', to: 'provider', at: clock.now(), url });
}

/** Records the authorization response, as the user agent delivered it (RFC 6749 §4.1.2). */
export function noteAuthorizationResponse(
  { recorder, clock }: StepDeps,
  redirectUri: string,
  { parameters, mode, delivery, bound }: AuthorizationResponse,
): void {
  const how = delivery.via === 'paste' ? 'pasted' : mode;
  const binding = bound === undefined ? '' : bound ? ', bound to one browser' : ', from any browser';
  recorder.note({
    step: 'authorization response',
    from: 'browser',
    to: 'cli',
    at: clock.now(),
    note: `by ${how}${binding}`,
    url: redirectUri,
    posted: mode === 'form_post',
    parameters: [...parameters],
    facts: { delivery: delivery.via },
  });
}

/** Records a step between this program and the browser, with its line in a trace. */
export function noteStep<Name extends keyof SignInSteps>(
  { recorder, clock }: StepDeps,
  step: Name,
  facts: SignInSteps[Name],
  rest: Pick<Step, 'note' | 'transient'> & Partial<Pick<Step, 'from' | 'to'>>,
): void {
  recorder.note({ step, from: 'cli', to: 'cli', at: clock.now(), facts: { ...facts }, ...rest });
}

/** Reports progress for a waiting user only. It is not part of a trace. */
export function noteProgress<Name extends keyof SignInSteps>(
  deps: StepDeps,
  step: Name,
  facts: SignInSteps[Name],
): void {
  noteStep(deps, step, facts, { transient: true });
}
