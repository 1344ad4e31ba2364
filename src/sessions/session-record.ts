import { isObject, parseJson } from '../json.js';
import type { Session } from './session-store.js';

type TypeCheck = (value: unknown) => boolean;

const text: TypeCheck = (value) => typeof value === 'string';
const is =
  (expected: unknown): TypeCheck =>
  (value) =>
    value === expected;
const flag: TypeCheck = (value) => typeof value === 'boolean';
/** A time that a date can have (ECMA-262 §21.4.1.1). */
const seconds: TypeCheck = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e12;
/** An expiry: the provider chose it, and it may be later than any date. */
const expiry: TypeCheck = (value) => typeof value === 'number' && Number.isFinite(value);
const texts: TypeCheck = (value) => Array.isArray(value) && value.every(text);
const optional =
  (holds: TypeCheck): TypeCheck =>
  (value) =>
    value === undefined || holds(value);
const objectOf =
  (members: Readonly<Record<string, TypeCheck>>): TypeCheck =>
  (value) =>
    isObject(value) && Object.entries(members).every(([name, holds]) => holds(value[name]));

const isAccessToken = objectOf({
  accessToken: text,
  tokenType: text,
  expiresAt: optional(expiry),
  scope: texts,
  resource: optional(text),
  organization: optional(text),
});

/** The type of each member of a session. A store may hold a value of another version or program. */
const isSession = objectOf({
  version: is(1),
  kind: optional(is('logto')),
  profile: text,
  issuer: (value) => typeof value === 'string' && URL.canParse(value),
  endpoints: optional(
    objectOf({ authorizationEndpoint: optional(text), tokenEndpoint: optional(text), jwksUri: optional(text) }),
  ),
  clientId: text,
  clientAuth: text,
  clientSecret: optional((value) =>
    [
      objectOf({ kind: is('env'), name: text }),
      objectOf({ kind: is('file'), path: text }),
      objectOf({ kind: is('stored'), value: text }),
    ].some((holds) => holds(value)),
  ),
  redirectUri: text,
  postLogoutRedirectUri: optional(text),
  subject: text,
  claims: isObject,
  userinfo: optional(isObject),
  idToken: text,
  accessToken: text,
  tokenType: text,
  expiresAt: optional(expiry),
  refreshToken: optional(text),
  accessTokens: optional((value) => Array.isArray(value) && value.every(isAccessToken)),
  scope: objectOf({ requested: texts, granted: texts }),
  resource: optional(texts),
  clockTolerance: seconds,
  strict: flag,
  allowHttp: optional(flag),
  ca: optional(text),
  insecure: optional(flag),
  signedInAt: seconds,
  signInId: optional(text),
  refreshedAt: optional(seconds),
});

/** A stored session; undefined if the text is not one. */
export function parseSession(record: string): Session | undefined {
  try {
    const value = parseJson(record);
    return isSession(value) ? (value as Session) : undefined;
  } catch {
    return undefined;
  }
}
