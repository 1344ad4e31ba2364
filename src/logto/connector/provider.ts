import { OidcCliError } from '../../errors.js';
import { type Announced, announcedIn } from '../../oidc/metadata.js';
import { discoverProvider, type ProviderDeps } from '../../oidc/provider.js';
import { isNetworkFailure } from '../refusals.js';
import type { ConnectorView } from './view.js';

/** An issuer that was asked for its discovery document. */
export interface AskedIssuer {
  /** As it was given or guessed. */
  readonly asked: string;
  readonly from: 'configuration' | 'flag' | 'guess';
  readonly announced?: Announced;
  /** Why there is no document, or what is wrong with the one there is. */
  readonly fault?: OidcCliError;
}

/** What became of asking: every issuer that was named; of guesses the one that fits. */
export interface ProviderAnswer {
  readonly asked: readonly AskedIssuer[];
  /** The document to compare with. */
  readonly provider?: AskedIssuer & { readonly announced: Announced };
}

/** What of a configuration tells whose provider it is for. */
type EndpointsAndIssuers = Pick<ConnectorView, 'issuers' | 'authorizationEndpoint' | 'tokenEndpoint' | 'jwksUri'>;

/** Guesses are requests to somebody else's server: not many. */
const MOST_GUESSES = 8;

/**
 * Asks the provider's discovery: the issuer of the flag, else each one of the
 * configuration, else (also where none of those has a document) what the
 * endpoints suggest, as far as the document that comes is that of these
 * endpoints. Nothing is thrown: a provider that does not answer is a finding.
 * Aborts reject.
 */
export async function askProvider(
  view: EndpointsAndIssuers,
  flag: string | undefined,
  deps: ProviderDeps,
): Promise<ProviderAnswer> {
  const named = flag === undefined ? view.issuers : [flag];
  const from = flag === undefined ? 'configuration' : 'flag';
  const asked: AskedIssuer[] = [];
  const unreached = new Map<string, OidcCliError>();
  for (const issuer of named) {
    // A host that cannot be reached is not waited for again.
    const host = URL.canParse(issuer) ? new URL(issuer).host : issuer;
    const fault = unreached.get(host);
    const answer = fault ? ({ asked: issuer, from, fault } as const) : await ask(issuer, from, deps);
    if (isNetworkFailure(answer.fault)) unreached.set(host, answer.fault);
    asked.push(answer);
  }
  const withDocument = asked.filter(hasDocument);
  const provider = withDocument.find(({ announced }) => isOf(announced, view)) ?? withDocument[0];
  if (provider) return { asked, provider };

  const tried = new Set(named.map(bare));
  for (const issuer of guesses(view).slice(0, MOST_GUESSES)) {
    if (tried.has(bare(issuer))) continue;
    const answer = await ask(issuer, 'guess', deps);
    if (hasDocument(answer) && isOf(answer.announced, view)) return { asked, provider: answer };
    // A host that cannot be reached has no other documents either.
    if (isNetworkFailure(answer.fault)) break;
  }
  return { asked };
}

/**
 * The issuer that a connector does not name: the one whose discovery, where
 * the endpoints suggest it, announces exactly these endpoints. Undefined where there is none.
 */
export async function issuerOfEndpoints(
  endpoints: { readonly authorizationEndpoint: string; readonly tokenEndpoint: string },
  deps: ProviderDeps,
): Promise<string | undefined> {
  const { provider } = await askProvider({ issuers: [], jwksUri: undefined, ...endpoints }, undefined, deps);
  const { issuer, token_endpoint, authorization_endpoint } = provider?.announced ?? {};
  const same = token_endpoint === endpoints.tokenEndpoint && authorization_endpoint === endpoints.authorizationEndpoint;
  return same ? issuer : undefined;
}

function hasDocument(asked: AskedIssuer): asked is AskedIssuer & { readonly announced: Announced } {
  return asked.announced !== undefined;
}

async function ask(issuer: string, from: AskedIssuer['from'], deps: ProviderDeps): Promise<AskedIssuer> {
  const before = deps.recorder.last('discovery');
  try {
    // Logto speaks plain http as well; that it is readable by others is a finding of its own.
    const { metadata } = await discoverProvider({ issuer, allowHttp: true }, deps);
    return { asked: issuer, from, announced: metadata };
  } catch (fault) {
    if (!(fault instanceof OidcCliError) || fault.code === 'interrupted') throw fault;
    const exchange = deps.recorder.last('discovery');
    const announced = exchange === before ? undefined : announcedIn(exchange);
    return { asked: issuer, from, fault, ...(announced ? { announced } : {}) };
  }
}

/** Whether a document is that of the provider whose endpoints the configuration has. */
function isOf(announced: Announced, view: EndpointsAndIssuers): boolean {
  return [
    [announced.authorization_endpoint, view.authorizationEndpoint],
    [announced.token_endpoint, view.tokenEndpoint],
    [announced.jwks_uri, view.jwksUri],
  ].some(([theirs, ours]) => theirs !== undefined && ours !== undefined && bare(theirs) === bare(ours));
}

/** An address without what does not tell one server or document from another. */
function bare(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, pathname } = new URL(address);
  return origin + pathname.replace(/\/+$/, '');
}

/** Endpoint paths of well-known servers, each with the path of the issuer before it. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  // Microsoft Entra
  [/\/oauth2\/v2\.0\/(?:authorize|token)$/, '/v2.0'],
  [/\/discovery\/v2\.0\/keys$/, '/v2.0'],
  // Keycloak
  [/\/protocol\/openid-connect\/.*$/, ''],
  // Okta: the organisation's own server, and custom ones
  [/\/oauth2\/v1\/(?:authorize|token|keys)$/, ''],
  [/\/v1\/(?:authorize|token|keys)$/, ''],
  // Logto, oidc-provider
  [/\/(?:auth|authorize|authorization|token|jwks|keys|certs)$/, ''],
  [/\/(?:oauth2?|connect)\/(?:auth|authorize|token)$/, ''],
  [/\/\.well-known\/.*$/, ''],
];

/** Issuers that the endpoints suggest, likely ones first: known forms, the server itself, then the paths in between. */
function guesses(view: EndpointsAndIssuers): string[] {
  const endpoints = [view.authorizationEndpoint, view.tokenEndpoint, view.jwksUri].flatMap((endpoint) => {
    const url = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
    return url && /^https?:$/.test(url.protocol) ? [url] : [];
  });
  const known = endpoints.flatMap(({ origin, pathname }) => {
    return FORMS.filter(([form]) => form.test(pathname)).map(([form, end]) => origin + pathname.replace(form, end));
  });
  const servers = endpoints.map(({ origin }) => origin);
  const between = endpoints.flatMap(({ origin, pathname }) => {
    const parts = pathname.split('/').slice(1, -1);
    return parts.map((_, index) => `${origin}/${parts.slice(0, parts.length - index).join('/')}`);
  });
  return [...new Set([...known, ...servers, ...between])];
}
