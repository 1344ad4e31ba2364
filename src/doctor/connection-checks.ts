import { CheckList, countText, type DoctorCheck, type Explain, type Side } from '../checks/check-list.js';
import type { Clock, Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { type TrustSettings, trustSettings } from '../network/certificate-authorities.js';
import { type ProxySettings, proxySettings, proxyVariables } from '../network/proxy.js';
import { resolveName } from '../network/resolve-name.js';
import { type ChainLink, type TlsHandshake, tlsHandshake } from '../network/tls-handshake.js';
import type { Recorder } from '../trace/recorder.js';

/** The network settings of a profile. */
export interface NetworkSettings {
  readonly ca: string | undefined;
  /** The source of the CA file's path, for people. */
  readonly caSource: string;
  readonly insecure: boolean;
}

/** Dependencies of these checks. */
export interface ConnectionDeps {
  readonly env: Environment;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly explain: Explain;
}

/** Milliseconds for a name to be resolved, and for a TLS connection to be made. */
const TIMEOUT_MS = 10_000;

/**
 * Days before its end at which a certificate should have been renewed: a third of
 * the lifetime of the shortest public ones.
 */
const RENEW_DAYS = 14;

const DAY_MS = 24 * 60 * 60 * 1000;

const TLS_CHECKS = ['TLS version', 'certificate chain', 'certificate lifetime'];

/**
 * Checks the connection to the provider: proxy and certificate authorities in use,
 * the host's name, and for https the TLS handshake. Each check needs the one
 * before. `issuer` is undefined without a provider to reach: then only the
 * settings are reported.
 */
export async function connectionChecks(
  issuer: URL | undefined,
  settings: NetworkSettings,
  deps: ConnectionDeps,
): Promise<DoctorCheck[]> {
  const checks = new CheckList('connection', deps);
  const proxy = await proxyCheck(checks, issuer, deps);
  authorities(checks, settings, deps);
  if (issuer === undefined) return checks.all;
  const later = ['name resolution', ...TLS_CHECKS];
  if (checks.failed) {
    checks.notMade(later, checks.failed);
    return checks.all;
  }
  await nameResolution(checks, issuer, proxy, deps);
  if (checks.failed) checks.notMade(TLS_CHECKS, checks.failed);
  else await tls(checks, issuer, settings, deps);
  return checks.all;
}

async function proxyCheck(
  checks: CheckList,
  issuer: URL | undefined,
  { env }: ConnectionDeps,
): Promise<ProxySettings | undefined> {
  const name = 'proxy';
  const variables = proxyVariables(env).map((one) => `${one.name}=${one.shown}`);
  if (issuer === undefined) {
    checks.pass(name, variables.length === 0 ? 'none: no variable names one' : variables.join(', '));
    return undefined;
  }
  try {
    const inForce = await proxySettings(issuer, env);
    if (inForce.proxy !== undefined) {
      const { proxy, variable, credentials } = inForce;
      checks.pass(name, `${proxy} (${variable}${credentials ? ', with user name and password' : ''})`);
    } else {
      const because = {
        'no variable': 'none: no variable names one',
        'this machine': `none: ${issuer.host} is this machine (${variables.join(', ')})`,
        NO_PROXY: `none: NO_PROXY has ${issuer.host} (${variables.join(', ')})`,
      };
      checks.pass(name, because[inForce.because]);
    }
    return inForce;
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith(name, error, 'machine');
    return undefined;
  }
}

function authorities(checks: CheckList, { ca, caSource, insecure }: NetworkSettings, { env }: ConnectionDeps): void {
  const name = 'certificate authorities';
  let trust: TrustSettings;
  try {
    trust = trustSettings(ca, env);
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith(name, error, 'configuration');
    return;
  }
  const actual = trustText(trust, caSource);
  if (insecure) {
    checks.warn(name, {
      actual: `none counts: certificates are not verified; ${actual}`,
      why: 'Anybody on the way can read and change everything.',
      repair: 'Leave --insecure out, and name the authority with --ca FILE.',
      side: 'configuration',
    });
  } else if (trust.extra?.problem !== undefined) {
    checks.warn(name, {
      actual: `${actual}; NODE_EXTRA_CA_CERTS names ${trust.extra.file}, and ${trust.extra.problem}`,
      why: 'Node goes on without it.',
      repair: 'Correct NODE_EXTRA_CA_CERTS, or name the file with --ca.',
      side: 'machine',
    });
  } else checks.pass(name, actual);
}

function trustText({ builtIn, system, extra, own, ignored }: TrustSettings, caSource: string): string {
  return [
    `${builtIn} of Node's own`,
    system === undefined ? undefined : `those of the system (${system})`,
    extra && extra.problem === undefined ? `${extra.certificates} of ${extra.file} (NODE_EXTRA_CA_CERTS)` : undefined,
    own ? `${own.certificates} of ${own.file} (${caSource})` : undefined,
    ignored.length > 0 ? `nothing by ${ignored.join(', ')}, which Node does not read` : undefined,
  ]
    .filter(Boolean)
    .join(', ');
}

async function nameResolution(
  checks: CheckList,
  issuer: URL,
  proxy: ProxySettings | undefined,
  { clock, recorder, signal }: ConnectionDeps,
): Promise<void> {
  const name = 'name resolution';
  if (proxy?.proxy !== undefined) {
    checks.skip(name, 'the proxy resolves it, not this machine');
    return;
  }
  try {
    const addresses = await resolveName(issuer, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    const actual = addresses.length === 0 ? 'an address, not a name' : addresses.join(', ');
    checks.pass(name, actual);
    recorder.note({ step: 'name resolution', from: 'cli', to: 'cli', at: clock.now(), note: actual });
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    checks.failWith(name, error, 'network');
  }
}

async function tls(checks: CheckList, issuer: URL, settings: NetworkSettings, deps: ConnectionDeps): Promise<void> {
  if (issuer.protocol !== 'https:') {
    for (const name of TLS_CHECKS) checks.skip(name, 'plain http has none');
    return;
  }
  const { env, clock, recorder, signal } = deps;
  let handshake: TlsHandshake;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    handshake = await tlsHandshake(issuer, { env, caFile: settings.ca, signal: limit });
  } catch (error) {
    if (!(error instanceof OidcCliError)) throw error;
    // TLS begins only after the TCP connection and, with a proxy, its consent.
    const [first = '', ...rest] = error.code === 'tls_failed' ? TLS_CHECKS : ['connection', ...TLS_CHECKS];
    checks.failWith(first, error, failureSide(error));
    checks.notMade(rest, { name: first });
    return;
  }
  const { version, cipher, distrust } = handshake;
  const note = `${version}, ${cipher}, ${distrust === undefined ? 'trusted' : distrust.reason}`;
  recorder.note({ step: 'TLS handshake', from: 'cli', to: 'provider', at: clock.now(), note });
  checks.pass('TLS version', `${version} (${cipher})`);
  certificate(checks, handshake, issuer, settings.insecure, clock.now());
}

/** The side that a failed connection is to be fixed on. */
export function failureSide({ code, facts }: OidcCliError): Side {
  if (code === 'proxy_failed') return 'network';
  // The server speaks another protocol, so the address has a wrong scheme or port.
  if (code === 'tls_failed' && /speaks? TLS/.test(String(facts.reason))) return 'configuration';
  if (code === 'tls_not_trusted')
    return /expired|valid yet|another host/.test(String(facts.reason)) ? 'provider' : 'machine';
  return code === 'network_refused' ||
    code === 'network_closed' ||
    code === 'tls_failed' ||
    code === 'response_too_large' ||
    code === 'response_too_deep'
    ? 'provider'
    : 'network';
}

/** Node's codes for a certificate outside its validity period. */
const LIFETIME_ERRORS = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

function certificate(checks: CheckList, handshake: TlsHandshake, issuer: URL, insecure: boolean, now: number): void {
  const [own] = handshake.chain;
  const over = own !== undefined && (now < own.validFrom || now > own.validTo);
  const { distrust } = handshake;
  if (distrust === undefined || (over && LIFETIME_ERRORS.includes(distrust.code))) {
    if (distrust === undefined)
      checks.pass('certificate chain', `${chainText(handshake)}, for ${handshake.names.slice(0, 4).join(', ')}`);
    else
      checks.skip('certificate chain', `${chainText(handshake)}: not judged, since the certificate is not valid now`);
  } else {
    const error = distrusted(handshake, issuer);
    if (insecure) passInsecure(checks, 'certificate chain', `${chainText(handshake)}: ${distrust.reason}`, error);
    else checks.failWith('certificate chain', error, failureSide(error));
  }
  if (over && distrust !== undefined) {
    const error = distrusted(handshake, issuer);
    if (insecure) passInsecure(checks, 'certificate lifetime', distrust.reason, error);
    else checks.failWith('certificate lifetime', error, failureSide(error));
  } else lifetime(checks, own, now);
}

/** The error that a request would end with. */
function distrusted({ chain: [own], names, distrust }: TlsHandshake, issuer: URL): OidcCliError {
  return new OidcCliError('tls_not_trusted', {
    url: issuer.origin + issuer.pathname,
    host: issuer.host,
    reason: distrust?.reason,
    reasonCode: distrust?.code,
    subject: own?.subject,
    issuer: own?.issuer,
    ...day('validFrom', own?.validFrom),
    ...day('validTo', own?.validTo),
    names: names.slice(0, 10),
  });
}

function day(
  name: 'validFrom' | 'validTo',
  at = Number.NaN,
): { readonly validFrom?: string; readonly validTo?: string } {
  return Number.isNaN(at) ? {} : { [name]: new Date(at).toISOString() };
}

function passInsecure(checks: CheckList, name: string, actual: string, error: OidcCliError): void {
  checks.warn(name, {
    actual,
    why: 'It is taken all the same, since certificates are not verified (--insecure).',
    repair: 'Name the authority with --ca FILE, or have the certificate mended.',
    side: failureSide(error),
  });
}

/**
 * The certificate chain from the server's certificate up. An authority that is
 * neither sent nor known here is still named, as the issuer of the last
 * certificate.
 */
function chainText({ chain }: TlsHandshake): string {
  const links = chain.map(({ subject }) => subject);
  const last = chain.at(-1);
  if (last && last.issuer !== last.subject) links.push(`${last.issuer} (neither sent nor known here)`);
  return links.join(' ← ');
}

function lifetime(checks: CheckList, own: ChainLink | undefined, now: number): void {
  const name = 'certificate lifetime';
  if (own === undefined || Number.isNaN(own.validTo)) {
    checks.skip(name, 'the certificate does not say');
    return;
  }
  const days = Math.floor((own.validTo - now) / DAY_MS);
  const actual = `${countText(days, 'day')} left (until ${new Date(own.validTo).toISOString().slice(0, 10)})`;
  if (days >= RENEW_DAYS) checks.pass(name, actual);
  else {
    checks.warn(name, {
      actual,
      expected: `${RENEW_DAYS} days or more`,
      why: 'When it has ended nobody can sign in, and a renewal that works by itself would have been made by now.',
      repair: 'Ask the provider’s operators whether the renewal is on its way.',
      side: 'provider',
    });
  }
}
