import type { DoctorCheck, Side } from '../../checks/check-list.js';
import { countsOf, groupedCheckLines, mark, summaryLine } from '../../checks/print.js';
import type { Configuration } from '../../doctor/configuration-checks.js';
import type { Examination } from '../../doctor/examine-connector.js';
import type { ProfileReport } from '../../doctor/examine-profile.js';
import { OidcCliError } from '../../errors.js';
import type { ConnectorFile } from '../../logto/connector/file.js';
import { cutForTable, printable, type Style, table } from '../../terminal.js';

/** Characters of what is said at the top; below and in `--json` there is more. */
const MAX_LENGTH = 400;

/** Whose business a finding is: the first words of the first line. */
const SIDES: Readonly<Record<Side, string>> = {
  configuration: 'The configuration',
  machine: 'This machine',
  network: 'The way to the provider',
  provider: 'The provider',
  registration: 'The registration at the provider',
};

/** An examined profile as lines for people: the verdict, the checks, the counts. */
export function reportLines({ collected }: Configuration, report: ProfileReport, style: Style): string[] {
  return [
    ...verdictLines(report, style),
    '',
    ...groupedCheckLines(importantChecks(report.checks), style),
    '',
    summaryLine(`${profileName(collected)}: `, report.checks, style),
  ];
}

/** Checks in a row that were skipped for one reason take one line. */
function importantChecks(checks: readonly DoctorCheck[]): DoctorCheck[] {
  const brief: DoctorCheck[] = [];
  for (const check of checks) {
    const before = brief.at(-1);
    const same =
      check.verdict === 'skip' &&
      before?.verdict === 'skip' &&
      before.group === check.group &&
      before.repair === check.repair &&
      before.actual.startsWith(check.actual);
    if (!same) brief.push(check);
    else brief.splice(-1, 1, { ...before, actual: withProfileName(before.actual, check) });
  }
  return brief;
}

function withProfileName(actual: string, { name }: DoctorCheck): string {
  return / \(likewise: .*\)$/.test(actual) ? actual.replace(/\)$/, `, ${name})`) : `${actual} (likewise: ${name})`;
}

/** What an operator reads first: whose business it is, what is wrong, and what to change. */
function verdictLines({ checks, finding, provider }: ProfileReport, style: Style): string[] {
  const { failed, warned } = countsOf(checks);
  if (finding === undefined) {
    const ready = provider
      ? 'Nothing was found that would keep a sign-in from working'
      : 'This machine is ready for a sign-in; there is no provider to ask yet';
    return [`${mark('pass', style)} ${style.strong(`${ready}${warned > 0 ? `; see the warnings (!)` : '.'}`)}`];
  }
  const { side = 'provider', repair } = finding;
  const [first, second] = findingSentences(finding);
  const words = [second, repair && `→ ${repair}`].filter((text) => text !== undefined);
  const head = style.strong(cutForTable(`${SIDES[side]}: ${first}`, MAX_LENGTH));
  return [
    ...table([[mark('fail', style), head]], '', style.columns).map((line) => line.replace('  ', ' ')),
    ...words.flatMap((text) => table([[cutForTable(text, MAX_LENGTH)]], '  ', style.columns)),
    ...(failed > 1 ? [style.dim('  This first: the other findings (✗) may follow from it.')] : []),
  ];
}

/** What is wrong in a sentence that stands alone, and what else is known of it. */
function findingSentences({ code, side, name, actual, why }: DoctorCheck): [string, string | undefined] {
  // What a coded error says is a whole sentence, and so is what follows from the answer to a request.
  if (code !== undefined && /[.!?]$/.test(actual)) return [actual, why];
  return side === 'registration' && why !== undefined ? [why, `Found: ${actual}`] : [`${name}: ${actual}`, why];
}

function profileName(collected: Configuration['collected']): string {
  return printable(collected instanceof OidcCliError ? 'oidc-cli' : (collected.name ?? 'this machine'));
}

/** An examined profile as the one document of `--json`. */
export function doctorDocument({ collected }: Configuration, { checks, finding }: ProfileReport) {
  const known = collected instanceof OidcCliError ? undefined : collected;
  return {
    profile: known?.name ?? null,
    issuer: known?.values.issuer ?? null,
    clientId: known?.values.clientId ?? null,
    redirectUri: known?.values.redirectUri ?? null,
    ...countsOf(checks),
    notMade: checks.filter(({ dependsOn }) => dependsOn !== undefined).length,
    finding: finding ?? null,
    checks,
  };
}

/** An examined connector as the one document of `--json`. */
export function connectorDocument(file: ConnectorFile, { checks, refusal, issuer, redirectUris }: Examination) {
  return {
    connector: file.name,
    accepted: refusal === undefined,
    ...countsOf(checks),
    issuer: issuer ?? null,
    redirectUris: redirectUris ?? null,
    checks,
  };
}

/** An examined connector as lines for people, with the verdict at the end. */
export function connectorCheckLines(name: string, { checks, refusal }: Examination, style: Style): string[] {
  const about = `${printable(name)}: ${refusal ? 'Logto refuses it; ' : ''}`;
  return [...groupedCheckLines(checks, style), '', summaryLine(about, checks, style)];
}
