import type { Facts } from '../errors.js';

/** What a person is told of an error: one sentence on what happened, causes by likelihood, one sentence on what to change. */
export interface Explanation {
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
}

/** Words for one code, made of what is known of this run. */
export type Entry = (facts: Facts) => Explanation;

/** A fact as quoted text, or a stand-in where it is not known. */
export function quoted(value: Facts[string], unknown = 'something else'): string {
  if (value === undefined) return unknown;
  return Array.isArray(value) ? value.map((item) => `"${item}"`).join(', ') : `"${String(value)}"`;
}

/** A list fact as plain words, or a stand-in when it is empty or unknown. */
export function listed(value: Facts[string], none: string): string {
  if (Array.isArray(value)) return value.length === 0 ? none : value.join(', ');
  return value === undefined || value === '' ? none : String(value);
}

/** A number of seconds in words. */
export function inSeconds(value: Facts[string]): string {
  if (value === undefined) return 'the allowed time';
  return Number(value) === 1 ? '1 second' : `${value} seconds`;
}

/** The provider's own words as a clause, or nothing. */
export function inItsWords(facts: Facts): string {
  const code = facts.error === undefined ? '' : String(facts.error);
  const description = facts.description === undefined ? '' : String(facts.description).trim();
  const words = [code, description && `"${description}"`].filter(Boolean).join(': ');
  if (words === '') return '';
  return /[.?!]$/.test(description) ? ` It says: ${words}` : ` It says: ${words}.`;
}

/** Says that only `--strict` made a failure of it. */
export function strictly(facts: Facts): string {
  return facts.strict === true ? ' (a warning; --strict refuses it)' : '';
}

/** The causes that apply, in their order. */
export function causes(...candidates: readonly (string | false | undefined)[]): string[] {
  return candidates.filter((cause): cause is string => typeof cause === 'string');
}
