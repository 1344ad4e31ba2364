import type { Profile } from '../profiles/profile.js';
import type { SecretSource } from '../sessions/session-store.js';
import type { SignInRequest } from './client.js';

/** Settings of a sign-in that the profile does not hold itself. */
export interface SignInDetails {
  /** The session's name. */
  readonly name: string;
  /** Whether userinfo is requested. */
  readonly userinfo: boolean;
  readonly clientSecret?: string;
  readonly clientSecretSource?: SecretSource;
  /** Logto's one-time token: a secret that is good for one sign-in. */
  readonly oneTimeToken?: string;
}

/** The settings of a sign-in from a profile with its secret resolved. */
export function createSignInRequest(profile: Profile, details: SignInDetails): SignInRequest {
  const { name, userinfo, clientSecret, clientSecretSource, oneTimeToken } = details;
  return {
    profile: name,
    kind: profile.kind,
    issuer: profile.issuer,
    endpoints: configuredEndpoints(profile),
    allowHttp: profile.allowHttp,
    clientId: profile.clientId,
    clientSecret,
    clientSecretSource,
    clientAuth: profile.clientAuth,
    authorization: {
      scope: profile.scope,
      prompt: profile.prompt,
      loginHint: profile.loginHint,
      maxAge: profile.maxAge,
      uiLocales: profile.uiLocales,
      acrValues: profile.acrValues,
      display: profile.display,
      claims: profile.claims,
      responseMode: profile.responseMode,
      resource: profile.resource,
      parameters:
        oneTimeToken === undefined ? profile.parameters : { ...profile.parameters, one_time_token: oneTimeToken },
    },
    clockTolerance: profile.clockTolerance,
    strict: profile.strict,
    userinfo,
    ca: profile.ca,
    insecure: profile.insecure,
    redirectUri: profile.redirectUri,
    postLogoutRedirectUri: profile.postLogoutRedirectUri,
  };
}

/** The endpoints that the profile names itself; undefined if it names none. */
export function configuredEndpoints({
  authorizationEndpoint,
  tokenEndpoint,
  jwksUri,
}: Pick<Profile, 'authorizationEndpoint' | 'tokenEndpoint' | 'jwksUri'>): SignInRequest['endpoints'] {
  const named = { authorizationEndpoint, tokenEndpoint, jwksUri };
  return Object.values(named).some((url) => url !== undefined) ? named : undefined;
}
