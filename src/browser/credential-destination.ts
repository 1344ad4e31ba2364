import { getPublicSuffix } from 'tough-cookie';
import { isLoopback } from '../loopback.js';
import type { CredentialKind, CredentialPolicy } from './credential-policy.js';

/** A request that would carry credentials. */
export interface CredentialRequest {
  readonly to: URL;
  /** The page that sends it. */
  readonly page: URL | undefined;
  /** The pages that a kind was typed on; the request may go to the site of any of them. */
  readonly typedOn: (kind: CredentialKind) => readonly URL[];
  readonly inUrl: ReadonlySet<CredentialKind>;
  readonly inBody: ReadonlySet<CredentialKind>;
}

/**
 * Why a request may not carry credentials: they would be sent unencrypted, be
 * part of an address (which ends up in logs and histories), or leave the
 * page's own site.
 */
export type DestinationProblem = 'plain http' | 'in the URL' | 'another site';

/** A request that was stopped, and why. */
export interface DestinationRefusal {
  readonly problem: DestinationProblem;
  readonly kinds: readonly CredentialKind[];
  readonly to: URL;
  readonly page: URL | undefined;
}

/**
 * The one rule about where credentials may go. They go over https, to this
 * machine, or with `allowHttp` to the issuer's own http origin; to the site of
 * the page that asks for them, or to a host that was allowed by name; and never
 * in a URL, with the exception of user names. Returns undefined where the
 * request may be sent, also for one that carries no credentials.
 */
export function destinationRefusal(
  { to, page, typedOn, inUrl, inBody }: CredentialRequest,
  policy: CredentialPolicy,
): DestinationRefusal | undefined {
  const kinds = [...new Set([...inUrl, ...inBody])];
  if (kinds.length === 0) return undefined;
  const secrets = [...inUrl].filter((kind) => kind !== 'user name');
  if (secrets.length > 0) return { problem: 'in the URL', kinds: secrets, to, page };
  if (!isSecureDestination(to, policy)) return { problem: 'plain http', kinds, to, page };
  if (isAllowedHost(to, policy)) return undefined;
  const site = registrableSite(to);
  const strangers = kinds.filter((kind) => {
    const pages = typedOn(kind);
    return pages.length > 0 && !pages.some((one) => registrableSite(one) === site);
  });
  return strangers.length === 0 ? undefined : { problem: 'another site', kinds: strangers, to, page };
}

/** Whether what is sent there, or typed on a page from there, is read by nobody on the way. */
export function isSecureDestination(url: URL, { issuerOrigin, allowHttp }: CredentialPolicy): boolean {
  if (url.protocol === 'https:' || url.protocol === 'wss:' || isLoopback(url.hostname)) return true;
  return allowHttp === true && url.origin === issuerOrigin;
}

/**
 * The registrable domain of a URL's host by the Public Suffix List, or the host
 * itself where it has none, such as an IP address. All names of this machine
 * are one site.
 */
function registrableSite({ hostname }: URL): string {
  if (isLoopback(hostname)) return 'localhost';
  return getPublicSuffix(hostname, { allowSpecialUseDomain: true, ignoreError: true }) ?? hostname;
}

function isAllowedHost({ hostname, port, protocol }: URL, { allowedHosts = [] }: CredentialPolicy): boolean {
  const withPort = `${hostname}:${port || (protocol === 'http:' ? '80' : '443')}`;
  return allowedHosts.some((allowed) => [hostname, withPort].includes(allowed.toLowerCase()));
}
