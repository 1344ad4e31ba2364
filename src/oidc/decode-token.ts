import { isNestedTooDeep, lookup, MAX_JSON_DEPTH, parseJson } from '../json.js';
import { valueText } from './json-values.js';

/** The form of a token. `damaged`: a broken JWT, or no token at all. */
export type TokenForm = 'signed' | 'unsigned' | 'encrypted' | 'opaque' | 'damaged';

/** The kind of a JWT, by its `typ`, its claims or its name. */
export type TokenKind =
  | 'ID token'
  | 'access token'
  | 'refresh token'
  | 'logout token'
  | 'authorization response'
  | 'introspection response'
  | 'client assertion'
  | 'request object'
  | 'DPoP proof'
  | 'security event'
  | 'token';

/** The name of a token in its source, such as a member of a token response. */
export type TokenName =
  | 'id_token'
  | 'access_token'
  | 'refresh_token'
  | 'logout_token'
  | 'response'
  | 'client_assertion';

/** The parts of a token that can be read without a key. Nothing in it is verified. */
export interface DecodedToken {
  readonly form: TokenForm;
  readonly kind: TokenKind;
  /** The evidence for the kind, for people. */
  readonly because: string;
  readonly characters: number;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Faults of the encoding, each of which a strict reader refuses. */
  readonly faults: readonly string[];
  /** Further remarks. */
  readonly notes: readonly string[];
  /** The token in base64url, to verify its signature with. Never printed. */
  readonly compact: string | undefined;
  /** The JWT nested in this one (RFC 7519 §5.2). */
  readonly nested?: DecodedToken;
}

/** Nested JWTs are read down to this depth. */
const MAX_NESTING = 4;

/** The characters of a bearer token (RFC 6750 §2.1). */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Reads one token; `name` is its name in its source, if known. Never throws: the result lists the faults. */
export function decodeToken(text: string, name?: TokenName): DecodedToken {
  return decode(text, name, 1);
}

function decode(whole: string, name: TokenName | undefined, depth: number): DecodedToken {
  const [text = '', ...disclosures] = whole.split('~');
  const parts = text.split('.');
  const first = jsonObject(parts[0]);
  // An SD-JWT has its disclosures after the JWT; an opaque token may have a ~ anywhere.
  if (disclosures.length > 0 && first && parts.length === 3) {
    const jwt = decodeSigned(text, parts, first, name, depth);
    const count = disclosures.filter(Boolean).length;
    const note = `It is an SD-JWT: ${count} ${count === 1 ? 'disclosure follows' : 'disclosures follow'}, not shown.`;
    return { ...jwt, characters: whole.length, notes: [...jwt.notes, note] };
  }
  if (first && disclosures.length === 0) {
    if (parts.length === 5) return decodeEncrypted(whole, parts, first, name);
    if (parts.length === 3) return decodeSigned(whole, parts, first, name, depth);
  }
  const plain = { ...BLANK, kind: kindForName(name), because: kindReasonForName(name), characters: whole.length };
  const damage = disclosures.length === 0 ? findDamage(whole, parts, first) : undefined;
  if (damage !== undefined) return { ...plain, form: 'damaged', faults: [damage], header: first ?? {} };
  if (BEARER.test(whole)) return { ...plain, form: 'opaque' };
  return { ...plain, form: 'damaged', faults: [strangeCharacters(whole)] };
}

const BLANK = { header: {}, claims: {}, faults: [], notes: [], compact: undefined };

const SHORTENED = 'It was shortened: dots or asterisks stand for a part of it.';

/** The reason that a text which looks like a JWT is not one; undefined if it does not look like one. */
function findDamage(text: string, parts: readonly string[], first: Json | undefined): string | undefined {
  if (first) {
    if (/[…*]|\.\.\./.test(text)) return SHORTENED;
    const names = Object.keys(first);
    if (parts.length === 1) {
      const what = names.includes('alg') ? 'the header' : 'one part';
      return `It is ${what} of a JWT alone: a JWT has three parts with dots between them.`;
    }
    if (parts.length === 2) {
      return 'It has two parts: the signature and the dot before it are missing, so it was cut off or never signed.';
    }
    return `It has ${parts.length} parts: a signed JWT has three, an encrypted one five.`;
  }
  // Base64url of `{"`, with which no other format begins.
  if (!/^(eyJ|ey[A-Za-z0-9])/.test(text) || parts.length < 2) return undefined;
  if (/[…*]|\.\.\./.test(text)) return SHORTENED;
  return 'Its first part does not decode to JSON: it was cut off or changed on the way.';
}

