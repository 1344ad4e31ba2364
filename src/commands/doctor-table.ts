import type { Verdict } from '../protocol/id-token-report.js';
import { type Style, table } from '../terminal.js';
import { cutForTable, verdictMark } from './id-token-table.js';

/** What a provider or a file says at more length than this many characters is cut; `--json` has it whole. */
const LONGEST = 600;

/** A check of any doctor. */
interface ShownCheck {
  readonly group: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly found: string;
  readonly expected?: string;
  readonly why?: string;
  readonly repair?: string;
  /** Where it stands in a file. */
  readonly path?: string;
  readonly line?: number;
}

/** How many checks failed and how many warned. */
export function countsOf(checks: readonly Pick<ShownCheck, 'verdict'>[]): {
  readonly failed: number;
  readonly warned: number;
} {
  const count = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict).length;
  return { failed: count('fail'), warned: count('warn') };
}

/** Checks as lines for people, by group: each with what was found, and below a bad one what follows and what to change. */
export function groupedCheckLines(
  checks: readonly ShownCheck[],
  groups: Readonly<Record<string, string>>,
  style: Style,
): string[] {
  const lines: string[] = [];
  const rows = table(
    checks.map((check) => [mark(check.verdict, style), check.name, foundIn(check)]),
    '  ',
  );
  for (const [group, heading] of Object.entries(groups)) {
    const indices = checks.flatMap((check, index) => (check.group === group ? [index] : []));
    if (indices.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(style.strong(heading));
    indices.forEach((index, position) => {
      const check = checks[index];
      const row = rows[index];
      if (check === undefined || row === undefined) return;
      const words = below(check, style);
      const next = checks[indices[position + 1] ?? -1];
      // What two checks in a row would say is said once.
      const again = next !== undefined && below(next, style).join('\n') === words.join('\n');
      lines.push(check.verdict === 'skip' ? style.dim(row) : row, ...(again ? [] : words));
    });
  }
  return lines;
}

/** The sign of a verdict, as one character. */
export function mark(verdict: Verdict, style: Style): string {
  return verdict === 'skip' ? '-' : verdictMark(verdict, style);
}

/** Where it stands and what stands there; for what is in order only the latter. */
function foundIn({ verdict, path, line, found }: ShownCheck): string {
  const text = cutForTable(found, LONGEST);
  if (verdict === 'pass' || verdict === 'skip' || path === undefined) return text;
  return `${cutForTable(path, LONGEST) || 'the whole'} (line ${line}): ${text}`;
}

function below({ verdict, expected, why, repair }: ShownCheck, style: Style): string[] {
  if (verdict === 'pass') return [];
  const indent = '      ';
  const lines: string[] = [];
  if (expected !== undefined) lines.push(`${indent}expected: ${cutForTable(expected, LONGEST)}`);
  if (why !== undefined) lines.push(`${indent}${cutForTable(why, LONGEST)}`);
  if (repair !== undefined) lines.push(`${indent}→ ${cutForTable(repair, LONGEST)}`);
  return verdict === 'skip' ? lines.map((line) => style.dim(line)) : lines;
}

/** "2 problems, 1 warning", or that there is nothing. */
export function countsInWords(checks: readonly Pick<ShownCheck, 'verdict'>[]): string {
  const { failed, warned } = countsOf(checks);
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const counts = [failed > 0 && counted(failed, 'problem'), warned > 0 && counted(warned, 'warning')].filter(Boolean);
  return counts.length === 0 ? 'nothing to complain of' : counts.join(', ');
}

/** The sign for all checks together. */
export function worstOf(checks: readonly Pick<ShownCheck, 'verdict'>[]): Verdict {
  const { failed, warned } = countsOf(checks);
  return failed > 0 ? 'fail' : warned > 0 ? 'warn' : 'pass';
}
