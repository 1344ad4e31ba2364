import type { Facts } from '../errors.js';
import { addressHost, issuerDifference } from './differences.js';
import { causes, type ExplainTable, type Given, quote, strictNote } from './explanation.js';

/** What the check wanted and found, as sentences behind another; nothing where neither is known. */
function comparison(facts: Given<'expected' | 'actual'>): string {
  if (facts.expected === undefined && facts.actual === undefined) return '';
  return ` Expected: ${facts.expected ?? 'something else'}. Found: ${facts.actual ?? 'unknown'}.`;
}

/** Less than this, in seconds, explains nothing: a Date header is no precise clock. */
const NOTABLE_SKEW = 5;

/**
 * The clocks as a cause: as a fact where the provider's answer showed that
 * they differ that way, not at all where it showed that they do not, and as a guess
 * where nothing is known.
 */
function clocks(facts: Given<'clockSkew'>, provider: 'ahead' | 'behind'): string | false {
  const skew = facts.clockSkew;
  if (typeof skew !== 'number') {
    return provider === 'ahead'
      ? "This machine's clock is behind, or the provider's ahead."
      : "This machine's clock is ahead, or the provider's behind.";
  }
  const matters = provider === 'ahead' ? skew >= NOTABLE_SKEW : skew <= -NOTABLE_SKEW;
  if (!matters) return false;
  return `The two clocks differ: the provider's is ${Math.abs(skew)} s ${provider === 'ahead' ? 'ahead of' : 'behind'} this machine's.`;
}

/** A year of five digits or more: seconds were meant, and milliseconds written. */
function isMilliseconds({ actual }: Given<'actual'>): string | false {
  return (
    /^\+\d{6}-/.test(String(actual)) &&
    'The provider writes milliseconds, and the standard wants seconds (NumericDate).'
  );
}

/** What to change about a time that does not fit: the clocks, unless they are known to agree. */
function clockFix(facts: Given<'clockSkew'>, provider: 'ahead' | 'behind', otherwise: string): string {
  return clocks(facts, provider) === false
    ? otherwise
    : 'Set both clocks by NTP; for a known difference, pass --clock-tolerance SECONDS.';
}

/** Why an ID token is signed with a shared secret: a client without one cannot have asked for that. */
function sharedSecret({ actual, method }: Given<'actual' | 'method'>): string[] {
  if (!/^HS\d+$/.test(String(actual))) return [];
  const forged = `Somebody, or a confused provider, signed with the public key in place of a secret: whoever takes that takes any token (RFC 8725 §2.1).`;
  const chosen = `${actual} signs with the client secret: the application's ID-token algorithm is set to it at the provider.`;
  return method === 'none' ? [`This client has no secret, and ${actual} signs with one. ${forged}`] : [chosen, forged];
}

/** A cache between the key set and here, as the likely cause: where the answer says how long it lay there. */
function cached({ keySetAge }: Given<'keySetAge'>): string | false {
  return keySetAge !== undefined && `A cache served the key set: it is ${keySetAge} s old (Age header).`;
}

/** Whether a value differs from the one found, or from one of a list in JSON, only by case and space. */
function differsSlightly(expected: Facts[string], actual: Facts[string]): boolean {
  const plain = (value: string) => value.trim().toLowerCase();
  const found = String(actual).startsWith('[') ? String(actual).slice(1, -1).split(',') : [String(actual)];
  return typeof expected === 'string' && found.some((one) => plain(one.replace(/^"|"$/g, '')) === plain(expected));
}

