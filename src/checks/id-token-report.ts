import type { JWTPayload, ProtectedHeaderParameters } from 'jose';
import type { Check } from '../check.js';
import type { ErrorCode } from '../errors.js';
import { MAX_JSON_DEPTH } from '../json.js';
import { isJwtNestedTooDeep } from '../oidc/decode-token.js';
import { valueText } from '../oidc/json-values.js';
import {
  checkRule,
  type IdTokenExpectations,
  type IdTokenFacts,
  RULE_NAMES,
  type RuleName,
  ruleOf,
} from './id-token-rules.js';
import { verifySignature } from './signature.js';

/** The names of a report's checks; `userinfo sub` is added after userinfo was requested. */
export type CheckName = 'format' | RuleName | 'userinfo sub';

/** One row of the report. */
export interface IdTokenCheck extends Check {
  readonly name: CheckName;
}

/** The result of one reading of an ID token. */
export interface IdTokenReport {
  readonly checks: readonly IdTokenCheck[];
  /** The decoded claims; empty when the token could not be decoded. Trustworthy only when no check failed. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
}

/**
 * Reads an ID token on its own, beside openid-client, and reports every check by
 * name with expected and actual (OIDC Core §3.1.3.7, §3.1.3.8 and §12.2). Never
 * throws on a bad token: the report has its faults.
 */
export async function reportIdToken(idToken: string, expected: IdTokenExpectations): Promise<IdTokenReport> {
  // By its parts: the whole of jose is 46 files, and a sign-in needs a few of them.
  const [{ decodeProtectedHeader }, { decodeJwt }] = await Promise.all([
    import('jose/decode/protected_header'),
    import('jose/jwt/decode'),
  ]);
  let header: ProtectedHeaderParameters;
  let claims: JWTPayload;
  if (isJwtNestedTooDeep(idToken)) {
    return unreadable('id_token_malformed', `at most ${MAX_JSON_DEPTH} levels of nesting`, 'more');
  }
  try {
    header = decodeProtectedHeader(idToken);
    if (idToken.split('.').length === 5) {
      const actual = `an encrypted token (${valueText(header.alg)})`;
      return unreadable('id_token_encrypted', 'a signed JWT', actual, header);
    }
    claims = decodeJwt(idToken);
  } catch {
    const expected = 'a signed JWT: three base64url parts, JSON within';
    return unreadable('id_token_malformed', expected, undecodable(idToken));
  }

  const signature = await verifySignature(idToken, header, expected.jwks);
  const facts: IdTokenFacts = { ...expected, header, claims, signature };
  const names = RULE_NAMES.filter((name) => ruleOf(name).when?.(facts) ?? true);
  const checks = names.map((name) => checkRule(name, facts));
  return { checks, claims, header: { ...header } };
}

/** Adds a check that was made after the token was read, such as userinfo's `sub` (OIDC Core §5.3.2). */
export function withCheck(report: IdTokenReport, check: IdTokenCheck): IdTokenReport {
  return { ...report, checks: [...report.checks, check] };
}

/** The first check that refuses the token: a `fail`, or with `strict` a `warn`. */
export function firstRefusal(report: IdTokenReport, strict: boolean): IdTokenCheck | undefined {
  return (
    report.checks.find((check) => check.verdict === 'fail') ??
    (strict ? report.checks.find((check) => check.verdict === 'warn') : undefined)
  );
}

/** Whether openid-client makes a check, too: the two readings must agree on it. */
export function isShared(name: CheckName): boolean {
  return name !== 'format' && name !== 'userinfo sub' && ruleOf(name).shared === true;
}

function unreadable(code: ErrorCode, expected: string, actual: string, header = {}): IdTokenReport {
  return { checks: [{ name: 'format', verdict: 'fail', expected, actual, code }], claims: {}, header: { ...header } };
}

/** Describes a text that is not a JWT without showing any of it. */
function undecodable(text: string): string {
  if (text === '') return 'an empty text';
  const parts = text.split('.').length;
  return parts === 1 ? 'one part that does not decode' : `${parts} parts that do not decode`;
}
