import type { OidcCliError } from '../errors.js';
import { explain } from '../explain/explain.js';
import { toPlanTerms } from './plan-terms.js';
import type { CheckError } from './result.js';

/** An error for reports: the explanation of every command, with the plan's keys instead of flags. */
export function checkError(error: OidcCliError): CheckError {
  const { message, causes, fix } = explain(error.code, error.facts);
  const { code, exitCode } = error;
  return { code, message: toPlanTerms(message), causes: causes.map(toPlanTerms), fix: toPlanTerms(fix), exitCode };
}
