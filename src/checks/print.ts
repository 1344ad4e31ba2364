import type { Check, Verdict } from '../check.js';
import { cutForTable, type Style, table } from '../terminal.js';
import { type CheckGroup, countText, type DoctorCheck } from './check-list.js';

/** The printer of every report: checks become lines for people. */

/** A doctor's text that is longer is cut; `--json` has it whole. In characters. */
const MAX_DETAILS = 600;

/** The headings of a doctor's report, in its order. */
const HEADINGS: Readonly<Record<CheckGroup, string>> = {
  configuration: 'Configuration',
  connection: 'The way to the provider',
  discovery: 'Discovery',
  provider: 'Provider',
  endpoints: 'Endpoints',
  profile: 'What this profile needs of the provider',
  'key set': 'Key set',
  'client secret': 'Client secret',
  'redirect URIs': 'Redirect URIs to register at the provider',
  'authorization request': 'Authorization request, without a sign-in',
  machine: 'This machine',
  versions: 'Versions',
};

/** The words of a verdict that each report uses for itself. */
type AnyVerdict = Verdict | 'met' | 'violated' | 'not applicable' | 'not testable';

/** A verdict as one character. */
export function mark(verdict: AnyVerdict, style: Style): string {
  switch (verdict) {
    case 'pass':
    case 'met':
      return style.good('✓');
    case 'fail':
    case 'violated':
      return style.bad('✗');
    case 'warn':
      return style.warn('!');
    case 'not testable':
      return style.warn('?');
    default:
      return '-';
  }
}

/**
 * Checks as aligned lines: mark, name, actual value, and unless it passes the
 * expected value; then the names of the skipped ones.
 */
export function checkRows(checks: readonly Check[], style: Style): string[] {
  const rows = checks
    .filter(({ verdict }) => verdict !== 'skip')
    .map(({ name, verdict, expected, actual }) => {
      const wanted = verdict === 'pass' ? '' : `expected ${cutForTable(expected)}`;
      return [mark(verdict, style), name, cutForTable(actual), wanted];
    });
  const skipped = checks.filter(({ verdict }) => verdict === 'skip').map(({ name }) => name);
  const lines = table(rows, '  ', style.columns);
  if (skipped.length > 0) lines.push(style.dim(`  -  nothing to check: ${skipped.join(', ')}`));
  return lines;
}

/**
 * A doctor's checks as lines, by group: each with its actual value, and below a
 * failure or warning the consequence and the fix.
 */
export function groupedCheckLines(checks: readonly DoctorCheck[], style: Style): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const [group, heading] of Object.entries(HEADINGS)) {
    const members = checks.filter((check) => check.group === group);
    if (members.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(style.strong(heading));
    members.forEach((check, index) => {
      const next = members[index + 1];
      const details = detailLines(check, style);
      // Two checks in a row with the same details show them once.
      const repeated = next !== undefined && detailLines(next, style).join('\n') === details.join('\n');
      const row = [mark(check.verdict, style), check.name.padEnd(width), actualText(check)];
      const shown = check.verdict === 'skip' ? row.map(style.dim) : row;
      lines.push(...table([shown], '  ', style.columns), ...(repeated ? [] : details));
    });
  }
  return lines;
}

/** The place in the file and the value there; only the value for a check that passes. */
function actualText({ verdict, path, line, actual }: DoctorCheck): string {
  const text = cutForTable(actual, MAX_DETAILS);
  if (verdict === 'pass' || verdict === 'skip' || path === undefined) return text;
  return `${cutForTable(path, MAX_DETAILS) || 'the whole'} (line ${line}): ${text}`;
}

function detailLines({ verdict, expected, why, repair }: DoctorCheck, style: Style): string[] {
  if (verdict === 'pass') return [];
  const details = [expected === undefined ? undefined : `expected: ${expected}`, why, repair && `→ ${repair}`];
  return details.flatMap((text) => {
    if (text === undefined || text === '') return [];
    const shown = cutForTable(text, MAX_DETAILS);
    return table([[verdict === 'skip' ? style.dim(shown) : shown]], '      ', style.columns);
  });
}

/** How many checks failed and how many warned. */
export function countsOf(checks: readonly Pick<Check, 'verdict'>[]): {
  readonly failed: number;
  readonly warned: number;
} {
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length;
  return { failed: count('fail'), warned: count('warn') };
}

/** The last line of a doctor's report: the mark of all checks together, `prefix`, and "2 problems, 1 warning". */
export function summaryLine(prefix: string, checks: readonly DoctorCheck[], style: Style): string {
  const { failed, warned } = countsOf(checks);
  const counts = [failed > 0 && countText(failed, 'problem'), warned > 0 && countText(warned, 'warning')].filter(
    Boolean,
  );
  const verdict = failed > 0 ? 'fail' : warned > 0 ? 'warn' : 'pass';
  return `${mark(verdict, style)} ${style.strong(`${prefix}${counts.join(', ') || 'nothing to complain of'}`)}`;
}
