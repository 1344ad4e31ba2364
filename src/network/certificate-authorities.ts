import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import type { Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { FileReadError, readBoundedFileSync } from '../read-file.js';

/** The certificates of all public authorities together are a quarter of a MiB. Bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** `tls.getCACertificates` came with Node 22.15: it also knows the system's store, where Node was told to use it. */
type NewerTls = typeof tls & { getCACertificates?: (kind: 'default') => string[] };

/**
 * The certificate authorities to trust when `--ca FILE` was given: Node's own,
 * those of NODE_EXTRA_CA_CERTS, and the file's. All of them, because a `ca`
 * handed to TLS replaces Node's list instead of adding to it.
 *
 * Without a file Node needs no list from us (and makes it faster itself), so
 * the answer is undefined.
 *
 * @throws OidcCliError `ca_unreadable` (facts: `file`, `reason`) when the file
 *   can't be read or holds no valid certificate in PEM.
 */
export function certificateAuthorities(caFile: string | undefined, env: Environment): string[] | undefined {
  if (caFile === undefined) return undefined;
  const own = readCertificates(caFile);
  const { getCACertificates } = tls as NewerTls;
  const builtIn = getCACertificates ? getCACertificates('default') : tls.rootCertificates;
  return [...builtIn, ...extraCertificates(env.NODE_EXTRA_CA_CERTS), ...own];
}

/** Where the certificate authorities that are trusted come from. */
export interface TrustSettings {
  /** How many Node brings. */
  readonly builtIn: number;
  /** Node was told to trust the operating system's as well: by what. */
  readonly system: string | undefined;
  /** NODE_EXTRA_CA_CERTS, and how many it adds or why it adds none. */
  readonly extra: { readonly file: string; readonly certificates: number; readonly problem?: string } | undefined;
  /** The file of `--ca`. */
  readonly own: { readonly file: string; readonly certificates: number } | undefined;
  /** Variables by which other programs are told about certificates, and which change nothing here. */
  readonly ignored: readonly string[];
}

/**
 * Tells which authorities are trusted, and why. Throws `ca_unreadable` as
 * `certificateAuthorities` does.
 */
export function trustSettings(caFile: string | undefined, env: Environment): TrustSettings {
  const option = /--use-(system|openssl)-ca/.exec(env.NODE_OPTIONS ?? '')?.[0];
  const extraFile = env.NODE_EXTRA_CA_CERTS || undefined;
  return {
    builtIn: tls.rootCertificates.length,
    system: option ?? (env.NODE_USE_SYSTEM_CA === '1' ? 'NODE_USE_SYSTEM_CA' : undefined),
    extra: extraFile === undefined ? undefined : loadedExtra(extraFile),
    own: caFile === undefined ? undefined : { file: caFile, certificates: readCertificates(caFile).length },
    ignored: OTHER_PROGRAM_VARIABLES.filter(
      (name) => env[name] && !(name.startsWith('SSL_') && option === '--use-openssl-ca'),
    ),
  };
}

const OTHER_PROGRAM_VARIABLES = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'NODE_TLS_REJECT_UNAUTHORIZED',
];

function loadedExtra(file: string): TrustSettings['extra'] {
  try {
    return { file, certificates: readCertificates(file).length };
  } catch (error) {
    const problem = error instanceof OidcCliError ? String(error.facts.reason) : 'it cannot be read';
    return { file, certificates: 0, problem };
  }
}

/** Node itself warns of an unreadable NODE_EXTRA_CA_CERTS and goes on; so do we, silently, not to say it twice. */
function extraCertificates(file: string | undefined): string[] {
  if (!file) return [];
  try {
    return readCertificates(file);
  } catch {
    return [];
  }
}

function readCertificates(file: string): string[] {
  let text: string;
  try {
    text = readBoundedFileSync(file, MAX_BYTES).bytes.toString('utf8');
  } catch (cause) {
    if (!(cause instanceof FileReadError)) throw cause;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'reading it is not permitted',
    };
    throw new OidcCliError('ca_unreadable', { file, reason: reasons[cause.code] ?? cause.reason }, { cause });
  }
  const certificates = text.match(PEM_CERTIFICATE);
  if (!certificates) throw new OidcCliError('ca_unreadable', { file, reason: 'it holds no certificate in PEM' });
  certificates.forEach((pem, index) => {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      const reason = `certificate ${index + 1} of ${certificates.length} in it is damaged`;
      throw new OidcCliError('ca_unreadable', { file, reason }, { cause });
    }
  });
  return [...certificates];
}
