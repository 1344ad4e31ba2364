import { lookup, parseJson } from '../json.js';
import { looksLikeJwt, type TokenName } from './decode-token.js';

/** A token and its name in its source. */
export interface NamedToken {
  /** Absent for a token without a name. */
  readonly name?: string;
  readonly value: string;
}

/** The parsed input of a user: tokens, or an address (or only its parameters). */
export type ParsedInput = {
  /** The corrections made before parsing, for people. */
  readonly tidied: readonly string[];
} & (
  | { readonly kind: 'tokens'; readonly tokens: readonly NamedToken[] }
  | {
      readonly kind: 'address';
      /** Without query and fragment; absent if the input has only parameters. */
      readonly address?: string;
      readonly parameters: readonly AddressParameter[];
    }
  /** A JSON document without a token in it, or nothing at all. */
  | { readonly kind: 'none'; readonly reason: string }
);

/** One parameter of an address, in its order. */
export interface AddressParameter {
  readonly name: string;
  readonly value: string;
  /** Its place in the address. */
  readonly in: 'query' | 'fragment';
}

/** The names that carry tokens (RFC 6749 §5.1, OIDC Core §3.1.3.3, and this tool's own JSON). */
const TOKEN_NAMES: Readonly<Record<string, TokenName>> = {
  id_token: 'id_token',
  idToken: 'id_token',
  id_token_hint: 'id_token',
  access_token: 'access_token',
  accessToken: 'access_token',
  refresh_token: 'refresh_token',
  refreshToken: 'refresh_token',
  logout_token: 'logout_token',
  response: 'response',
  client_assertion: 'client_assertion',
};

/** The token's name for a member or parameter name; undefined if it names no token. */
export function tokenName(name: string | undefined): TokenName | undefined {
  return name === undefined ? undefined : lookup(TOKEN_NAMES, name);
}

/**
 * Parses the input of a user: a token with `Bearer`, quotes or line breaks around
 * it, a whole token response, a callback URL. Never throws.
 */
export function parseInput(text: string): ParsedInput {
  const tidied: string[] = [];
  let rest = text.replace(/[\u200b-\u200d\u2060\ufeff]/g, '');
  if (rest !== text) tidied.push('invisible characters were removed');
  rest = rest.trim();
  // One wrapping may be inside another: `-H "Authorization: Bearer …"`.
  for (let round = 0; round < 8; round += 1) {
    const before = rest;
    const json = parseJsonInput(rest);
    if (json !== undefined) {
      if (typeof json !== 'string') return inputFromJson(json, tidied);
      rest = json.trim();
      tidied.push('quotes were removed');
      continue;
    }
    rest = stripWrapping(rest, tidied);
    if (rest === before) break;
  }
  if (rest === '') return { kind: 'none', reason: 'There is nothing to inspect.', tidied };
  const address = readAddress(rest);
  if (address) return { kind: 'address', ...address, tidied };
  const joined = rest.replaceAll(/\s+/g, '');
  if (joined !== rest && looksLikeJwt(joined)) {
    tidied.push('line breaks and spaces within were removed');
    rest = joined;
  }
  return { kind: 'tokens', tokens: [{ value: rest }], tidied };
}

