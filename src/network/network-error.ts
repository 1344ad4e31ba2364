import type { PeerCertificate } from 'node:tls';
import { type ErrorCode, type FactsOf, OidcCliError } from '../errors.js';

/** What is known of a request at the moment it failed. */
export interface Circumstances {
  readonly url: URL;
  /** Host and port of the proxy, when the request went through one. */
  readonly proxy?: string;
  /** Whether the proxy had let the request through (always true without a proxy). */
  readonly proxyPassed: boolean;
  /** The certificate that the server showed, where it came that far. */
  readonly certificate?: PeerCertificate;
}

const BY_SYSTEM_CODE: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'network_dns',
  EAI_AGAIN: 'network_dns',
  EAI_FAIL: 'network_dns',
  EAI_NODATA: 'network_dns',
  EAI_NONAME: 'network_dns',
  ENODATA: 'network_dns',
  ECONNREFUSED: 'network_refused',
  EHOSTUNREACH: 'network_unreachable',
  EHOSTDOWN: 'network_unreachable',
  ENETUNREACH: 'network_unreachable',
  ENETDOWN: 'network_unreachable',
  EADDRNOTAVAIL: 'network_unreachable',
  ECONNRESET: 'network_closed',
  ECONNABORTED: 'network_closed',
  EPIPE: 'network_closed',
  ERR_STREAM_PREMATURE_CLOSE: 'network_closed',
  HPE_INVALID_EOF_STATE: 'network_closed',
  ETIMEDOUT: 'network_timeout',
  EPROTO: 'tls_failed',
  HPE_HEADER_OVERFLOW: 'response_too_large',
};

/** Why a certificate was not accepted, by the code of OpenSSL or Node. */
const DISTRUST: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate comes from an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate comes from an authority that is not known here, or an intermediate certificate is not sent',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate has been revoked',
  CERT_UNTRUSTED: 'the certificate is not trusted for this use',
  CERT_REJECTED: 'the certificate is not accepted for this use',
  CERT_CHAIN_TOO_LONG: 'the certificate chain is too long',
  CERT_SIGNATURE_FAILURE: 'the signature of the certificate is wrong',
  INVALID_CA: 'an authority in the chain may not issue certificates',
  INVALID_PURPOSE: 'the certificate is not meant for servers',
  PATH_LENGTH_EXCEEDED: 'the certificate chain is longer than its authority allows',
  HOSTNAME_MISMATCH: 'the certificate is for another host',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'the host names in the certificate can not be read',
};

/** Why a certificate is not trusted, in words, by the code that OpenSSL or Node gives it. */
export function distrustReason(code: string): string {
  return DISTRUST[code] ?? code;
}

/** The URL as it may be shown: no query, fragment or credentials, which may hold secrets. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Turns whatever node:http, node:tls or a proxy agent threw into an
 * `OidcCliError`. Facts: `url` (without query) and `host` always; `reason`
 * where it says more than the code; for `tls_not_trusted` also `reasonCode`
 * and what is known of the certificate (`subject`, `issuer`, `validFrom`,
 * `validTo` as ISO dates, `names`); for `proxy_failed` the `proxy`'s host.
 */
export function networkError(thrown: unknown, circumstances: Circumstances): OidcCliError {
  if (thrown instanceof OidcCliError) return thrown;
  const cause = mostSpecificCause(thrown);
  const base = { url: shownUrl(circumstances.url), host: circumstances.url.host };
  const code = errorCode(cause);
  if (!circumstances.proxyPassed) {
    const reason = proxyReason(cause);
    return new OidcCliError('proxy_failed', { ...base, proxy: circumstances.proxy, reason }, { cause });
  }
  const proxy = circumstances.proxy === undefined ? {} : { proxy: circumstances.proxy };
  const distrust = DISTRUST[code];
  if (distrust !== undefined) {
    const certificate = (cause as { cert?: PeerCertificate }).cert ?? circumstances.certificate;
    const facts = { ...base, ...proxy, reason: distrust, reasonCode: code, ...describeCertificate(certificate) };
    return new OidcCliError('tls_not_trusted', facts, { cause });
  }
  const tlsReason = tlsProtocolReason(cause, code);
  if (tlsReason !== undefined) {
    return new OidcCliError('tls_failed', { ...base, ...proxy, reason: tlsReason }, { cause });
  }
  const known = BY_SYSTEM_CODE[code];
  if (known === undefined) {
    const reason = code.startsWith('HPE_') ? 'the answer is not HTTP' : errorMessage(cause);
    return new OidcCliError('network_failed', { ...base, ...proxy, reason }, { cause });
  }
  return new OidcCliError(known, { ...base, ...proxy, reason: code }, { cause });
}

/** Several addresses were tried (happy eyeballs): the error of the one that came furthest says most. */
function mostSpecificCause(thrown: unknown): unknown {
  if (!(thrown instanceof AggregateError) || thrown.errors.length === 0) return thrown;
  const order = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'];
  for (const code of order) {
    const match = thrown.errors.find((error) => errorCode(error) === code);
    if (match !== undefined) return match;
  }
  return thrown.errors[0];
}

function errorCode(cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function errorMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** In words, when it is TLS itself that failed, undefined when it is not. */
function tlsProtocolReason(cause: unknown, code: string): string | undefined {
  const { rawPacket, reason } = cause as { rawPacket?: Uint8Array; reason?: unknown };
  // A TLS alert record, read as if it were HTTP
  if (code.startsWith('HPE_') && rawPacket?.[0] === 0x15 && rawPacket[1] === 0x03) {
    return 'this port speaks TLS, and was asked in plain http';
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number/i.test(errorMessage(cause))) {
    return 'this port does not speak TLS';
  }
  if (code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || /packet length too long/i.test(errorMessage(cause))) {
    return 'this port does not speak TLS';
  }
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_') && code !== 'EPROTO') return undefined;
  return typeof reason === 'string' ? reason : code;
}

function proxyReason(cause: unknown): string {
  const code = errorCode(cause);
  if (BY_SYSTEM_CODE[code] === 'network_dns') return 'its host name is not known';
  if (code === 'ECONNREFUSED') return 'nothing answers there';
  if (code === 'ECONNRESET' || /ended before receiving/.test(errorMessage(cause))) return 'it closed the connection';
  return DISTRUST[code] ?? tlsProtocolReason(cause, code) ?? errorMessage(cause);
}

function describeCertificate(certificate: PeerCertificate | undefined): FactsOf<'tls_not_trusted'> {
  if (!certificate?.subject) return {};
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    validFrom: isoDate(certificate.valid_from),
    validTo: isoDate(certificate.valid_to),
    names: certificate.subjectaltname?.split(', ').slice(0, 10),
  };
}

function distinguishedName(name: { CN?: unknown; O?: unknown } | undefined): string | undefined {
  const value = name?.CN ?? name?.O;
  return value === undefined ? undefined : String(value);
}

function isoDate(text: string | undefined): string | undefined {
  const milliseconds = Date.parse(text ?? '');
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}
