import type { FactsOf } from '../errors.js';
import { causes, type ExplainTable, listText, providerQuote, quote, secondsText } from './explanation.js';
import { describeReason } from './system-reasons.js';

/** Where a secret was to come from. */
function secretPlace(facts: FactsOf<'smoke_secret_unavailable'>): string {
  if (facts.variable !== undefined) return `the variable ${facts.variable}`;
  if (facts.source !== undefined) return String(facts.source);
  return facts.file === undefined ? 'its place' : `the file ${facts.file}`;
}

/** Codes of smoke checks: their file, and a run of them. */
export const smoke = {
  plan_missing: (f) => ({
    message: `There is no file of checks at ${f.file ?? 'the path that was named'}.`,
    causes: causes(
      f.named === true
        ? 'The path has a typo, or is meant from another folder.'
        : 'The command runs in another folder.',
      f.named !== true && 'No checks have been written yet.',
    ),
    fix: 'Name the file (oidc-cli smoke FILE), or write a first one with: oidc-cli smoke init',
  }),
  plan_exists: (f) => ({
    message: `There is already a file at ${f.file ?? 'that path'}; it was not changed.`,
    causes: [],
    fix: 'Name another file, or pass --force to replace it.',
  }),
  smoke_baseline_unreadable: (f) => ({
    message: `The baseline ${f.file ?? 'file'} cannot be used: ${describeReason(f.reason) ?? 'it is not available'}.`,
    causes: causes(
      f.reason === 'ENOENT' && 'It has not been written yet.',
      'The path is relative to the file of checks.',
    ),
    fix: 'Write it with: oidc-cli smoke baseline',
  }),
  smoke_secret_unavailable: (f) => ({
    message: `The ${f.what ?? 'secret'} of the check is not available from ${secretPlace(f)}: ${describeReason(f.reason) ?? 'it is not available'}.`,
    causes: causes(
      f.variable !== undefined &&
        'The job does not hand the variable on, as many CI systems do for pull requests from forks.',
      f.file !== undefined && 'The path is relative to the file of checks.',
    ),
    fix: f.variable === undefined ? 'Put the secret there.' : `Set ${f.variable} for this command.`,
  }),
  smoke_nothing_selected: (f) => ({
    message: `No check is named or tagged as --filter asks${f.filter === undefined ? '' : `: ${quote(f.filter)}`}.`,
    causes: ['The filter has a typo: it is a part of a name, with * for anything, or a tag.'],
    fix: `The checks are: ${listText(f.known, 'none')}.`,
  }),
  smoke_expectation_violated: (f) => ({
    message: `The sign-in succeeded, but ${f.expectation ?? 'an expectation'} is not as expected${f.expected === undefined && f.actual === undefined ? '' : `: expected ${f.expected ?? 'something'}, found ${f.actual ?? 'nothing'}`}.`,
    causes: [],
    fix: 'Correct the provider, or the expectation where the change was meant.',
  }),
  smoke_check_timeout: (f) => ({
    message: `The check was not over within ${secondsText(f.seconds)}: it was still at ${f.phase ?? 'work'}.`,
    causes: causes(
      f.phase === 'sign-in pages' &&
        'The page waits for something that nobody does: a second factor, a captcha, a new password.',
      'The provider, or something on the way to it, is slow or does not answer.',
    ),
    fix: 'Sign in by hand with the same user to see where it waits, or give the check a longer timeout.',
  }),
  smoke_run_timeout: (f) => ({
    message: `The whole run was not over within ${secondsText(f.seconds)}; this check was still at ${f.phase ?? 'work'}.`,
    causes: ['There are more checks than fit into the time.', 'One provider is slow or does not answer.'],
    fix: 'Raise --timeout-all, or --concurrency, or split the run with --shard.',
  }),
  introspection_refused: (f) => ({
    message: `The introspection endpoint did not answer about the token.${providerQuote(f)}`,
    causes: causes(
      f.method === 'none' && 'This client has no secret, and the provider lets only those with one introspect.',
      'The provider does not let this client introspect.',
    ),
    fix: 'Check what the provider allows this client.',
  }),
} satisfies Partial<ExplainTable>;
