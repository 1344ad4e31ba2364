import { stateMatches, stateMismatch } from '../browser/state-parameter.js';
import { randomState } from '../oidc/authorization-request.js';
import type { Application, AuthorizationUrl } from './application.js';
import { noteAuthorizationResponse, type StepDeps } from './steps.js';
import type { UserAgent } from './user-agent.js';

/** A successful sign-in. The caller first saves the result, then calls exactly one of the two functions. */
export interface SignIn<Connection, SignedIn> {
  readonly connection: Connection;
  readonly signedIn: SignedIn;
  /** Shows success in the browser, which waits until then. */
  readonly conclude: () => Promise<void>;
  /** Shows in the browser a failure after the sign-in, such as a failed save; returns the error to throw. */
  readonly fail: (error: unknown) => Promise<unknown>;
}

/** A sign-in whose authorization request is made but not yet taken to the provider. */
export interface StartedSignIn<Connection, Request extends AuthorizationUrl> {
  readonly connection: Connection;
  readonly state: string;
  readonly redirectUri: string;
  readonly request: Request;
  /** Makes another request with the same state. */
  readonly renew: () => Promise<Request>;
}

/**
 * The first half of `signIn`, for a user agent that brings the response in a
 * later command: discovery and the authorization request.
 */
export async function startSignIn<Connection, Request extends AuthorizationUrl, Tokens, SignedIn>(
  application: Application<Connection, Request, Tokens, SignedIn>,
  userAgent: Pick<UserAgent, 'open'>,
  { recorder }: StepDeps,
): Promise<StartedSignIn<Connection, Request>> {
  const state = application.state ?? randomState();
  recorder.hideInWords(state);
  const discovery = recorder.stage('discovery', () => application.discover());
  // The user agent may fail to open meanwhile, and then its error is the one to throw.
  discovery.catch(() => undefined);
  const redirectUri = await userAgent.open(application, state);
  const connection = await discovery;
  const renew = () => application.authorizationRequest(connection, redirectUri, state);
  const request = await recorder.stage('authorization request', renew);
  return { connection, state, redirectUri, request, renew };
}

/**
 * One sign-in by the authorization code flow (RFC 6749 §4.1, OIDC Core §3.1), for
 * any application and any user agent. Throws `callback_state_mismatch` and the
 * errors of both objects' methods; the user agent has ended by then.
 */
export async function signIn<Connection, Request extends AuthorizationUrl, Tokens, SignedIn>(
  application: Application<Connection, Request, Tokens, SignedIn>,
  userAgent: UserAgent,
  deps: StepDeps,
): Promise<SignIn<Connection, SignedIn>> {
  const { recorder } = deps;
  try {
    const { connection, state, redirectUri, ...started } = await startSignIn(application, userAgent, deps);
    let { request } = started;
    const renew = async () => {
      request = await started.renew();
      return request;
    };
    const response = await recorder.stage('sign-in pages', () => userAgent.authorize(request, renew));
    noteAuthorizationResponse(deps, redirectUri, response);
    if (!stateMatches(response.parameters, state)) throw stateMismatch(response.parameters, redirectUri);
    const tokens = await recorder.stage('token request', () => application.exchange(connection, request, response));
    const signedIn = await application.complete(connection, request, tokens);
    userAgent.confirm();
    const conclude = () => userAgent.conclude(application.greeting(connection, signedIn));
    return { connection, signedIn, conclude, fail: (error) => userAgent.fail(error) };
  } catch (error) {
    throw await userAgent.fail(error);
  }
}
