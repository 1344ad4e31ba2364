import { randomUUID } from 'node:crypto';

/** What form-encoding leaves of a text (RFC 6749 appendix B): letters, digits, `*-._`, `+` for a space, and escapes. */
const FORM_ENCODED = /^(?:[A-Za-z0-9*\-._+]|%[0-9A-Fa-f]{2})*$/;

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * The Authorization header for a provider that form-decodes Basic credentials
 * (RFC 6749 §2.3.1, which oidc-provider does), changed so that one that is
 * not form-encoded throughout meets `invalid_client`, whatever it decodes to.
 * Headers of another scheme stay as they are.
 */
export function basicOnlyIfEncoded(header: string | undefined): string | undefined {
  const given = parseCredentials(header);
  if (given === undefined || (FORM_ENCODED.test(given.id) && FORM_ENCODED.test(given.secret))) return header;
  // A client that exists, and a secret that nobody has.
  return basicHeader({ id: encodeURIComponent(given.id), secret: randomUUID() });
}

/** The Authorization header for the same provider, changed so that it finds the credentials as they were sent. */
export function rawBasic(header: string | undefined): string | undefined {
  const given = parseCredentials(header);
  if (given === undefined) return header;
  return basicHeader({ id: encodeURIComponent(given.id), secret: encodeURIComponent(given.secret) });
}

function parseCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic ([\w+/=-]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function basicHeader({ id, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