function strangeCharacters(text: string): string {
  if (/[…]|\.\.\.|\*{3}/.test(text)) return SHORTENED;
  if (/\s/.test(text)) return 'It is no token: it has spaces or line breaks within.';
  return 'It is no token: it has characters that no token may have (RFC 6750 §2.1).';
}

type Json = Readonly<Record<string, unknown>>;

function decodeSigned(
  text: string,
  parts: readonly string[],
  header: Json,
  name: TokenName | undefined,
  depth: number,
): DecodedToken {
  const [, payload = '', signature = ''] = parts;
  const faults: string[] = [];
  const notes: string[] = [];
  if (parts.some(isPlainBase64)) {
    faults.push('It is written in base64 (+, / or =), and a JWT in base64url without = (RFC 7515 §2).');
  }
  if (typeof header.alg !== 'string') faults.push('Its header has no alg.');
  const unsigned = header.alg === 'none';
  if (signature === '' && !unsigned) faults.push('Its signature is missing: it was cut off behind the last dot.');
  if (signature !== '' && unsigned) faults.push('Its algorithm is none, and yet it has a signature.');
  let claims: Json = {};
  let nested: DecodedToken | undefined;
  const inner = Buffer.from(payload, 'base64').toString('utf8');
  if (payload === '') {
    faults.push('Its payload is detached (RFC 7515 appendix F): without it there is nothing to read or verify.');
  } else if (header.b64 === false) {
    notes.push('Its payload is not encoded (RFC 7797), and not shown.');
  } else {
    const object = jsonObject(payload);
    if (object) claims = object;
    else if (depth < MAX_NESTING && looksLikeJwt(withoutQuotes(inner)))
      nested = decode(withoutQuotes(inner), undefined, depth + 1);
    else if (isNestedTooDeep(inner)) faults.push(`Its payload is nested too deep: more than ${MAX_JSON_DEPTH} levels.`);
    else faults.push('Its payload is not a JSON object.');
  }
  return {
    form: unsigned ? 'unsigned' : 'signed',
    ...detectKind(header, claims, name),
    characters: text.length,
    header,
    claims,
    faults,
    notes,
    compact: parts.map((part) => Buffer.from(part, 'base64').toString('base64url')).join('.'),
    ...(nested ? { nested } : {}),
  };
}

function decodeEncrypted(
  text: string,
  parts: readonly string[],
  header: Json,
  name: TokenName | undefined,
): DecodedToken {
  const faults: string[] = [];
  const [, , iv, content, tag] = parts;
  if (typeof header.alg !== 'string' || typeof header.enc !== 'string') faults.push('Its header lacks alg or enc.');
  if (!iv || !content || !tag) faults.push('A part of it is empty: it was cut off.');
  const inside = header.cty === undefined ? '' : ' It says that a signed JWT is inside (cty).';
  return {
    form: 'encrypted',
    kind: kindForName(name),
    because: kindReasonForName(name),
    characters: text.length,
    header,
    claims: {},
    faults,
    notes: [`Its content is encrypted: to read it takes ${neededKey(header)}.${inside}`],
    compact: undefined,
  };
}

/** The key that decrypts a JWE, by its algorithm (RFC 7518 §4.1). */
function neededKey({ alg, kid }: Json): string {
  const which = typeof kid === 'string' ? ` (kid ${kid})` : '';
  const text = valueText(alg);
  if (/^RSA/.test(text)) return `the RSA private key of whom it is for${which}`;
  if (/^ECDH/.test(text)) return `the elliptic-curve private key of whom it is for${which}`;
  if (/^PBES2/.test(text)) return 'the password that it was encrypted with';
  if (text === 'dir' || /^A\d+(GCM)?KW$/.test(text)) {
    return `the symmetric key that both sides share, often made of the client secret${which}`;
  }
  return `a key for ${text}, an algorithm that is not known here`;
}

