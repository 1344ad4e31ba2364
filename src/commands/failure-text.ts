import type { Check } from '../check.js';
import { checkRows } from '../checks/print.js';
import type { OidcCliError } from '../errors.js';
import { explain } from '../explain/explain.js';
import type { TwoReadings } from '../logto/two-readings.js';
import { printable, type Style } from '../terminal.js';
import { twoReadingsRows } from './two-readings-table.js';

/** A failure as the lines a person reads on stderr: what happened, why, what to change, the code. */
export function failureLines(error: OidcCliError, style: Style): string[] {
  const { message, causes, fix } = explain(error.code, error.facts);
  if (error.code === 'interrupted') return [style.bad(message)];
  const lines: string[] = [];
  const checks = errorChecks(error);
  if (isTwoReadings(checks)) lines.push(...twoReadingsRows(checks, style), '');
  else if (checks.length > 0) lines.push(style.strong('ID token'), ...checkRows(checks, style), '');
  lines.push(`${style.bad('✗')} ${style.strong(printable(message))}`);
  if (causes.length > 0) {
    lines.push(causes.length === 1 ? '  Likely cause:' : '  Likely causes, most likely first:');
    causes.forEach((cause, index) => {
      lines.push(`    ${causes.length === 1 ? '-' : `${index + 1}.`} ${printable(cause)}`);
    });
  }
  lines.push(`  To fix: ${printable(fix)}`);
  lines.push(style.dim(`  (${error.code}, exit code ${error.exitCode})`));
  return lines;
}

/** A failure as the one JSON document a script reads on stdout. */
export function failureDocument(error: OidcCliError): Record<string, unknown> {
  const { message, causes, fix } = explain(error.code, error.facts);
  const { code, exitCode, facts } = error;
  return { ...error.details, error: { code, message, causes, fix, exitCode, facts }, checks: errorChecks(error) };
}

function errorChecks(error: OidcCliError): readonly Check[] {
  const { checks } = error.details;
  return Array.isArray(checks) ? checks : [];
}

/** A report that has Logto's reading beside each check. */
function isTwoReadings(checks: readonly (Check | TwoReadings)[]): checks is readonly TwoReadings[] {
  return checks.length > 0 && checks.every((check) => 'logto' in check);
}
