import { OidcCliError } from '../../errors.js';
import { type AdvertisedMetadata, advertisedMetadata } from '../../oidc/metadata.js';
import { discoverProvider, type ProviderDeps } from '../../oidc/provider.js';
import { isNetworkFailure } from '../refusals.js';
import type { ConnectorView } from './view.js';

/** An issuer whose discovery document was requested. */
export interface TriedIssuer {
  /** As given or guessed. */
  readonly asked: string;
  readonly from: 'configuration' | 'flag' | 'guess';
  readonly metadata?: AdvertisedMetadata;
  /** The reason that there is no document, or the fault of the document. */
  readonly fault?: OidcCliError;
}

/** The result of discovery: every named issuer; of the guesses only the one that matches. */
export interface ProviderDiscovery {
  readonly tried: readonly TriedIssuer[];
  /** The failure that ended the requests for suggested issuers. */
  readonly unreached?: OidcCliError;
  /** The document to compare with. */
  readonly provider?: TriedIssuer & { readonly metadata: AdvertisedMetadata };
}

/** The parts of a configuration that identify its provider. */
type EndpointsAndIssuers = Pick<ConnectorView, 'issuers' | 'authorizationEndpoint' | 'tokenEndpoint' | 'jwksUri'>;

/** Guesses send requests to a server that is not ours, so their number is small. */
const MAX_GUESSES = 8;

/**
 * Requests the provider's discovery: the issuer of the flag, else each issuer of
 * the configuration, else (also if none of those has a document) the issuers that
 * the endpoints suggest, if their document has these endpoints. A provider without
 * a response is a finding, not an error. Rejects only when aborted.
 */
export async function discoverIssuers(
  view: EndpointsAndIssuers,
  flag: string | undefined,
  deps: ProviderDeps,
): Promise<ProviderDiscovery> {
  const named = flag === undefined ? view.issuers : [flag];
  const from = flag === undefined ? 'configuration' : 'flag';
  const asked: TriedIssuer[] = [];
  const unreached = new Map<string, OidcCliError>();
  for (const issuer of named) {
    // A host that is not reachable is not tried again.
    const host = URL.canParse(issuer) ? new URL(issuer).host : issuer;
    const fault = unreached.get(host);
    const response = fault ? ({ asked: issuer, from, fault } as const) : await discoverIssuer(issuer, from, deps);
    if (isNetworkFailure(response.fault)) unreached.set(host, response.fault);
    asked.push(response);
  }
  const withDocument = asked.filter(hasDocument);
  const provider = withDocument.find(({ metadata }) => matchesView(metadata, view)) ?? withDocument[0];
  if (provider) return { tried: asked, provider };

  const tried = new Set(named.map(withoutSlash));
  for (const issuer of guesses(view).slice(0, MAX_GUESSES)) {
    if (tried.has(withoutSlash(issuer))) continue;
    const received = await discoverIssuer(issuer, 'guess', deps);
    if (hasDocument(received) && matchesView(received.metadata, view)) return { tried: asked, provider: received };
    // A host that is not reachable has no other documents either.
    if (isNetworkFailure(received.fault)) return { tried: asked, unreached: received.fault };
  }
  return { tried: asked };
}

/**
 * The issuer of a connector that names none: a suggested issuer whose discovery
 * advertises exactly these endpoints. Undefined if there is none. Throws
 * `network_timeout` if the provider did not answer in time.
 */
export async function findIssuer(
  endpoints: { readonly authorizationEndpoint: string; readonly tokenEndpoint: string },
  deps: ProviderDeps,
): Promise<string | undefined> {
  const view = { issuers: [], jwksUri: undefined, ...endpoints };
  const { provider, unreached } = await discoverIssuers(view, undefined, deps);
  if (unreached?.code === 'network_timeout') throw unreached;
  const { issuer, token_endpoint, authorization_endpoint } = provider?.metadata ?? {};
  const same = token_endpoint === endpoints.tokenEndpoint && authorization_endpoint === endpoints.authorizationEndpoint;
  return same ? issuer : undefined;
}

function hasDocument(asked: TriedIssuer): asked is TriedIssuer & { readonly metadata: AdvertisedMetadata } {
  return asked.metadata !== undefined;
}

async function discoverIssuer(issuer: string, from: TriedIssuer['from'], deps: ProviderDeps): Promise<TriedIssuer> {
  const before = deps.recorder.last('discovery');
  try {
    // Logto allows plain http too; another check reports that others can read it.
    const { metadata } = await discoverProvider({ issuer, allowHttp: true }, deps);
    return { asked: issuer, from, metadata };
  } catch (fault) {
    if (!(fault instanceof OidcCliError) || fault.code === 'interrupted') throw fault;
    const exchange = deps.recorder.last('discovery');
    const metadata = exchange === before ? undefined : advertisedMetadata(exchange);
    return { asked: issuer, from, fault, ...(metadata ? { metadata } : {}) };
  }
}

/** Whether a document has the endpoints of the configuration. */
function matchesView(metadata: AdvertisedMetadata, view: EndpointsAndIssuers): boolean {
  return [
    [metadata.authorization_endpoint, view.authorizationEndpoint],
    [metadata.token_endpoint, view.tokenEndpoint],
    [metadata.jwks_uri, view.jwksUri],
  ].some(([theirs, ours]) => theirs !== undefined && ours !== undefined && withoutSlash(theirs) === withoutSlash(ours));
}

/** An address without parts that do not distinguish servers or documents. */
function withoutSlash(address: string): string {
  if (!URL.canParse(address)) return address;
  const { origin, pathname } = new URL(address);
  return origin + pathname.replace(/\/+$/, '');
}

/** Endpoint paths of well-known servers, each with the issuer's path that replaces it. */
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
