import type { Check, Verdict } from '../protocol/id-token-report.js';
import { printable, type Style, table } from '../terminal.js';

/** A value longer than this many characters is cut in the table; `--json` has it whole. */
const LONGEST = 80;

/** The report of an ID token as aligned lines: mark, check, what was found, and for anything but a pass what was expected; then the checks that had nothing to look at. */
export function checkRows(checks: readonly Check[], style: Style): string[] {
  const made = checks.filter((check) => check.verdict !== 'skip');
  const rows = made.map((check) => {
    const expected = check.verdict === 'pass' ? '' : `expected ${cut(check.expected)}`;
    return [mark(check.verdict, style), check.name, cut(check.actual), expected];
  });
  const skipped = checks.filter((check) => check.verdict === 'skip').map((check) => check.name);
  const lines = table(rows, '  ');
  if (skipped.length > 0) lines.push(style.dim(`  -  nothing to check: ${skipped.join(', ')}`));
  return lines;
}

function mark(verdict: Verdict, style: Style): string {
  if (verdict === 'pass') return style.good('✓');
  if (verdict === 'fail') return style.bad('✗');
  return style.warn('!');
}

function cut(text: string): string {
  const safe = printable(text);
  return safe.length > LONGEST ? `${safe.slice(0, LONGEST - 1)}…` : safe;
}
