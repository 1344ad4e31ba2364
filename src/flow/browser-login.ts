import { randomState } from '../protocol/authorization-request.js';
import type { ProviderDeps } from '../protocol/provider.js';
import type { TokenClient } from '../protocol/token-requests.js';
import { authorizationPage } from './authorization-page.js';
import { type AnswerEvent, type BrowserAnswerDeps, throughBrowser } from './browser-answer.js';
import { noteEvent } from './browser-steps.js';
import { completeSignIn, meetProvider, prepareSignIn, type SignInRequest, type SignInResult } from './sign-in.js';

/** What a person is told while a sign-in goes on. None of it holds a secret. */
export type LoginEvent =
  | AnswerEvent
  | {
      readonly type: 'discovered';
      readonly asked: string;
      readonly issuer: string;
      readonly authentication: TokenClient['authentication'];
    };

/** What the flow needs of the world. */
export interface BrowserLoginDeps extends ProviderDeps, Omit<BrowserAnswerDeps, 'on'> {
  /** Keeps the session; the browser is told of success only after it. */
  readonly keep: (result: SignInResult) => Promise<void>;
  readonly on: (event: LoginEvent) => void;
}

/**
 * One sign-in in a browser, from listening to keeping the session (RFC 8252).
 * `timeout` is in seconds and covers the person's part. Throws the code of the
 * step that failed; the listener is closed in every case.
 */
export async function browserLogin(
  request: SignInRequest & { readonly timeout: number },
  deps: BrowserLoginDeps,
): Promise<SignInResult> {
  const state = randomState();
  // Listening and discovery overlap; should one fail, the other is undone.
  const meeting = meetProvider(request, deps);
  meeting.catch(() => undefined);
  return throughBrowser(
    {
      redirectUri: request.redirectUri,
      responseMode: request.authorization.responseMode,
      state,
      timeout: request.timeout,
      // Logto's one-time token signs in whoever has it.
      secretUrl: request.authorization.parameters?.one_time_token !== undefined,
      ask: async (redirectUri) => {
        const met = await meeting;
        const discovered: LoginEvent = {
          type: 'discovered',
          asked: request.issuer,
          issuer: met.provider.issuer,
          authentication: met.party.authentication,
        };
        noteEvent(deps, discovered);
        deps.on(discovered);
        const prepared = await prepareSignIn(request, met, redirectUri, state);
        met.provider.keySet.warm();
        return { ...prepared, url: prepared.sent.url };
      },
      // A pushed request is good once, and so is a one-time token.
      look: async ({ sent, redirectUri }) =>
        sent.pushed || request.authorization.parameters?.one_time_token !== undefined
          ? {}
          : { clientId: request.clientId, ...(await authorizationPage(sent, redirectUri, deps)) },
      finish: (answer, prepared, came) => completeSignIn(request, prepared, answer, deps, came),
      save: async (result) => {
        await deps.keep(result);
        deps.recorder.note({ step: 'session saved', from: 'cli', to: 'cli', at: deps.clock.now() });
      },
      greet: (result, { provider }) => ({ name: personName(result), issuer: provider.issuer }),
    },
    deps,
  );
}

/** Name, e-mail address or subject: what the person would call themselves. */
function personName(result: Pick<SignInResult, 'session'>): string {
  const { claims, userinfo, subject } = result.session;
  for (const source of [claims, userinfo ?? {}]) {
    for (const claim of ['name', 'preferred_username', 'email']) {
      const value = source[claim];
      if (typeof value === 'string' && value !== '') return value;
    }
  }
  return subject;
}
