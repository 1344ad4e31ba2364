import type { CredentialPolicy } from '../browser/credential-policy.js';
import { withUnusedPort } from '../browser/loopback-redirect-uri.js';
import { withCredentialsSent } from '../browser/sent-credentials.js';
import type { Credentials, PageAnswer, SignInDriver, SignInStep, SignInWay } from '../browser/sign-in-driver.js';
import { stateMatches, stateMismatch } from '../browser/state-parameter.js';
import { OidcCliError } from '../errors.js';
import type { BrowserRoundTrip } from './browser-answer.js';
import { noteAuthorizationRequest, noteAuthorizationResponse, type StepDeps } from './browser-steps.js';

/** How a sign-in is made without a person. */
export interface Driven {
  readonly driver: SignInDriver;
  readonly credentials: Credentials;
  /** The destinations that the credentials may be sent to. */
  readonly credentialPolicy?: CredentialPolicy | undefined;
  readonly steps?: readonly SignInStep[] | undefined;
  /** Where a failed sign-in's screenshot and text go. */
  readonly evidenceFolder?: string | undefined;
  /** Sign-ins with the same object are made in one browser: who is signed in there stays so. */
  readonly session?: object | undefined;
}

/** What is told of a sign-in by a driver. None of it holds a secret. */
export type DrivenEvent =
  | { readonly type: 'driving'; readonly way: SignInDriver['name']; readonly redirectUri: string }
  | { readonly type: 'driven'; readonly way: SignInWay; readonly pages: number; readonly via: PageAnswer['via'] };

/**
 * Sends a driver in place of a person to the provider and back: the redirect
 * URI may be anywhere, as it is registered, since the answer never gets there.
 * The state is compared in constant time before anything else is believed.
 * Throws `callback_state_mismatch`, `interrupted`, what the driver throws, and
 * what `ask`, `finish` and `save` throw.
 */
export async function throughDriver<Asked extends { readonly url: string }, T>(
  trip: BrowserRoundTrip<Asked, T>,
  driven: Driven,
  deps: StepDeps & { readonly signal: AbortSignal; readonly on: (event: DrivenEvent) => void },
): Promise<T> {
  const { driver, credentials, credentialPolicy, steps, evidenceFolder, session } = driven;
  const redirectUri = await withUnusedPort(trip.redirectUri);
  deps.recorder.hideCredentials(...secretsOf(driven));
  let asked = await trip.ask(redirectUri);
  const askedAt = deps.clock.now();
  noteAuthorizationRequest(deps, asked.url);
  deps.on({ type: 'driving', way: driver.name, redirectUri });
  let answer: PageAnswer;
  try {
    answer = await driver.signIn({
      credentials,
      credentialPolicy,
      steps,
      evidenceFolder,
      session,
      masking: deps.recorder,
      url: asked.url,
      again: async () => {
        asked = await trip.ask(redirectUri);
        noteAuthorizationRequest(deps, asked.url);
        return asked.url;
      },
      redirectUri,
      state: trip.state,
      timeoutMs: trip.timeout * 1000,
      signal: deps.signal,
    });
  } catch (error) {
    if (deps.signal.aborted) throw new OidcCliError('interrupted', {}, { cause: error });
    throw error;
  }
  const { parameters, way, pages, via, credentialsSent } = answer;
  noteAuthorizationResponse(deps, { redirectUri, parameters, via });
  if (!stateMatches(parameters, trip.state)) {
    throw withCredentialsSent(stateMismatch(parameters, redirectUri), credentialsSent);
  }
  deps.on({ type: 'driven', way, pages, via });
  const seconds = Math.round((deps.clock.now() - askedAt) / 1000);
  try {
    const result = await trip.finish(parameters, asked, { by: 'driver', seconds });
    await trip.save?.(result, asked);
    return result;
  } catch (error) {
    throw withCredentialsSent(error, credentialsSent);
  }
}

/** What a driver types: a page may repeat it. */
export function secretsOf({ credentials, steps }: Pick<Driven, 'credentials' | 'steps'>): (string | undefined)[] {
  const typed = (steps ?? []).map((step) => ('value' in step ? step.value : undefined));
  return [credentials.password, credentials.totp, ...typed];
}
