import { ConnectorError } from '@logto/connector-kit';
import createConnector from '@logto/connector-oidc';
import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { decodeJwt } from 'jose/jwt/decode';
import { jwtVerify } from 'jose/jwt/verify';
import { OidcCliError } from '../../src/errors.js';
import { readCode } from '../../src/logto/application.js';
import { authorizationUri } from '../../src/logto/authorization-uri.js';
import type { Connector } from '../../src/logto/connector/connector.js';
import { type ConnectorConfig, validateConnectorConfig } from '../../src/logto/connector/schema.js';
import { verifyIdTokenAsLogto } from '../../src/logto/id-token.js';
import { LOGTO_REFUSALS } from '../../src/logto/refusals.js';
import { exchangeCodeAsLogto, refreshAsLogto } from '../../src/logto/token-request.js';
import { userProfile } from '../../src/logto/user-profile.js';
import { createFetch } from '../../src/network/fetch.js';
import { Recorder } from '../../src/trace/recorder.js';
import type { Asked, DifferentialProvider } from './differential-provider.js';

/** One sign-in, of which both sides are given the same. */
export interface SignIn {
  /** The configuration as JSON, so that each side reads its own. */
  readonly config: string;
  /** The parameters of the callback. */
  readonly callback: Readonly<Record<string, string>>;
  /** The nonce of the session in which the callback arrives. */
  readonly nonce: string;
  /** Whether a refresh is made after it. */
  readonly refreshes: boolean;
}

const REDIRECT_URI = 'http://127.0.0.1:3001/callback/connector-1';
const REFRESH_TOKEN = 'refresh+token/1=';
const STATE = 'state 1+/=';

/** An outcome: what came of it, or with which error of Logto it ended. */
export type Outcome<T> = { readonly is: T } | { readonly error: string };

/** All that a side made of a sign-in, in the same form for both. */
export interface Reading {
  readonly configAccepted: boolean;
  readonly authorizationUrl: Outcome<string>;
  readonly signIn: Outcome<{ tokens: unknown; profile: unknown }>;
  readonly signInRequests: readonly unknown[];
  readonly refresh?: Outcome<unknown>;
  readonly refreshRequests?: readonly unknown[];
}

/** Logto's own code. `nonce` is the one it made for its authorization URL, which the other side has to use too. */
export async function readByLogto(
  given: SignIn,
  provider: DifferentialProvider,
): Promise<{ nonce: string; reading: Promise<Reading> }> {
  const connector = await createConnector({ getConfig: async () => JSON.parse(given.config) });
  let nonce = '';
  const authorizationUrl = await logtoOutcome(() =>
    connector.getAuthorizationUri(
      {
        state: STATE,
        redirectUri: REDIRECT_URI,
        connectorId: 'connector-1',
        connectorFactoryId: 'oidc',
        jti: 'jti-1',
        headers: {},
      },
      async (session) => {
        nonce = session.nonce;
      },
    ),
  );
  const signIn = () =>
    logtoOutcome(async () => {
      const session = async () => ({ nonce: given.nonce, redirectUri: REDIRECT_URI });
      const { tokenResponse, userInfo } = await connector.getTokenResponseAndUserInfo(given.callback, session);
      const { id, name, avatar, email, phone } = userInfo;
      return { tokens: tokenResponse, profile: { id, name, avatar, email, phone } };
    });
  const refresh = () => logtoOutcome(() => connector.getAccessTokenByRefreshToken(REFRESH_TOKEN));
  const configAccepted = connector.configGuard.safeParse(JSON.parse(given.config)).success;
  const asked = () => comparable(provider.asked('logto'), given.config);
  return { nonce, reading: reading(configAccepted, authorizationUrl, signIn, refresh, asked, given.refreshes) };
}

/** Ours. `urlNonce` is that of Logto's authorization URL. */
export async function readByUs(given: SignIn, provider: DifferentialProvider, urlNonce: string): Promise<Reading> {
  const clock = { now: () => Date.now() };
  const recorder = new Recorder();
  const fetch = createFetch({ env: {}, clock });
  const deps = { fetch, clock, recorder };
  try {
    const verdict = validateConnectorConfig(JSON.parse(given.config));
    const withConfig = <T>(work: (config: ConnectorConfig) => T | Promise<T>): Promise<Outcome<T>> =>
      verdict.accepted ? ourOutcome(() => work(verdict.config)) : Promise.resolve({ error: 'invalid_config' });
    const authorizationUrl = await withConfig((config) =>
      authorizationUri(config, { redirectUri: REDIRECT_URI, state: STATE, nonce: urlNonce }),
    );
    const signIn = () =>
      withConfig(async (config) => {
        const code = readCode(new URLSearchParams(given.callback), { config } as Connector, recorder);
        const tokens = await exchangeCodeAsLogto(config, { code, redirectUri: REDIRECT_URI }, deps);
        const idToken = await verifyIdTokenAsLogto(config, tokens.id_token, given.nonce, deps);
        return { tokens, profile: userProfile(idToken, config) };
      });
    const refresh = () => withConfig(() => refreshAsLogto(JSON.parse(given.config), REFRESH_TOKEN, deps));
    const asked = () => comparable(provider.asked('ours'), given.config);
    return await reading(verdict.accepted, authorizationUrl, signIn, refresh, asked, given.refreshes);
  } finally {
    fetch.close();
  }
}

async function reading(
  configAccepted: boolean,
  authorizationUrl: Outcome<string>,
  signsIn: () => Promise<Reading['signIn']>,
  refreshes: () => Promise<Outcome<unknown>>,
  asked: () => Promise<unknown[]>,
  withRefresh: boolean,
): Promise<Reading> {
  const signIn = await signsIn();
  const signInRequests = await asked();
  if (!withRefresh) return { configAccepted, authorizationUrl, signIn, signInRequests };
  const refresh = await refreshes();
  return { configAccepted, authorizationUrl, signIn, signInRequests, refresh, refreshRequests: await asked() };
}

async function logtoOutcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { is: await work() };
  } catch (error) {
    return { error: error instanceof ConnectorError ? error.code : 'server_error' };
  }
}

async function ourOutcome<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { is: await work() };
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    const response = Object.entries(LOGTO_REFUSALS).find(([, { code }]) => code === error.facts.logtoCode);
    return { error: response?.[0] ?? `${error.code}, without Logto's own answer` };
  }
}

/** Requests in a form that can be compared: a client assertion by what it says and whether the secret signed it. */
function comparable(requests: readonly Asked[], config: string): Promise<unknown[]> {
  return Promise.all(
    requests.map(async (request) => {
      const assertion = new URLSearchParams(request.body).get('client_assertion');
      if (assertion === null || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) return request;
      const { clientSecret, customConfig } = JSON.parse(config);
      const secret = Buffer.from(customConfig?.clientSecret ?? clientSecret);
      const { jti, ...claims } = decodeJwt(assertion);
      return {
        ...request,
        body: request.body.replace(assertion, 'ASSERTION'),
        assertion: {
          header: decodeProtectedHeader(assertion),
          // In their order, as they were signed.
          claims: Object.entries(claims),
          jti: typeof jti === 'string' && jti.length > 0,
          signed: await jwtVerify(assertion, secret).then(
            () => true,
            () => false,
          ),
        },
      };
    }),
  );
}
