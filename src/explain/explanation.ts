import type { ErrorCode, Facts, FactsOf } from '../errors.js';
import { shellWord } from '../safe-text.js';

/** What a person is told of an error: one sentence on what happened, causes by likelihood, one sentence on what to change. */
export interface Explanation {
  readonly message: string;
  readonly causes: readonly string[];
  readonly fix: string;
}

/** Puts each code and its facts into words. */
export type ExplainTable = { readonly [C in ErrorCode]: (facts: FactsOf<C>) => Explanation };

type FactName = { [C in ErrorCode]: keyof FactsOf<C> }[ErrorCode];
type FactValue<Name, C = ErrorCode> = C extends ErrorCode
  ? Name extends keyof FactsOf<C>
    ? FactsOf<C>[Name]
    : never
  : never;

/** Some facts by name, for a part of an explanation that several codes share. */
export type Given<Name extends FactName> = { readonly [N in Name]?: FactValue<N> };

/** Items of a list that a message names. */
const MAX_NAMED = 30;

/** Items in a row; of thousands the first, and how many more there are. */
function row(items: readonly string[]): string {
  if (items.length <= MAX_NAMED) return items.join(', ');
  return `${items.slice(0, MAX_NAMED).join(', ')} and ${items.length - MAX_NAMED} more`;
}

/** A fact as quoted text, or a stand-in where it is not known. */
export function quote(value: Facts[string], unknown = 'something else'): string {
  if (value === undefined) return unknown;
  return Array.isArray(value) ? row(value.map((item) => `"${item}"`)) : `"${String(value)}"`;
}

/** A list fact as plain words, or a stand-in when it is empty or unknown. */
export function listText(value: Facts[string], none: string): string {
  if (Array.isArray(value)) return value.length === 0 ? none : row(value);
  return value === undefined || value === '' ? none : String(value);
}

/** A number of seconds in words. */
export function secondsText(value: Facts[string]): string {
  if (value === undefined) return 'the allowed time';
  return Number(value) === 1 ? '1 second' : `${value} seconds`;
}

/** The provider's own words as a clause, or nothing. */
export function providerQuote(facts: Given<'error' | 'description'>): string {
  const code = facts.error === undefined ? '' : String(facts.error);
  const description = facts.description === undefined ? '' : String(facts.description).trim();
  const words = [code, description && `"${description}"`].filter(Boolean).join(': ');
  if (words === '') return '';
  return /[.?!]$/.test(description) ? ` It says: ${words}` : ` It says: ${words}.`;
}

/** Without this scope Logto gives no token for an organization. */
export const ORGANIZATIONS_SCOPE = 'urn:logto:scope:organizations';

/** The words of a list fact, or of a text fact between its spaces. */
function splitWords(value: Facts[string]): readonly string[] {
  return Array.isArray(value) ? value : String(value ?? '').split(' ');
}

/** Whether a scope stands in a fact that holds scopes with spaces between them. */
export function hasScope(value: Facts[string], scope: string): boolean {
  return splitWords(value).includes(scope);
}

/**
 * The command for a sign-in that asks for what the last one (facts: profile,
 * scope, resource, askedResources) asked, and for these scopes and the resource as well.
 * A profile that has no name in any file is that of an issuer and client (facts: issuer, unnamedClient).
 */
export function signInAgain(
  facts: Given<'profile' | 'scope' | 'resource' | 'askedResources' | 'unnamedClient' | 'issuer'>,
  scopes: readonly string[] = [],
): string {
  const { profile, scope, resource, askedResources } = facts;
  const words = ['oidc-cli login'];
  if (facts.unnamedClient !== undefined) {
    // A plan's words, which may come from a stranger, and go into a shell.
    words.push(`--issuer ${shellWord(String(facts.issuer))} --client-id ${shellWord(String(facts.unnamedClient))}`);
  } else if (profile !== undefined) words.push(shellWord(String(profile)));
  const missing = scopes.filter((wanted) => !hasScope(scope, wanted));
  if (missing.length > 0) {
    words.push(`--scope "${[...splitWords(scope ?? 'openid'), ...missing].join(' ')}"`);
  }
  const asked = Array.isArray(askedResources) ? askedResources : [];
  if (resource !== undefined && !asked.includes(String(resource))) {
    for (const wanted of [...asked, resource]) words.push(`--resource ${shellWord(String(wanted))}`);
  }
  if (scopes.length > 0) words.push('--prompt consent');
  return words.join(' ');
}

/** Says that only `--strict` made a failure of it. */
export function strictNote(facts: Given<'strict'>): string {
  return facts.strict === true ? ' (a warning; --strict refuses it)' : '';
}

/** A cause with what a provider's words have to say for it to come first; one that is `only where said` is no cause without them. */
type SuggestedCause = readonly [says: RegExp, cause: string, when?: 'only where said'];

/** Causes in their usual order, but those first that the provider's own description speaks of. */
export function likeliestFirst({ description }: Given<'description'>, candidates: readonly SuggestedCause[]): string[] {
  const details = candidates.filter(([says]) => says.test(String(description ?? '')));
  const others = candidates.filter((candidate) => !details.includes(candidate) && candidate[2] === undefined);
  return [...details, ...others].map(([, cause]) => cause);
}

/** The causes that apply, in their order. */
export function causes(...candidates: readonly (string | false | undefined)[]): string[] {
  return candidates.filter((cause): cause is string => typeof cause === 'string');
}
