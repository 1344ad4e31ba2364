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
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines: string[] = [];
  for (const [group, heading] of Object.entries(groups)) {
    const ofGroup = checks.filter((check) => check.group === group);
    if (ofGroup.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(style.strong(heading));
    ofGroup.forEach((check, index) => {
      const next = ofGroup[index + 1];
      const words = below(check, style);
      // What two checks in a row would say is said once.
      const again = next !== undefined && below(next, style).join('\n') === words.join('\n');
      const row = [mark(check.verdict, style), check.name.padEnd(width), foundIn(check)];
      const shown = check.verdict === 'skip' ? row.map(style.dim) : row;
      lines.push(...table([shown], '  ', style.columns), ...(again ? [] : words));
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
  const words = [expected === undefined ? undefined : `expected: ${expected}`, why, repair && `→ ${repair}`];
  return words.flatMap((text) => {
    if (text === undefined || text === '') return [];
    const shown = cutForTable(text, LONGEST);
    return table([[verdict === 'skip' ? style.dim(shown) : shown]], '      ', style.columns);
  });
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
