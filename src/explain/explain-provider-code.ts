import type { ErrorCode, Facts } from '../errors.js';
import { explain } from './explain.js';
import { type Explanation, providerQuote } from './explanation.js';
import { providerCode } from './provider-codes.js';
import { explainOwnCode } from './provider-own-codes.js';

/** A provider's code in words, and where it comes from. */
export interface ExplainedProviderCode extends Explanation {
  readonly code: string;
  /** The clauses that define it, or that none does. */
  readonly standard: string;
  /** This tool's own code for it, where it has one. */
  readonly ours?: ErrorCode;
}

/**
 * Puts an error code that a provider answered with into words, with what it
 * said about it (facts: description and all that the code's own words use).
 * Undefined for a code that nobody here knows.
 */
export function explainProviderCode(code: string, facts: Facts = {}): ExplainedProviderCode | undefined {
  const known = providerCode(code);
  if (known === undefined) return explainOwnCode(code);
  const { standard, ours, words } = known;
  if (ours !== undefined) return { code, standard, ours, ...explain(ours, facts) };
  if (words === undefined) return undefined;
  return { code, standard, ...words, message: `${words.message}${providerQuote(facts)}` };
}
