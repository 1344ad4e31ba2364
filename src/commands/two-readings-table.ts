import { mark } from '../checks/print.js';
import type { LogtoReading, TwoReadings } from '../logto/two-readings.js';
import { cutForTable, type Style, table } from '../terminal.js';

/** Two columns are narrower than one: a value longer than this many characters is cut. */
const LONGEST = 50;

/** The ID token in two columns: what the standard says of each check, and what Logto does about it. On a narrow terminal a check takes several lines. */
export function twoReadingsRows(readings: readonly TwoReadings[], style: Style): string[] {
  const rows = readings
    .filter((reading) => reading.verdict !== 'skip' || reading.logto.verdict === 'fail' || isLogtosOwn(reading))
    .map((reading) => [
      reading.name,
      reading.verdict === 'skip' ? ' ' : mark(reading.verdict, style),
      standardText(reading),
      logtoMark(reading.logto, style),
      cutForTable(reading.logto.note, LONGEST),
    ]);
  return table([['ID token', ' ', 'the standard', ' ', 'Logto'].map(style.strong), ...rows], '  ', style.columns);
}

/** What the standard has nothing to say of. */
function isLogtosOwn({ name }: TwoReadings): boolean {
  return name === 'typ' || name === 'claim types';
}

function standardText(reading: TwoReadings): string {
  if (isLogtosOwn(reading)) return '';
  const actual = cutForTable(reading.actual, LONGEST);
  return reading.verdict === 'pass' || reading.verdict === 'skip'
    ? actual
    : `${actual}, expected ${cutForTable(reading.expected, LONGEST)}`;
}

function logtoMark({ verdict }: LogtoReading, style: Style): string {
  if (verdict === 'pass' || verdict === 'fail') return mark(verdict, style);
  return style.dim(verdict === 'ignored' ? '-' : '?');
}
