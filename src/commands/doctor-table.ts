import type { CheckGroup, CheckVerdict, ConnectorCheck } from '../logto/connector-check.js';
import type { Examination } from '../logto/connector-doctor.js';
import { printable, type Style, table } from '../terminal.js';
import { cutForTable } from './id-token-table.js';

/** What a provider or a file says at more length than this many characters is cut; `--json` has it whole. */
const LONGEST = 600;

/** The groups in their order, as they are headed. */
const GROUPS: Readonly<Record<CheckGroup, string>> = {
  configuration: 'Configuration',
  provider: 'Provider',
  'key set': 'Key set',
  'client secret': 'Client secret',
  'redirect URIs': 'Redirect URIs to register at the provider',
};

/** How many checks failed and how many warned. */
export function countsOf(checks: readonly ConnectorCheck[]): { readonly failed: number; readonly warned: number } {
  const count = (verdict: CheckVerdict) => checks.filter((check) => check.verdict === verdict).length;
  return { failed: count('fail'), warned: count('warn') };
}

/** An examined connector as lines for people: every check with what was found, and below a bad one what follows and what to change. */
export function connectorCheckLines(name: string, { checks, refusal }: Examination, style: Style): string[] {
  const lines: string[] = [];
  const rows = table(
    checks.map((check) => [mark(check.verdict, style), check.name, foundIn(check)]),
    '  ',
  );
  for (const [group, heading] of Object.entries(GROUPS)) {
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
  return [...lines, '', verdictLine(name, checks, refusal !== undefined, style)];
}

function mark(verdict: CheckVerdict, style: Style): string {
  if (verdict === 'pass') return style.good('✓');
  if (verdict === 'fail') return style.bad('✗');
  return verdict === 'warn' ? style.warn('!') : '-';
}

/** Where it stands and what stands there; for what is in order only the latter. */
function foundIn({ verdict, path, line, found }: ConnectorCheck): string {
  const text = cutForTable(found, LONGEST);
  if (verdict === 'pass' || verdict === 'skip' || path === undefined) return text;
  return `${cutForTable(path, LONGEST) || 'the whole'} (line ${line}): ${text}`;
}

function below({ verdict, expected, why, repair }: ConnectorCheck, style: Style): string[] {
  if (verdict === 'pass') return [];
  const indent = '      ';
  const lines: string[] = [];
  if (expected !== undefined) lines.push(`${indent}expected: ${cutForTable(expected, LONGEST)}`);
  if (why !== undefined) lines.push(`${indent}${cutForTable(why, LONGEST)}`);
  if (repair !== undefined) lines.push(`${indent}→ ${cutForTable(repair, LONGEST)}`);
  return verdict === 'skip' ? lines.map((line) => style.dim(line)) : lines;
}

function verdictLine(name: string, checks: readonly ConnectorCheck[], refused: boolean, style: Style): string {
  const { failed, warned } = countsOf(checks);
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const counts = [failed > 0 && counted(failed, 'problem'), warned > 0 && counted(warned, 'warning')].filter(Boolean);
  const found = counts.length === 0 ? 'nothing to complain of' : counts.join(', ');
  const text = `${printable(name)}: ${refused ? 'Logto refuses it; ' : ''}${found}`;
  const sign = failed > 0 ? 'fail' : warned > 0 ? 'warn' : 'pass';
  return `${mark(sign, style)} ${style.strong(text)}`;
}
