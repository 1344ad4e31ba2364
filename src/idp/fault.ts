import type { IncomingMessage } from 'node:http';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { IdTokenDraft } from './id-token-draft.js';

/** The endpoints whose answers a fault may change, by oidc-provider's names; `any` is each of its routes. */
type FaultyRoute = 'discovery' | 'jwks' | 'authorization' | 'token' | 'userinfo' | 'any';

/** The places where a fault acts: functions change what they are handed. */
export interface FaultActs {
  /** Changes oidc-provider's configuration. */
  readonly configure?: (configuration: Configuration) => void;
  /** Changes a copy of what is known of the user, for ID token and userinfo alike, before scopes choose from it. */
  readonly claims?: (claims: Record<string, unknown>) => void;
  /** Changes the parameters of an authorization response, be it a code or an error. */
  readonly authorizationResponse?: (response: Record<string, unknown>) => void;
  /** How an authorization response goes back in place of the way that was asked for, by oidc-provider's names. */
  readonly responseMode?: 'fragment';
  /** Changes an ID token, of a sign-in or a refresh, before it is signed with the provider's own key. */
  readonly idToken?: (token: IdTokenDraft) => void | Promise<void>;
  /** Changes a successful answer of the token endpoint to this grant type. */
  readonly tokenResponse?: (response: Record<string, unknown>, grantType: string) => void;
  /** Changes the headers of a request before the provider reads them. */
  readonly request?: (headers: IncomingMessage['headers']) => void;
  /** Changes the provider itself, before it answers its first request. */
  readonly extend?: (provider: Provider) => void;
  /** Changes or holds back an endpoint's whole answer, whatever its status. */
  readonly answer?: Partial<Record<FaultyRoute, (ctx: KoaContextWithOIDC) => void | Promise<void>>>;
}

/**
 * One way in which the built-in provider misbehaves, or differs from what
 * most providers do. Where two faults change the same thing, the one named
 * later has the last word.
 */
export interface Fault extends FaultActs {
  /** What the provider does then: one sentence. */
  readonly does: string;
  /** What the standard says of it: the clause it goes against, or the one that allows it. */
  readonly clause: string;
  /** What a sound relying party makes of a sign-in then; left out where that is its own decision. */
  readonly client?: 'refuses' | 'signs in';
  /** Of a fault that remembers something: its acts, made anew for each provider. */
  readonly begin?: () => FaultActs;
}
