import { mark } from '../checks/print.js';
import type { LogtoReading, TwoReadings } from '../logto/two-readings.js';
import { cutForTable, type Style, table } from '../terminal.js';

/** Two columns are narrower than one: a value longer than this many characters is cut. */
const MAX_LENGTH = 50;

/** The ID token in two columns: what the standard says of each check, and what Logto does about it. On a narrow terminal a check takes several lines. */
export function twoReadingsRows(readings: readonly TwoReadings[], style: Style): string[] {
  const rows = readings
    .filter((reading) => reading.verdict !== 'skip' || reading.logto.verdict === 'fail' || isLogtoOnly(reading))
    .map((reading) => [
      reading.name,
      reading.verdict === 'skip' ? ' ' : mark(reading.verdict, style),
      standardText(reading),
      logtoMark(reading.logto, style),
      cutForTable(reading.logto.note, MAX_LENGTH),
    ]);
  return table([['ID token', ' ', 'the standard', ' ', 'Logto'].map(style.strong), ...rows], '  ', style.columns);
}

/** What the standard has nothing to say of. */
function isLogtoOnly({ name }: TwoReadings): boolean {
  return name === 'typ' || name === 'claim types';
}

function standardText(reading: TwoReadings): string {
  if (isLogtoOnly(reading)) return '';
  const actual = cutForTable(reading.actual, MAX_LENGTH);
  return reading.verdict === 'pass' || reading.verdict === 'skip'
    ? actual
    : `${actual}, expected ${cutForTable(reading.expected, MAX_LENGTH)}`;
}

function logtoMark({ verdict }: LogtoReading, style: Style): string {
  if (verdict === 'pass' || verdict === 'fail') return mark(verdict, style);
  return style.dim(verdict === 'ignored' ? '-' : '?');
}
