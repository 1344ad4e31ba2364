import type { Check, Verdict } from '../protocol/id-token-report.js';
import { printable, type Style, table } from '../terminal.js';

/** A value longer than this many characters is cut in the table; `--json` has it whole. */
const LONGEST = 80;

/** A check of any report: of an ID token, or of another token. */
type NamedCheck = Omit<Check, 'name' | 'code'> & { readonly name: string };

/** The report of an ID token as aligned lines: mark, check, what was found, and for anything but a pass what was expected; then the checks that had nothing to look at. */
export function checkRows(checks: readonly NamedCheck[], style: Style): string[] {
  const made = checks.filter((check) => check.verdict !== 'skip');
  const rows = made.map((check) => {
    const expected = check.verdict === 'pass' ? '' : `expected ${cutForTable(check.expected)}`;
    return [verdictMark(check.verdict, style), check.name, cutForTable(check.actual), expected];
  });
  const skipped = checks.filter((check) => check.verdict === 'skip').map((check) => check.name);
  const lines = table(rows, '  ', style.columns);
  if (skipped.length > 0) lines.push(style.dim(`  -  nothing to check: ${skipped.join(', ')}`));
  return lines;
}

/** A verdict as one character. */
export function verdictMark(verdict: Verdict, style: Style): string {
  if (verdict === 'pass') return style.good('✓');
  if (verdict === 'fail') return style.bad('✗');
  return style.warn('!');
}

/** A provider's value as a cell: printable, and of at most `longest` characters, so that it does not break the table. */
export function cutForTable(text: string, longest = LONGEST): string {
  const safe = printable(text);
  return safe.length > longest ? `${safe.slice(0, longest - 1)}…` : safe;
}
