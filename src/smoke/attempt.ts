import { rm } from 'node:fs/promises';
import type { SignInEvidence } from '../browser/sign-in-driver.js';
import type { Check } from '../check.js';
import { OidcCliError, toCodedError } from '../errors.js';
import { maskData, maskError } from '../masking/mask.js';
import { followSteps } from '../sign-in/steps.js';
import type { Recorder } from '../trace/recorder.js';
import { checkFailure, checkSignIn } from './expectations/expectations.js';
import { currentPhase, phaseTimes } from './phases.js';
import { type ProviderFacts, rejectOnAbort } from './providers.js';
import type { ResolvedCheck } from './resolve.js';
import type { Evidence, PhaseTime, UsedDriver } from './result.js';
import { getTokens, type SignInTools } from './sign-in.js';
import type { SignedIn } from './signed-in.js';

/** The reason of a finished try's signal. One for all, since an error keeps the stack of its creation. */
const INTERRUPTED = new OidcCliError('interrupted');

/** One try of a check, with its result. */
export interface AttemptResult {
  readonly durationMs: number;
  readonly way: UsedDriver | undefined;
  readonly subject: string | undefined;
  readonly phases: readonly PhaseTime[];
  readonly expectations: readonly Check[];
  /** The error of the sign-in, unless the check expects it. */
  readonly error: OidcCliError | undefined;
  /** The part of the sign-in that failed. */
  readonly failedIn: PhaseTime['phase'] | undefined;
  readonly evidence: Evidence | undefined;
  readonly facts: ProviderFacts;
}

/** Dependencies of a try beside the check. */
export type AttemptTools = Pick<SignInTools, 'providers' | 'drivers' | 'evidenceFolder' | 'refreshKept'>;

/**
 * Signs in once and compares the result with the check's expectations. Never
 * throws: the result has the failure. `ends` ends the try early, with its reason;
 * `seconds` is its time limit.
 */
export async function attemptCheck(
  check: ResolvedCheck,
  seconds: number,
  ends: AbortSignal,
  tools: AttemptTools,
): Promise<AttemptResult> {
  const { planned, discovery } = check;
  const { providers, drivers } = tools;
  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const over = new AbortController();
  const settings = { ca: check.profile?.ca, insecure: check.profile?.insecure === true };
  const deps = providers.job(settings, over.signal, planned.name);
  const { recorder } = deps;
  const phase = () => currentPhase(recorder) ?? 'its preparation';
  const timeout = () => new OidcCliError('smoke_check_timeout', { seconds, phase: phase() });
  const timer = setTimeout(() => over.abort(timeout()), seconds * 1000);
  const onEnd = () =>
    over.abort(ends.reason instanceof OidcCliError ? ends.reason.with({ facts: { phase: phase() } }) : ends.reason);
  if (ends.aborted) onEnd();
  ends.addEventListener('abort', onEnd, { once: true });
  let driverName: UsedDriver | undefined;
  followSteps(recorder, {
    'driver started': ({ driver }) => {
      driverName = driver === 'auto' ? 'http' : driver;
    },
    'driver finished': ({ driver }) => {
      driverName = driver;
    },
  });
  const session = planned.expect.logout ? {} : undefined;
  const providerAsMet = () => ({
    provider: providers.discovered(discovery, deps),
    facts: providers.facts(discovery, deps),
  });
  let signedIn: SignedIn | undefined;
  const work = async (): Promise<Outcome> => {
    const timeLeft = () => Math.max(1, seconds * 1000 - elapsedMs());
    try {
      signedIn = await getTokens(check, { ...tools, deps, session, timeLeft });
    } catch (error) {
      // The reason that ended the try is its failure, not the error of the interrupted step.
      over.signal.throwIfAborted();
      return { error: toCodedError(error) };
    }
    const tokens = signedIn;
    const totalMs = elapsedMs();
    const expectations = await recorder.stage('expectations', () =>
      checkSignIn(check, tokens, providerAsMet(), phaseTimes(recorder), totalMs),
    );
    over.signal.throwIfAborted();
    return { expectations };
  };
  let outcome: Outcome;
  const working = work();
  try {
    outcome = await rejectOnAbort(working, over.signal);
  } catch (error) {
    outcome = { error: toCodedError(error), aborted: true };
  } finally {
    clearTimeout(timer);
    ends.removeEventListener('abort', onEnd);
    // Tells work that still runs for this try that the try is over.
    over.abort(INTERRUPTED);
    if (session) drivers.endSession(session);
  }
  const { error } = outcome;
  const result =
    error && !outcome.aborted && planned.expect.failure !== undefined
      ? await checkFailure(check, error, providerAsMet(), phaseTimes(recorder), elapsedMs())
      : undefined;
  // An expected failure needs no evidence.
  if (result?.asExpected) await removeEvidence(error);
  const facts = providers.facts(discovery, deps);
  // Before the job's secrets are forgotten, since reports repeat the error later.
  const { masker } = recorder;
  const own = (text: string) => masker.own(text);
  const failure = error && !result?.asExpected ? maskError(error, masker) : undefined;
  const expectations = maskData(outcome.expectations ?? result?.expectations ?? [], own);
  const tried = {
    durationMs: elapsedMs(),
    way: driverName ?? grantWithoutUser(check, recorder),
    subject: signedIn?.subject && own(signedIn.subject),
    phases: phaseTimes(recorder),
    expectations,
    error: failure,
    failedIn: failure && currentPhase(recorder),
    evidence: readEvidence(failure && error),
    facts,
  };
  const forget = () => recorder.forget();
  // A refresh of a saved session continues to its end without this try, and then reads its own recorded exchanges.
  if (outcome.aborted) working.then(forget, forget);
  else forget();
  return tried;
}

/** The grant that signs nobody in, if the try came to it: a check that failed before has none. */
function grantWithoutUser({ planned, failure }: ResolvedCheck, { stages }: Recorder): UsedDriver | undefined {
  if (planned.with === 'refresh' && failure === undefined) return 'refresh';
  const requested = stages.some(({ stage }) => stage === 'token request');
  return planned.with === 'client_credentials' && requested ? 'client_credentials' : undefined;
}

interface Outcome {
  readonly expectations?: readonly Check[];
  readonly error?: OidcCliError;
  readonly aborted?: boolean;
}

/** The evidence of a failed sign-in from the driver: `details.evidence` of its error. */
function readEvidence(error: OidcCliError | undefined): Evidence | undefined {
  const { evidence } = error?.details ?? {};
  if (typeof evidence !== 'object' || evidence === null) return undefined;
  const { screenshot, text } = evidence as SignInEvidence;
  if (screenshot === undefined && text === undefined) return undefined;
  return { screenshot, text };
}

async function removeEvidence(error: OidcCliError | undefined): Promise<void> {
  const { screenshot, text } = readEvidence(error) ?? {};
  const files = [screenshot, text].filter((file) => file !== undefined);
  await Promise.all(files.map((file) => rm(file, { force: true }).catch(() => undefined)));
}
