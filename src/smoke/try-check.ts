import { rm } from 'node:fs/promises';
import type { SignInEvidence } from '../browser/sign-in-driver.js';
import type { Check } from '../check.js';
import { OidcCliError, toCodedError } from '../errors.js';
import { maskedData, maskedError } from '../masking/mask.js';
import { judgeFailure, judgeSignIn } from './expectations/expectations.js';
import { Phases } from './phases.js';
import {
  factsWithoutDiscovery,
  type JobDeps,
  type MetProvider,
  type ProviderFacts,
  unlessAborted,
} from './providers.js';
import type { ReadyCheck } from './ready-check.js';
import type { Evidence, PhaseTime, UsedWay } from './result.js';
import { type SignInTools, signIn } from './sign-in.js';
import type { SignedIn } from './signed-in.js';

/** The reason of a try's signal once it is over. One for all: an error keeps the stack it was made on. */
const OVER = new OidcCliError('interrupted');

/** One try of a check, and all that is known after it. */
export interface Tried {
  readonly durationMs: number;
  readonly way: UsedWay | undefined;
  readonly subject: string | undefined;
  readonly phases: readonly PhaseTime[];
  readonly expectations: readonly Check[];
  /** Why the sign-in failed, where that was not expected. */
  readonly error: OidcCliError | undefined;
  /** The part of the sign-in where it failed. */
  readonly failedIn: PhaseTime['phase'] | undefined;
  readonly evidence: Evidence | undefined;
  readonly facts: ProviderFacts;
}

/** What a try needs beside the check. */
export type TryTools = Pick<SignInTools, 'providers' | 'drivers' | 'evidenceFolder' | 'refreshKept'>;

/**
 * Signs in once and holds what came against the check's expectations. Never
 * throws: what failed is in the answer. `ends` ends it early, with its reason;
 * `seconds` is all the time it has.
 */
export async function tryCheck(check: ReadyCheck, seconds: number, ends: AbortSignal, tools: TryTools): Promise<Tried> {
  const phases = new Phases();
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(tooLong('smoke_check_timeout', seconds, phases)), seconds * 1000);
  const onEnd = () => over.abort(ends.reason instanceof OidcCliError ? withPhase(ends.reason, phases) : ends.reason);
  if (ends.aborted) onEnd();
  ends.addEventListener('abort', onEnd, { once: true });
  const known: {
    way?: UsedWay;
    job?: JobDeps;
    met?: MetProvider;
    subject?: string | undefined;
    forget?: (session: object) => void;
  } = {};
  const facts = (): ProviderFacts => known.met?.facts() ?? (known.job ? factsWithoutDiscovery(known.job) : {});
  const session = check.planned.expect.logout ? {} : undefined;
  const work = async (): Promise<Outcome> => {
    let signedIn: SignedIn;
    try {
      signedIn = await signIn(check, {
        ...tools,
        phases,
        session,
        signal: over.signal,
        timeLeft: () => Math.max(1, seconds * 1000 - phases.total()),
        onWay: (way) => {
          known.way = way;
        },
        onJob: (job) => {
          known.job = job;
        },
        onProvider: (met) => {
          known.met = met;
        },
        onDriver: (driver) => {
          // Its browser may have died meanwhile: there is nothing to forget then.
          known.forget = (shared) => void driver.endSession?.(shared).catch(() => undefined);
        },
      });
    } catch (error) {
      // What ended the try is its failure, however the step that it hit put it.
      over.signal.throwIfAborted();
      return { error: toCodedError(error) };
    }
    known.subject = signedIn.subject;
    const signInMs = phases.total();
    const expectations = await phases.measure('expectations', () =>
      judgeSignIn(check, signedIn, { provider: known.met?.provider, facts: facts() }, phases.times, signInMs),
    );
    over.signal.throwIfAborted();
    return { expectations };
  };
  let outcome: Outcome;
  const working = work();
  try {
    outcome = await unlessAborted(working, over.signal);
  } catch (error) {
    outcome = { error: toCodedError(error), aborted: true };
  } finally {
    clearTimeout(timer);
    ends.removeEventListener('abort', onEnd);
    // Whatever still runs on its behalf is told that it is over.
    over.abort(OVER);
    if (session) known.forget?.(session);
  }
  const signInMs = phases.total();
  const { error } = outcome;
  const judged =
    error && !outcome.aborted && check.planned.expect.failure !== undefined
      ? await judgeFailure(check, error, { provider: known.met?.provider, facts: facts() }, phases.times, signInMs)
      : undefined;
  // A sign-in that was to fail has no evidence to keep.
  if (judged?.asExpected) await removeEvidence(error);
  const ofProvider = facts();
  // Before the job's secrets are forgotten: from here on reports repeat it.
  const masker = known.job?.recorder.masker;
  const own = (text: string) => masker?.own(text) ?? text;
  const failure = error && !judged?.asExpected ? maskedError(error, masker) : undefined;
  const expectations = maskedData(outcome.expectations ?? judged?.expectations ?? [], own);
  const subject = known.subject && own(known.subject);
  const forget = () => known.job?.recorder.forget();
  // A refresh of a kept session goes on without us to its end, and reads there what was recorded of it.
  if (outcome.aborted) working.then(forget, forget);
  else forget();
  return {
    durationMs: phases.total(),
    way: known.way,
    subject,
    // A copy: what goes on without us must not write into a report.
    phases: [...phases.times],
    expectations,
    error: failure,
    failedIn: failure && phases.current,
    evidence: evidenceOf(failure && error),
    facts: ofProvider,
  };
}

interface Outcome {
  readonly expectations?: readonly Check[];
  readonly error?: OidcCliError;
  readonly aborted?: boolean;
}

/** The error of a time limit, with the part of the sign-in that it cut off. */
function tooLong(code: 'smoke_check_timeout', seconds: number, { current }: Phases): OidcCliError {
  return new OidcCliError(code, { seconds, phase: current ?? 'its preparation' });
}

function withPhase(reason: OidcCliError, { current }: Phases): OidcCliError {
  return reason.with({ facts: { phase: current ?? 'its preparation' } });
}

/** What the driver left of a failed sign-in: `details.evidence` of its error. */
function evidenceOf(error: OidcCliError | undefined): Evidence | undefined {
  const { evidence } = error?.details ?? {};
  if (typeof evidence !== 'object' || evidence === null) return undefined;
  const { screenshot, text } = evidence as SignInEvidence;
  if (screenshot === undefined && text === undefined) return undefined;
  return { ...(screenshot === undefined ? {} : { screenshot }), ...(text === undefined ? {} : { text }) };
}

async function removeEvidence(error: OidcCliError | undefined): Promise<void> {
  const files = Object.values(evidenceOf(error) ?? {}) as string[];
  await Promise.all(files.map((file) => rm(file, { force: true }).catch(() => undefined)));
}
