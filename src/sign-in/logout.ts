import { startCallbackListener } from '../browser/callback-listener.js';
import { failWith, OidcCliError, toCodedError } from '../errors.js';
import { randomState } from '../oidc/authorization-request.js';
import { createEndSessionRequest } from '../oidc/end-session.js';
import type { ProviderDeps } from '../oidc/provider.js';
import { revokeToken } from '../oidc/revocation.js';
import type { Session } from '../sessions/session-store.js';
import type { Connection } from './client.js';
import { type CurrentSessionDeps, discoverForSession, discoverUnauthenticated } from './current-session.js';
import { noteProgress } from './steps.js';
import { type OpenUrl, waitForPerson } from './wait-for-person.js';

/** The result of one part of a sign-out. */
export interface LogoutStep {
  readonly step: 'revoke refresh token' | 'revoke access token' | 'end session' | 'forget session';
  /** `newer stays`: another sign-in has replaced the session meanwhile, and it is not ended. */
  readonly outcome: 'done' | 'not offered' | 'not asked' | 'newer stays' | 'failed';
  /** The reason for a failure. */
  readonly error?: OidcCliError;
}

/** Dependencies of a sign-out. */
export interface LogoutDeps extends ProviderDeps, Omit<CurrentSessionDeps, 'ready' | 'save'> {
  readonly signal: AbortSignal;
  /** Removes the session that was read last from its store, unless a newer sign-in has replaced it. */
  readonly forget: () => Promise<'done' | 'newer stays'>;
  readonly openUrl?: OpenUrl;
}

/**
 * Signs out: revokes refresh and access token (RFC 7009), removes the session from
 * its store, and ends the session at the provider (OIDC RP-Initiated Logout 1.0),
 * as far as the provider supports each. Only a failure of the store stops the
 * removal; the steps report everything else that was not done. `timeout` is in
 * seconds, for the user. Throws `interrupted` and `store_*` only.
 */
export async function logout(
  session: Session,
  request: { readonly postLogoutRedirectUri: string; readonly timeout: number; readonly endSession: boolean },
  deps: LogoutDeps,
): Promise<readonly LogoutStep[]> {
  const steps: LogoutStep[] = [];
  const attempt = async (step: LogoutStep['step'], work: () => Promise<'done' | 'not offered' | 'not asked'>) => {
    try {
      steps.push({ step, outcome: await work() });
    } catch (error) {
      const interrupted = deps.signal.aborted || (error instanceof OidcCliError && error.code === 'interrupted');
      // The error for Ctrl-C lists the completed steps.
      if (interrupted) throw new OidcCliError('interrupted', { done: completedSteps(steps) }, { cause: error });
      // A bug in this program must not keep the session from being removed.
      const failure = toCodedError(error);
      steps.push({ step, outcome: failure.code === 'endpoint_missing' ? 'not offered' : 'failed', error: failure });
    }
  };

  let current = session;
  // Discovery runs once, and its failure counts for every step that needs it. Only revocation needs the client's
  // secret.
  const authenticated = memoize(() => discoverForSession(current, deps));
  const unauthenticated = memoize(async () => {
    try {
      return await authenticated();
    } catch (error) {
      if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
      return discoverUnauthenticated(current, deps);
    }
  });
  const revoke = async (token: string, hint: 'refresh_token' | 'access_token') => {
    const { provider, client } = await authenticated();
    return revokeToken(provider, client, token, hint, deps);
  };

  // Under the lock, since a refresh in another process would replace the tokens that are revoked here.
  const read = async () => {
    // If the session cannot be read again, the sign-out uses the session that was read first.
    current = (await deps.read().catch(() => undefined)) ?? session;
  };
  await runExclusively(deps, read, async () => {
    const { refreshToken, accessToken } = current;
    if (refreshToken !== undefined) await attempt('revoke refresh token', () => revoke(refreshToken, 'refresh_token'));
    await attempt('revoke access token', () => revoke(accessToken, 'access_token'));
    // Before the browser opens: whatever the user does there, the tokens are no longer on this machine.
    const outcome = await deps.forget();
    if (outcome === 'done') {
      deps.recorder.note({ step: 'session forgotten', from: 'cli', to: 'cli', at: deps.clock.now() });
    }
    steps.push({ step: 'forget session', outcome });
  });
  await attempt('end session', async () => {
    if (!request.endSession) return 'not asked';
    const { provider, client } = await unauthenticated();
    return endSession({ provider, client }, current, request, deps);
  });
  return steps;
}

/**
 * Runs `read` and `work` under the session's lock; without the lock if another
 * process does not release it or it cannot be made.
 */
async function runExclusively(deps: LogoutDeps, read: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  let begun = false;
  try {
    await deps.exclusively(async (stillHeld) => {
      await read();
      await stillHeld();
      begun = true;
      await work();
    });
  } catch (error) {
    if (begun || deps.signal.aborted) throw error;
    await read();
    await work();
  }
}

/** Makes the promise at the first call and returns the same one at every later call. */
function memoize<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function completedSteps(steps: readonly LogoutStep[]): string[] {
  return steps.filter(({ outcome }) => outcome === 'done').map(({ step }) => step);
}

async function endSession(
  { provider, client }: Connection,
  session: Session,
  request: { readonly postLogoutRedirectUri: string; readonly timeout: number },
  deps: LogoutDeps,
): Promise<'done'> {
  provider.endpoint('end_session_endpoint');
  const state = randomState();
  deps.recorder.hideInWords(state);
  const listener = await startCallbackListener({
    redirectUri: request.postLogoutRedirectUri,
    expectedState: state,
    kind: 'sign-out',
    clock: deps.clock,
    signal: deps.signal,
  }).catch(failWith({ of: 'sign-out' }));
  try {
    const postLogoutRedirectUri = listener.redirectUri;
    const url = await createEndSessionRequest(provider, client, {
      idToken: session.idToken,
      postLogoutRedirectUri,
      state,
    });
    const noted = { from: 'browser', to: 'provider' } as const;
    deps.recorder.note({ step: 'end session request', ...noted, at: deps.clock.now(), url });
    const { openUrl } = deps;
    // The URL holds the ID token, so browser and user get a one-time address that redirects to it.
    const newAddress = () => {
      const address = listener.oneTimeAddress(url);
      noteProgress(deps, 'browser address', { url: address, once: true });
      return address;
    };
    const address = newAddress();
    const response = await waitForPerson(
      {
        open: openUrl && {
          openUrl,
          address,
          onFailure: (reason) => {
            listener.withdrawAddress(reason);
            newAddress();
          },
        },
        answers: [listener.response],
        seconds: request.timeout,
        timeoutError: () =>
          new OidcCliError('end_session_not_confirmed', {
            seconds: request.timeout,
            postLogoutRedirectUri,
            otherBrowser: listener.strays.byReason['other browser'] ?? 0,
          }),
      },
      deps,
    );
    deps.recorder.note({
      step: 'end session response',
      from: 'browser',
      to: 'cli',
      at: deps.clock.now(),
      parameters: [...response.parameters],
    });
    await listener.conclude({ ok: true });
    return 'done';
  } finally {
    await listener.close();
  }
}
