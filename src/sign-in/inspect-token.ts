import type { Check } from '../check.js';
import { checkToken, MUST_BE_JWT } from '../checks/token-checks.js';
import { OidcCliError } from '../errors.js';
import { chooseClientAuthentication } from '../oidc/client-authentication.js';
import { type DecodedToken, decodeToken } from '../oidc/decode-token.js';
import { introspectToken } from '../oidc/introspection.js';
import { type NamedToken, tokenName } from '../oidc/parse-input.js';
import { type ConfiguredEndpoints, discoverProvider, type Provider, type ProviderDeps } from '../oidc/provider.js';
import { measureClockSkew } from '../oidc/response-facts.js';
import type { ClientAuthMethod } from '../profiles/profile.js';

/** The expected issuer and client of the tokens: as much of a profile or session as is known. */
export interface InspectionTarget {
  readonly issuer?: string;
  readonly endpoints?: ConfiguredEndpoints;
  readonly allowHttp: boolean;
  readonly clientId?: string;
  readonly clientAuth?: ClientAuthMethod;
  /** Reads the client secret; called only if a token can be introspected. */
  readonly clientSecret: () => Promise<string | undefined>;
  /** Seconds. */
  readonly clockTolerance: number;
  /** The access token issued with an ID token that is inspected alone. */
  readonly accessToken?: string;
}

/** One token, read and checked. */
export interface InspectedToken {
  readonly name: string | undefined;
  readonly token: DecodedToken;
  readonly checks: readonly Check[];
  /** The introspection response (RFC 7662 §2.2); absent if the provider was not asked or did not answer. */
  readonly introspection?: Readonly<Record<string, unknown>>;
  /** The JWT nested in this one. */
  readonly nested?: InspectedToken;
}

/** All tokens, and the reason if the provider could not be asked. */
export interface Inspection {
  readonly tokens: readonly InspectedToken[];
  readonly provider: Provider | undefined;
  readonly failure: OidcCliError | undefined;
}

/**
 * Reads tokens and makes every check that applies to each. With a known issuer and
 * `deps` it verifies the signature with the issuer's key set and introspects
 * access, refresh and opaque tokens. It sends a token only to the named issuer,
 * and never a token that names a different one. A provider that cannot be asked
 * does not stop the inspection: the error is in `failure`.
 */
export async function inspectTokens(
  tokens: readonly NamedToken[],
  target: InspectionTarget,
  deps: ProviderDeps | undefined,
  clock: { now(): number },
): Promise<Inspection> {
  let provider: Provider | undefined;
  let failure: OidcCliError | undefined;
  const trying = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
      failure ??= error;
      return undefined;
    }
  };
  const { issuer, endpoints, allowHttp } = target;
  if (issuer !== undefined && deps) {
    provider = await trying(() => discoverProvider({ issuer, endpoints, allowHttp }, deps));
  }

  const inspected: InspectedToken[] = [];
  for (const { name, value } of tokens) {
    const token = decodeToken(value, tokenName(name));
    const kid = typeof token.header.kid === 'string' ? token.header.kid : undefined;
    const signed = token.form === 'signed' || token.form === 'unsigned';
    const connection = provider;
    const keys = connection && signed ? await trying(() => connection.keySet.forKey(kid)) : undefined;
    const sibling = tokens.find((other) => tokenName(other.name) === 'access_token');
    const expectations = {
      issuer: connection?.issuer ?? issuer,
      clientId: target.clientId,
      jwks: keys?.jwks,
      algorithms: connection?.metadata.id_token_signing_alg_values_supported,
      accessToken: token.kind === 'ID token' ? (sibling?.value ?? target.accessToken) : undefined,
      now: Math.floor(clock.now() / 1000),
      tolerance: target.clockTolerance,
      clockSkew: measureClockSkew(deps?.recorder.last('discovery')),
    };
    const checked = async (one: DecodedToken): Promise<Omit<InspectedToken, 'name'>> => ({
      token: one,
      checks: await checkToken(one, expectations),
      ...(one.nested ? { nested: { name: undefined, ...(await checked(one.nested)) } } : {}),
    });
    const result = await checked(token);
    const asked = connection && deps ? await introspected(value, token, connection, target, deps) : undefined;
    inspected.push({
      name,
      ...result,
      checks: asked ? [...result.checks, asked.check] : result.checks,
      ...(asked?.answer ? { introspection: asked.answer } : {}),
    });
  }
  return { tokens: inspected, provider, failure };
}

/** The provider's answer about a token, as a check; undefined for a token that cannot be introspected. */
async function introspected(
  value: string,
  token: DecodedToken,
  provider: Provider,
  target: InspectionTarget,
  deps: ProviderDeps,
): Promise<{ readonly check: Check; readonly answer?: Readonly<Record<string, unknown>> } | undefined> {
  const opaque = token.form === 'opaque';
  if (MUST_BE_JWT.includes(token.kind)) return undefined;
  const askable = opaque || token.kind === 'access token' || token.kind === 'refresh token';
  if (!askable || token.form === 'damaged') return undefined;
  const name = 'introspection';
  const expected = 'active';
  const skipped = (actual: string) => ({ check: { name, verdict: 'skip' as const, expected, actual } });
  const { iss } = token.claims;
  if (iss !== undefined && iss !== provider.issuer) return skipped('not asked: it says that it is of another issuer');
  if (provider.metadata.introspection_endpoint === undefined) return skipped('the provider offers none');
  const { clientId, clientAuth, clockTolerance } = target;
  if (clientId === undefined) return skipped('not asked: no client id is known to ask with');
  try {
    const secret = await target.clientSecret();
    const authentication = chooseClientAuthentication({ method: clientAuth, secret }, provider.metadata);
    const client = { clientId, authentication, clockTolerance, strict: false };
    const hint = token.kind === 'refresh token' ? 'refresh_token' : 'access_token';
    const response = await introspectToken(provider, client, value, hint, deps);
    const actual = response.active ? 'active' : 'not active: expired, revoked, or not of this provider';
    return { check: { name, verdict: response.active ? 'pass' : 'fail', expected, actual }, answer: response };
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
    // Without an answer the token's validity is unknown, so the check does not fail.
    const details = typeof error.facts.error === 'string' ? `: ${error.facts.error}` : '';
    const actual = `no answer (${error.code}${details})`;
    // Many providers keep no record of the JWTs that they issue.
    if (!opaque) return skipped(actual);
    return { check: { name, verdict: 'warn', expected, actual, code: error.code } };
  }
}
