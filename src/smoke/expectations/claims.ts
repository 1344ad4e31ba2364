import { isDeepStrictEqual } from 'node:util';
import type { Check } from '../../check.js';
import { lookup } from '../../json.js';
import { truncate } from '../../safe-text.js';
import type { ClaimExpectation } from '../plan.js';
import { matchWithinLimit, PATTERN_LIMIT_SECONDS } from './bounded-match.js';
import { displayValue, expectationResult, joinWords } from './outcome.js';

/** Values that bind a token to its sign-in, which reports do not need. */
const HIDDEN_VALUE: readonly string[] = ['nonce', 'at_hash', 'c_hash', 's_hash', 'jti', 'sid'];

/** Maximum characters of a claim's name in a report. */
const MAX_NAME_LENGTH = 300;

/** Maximum characters that a pattern is matched against. */
const MAX_MATCHED_LENGTH = 10_000;

/** Compares claims with their expectations. `prefix` is their place in the plan: `claims`, `userinfo.claims`. */
export function checkClaims(
  prefix: string,
  expected: Readonly<Record<string, ClaimExpectation | undefined>>,
  claims: Readonly<Record<string, unknown>>,
): Check[] {
  return Object.entries(expected).flatMap(([name, wanted]) =>
    wanted === undefined ? [] : checkClaim(`${prefix}.${truncate(name, MAX_NAME_LENGTH)}`, name, wanted, claims),
  );
}

function checkClaim(
  label: string,
  name: string,
  wanted: ClaimExpectation,
  claims: Readonly<Record<string, unknown>>,
): Check {
  const value: unknown = lookup(claims, name);
  const parts = claimParts(wanted);
  const actual = parts.map((part) => part.holds(value));
  const hidden = HIDDEN_VALUE.includes(name) && value !== undefined;
  const slow = actual.includes('too slow') ? `, on which the pattern took more than ${PATTERN_LIMIT_SECONDS} s` : '';
  return expectationResult(
    actual.every((one) => one === true),
    label,
    joinWords(
      parts.map(({ words }) => words),
      'and',
    ),
    (hidden ? '(not shown)' : displayValue(value)) + slow,
  );
}

interface Part {
  readonly words: string;
  holds(value: unknown): boolean | 'too slow';
}

/** The single expectations of one claim. */
function claimParts(wanted: ClaimExpectation): Part[] {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return [equal(wanted)];
  const parts: Part[] = [];
  if (Object.hasOwn(wanted, 'equals')) parts.push(equal(wanted.equals));
  const { oneOf, pattern, present, absent, type } = wanted;
  if (oneOf) {
    parts.push({
      words: joinWords(oneOf.map(displayValue), 'or'),
      holds: (value) => oneOf.some((one) => isDeepStrictEqual(one, value)),
    });
  }
  if (pattern !== undefined) {
    const matches = new RegExp(pattern, 'u');
    parts.push({
      words: `text that matches /${pattern}/`,
      holds: (value) =>
        typeof value === 'string' && value.length <= MAX_MATCHED_LENGTH && matchWithinLimit(matches, value),
    });
  }
  if (present) parts.push({ words: 'present', holds: (value) => value !== undefined });
  if (absent) parts.push({ words: 'absent', holds: (value) => value === undefined });
  if (type !== undefined) {
    parts.push({ words: `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`, holds: (value) => typeName(value) === type });
  }
  // An empty mapping only requires that the claim is present.
  return parts.length > 0 ? parts : [{ words: 'present', holds: (value) => value !== undefined }];
}

function equal(wanted: unknown): Part {
  return { words: displayValue(wanted), holds: (value) => isDeepStrictEqual(value, wanted) };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