/** The kinds by media type of a JWT (RFC 7515 §4.1.9, without "application/"). */
const TYPES: Readonly<Record<string, TokenKind>> = {
  'at+jwt': 'access token',
  'logout+jwt': 'logout token',
  'token-introspection+jwt': 'introspection response',
  'client-authentication+jwt': 'client assertion',
  'oauth-authz-req+jwt': 'request object',
  'dpop+jwt': 'DPoP proof',
  'secevent+jwt': 'security event',
};

/** The event of a logout token (OIDC Back-Channel Logout §2.4). */
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

const NAMES: Readonly<Record<TokenName, TokenKind>> = {
  id_token: 'ID token',
  access_token: 'access token',
  refresh_token: 'refresh token',
  logout_token: 'logout token',
  response: 'authorization response',
  client_assertion: 'client assertion',
};

function kindForName(name: TokenName | undefined): TokenKind {
  return name === undefined ? 'token' : NAMES[name];
}

function kindReasonForName(name: TokenName | undefined): string {
  return name === undefined ? 'nothing tells what it is' : `it came as ${name}`;
}

function detectKind(header: Json, claims: Json, name: TokenName | undefined): Pick<DecodedToken, 'kind' | 'because'> {
  const typ = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : '';
  const byType = lookup(TYPES, typ);
  if (byType) return { kind: byType, because: `its typ is ${typ}` };
  if (name !== undefined) return { kind: NAMES[name], because: kindReasonForName(name) };
  const has = (...wanted: readonly string[]) => wanted.filter((claim) => claims[claim] !== undefined);
  const events = claims.events;
  if (typeof events === 'object' && events !== null) {
    const kind = Object.hasOwn(events, LOGOUT_EVENT) ? 'logout token' : 'security event';
    return { kind, because: 'it has the claim events' };
  }
  if (has('response_type', 'client_id').length === 2) {
    return { kind: 'request object', because: 'it has the claims response_type and client_id' };
  }
  if (has('iss', 'aud').length === 2 && has('code', 'error').length > 0) {
    return { kind: 'authorization response', because: `it has the claim ${has('code', 'error')[0]}` };
  }
  const hasAccessClaims = has('scope', 'scp', 'client_id', 'cid');
  if (hasAccessClaims.length > 0) return { kind: 'access token', because: `it has the claim ${hasAccessClaims[0]}` };
  if (claims.iss !== undefined && claims.iss === claims.sub && has('jti', 'exp').length === 2) {
    return { kind: 'client assertion', because: 'its iss and sub are the same' };
  }
  const hasIdClaims = has('nonce', 'at_hash', 'c_hash', 'auth_time', 'azp', 'sid');
  if (hasIdClaims.length > 0) return { kind: 'ID token', because: `it has the claim ${hasIdClaims[0]}` };
  if (has('iss', 'sub', 'aud', 'exp', 'iat').length === 5) {
    return { kind: 'ID token', because: 'it has the claims of one: iss, sub, aud, exp and iat' };
  }
  return { kind: 'token', because: 'nothing tells what it is' };
}

/** Whether a text looks like a signed or encrypted JWT: parts in base64url, the first of them a JSON header. */
export function looksLikeJwt(text: string): boolean {
  const parts = text.split('.');
  return (parts.length === 3 || parts.length === 5) && jsonObject(parts[0]) !== undefined;
}

function withoutQuotes(text: string): string {
  return text.trim().replace(/^"(.*)"$/, '$1');
}

function isPlainBase64(part: string): boolean {
  return /[+/=]/.test(part);
}

/** The JSON object in a base64url part; plain base64 is accepted as well. Undefined if there is none. */
function jsonObject(part: string | undefined): Json | undefined {
  if (!part || !/^[A-Za-z0-9\-_+/]+=*$/.test(part)) return undefined;
  try {
    const bytes = Buffer.from(part, 'base64');
    const value: unknown = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the header or the claims of a JWT are JSON nested too deep to be read. */
export function isJwtNestedTooDeep(jwt: string): boolean {
  return jwt.split('.', 2).some((part) => isNestedTooDeep(Buffer.from(part, 'base64url').toString()));
}
