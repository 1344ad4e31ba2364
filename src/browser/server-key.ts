import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, rootCertificates } from 'node:tls';
import { readBoundedFileSync } from '../read-file.js';

/** Milliseconds for a handshake. */
const TIMEOUT_MS = 10_000;

/** No list of certificates is larger; bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The key of the certificate that an https server shows (SHA-256 of its public
 * key, base64), once it has been verified with the authorities of a file; a
 * browser takes no such file, but keys to trust. Undefined where the server is
 * not reached or not to be trusted: the browser then says so itself.
 */
export async function fetchServerKey(url: URL, caFile: string): Promise<string | undefined> {
  if (url.protocol !== 'https:') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      ca: [...rootCertificates, readBoundedFileSync(caFile, MAX_BYTES).bytes.toString('utf8')],
      ...(isIP(host) ? {} : { servername: host }),
      timeout: TIMEOUT_MS,
    });
    const end = (key?: string) => {
      resolve(key);
      socket.destroy();
    };
    socket.once('secureConnect', () =>
      end(socket.authorized ? publicKeyHash(socket.getPeerCertificate().raw) : undefined),
    );
    socket.once('timeout', () => end());
    socket.on('error', () => end());
  });
}

function publicKeyHash(certificate: Buffer): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}
