import { mark } from '../../checks/print.js';
import { isRedirect } from '../../network/redirect.js';
import type { ProbePlan } from '../../probe/plan.js';
import { PROBE_NAMES, type ProbeResult, probeDefinition } from '../../probe/probe.js';
import type { ProbeRun } from '../../probe/run-probes.js';
import { cutForTable, printable, type Style, table } from '../../terminal.js';
import { type ShownBody, type ShownEvent, type ShownParameter, urlText } from '../../trace/document.js';
import { eventJson } from '../../trace/json.js';
import type { ResolvedSignIn } from '../resolve-sign-in.js';

/** A value of a request or answer that is longer is cut; `--json` and `--trace` have it whole. */
const MAX_LENGTH = 60;
/** Lines of one request or answer. */
const MAX_ADDRESS_LENGTH = 160;

type Verdict = ProbeResult['verdict'];

/** In which order verdicts are shown, with their headings. */
const HEADINGS: readonly (readonly [Verdict, string])[] = [
  ['violated', 'Violated'],
  ['not testable', 'Not testable'],
  ['not applicable', 'Not applicable'],
  ['met', 'Met'],
];

/** A run as lines for people: what is violated first, each with the exchange that shows it and what to change. */
export function probeLines(run: ProbeRun, shown: ReadonlyMap<number, ShownEvent>, style: Style): string[] {
  const lines: string[] = [];
  for (const [verdict, heading] of HEADINGS) {
    const results = run.results.filter((result) => result.verdict === verdict);
    if (results.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(style.strong(heading));
    if (verdict === 'violated') for (const result of results) lines.push(...violatedLines(result, shown, style));
    else
      lines.push(
        ...table(
          results.map((result) => row(result, style)),
          '  ',
        ),
      );
  }
  return [...lines, '', verdictLine(run, style), ...tokenLines(run, style)];
}

/** What was found before a run came to its end, where a sign-in failed: rows alone. */
export function unfinishedLines(results: readonly Pick<ProbeResult, 'name' | 'verdict' | 'actual'>[], style: Style) {
  if (results.length === 0) return [];
  return [
    style.strong('Found until then'),
    ...table(
      results.map((result) => row(result, style)),
      '  ',
    ),
    '',
  ];
}

/** Every probe there is, with what it tries and what it rests on. */
export function probeList(style: Style): string[] {
  return table(
    PROBE_NAMES.flatMap((name) => {
      const { tries, expected, clause, level } = probeDefinition(name);
      return [
        [style.strong(name), tries],
        ['', style.dim(`${expected} (${clause}${level === 'should' ? ', should' : ''})`)],
      ];
    }),
  );
}

function row({ name, verdict, actual }: Pick<ProbeResult, 'name' | 'verdict' | 'actual'>, style: Style): string[] {
  return [mark(verdict, style), name, cutForTable(actual, MAX_ADDRESS_LENGTH)];
}

function violatedLines({ name, actual, events }: ProbeResult, shown: ReadonlyMap<number, ShownEvent>, style: Style) {
  const { tries, clause, level, expected, repair } = probeDefinition(name);
  const indent = '      ';
  return [
    `  ${mark('violated', style)} ${style.strong(name)}: ${tries}`,
    `${indent}expected: ${expected}`,
    `${indent}actual:   ${cutForTable(actual, MAX_ADDRESS_LENGTH)}`,
    `${indent}clause:   ${clause}${level === 'should' ? ' (should)' : ''}`,
    ...events.flatMap((number) => eventLines(shown.get(number))).map((line) => style.dim(`${indent}${line}`)),
    `${indent}→ ${repair}`,
  ];
}

/** An exchange or a step in two or three lines. */
function eventLines(event: ShownEvent | undefined): string[] {
  if (event === undefined) return [];
  if (event.kind === 'step') {
    // A request says all in its address, an answer in its parameters.
    if (event.url === undefined) return [];
    const address = cutForTable(urlText(event.url), MAX_ADDRESS_LENGTH);
    const parameters = event.parameters === undefined ? [] : [`  ${parameterPairs(event.parameters)}`];
    return [`${event.step}: ${address}`, ...parameters];
  }
  const { method, url, requestBody, status, responseBody, responseHeaders = [], failure } = event;
  const location = isRedirect(status) ? responseHeaders.find(({ name }) => name === 'location')?.value : undefined;
  const response = status === undefined ? `no answer: ${printable(failure ?? '')}` : String(status);
  return [
    `${method} ${cutForTable(urlText(url), MAX_ADDRESS_LENGTH)}`,
    ...(requestBody === undefined ? [] : [`  ${bodyText(requestBody)}`]),
    `  → ${response}${location === undefined ? '' : ` to ${cutForTable(location, MAX_ADDRESS_LENGTH)}`}${
      responseBody === undefined || location !== undefined ? '' : ` ${bodyText(responseBody)}`
    }`,
  ];
}

function bodyText(body: ShownBody): string {
  if (body.type === 'form') return parameterPairs(body.parameters);
  if (body.type === 'json') return cutForTable(JSON.stringify(body.value), MAX_ADDRESS_LENGTH);
  return cutForTable((body.type === 'jwt' ? body.value : body.text).replaceAll(/\s+/g, ' '), MAX_LENGTH);
}

function parameterPairs(parameters: readonly ShownParameter[]): string {
  return parameters.map(({ name, value }) => `${printable(name)}=${cutForTable(value, MAX_LENGTH)}`).join(' ');
}

function verdictLine({ issuer, results }: ProbeRun, style: Style): string {
  const counted = HEADINGS.flatMap(([verdict]) => {
    const count = results.filter((result) => result.verdict === verdict).length;
    return count === 0 ? [] : `${count} ${verdict}`;
  });
  const violated = results.some(({ verdict }) => verdict === 'violated');
  return `${mark(violated ? 'violated' : 'met', style)} ${style.strong(`${printable(issuer)}: ${counted.join(', ')}`)}`;
}

function tokenLines({ tokens: { left, reasons } }: ProbeRun, style: Style): string[] {
  if (left === 0) return [];
  const what = left === 1 ? '1 token' : `${left} tokens`;
  return [
    style.warn(
      `! ${what} could not be revoked (${reasons.join(', ')}), and ${left === 1 ? 'lives until it expires' : 'live until they expire'}`,
    ),
  ];
}

/** What is about to be done at the provider, for whoever has to allow it. */
export function planLines(
  plan: ProbePlan,
  { issuer, clientId }: { readonly issuer: string; readonly clientId: string },
  style: Style,
): string[] {
  const { names, signIns, requests, noticed } = plan;
  const { least, most } = signIns;
  const more =
    most > least ? ` (up to ${most} where it is not sound, or ends a code with the first wrong request)` : '';
  const times = least === 1 ? 'once' : `${least} times`;
  return [
    style.strong(`About to probe ${printable(issuer)} as client ${printable(clientId)}:`),
    `  sign-ins  ${least === 0 && most === 0 ? 'none' : `${times}${more}, as one person in one browser`}`,
    `  requests  about ${requests} beside those of the sign-ins, for ${names.length} probes (--list), one of a kind each`,
    ...wrapped(noticed).map((line, index) => `  ${index === 0 ? 'noticed ' : '        '}  ${line}`),
    '  never     a guessed password, a request to a redirect URI, a session that is kept',
    '  at the end the tokens it got are revoked',
  ];
}

/** Columns of what monitoring may see. */
const WIDTH = 88;

/** Items on as few lines as hold them whole. */
function wrapped(items: readonly string[]): string[] {
  const lines: string[] = [];
  items.forEach((item, index) => {
    const text = index === items.length - 1 ? item : `${item};`;
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + text.length > WIDTH) lines.push(text);
    else lines[lines.length - 1] = `${last} ${text}`;
  });
  return lines.map((line, index) => (index === 0 ? `by monitoring, perhaps: ${line}` : line));
}

/** A run as the one document of `--json`, each probe with its exchanges. */
export function probeDocument(request: ResolvedSignIn, run: ProbeRun, shown: ReadonlyMap<number, ShownEvent>) {
  const { issuer, results, tokens } = run;
  const count = (verdict: ProbeResult['verdict']) => results.filter((one) => one.verdict === verdict).length;
  return {
    profile: request.profile,
    issuer,
    clientId: request.clientId,
    counts: {
      met: count('met'),
      violated: count('violated'),
      notApplicable: count('not applicable'),
      notTestable: count('not testable'),
    },
    tokens,
    probes: results.map(({ name, verdict, actual, events }) => {
      const { group, clause, level, tries, expected, repair } = probeDefinition(name);
      const exchanges = events.flatMap((number) => shown.get(number) ?? []).map(eventJson);
      const advice = verdict === 'violated' ? repair : null;
      return { name, group, verdict, tries, expected, actual, clause, level, repair: advice, exchanges };
    }),
  };
}
