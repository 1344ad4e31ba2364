import type { Configuration, JWK, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Fault } from './fault.js';
import { redraftIdToken } from './id-token-draft.js';

/** Puts the faults that act before the provider is made into its configuration. */
export function configureFaults(configuration: Configuration, faults: readonly Fault[]): void {
  for (const fault of faults) fault.configure?.(configuration);
  const { findAccount } = configuration;
  if (findAccount === undefined || !faults.some(({ claims }) => claims)) return;
  configuration.findAccount = async (ctx, sub, token) => {
    const account = await findAccount(ctx, sub, token);
    return (
      account && {
        ...account,
        claims: async (...asked) => {
          const claims = { ...(await account.claims(...asked)) };
          for (const fault of faults) fault.claims?.(claims);
          return claims;
        },
      }
    );
  };
}

type ProviderClass = typeof Provider;
type ResponseMode = Parameters<Provider['registerResponseMode']>[1];

/** The class of a provider whose authorization responses have the faults, however they are sent back. */
export function withFaultyResponses(base: ProviderClass, faults: readonly Fault[]): ProviderClass {
  const acting = faults.filter(({ authorizationResponse, responseMode }) => authorizationResponse ?? responseMode);
  if (acting.length === 0) return base;
  const modes = new Map<string, ResponseMode>();
  const instead = acting.findLast(({ responseMode }) => responseMode)?.responseMode;
  return class extends base {
    override registerResponseMode(name: string, send: ResponseMode): void {
      modes.set(name, send);
      super.registerResponseMode(name, (ctx, redirectUri, payload) => {
        const response: Record<string, unknown> = { ...payload };
        for (const fault of acting) fault.authorizationResponse?.(response);
        return (modes.get(instead ?? name) ?? send)(ctx, redirectUri, response);
      });
    }
  };
}

/**
 * Puts the faults that act on requests and answers between the provider's
 * pages and its protocol. `keys` are the provider's private keys, with which
 * changed ID tokens are signed.
 */
export function injectFaults(provider: Provider, keys: readonly JWK[], faults: readonly Fault[]): void {
  for (const fault of faults) fault.extend?.(provider);
  if (faults.some(({ idToken }) => idToken)) changeIdTokens(provider, keys, faults);
  if (!faults.some(({ request, answer: response, tokenResponse }) => request ?? response ?? tokenResponse)) return;
  provider.use(async (context, next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    for (const fault of faults) fault.request?.(ctx.req.headers);
    await next();
    // Only a request that found a route has one.
    const route = (ctx as Partial<KoaContextWithOIDC>).oidc?.route;
    if (route === undefined) return;
    for (const fault of faults) {
      if (route === 'token' && ctx.status === 200 && isResponseBody(ctx.body)) {
        fault.tokenResponse?.(ctx.body, String(ctx.oidc.params?.grant_type));
      }
      await routeResponse(fault, route)?.(ctx);
      fault.answer?.any?.(ctx);
    }
  });
}

function changeIdTokens(provider: Provider, keys: readonly JWK[], faults: readonly Fault[]): void {
  const { prototype } = provider.IdToken;
  const { issue } = prototype;
  prototype.issue = async function (context) {
    const signed = await issue.call(this, context);
    // The same class also makes logout tokens and signed answers.
    if (context.use !== 'idtoken') return signed;
    return redraftIdToken(signed, keys, async (draft) => {
      for (const fault of faults) await fault.idToken?.(draft);
    });
  };
}

/** A sign-in ends at the authorization endpoint itself, or where it goes on after the pages. */
function routeResponse({ answer: response = {} }: Fault, route: string) {
  const name = route === 'resume' ? 'authorization' : route;
  return Object.hasOwn(response, name) ? response[name as keyof typeof response] : undefined;
}

function isResponseBody(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null;
}
