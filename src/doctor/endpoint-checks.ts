import { CheckList, type DoctorCheck, type Explain } from '../checks/check-list.js';
import { OidcCliError } from '../errors.js';
import { isLoopback } from '../loopback.js';
import type { NetworkFetch } from '../network/fetch.js';
import { isRedirect } from '../network/redirect.js';
import { isPlainHttp, withoutQuery } from '../oidc/endpoint-address.js';
import type { AdvertisedMetadata } from '../oidc/metadata.js';
import { failureSide } from './connection-checks.js';

/** Dependencies of these checks. */
export interface EndpointDeps {
  readonly fetch: NetworkFetch;
  readonly signal: AbortSignal;
  readonly explain: Explain;
}

/** Milliseconds for the response of one endpoint. */
const TIMEOUT_MS = 10_000;

/**
 * The endpoints that this tool uses, except the authorization endpoint and the key
 * set, which have checks of their own. Each must refuse a request without
 * parameters and credentials: the refusal proves that the endpoint exists.
 */
const ENDPOINT_REQUESTS = [
  { name: 'token endpoint', member: 'token_endpoint', method: 'POST', step: 'token request', needed: true },
  { name: 'userinfo endpoint', member: 'userinfo_endpoint', method: 'GET', step: 'userinfo request', needed: false },
  {
    name: 'revocation endpoint',
    member: 'revocation_endpoint',
    method: 'POST',
    step: 'revocation request',
    needed: false,
  },
  {
    name: 'introspection endpoint',
    member: 'introspection_endpoint',
    method: 'POST',
    step: 'introspection request',
    needed: false,
  },
  {
    name: 'pushed requests endpoint',
    member: 'pushed_authorization_request_endpoint',
    method: 'POST',
    step: 'pushed authorization request',
    needed: false,
  },
  {
    name: 'end session endpoint',
    member: 'end_session_endpoint',
    method: 'GET',
    step: 'end session request',
    needed: false,
  },
] as const;

type EndpointRequest = (typeof ENDPOINT_REQUESTS)[number];

const ALL = ['authorization_endpoint', 'jwks_uri', ...ENDPOINT_REQUESTS.map(({ member }) => member)] as const;

/** Checks that the advertised endpoints use https, and that each responds to a request without parameters. */
export async function endpointChecks(metadata: AdvertisedMetadata, deps: EndpointDeps): Promise<DoctorCheck[]> {
  const checks = new CheckList('endpoints', deps);
  https(checks, metadata);
  const asked = await Promise.all(ENDPOINT_REQUESTS.map((endpoint) => probeEndpoint(endpoint, metadata, deps)));
  for (const one of asked) checks.all.push(...one.all);
  return checks.all;
}

function https(checks: CheckList, metadata: AdvertisedMetadata): void {
  const given = ALL.flatMap((name) => {
    const address: unknown = metadata[name];
    return typeof address === 'string' ? [{ name, address }] : [];
  });
  const plain = given.filter(({ address }) => isPlainHttp(address));
  if (plain.length > 0) {
    const behindProxy = metadata.issuer?.startsWith('https:') === true;
    checks.fail('https', {
      actual: plain.map(({ name, address }) => `${name} ${withoutQuery(address)}`).join(', '),
      expected: 'https',
      why: behindProxy
        ? 'The provider runs behind a proxy and does not know that it is reached by https (X-Forwarded-Proto).'
        : 'Anybody on the way can read and change what is sent there.',
      repair: behindProxy
        ? 'Have the proxy pass X-Forwarded-Proto, and the provider trust it.'
        : 'Have the provider serve it over TLS.',
      side: 'provider',
    });
    return;
  }
  const here = given.filter(({ address }) => URL.canParse(address) && isLoopback(new URL(address).hostname));
  checks.pass(
    'https',
    here.length === given.length ? 'all on this machine, where nobody is in between' : `all ${given.length}`,
  );
}

async function probeEndpoint(
  { name, member, method, step, needed }: EndpointRequest,
  metadata: AdvertisedMetadata,
  { fetch, signal, explain }: EndpointDeps,
): Promise<CheckList> {
  const checks = new CheckList('endpoints', { explain });
  const address: unknown = metadata[member];
  if (address === undefined) {
    // The missing token endpoint is already reported.
    checks.skip(name, 'not announced');
    return checks;
  }
  if (typeof address !== 'string' || !URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    // The check of the document's members already reports what a sign-in needs.
    if (needed) checks.notMade([name], { name: 'required members' });
    else failEndpoint(checks, name, needed, 'it is no address that can be requested');
    return checks;
  }
  if (isPlainHttp(address)) {
    checks.notMade([name], { name: 'https' });
    return checks;
  }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const body = method === 'POST' ? { body: new URLSearchParams() } : {};
  try {
    const response = await fetch(address, { method, step, signal: limit, ...body });
    addEndpointCheck(checks, name, needed, withoutQuery(address), response);
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    const { message, fix } = explain(error);
    const details = { actual: message, repair: fix, side: failureSide(error), code: error.code };
    if (needed) checks.fail(name, details);
    else checks.warn(name, details);
  }
  return checks;
}

function addEndpointCheck(
  checks: CheckList,
  name: EndpointRequest['name'],
  needed: boolean,
  shown: string,
  { status, headers }: Response,
): void {
  const details = `${shown} answers ${status}`;
  const type = headers.get('content-type') ?? '';
  // The browser is sent to the end session endpoint; programs use the others.
  const forPrograms = name !== 'end session endpoint';
  if (status === 404 || status === 405 || status >= 500) failEndpoint(checks, name, needed, details);
  else if (forPrograms && isRedirect(status))
    failEndpoint(checks, name, needed, `${details}: it redirects, and nobody follows`);
  else if (forPrograms && type.includes('html') && status < 400)
    failEndpoint(checks, name, needed, `${details} with a web page`);
  else if (name === 'token endpoint' && status < 300) {
    failEndpoint(checks, name, needed, `${details} to a request that asks for nothing (RFC 6749 §5.2)`);
  } else checks.pass(name, details);
}

function failEndpoint(checks: CheckList, name: string, needed: boolean, actual: string): void {
  const details = {
    actual,
    expected: 'a refusal: 400 or 401',
    why: needed
      ? 'Every sign-in fails here, after the person has signed in.'
      : 'A sign-in works without; what needs this endpoint does not.',
    repair: 'Compare the address in the discovery document with the provider’s routes, and look into its log.',
    side: 'provider' as const,
  };
  if (needed) checks.fail(name, details);
  else checks.warn(name, details);
}