const QUOTES = /^(["'`])([\s\S]*)\1$|^[“”]([\s\S]*)[“”]$/;

/** Removes one wrapping from around a token, and reports it in `tidied`. */
function stripWrapping(text: string, tidied: string[]): string {
  const header = /^(?:-H\s+["']?)?(?:authorization|dpop)\s*:\s*/i.exec(text);
  if (header) {
    tidied.push('the name of the header was removed');
    return text.slice(header[0].length).trim();
  }
  const scheme = /^(bearer|dpop|token)\s+(?=\S)/i.exec(text);
  if (scheme) {
    tidied.push(`the word ${scheme[1]} was removed`);
    return text.slice(scheme[0].length).trim();
  }
  const quotes = QUOTES.exec(text);
  if (quotes) {
    tidied.push('quotes were removed');
    return (quotes[2] ?? quotes[3] ?? '').trim();
  }
  const behind = /[,;"']$/.exec(text);
  if (behind && text.length > 1) {
    tidied.push('a mark behind it was removed');
    return text.slice(0, -1).trim();
  }
  return text;
}

function parseJsonInput(text: string): object | string | undefined {
  if (!/^[{["]/.test(text)) return undefined;
  // A line copied from a JSON document: "id_token": "…",
  const whole = /^"\w+"\s*:/.test(text) ? `{${text.replace(/,$/, '')}}` : text;
  try {
    const value: unknown = parseJson(whole);
    return typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The tokens of a JSON document: a token response, a JWS in JSON, or one of these a level down. */
function inputFromJson(document: object, tidied: readonly string[]): ParsedInput {
  const tokens: NamedToken[] = [];
  for (const object of [document, ...Object.values(document)]) {
    if (typeof object !== 'object' || object === null) continue;
    const compact = toCompactJws(object as Record<string, unknown>);
    if (compact !== undefined) tokens.push({ value: compact });
    for (const [name, value] of Object.entries(object)) {
      if (tokenName(name) !== undefined && typeof value === 'string' && value !== '') tokens.push({ name, value });
    }
  }
  if (tokens.length > 0) return { kind: 'tokens', tokens, tidied };
  const names = Object.keys(document);
  const claims = ['iss', 'sub', 'exp'].filter((name) => names.includes(name)).length >= 2;
  const reason = claims
    ? 'This is the decoded content of a token, not a token: nothing in it can be verified.'
    : 'This is JSON without a token in it.';
  return { kind: 'none', reason, tidied };
}

/** The compact form of a JWS or JWE in JSON (RFC 7515 §7.2.2, RFC 7516 §7.2.2), if it has one. */
function toCompactJws(object: Readonly<Record<string, unknown>>): string | undefined {
  const texts = (names: readonly string[]) => {
    const values = names.map((name) => object[name]);
    return values.every((value): value is string => typeof value === 'string') ? values.join('.') : undefined;
  };
  const several: unknown = object.signatures;
  if (typeof object.payload === 'string' && Array.isArray(several) && several.length > 0) {
    const first: unknown = several[0];
    if (typeof first === 'object' && first !== null) return toCompactJws({ ...first, payload: object.payload });
  }
  return (
    texts(['protected', 'payload', 'signature']) ?? texts(['protected', 'encrypted_key', 'iv', 'ciphertext', 'tag'])
  );
}

/**
 * An address with its parameters, or parameters alone: as in a browser's address,
 * in a log line or after a # of its own.
 */
function readAddress(text: string): { address?: string; parameters: readonly AddressParameter[] } | undefined {
  const line = /^(?:GET|POST)\s+(\S+)(?:\s+HTTP\/[\d.]+)?$/.exec(text)?.[1] ?? text;
  if (/\s/.test(line)) return undefined;
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(line) && URL.canParse(line);
  if (absolute || /^\/[^?#]*[?#]/.test(line)) {
    const url = new URL(line, 'http://unknown.invalid');
    const parameters = [
      ...addressParameters(url.search.slice(1), 'query'),
      ...addressParameters(url.hash.slice(1), 'fragment'),
    ];
    const path = url.pathname;
    return { address: absolute ? `${url.protocol}${url.host === '' ? '' : `//${url.host}`}${path}` : path, parameters };
  }
  if (
    /^[?#]?[a-z_]+=[^&]*(&[a-z_]+=[^&]*)+$/i.test(line) ||
    /^([?#][a-z_]+|code|error|\w*_token|response)=/.test(line)
  ) {
    const where = line.startsWith('#') ? 'fragment' : 'query';
    return { parameters: addressParameters(line.replace(/^[?#]/, ''), where) };
  }
  return undefined;
}

function addressParameters(text: string, where: AddressParameter['in']): AddressParameter[] {
  return [...new URLSearchParams(text)].map(([name, value]) => ({ name, value, in: where }));
}
