import { CheckList, type CheckOutcome, type DoctorCheck } from '../../checks/check-list.js';
import type { ConnectorFile } from './file.js';
import type { ConnectorView } from './view.js';

const SECRET = ['clientSecret'];

/** Bytes below which a secret is weaker than the hash it is used with (RFC 7518 §3.2). */
const HMAC_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

/**
 * Checks whether client id and secret reach the provider unchanged as Logto sends
 * them. The secret is described, never shown. `missing` is the reason for a
 * missing secret.
 */
export function secretChecks(file: ConnectorFile, view: ConnectorView, missing?: MissingSecret): DoctorCheck[] {
  const list = new CheckList('client secret', { places: file });
  if (missing) {
    list.add(missing.verdict, 'client secret', {
      key: SECRET,
      actual: missing.reason,
      why: 'Without the secret its characters cannot be checked.',
      repair: 'Give it with --client-secret-env, --client-secret-file or --client-secret-stdin.',
    });
  } else if (view.clientSecret !== undefined) {
    list.put('client secret', secretCheck(view.clientSecret));
    if (view.method === 'client_secret_basic') rawBasic(list, view.clientId ?? '', view.clientSecret);
    if (view.method === 'client_secret_jwt')
      list.put('secret length', longEnough(view.clientSecret, view.assertionAlgorithm));
  }
  return list.all;
}

/** The reason that the secret is not known. */
export interface MissingSecret {
  readonly verdict: 'skip' | 'fail';
  readonly reason: string;
}

function secretCheck(secret: string): CheckOutcome {
  const ends = [/^\s/.test(secret) && 'begins', /\s$/.test(secret) && 'ends'].filter(Boolean).join(' and ');
  if (ends !== '') {
    const lines = /^[\r\n]|[\r\n]$/.test(secret);
    const why = 'Logto sends it as it stands, and the provider has another one: invalid_client.';
    const actual = `${ends} ${ends === 'begins' ? 'with' : 'in'} a ${lines ? 'line break' : 'space'}`;
    return ['fail', { key: SECRET, actual, why, repair: `Remove the ${lines ? 'line break' : 'space'}.` }];
  }
  const count = [...secret].length;
  return ['pass', { key: SECRET, actual: `${count} ${count === 1 ? 'character' : 'characters'}` }];
}

/**
 * RFC 6749 §2.3.1 requires form-encoding of id and secret before Basic. Logto
 * sends them raw, and the provider decodes them.
 */
function rawBasic(list: CheckList, id: string, secret: string): void {
  const repair =
    'Set tokenEndpointAuthMethod to client_secret_post, or have the provider make a secret of letters and digits.';
  if (id.includes(':')) {
    list.add('fail', 'raw Basic', {
      key: ['clientId'],
      actual: 'holds a :',
      why: 'Logto writes the client id raw before the : that ends it: the provider reads a shorter one.',
      repair: 'Set tokenEndpointAuthMethod to client_secret_post.',
    });
  }
  const broken: string[] = [];
  for (const [key, value] of [
    ['clientId', id],
    ['clientSecret', secret],
  ] as const) {
    const marks = ['+', '%'].filter((mark) => value.includes(mark));
    const others = [...new Set(value.replaceAll(/[A-Za-z0-9*\-._+%]/g, ''))];
    if (marks.length > 0) {
      broken.push(key);
      list.add('fail', 'raw Basic', {
        key: [key],
        actual: `holds a ${marks.join(' and a ')}`,
        why: 'Logto sends it by Basic without encoding it first, and a provider that follows RFC 6749 §2.3.1 decodes it into another one: invalid_client.',
        repair,
      });
    } else if (others.length > 0 && !(key === 'clientId' && id.includes(':'))) {
      broken.push(key);
      list.add('warn', 'raw Basic', {
        key: [key],
        actual: `holds ${others.length === 1 ? 'a character' : `${others.length} characters`} to be encoded`,
        why: 'Logto does not encode it for Basic: most providers take it all the same, a strict one answers invalid_client.',
        repair,
      });
    }
  }
  if (broken.length === 0 && !id.includes(':'))
    list.add('pass', 'raw Basic', { actual: 'nothing in it needs encoding' });
}

function longEnough(secret: string, alg: keyof typeof HMAC_BYTES): CheckOutcome {
  const bytes = Buffer.byteLength(secret);
  const actual = `${bytes} bytes for ${alg}`;
  if (bytes >= HMAC_BYTES[alg]) return ['pass', { actual }];
  return [
    'warn',
    {
      key: SECRET,
      actual,
      expected: `${HMAC_BYTES[alg]} bytes or more`,
      why: 'It is shorter than the hash that it signs with (RFC 7518 §3.2); some providers refuse such a client.',
      repair: 'Have the provider make a longer secret.',
    },
  ];
}

/**
 * Whether a provider that form-decodes Basic credentials (RFC 6749 §2.3.1) would
 * read a different value than Logto sent, or none at all.
 */
export function breaksUnderRawBasic(value: string): boolean {
  try {
    return decodeURIComponent(value.replaceAll('+', ' ')) !== value;
  } catch {
    return true;
  }
}