/** Codes of the ID token's checks. */
export const idToken = {
  id_token_malformed: (f) => ({
    message: `The ID token is no JWT.${comparison(f)}`,
    causes: ['The provider put another kind of token there, or cut it off.'],
    fix: "Report it to the provider's makers.",
  }),
  id_token_encrypted: () => ({
    message: 'The ID token is encrypted, and this tool has no key to open it.',
    causes: ['ID-token encryption is switched on for this application.'],
    fix: 'Switch off id_token_encrypted_response_alg for the application.',
  }),
  id_token_signature_invalid: (f) => ({
    message: `The ID token's signature is not valid.${comparison(f)}`,
    causes: causes(
      /do not fit/.test(String(f.actual)) && 'The key in the key set is malformed, or of another kind than alg says.',
      'The key that the key set has under this kid did not sign this text: another key did, or the text was altered since.',
      'Two environments of the provider use the same kid for different keys.',
      cached(f),
    ),
    fix: 'Compare the keys the provider signs with and its jwks_uri; an application must refuse this token.',
  }),
  id_token_key_not_found: (f) =>
    /several keys/.test(String(f.actual))
      ? {
          message: `The ID token does not say which of the provider's keys signed it.${comparison(f)}`,
          causes: ['The provider publishes several keys and leaves kid out of the token header (OIDC Core §10.1).'],
          fix: 'Have the provider name the key (kid) in the header of its ID tokens.',
        }
      : {
          message: `The key that signed the ID token is not in the provider's key set, even after it was fetched again.${comparison(f)}`,
          causes: causes(
            /it is empty/.test(String(f.actual)) && 'The key set that the provider serves is empty.',
            /\(\(no kid\)/.test(String(f.actual)) &&
              'The keys of the key set have no kid, and the token names one: nothing says which of them it is.',
            cached(f),
            'The provider rotated its keys and publishes the new one too late, or a cache serves an old key set.',
            'The jwks_uri is that of another provider or tenant.',
          ),
          fix: 'Make the provider publish the key at its jwks_uri before it signs with it.',
        },
  id_token_alg_mismatch: (f) => ({
    message: `The ID token is signed with an algorithm that was neither announced nor asked for.${comparison(f)}`,
    causes: causes(
      f.actual === 'none' && 'The provider does not sign at all: anybody could have written this token.',
      ...sharedSecret(f),
      'id_token_signing_alg_values_supported in the provider’s configuration is not true.',
      "The application's ID-token algorithm is set to another value.",
    ),
    fix: 'Set the ID-token algorithm of the application to one that the provider announces, RS256 or ES256 for instance.',
  }),
  id_token_alg_unsupported: (f) => ({
    message: `The ID token is signed with ${f.actual === undefined ? 'an algorithm that' : `${f.actual}, which`} cannot be verified with a public key.`,
    causes: ["The application's ID-token algorithm is HS256 or another that signs with the client secret."],
    fix: 'Set the ID-token algorithm of the application to RS256 or ES256.',
  }),
  id_token_issuer_mismatch: (f) => ({
    message: `The ID token comes from another issuer.${comparison(f)}`,
    causes: causes(
      issuerDifference(f.expected, f.actual),
      'The provider’s issuer setting differs between its configuration and its tokens.',
      addressHost(f.expected) !== addressHost(f.actual) &&
        'The provider hands on ID tokens of another one, in place of its own.',
    ),
    fix: "Make the provider's issuer the same everywhere, to the letter.",
  }),
  id_token_audience_mismatch: (f) => ({
    message: `The ID token is for another client.${comparison(f)}`,
    causes: causes(
      differsSlightly(f.expected, f.actual) &&
        'The two differ by upper and lower case, or by a space: the comparison is exact.',
      /^\[?"?(https?|api|urn):/.test(String(f.actual)) && 'The provider puts the API that was asked for into aud.',
      `The provider took the requests of ${quote(f.expected, 'this client')} and writes ID tokens for another: the audience of its ID tokens is set (a mapper, a script, an API).`,
      'The client id is an alias or an old name of the application: aud has its real one.',
    ),
    fix: 'Correct the audience of ID tokens at the provider, or use the client id that stands in aud if that is the application’s own.',
  }),
  id_token_authorized_party_mismatch: (f) => ({
    message: `The ID token's authorized party (azp) is not this client${strictNote(f)}.${comparison(f)}`,
    causes: [
      f.actual === 'absent'
        ? 'The token has several audiences and does not say which client it was issued to.'
        : 'The token was issued to another client of the same project.',
    ],
    fix: 'Have the provider issue ID tokens to this client alone.',
  }),
  id_token_expired: (f) => ({
    message: `The ID token has expired.${comparison(f)}`,
    causes: causes(clocks(f, 'behind'), 'The provider issues tokens of a very short life, or old ones.'),
    fix: clockFix(f, 'behind', 'Have the provider make a new ID token for each sign-in, with a longer life.'),
  }),
  id_token_not_yet_valid: (f) => ({
    message: `The ID token is not valid yet (nbf).${comparison(f)}`,
    causes: causes(clocks(f, 'ahead'), 'The provider writes a time that is later than its own.'),
    fix: clockFix(f, 'ahead', 'Set the clocks of all servers of the provider by NTP.'),
  }),
  id_token_issued_in_future: (f) => ({
    message: `The ID token was issued in the future (iat).${comparison(f)}`,
    causes: causes(
      isMilliseconds(f),
      !isMilliseconds(f) && clocks(f, 'ahead'),
      'The provider writes a time that is later than its own.',
    ),
    fix: isMilliseconds(f)
      ? 'Have the provider write iat and exp in seconds since 1970 (RFC 7519 §2).'
      : clockFix(f, 'ahead', 'Set the clocks of all servers of the provider by NTP.'),
  }),
  id_token_too_old: (f) => ({
    message: `The ID token was issued long before this sign-in${strictNote(f)}.${comparison(f)}`,
    causes: causes(clocks(f, 'behind'), 'The provider hands out a token it made earlier.'),
    fix: 'Have the provider make a new ID token for each sign-in.',
  }),
  id_token_nonce_mismatch: (f) => ({
    message: `The ID token does not carry this sign-in's nonce.${comparison(f)}`,
    causes: causes(
      f.actual !== 'another value' && 'The provider does not pass nonce on (a proxying provider often loses it).',
      f.actual === 'another value' && 'The provider changes nonce, or keeps that of an earlier sign-in.',
      f.actual === 'another value' && 'The token was made for another sign-in: a replay.',
    ),
    fix: 'Have the provider put the nonce of the authorization request into the ID token, unchanged (OIDC Core §3.1.3.7).',
  }),
  id_token_at_hash_mismatch: (f) => ({
    message: `The access token is not the one the ID token was issued with (at_hash).${comparison(f)}`,
    causes: [
      'The provider hashes wrongly, or with another algorithm than the ID token’s.',
      'The access token was swapped on the way.',
    ],
    fix: "Report it to the provider's makers (OIDC Core §3.1.3.6).",
  }),
  id_token_c_hash_mismatch: (f) => ({
    message: `The code is not the one the ID token was issued with (c_hash).${comparison(f)}`,
    causes: ['The provider hashes wrongly.'],
    fix: "Report it to the provider's makers (OIDC Core §3.3.2.11).",
  }),
  id_token_subject_invalid: (f) => ({
    message: `The ID token names nobody: its sub is not a usable identifier.${comparison(f)}`,
    causes: [
      /^the number/.test(String(f.actual))
        ? 'The provider writes sub as a number, and the standard wants a text.'
        : /characters$/.test(String(f.actual))
          ? 'The provider maps a long name to sub, such as a path in a directory.'
          : 'The user has no value in the attribute that the provider maps to sub.',
    ],
    fix: 'Map sub to an attribute that every user has, of at most 255 characters.',
  }),
  id_token_auth_time_invalid: (f) => ({
    message: `The person did not sign in as recently as was asked (auth_time).${comparison(f)}`,
    causes: causes(clocks(f, 'behind'), 'The provider does not keep to max_age, or leaves auth_time out.'),
    fix: 'Ask with --prompt login as well, or raise --max-age.',
  }),
  id_token_acr_mismatch: (f) => ({
    message: `The sign-in was not made in the way that was asked (acr)${strictNote(f)}.${comparison(f)}`,
    causes: ['The provider does not know this acr value.', 'The person has no second factor to reach it.'],
    fix: "Compare --acr-values with acr_values_supported in the provider's configuration.",
  }),
  id_token_claim_missing: (f) => ({
    message:
      f.actual === undefined || f.actual === 'absent'
        ? `The ID token lacks ${f.check === undefined ? 'a claim' : `the claim ${f.check}`}, which the standard requires.${comparison(f)}`
        : `The ID token's claim ${f.check ?? ''} is of another kind than the standard requires.${comparison(f)}`,
    causes: [
      f.actual === undefined || f.actual === 'absent'
        ? 'The provider, or a script that shapes its tokens, leaves it out.'
        : 'The provider, or a script that shapes its tokens, writes it as a text or the like.',
    ],
    fix:
      f.actual === undefined || f.actual === 'absent'
        ? 'Have the provider put iss, sub, aud, exp and iat into every ID token (OIDC Core §2).'
        : `Have the provider write ${f.check ?? 'it'} as the standard has it: times as numbers, in seconds (OIDC Core §2).`,
  }),
  id_token_readers_disagree: (f) => ({
    message: `The two independent readings of the ID token disagree: ${f.who ?? 'one refuses it'} (${f.reason ?? 'no reason given'}).`,
    causes: ['The token is unusual in a way that only one of them minds.', 'One of the two has a fault.'],
    fix: 'Treat the token as not verified, and report this with the output of --json.',
  }),
  clock_skew: (f) => ({
    message: `The provider's clock and this machine's differ by more than is tolerated${strictNote(f)}.${comparison(f)}`,
    causes: ['One of them is not set by NTP.', 'The machine slept or was restored from a snapshot.'],
    fix: 'Set both clocks by NTP, or pass --clock-tolerance SECONDS.',
  }),
  refreshed_identity_changed: (f) => ({
    message: `The refreshed ID token is not about the same sign-in (${f.check ?? 'iss, sub or aud'}).${comparison(f)}`,
    causes: ['The provider mixed up two sessions, or changed its issuer or the way it writes sub.'],
    fix: 'Nothing of that answer was kept. Sign in again, and report it to the provider (OIDC Core §12.2).',
  }),
} satisfies Partial<ExplainTable>;
