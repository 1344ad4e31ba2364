import type {
  ShownEvent,
  ShownExchange,
  ShownFailure,
  ShownName,
  ShownParameter,
  ShownStep,
  TraceDocument,
} from './document.js';
import { checkTable, failureText } from './html-details.js';
import { isFailed, sequence } from './html-sequence.js';
import { STYLE } from './html-style.js';
import { anchor, countText, HtmlWriter, type Markup } from './html-text.js';
import { time } from './json.js';
import { duration, measurePhases, type Phase, type Timing, timingParts } from './phases.js';
import type { RequestTimes } from './recorder.js';

/**
 * A trace as one HTML page that needs no network and no script: the
 * explanation, a sequence diagram whose exchanges unfold, the ID token's
 * checks, and where the time went; of a command with several jobs, of each.
 * `printable` shows control characters and marks of direction instead of
 * sending them.
 */
export function renderHtml(document: TraceDocument, printable: (text: string) => string): string {
  const { command, startedAt, durationMs, exitCode, version, events, personsMasked } = document;
  const words = new HtmlWriter(printable);
  const jobs = groupJobs(document);
  const ended = toEnding(exitCode);
  const sections = jobs.length > 1 ? jobSections(jobs, words) : commandSections(document, words);
  const links = [...sections.links, ...(document.names.length > 0 ? [['names', 'Replaced values'] as const] : [])]
    .map(([id, title]) => `<li><a href="#${id}">${words.text(title)}</a></li>`)
    .join('');
  const requests = countText(events.filter(({ kind }) => kind === 'exchange').length, 'request');
  const facts = [duration(durationMs), requests, `exit code ${exitCode}`, `oidc-cli ${version}`]
    .map((fact) => `<span>${words.text(fact)}</span>`)
    .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${words.text(`oidc-cli ${command}: ${ended}`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<a class="to-main" href="#main">Skip to the trace</a>
<header class="top">
<p class="kind">Trace of a command</p>
<h1><span class="command">oidc-cli ${words.text(command)}</span> <span class="badge ${ended}">${ended}</span></h1>
<p class="facts"><time datetime="${time(startedAt)}">${time(startedAt).replace('T', ' ').replace(/\..*/, ' UTC')}</time>${facts}</p>
${links === '' ? '' : `<nav aria-label="Parts of this page"><ul>${links}</ul></nav>`}
</header>
<main id="main">
${outcome(document, jobs, words)}
${sections.markup}
${names(document.names, words)}
</main>
<footer><p>Secrets ${personsMasked ? 'and personal claims ' : ''}are replaced by numbers: the same number is the same value. No signature of a token is in this file.${personsMasked ? '' : ' <strong>Personal claims are shown</strong> (--with-claims).'}</p></footer>
</body>
</html>
`;
}

/** How a command or one of its jobs ended: also the class of its badge. */
type Ending = 'done' | 'failed' | 'interrupted' | 'flaky' | 'not run' | 'shared';

function toEnding(exitCode: number): Ending {
  return exitCode === 0 ? 'done' : exitCode === 130 ? 'interrupted' : 'failed';
}

/** Parts of the page, and what the navigation calls them. */
interface Sections {
  readonly markup: Markup;
  readonly links: readonly (readonly [id: string, title: string])[];
}

/** One job of several, such as a check of `smoke`; without a name: what they share. */
interface Job {
  readonly id: string;
  readonly name: string;
  readonly ending: Ending;
  /** Whether what was refused in it is why something failed. */
  readonly failed: boolean;
  readonly events: readonly ShownEvent[];
  readonly durationMs: number;
  readonly judged: ShownStep | undefined;
}

const ENDINGS: Readonly<Record<string, Ending>> = { pass: 'done', fail: 'failed', warn: 'flaky', skip: 'not run' };

function groupJobs({ events, exitCode }: TraceDocument): readonly Job[] {
  const byName = new Map<string | undefined, ShownEvent[]>();
  for (const event of events) byName.set(event.about, [...(byName.get(event.about) ?? []), event]);
  return [...byName].map(([name, own], index) => {
    const result = own.findLast((event): event is ShownStep => event.kind === 'step' && event.verdict !== undefined);
    const failed = exitCode !== 0 && own.some(isFailed);
    const last = Math.max(
      ...own.map((event) => event.startedAt + (event.kind === 'exchange' ? (event.durationMs ?? 0) : 0)),
    );
    return {
      id: `job-${index + 1}`,
      name: name ?? 'Shared by all',
      ending: ENDINGS[result?.verdict ?? ''] ?? (name === undefined ? 'shared' : failed ? 'failed' : 'done'),
      failed: result === undefined ? failed : result.verdict === 'fail',
      events: own,
      durationMs: last - Math.min(...own.map(({ startedAt }) => startedAt)),
      judged: result,
    };
  });
}

/** On top: why it failed and what to change, or that it did not; what it was about; how each job ended. */
function outcome({ failure, exitCode, events }: TraceDocument, jobs: readonly Job[], words: HtmlWriter): Markup {
  const ending = toEnding(exitCode);
  const about = jobs.length > 1 ? jobTable(jobs, words) : summarySection(summarize(events), words);
  if (!failure) {
    const details = exitCode === 0 ? 'It worked: nothing failed.' : withoutFailure(exitCode, jobs);
    return `<section class="card outcome ${ending}" aria-label="Outcome"><p class="message">${details}</p>${about}</section>`;
  }
  const seen = events.findLast(isFailed);
  const where = seen === undefined ? '' : ` · <a href="#event-${seen.number}">seen in step ${seen.number}</a>`;
  return `<section class="card outcome ${ending}" aria-labelledby="outcome">
<h2 id="outcome" class="message">${words.text(failure.message)}</h2>
${failureText(failure, words)}
<p class="code"><code>${words.text(failure.code)}</code>${where}</p>
${about}</section>`;
}

function withoutFailure(exitCode: number, jobs: readonly Job[]): string {
  const named = jobs.filter(({ judged: result }) => result !== undefined);
  const failed = named.filter(({ ending }) => ending === 'failed').length;
  if (failed > 0) return `${failed} of ${countText(named.length, 'check')} failed.`;
  return `The command ended with exit code ${exitCode}: a check failed.`;
}

function summarySection(about: Summary, words: HtmlWriter): Markup {
  if (about.length === 0) return '';
  const rows = about.map(([name, value]) => `<div><dt>${name}</dt><dd>${words.value(value)}</dd></div>`).join('');
  return `<dl class="glance">${rows}</dl>`;
}

function jobTable(jobs: readonly Job[], words: HtmlWriter): Markup {
  const rows = jobs
    .map(({ id, name, ending, durationMs, judged: result }) => {
      const why = result?.failure?.message ?? violation(result) ?? '';
      return `<tr class="${ending === 'failed' ? 'fail' : ''}"><td>${badge(ending)}</td><th scope="row"><a href="#${id}">${words.text(name)}</a></th><td>${words.named(why)}</td><td class="took">${duration(durationMs)}</td></tr>`;
    })
    .join('');
  return `<table class="jobs"><thead><tr><th scope="col">Ended</th><th scope="col">What</th><th scope="col">Why</th><th scope="col" class="took">Took</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The first expectation that was not met, in words. */
function violation(result: ShownStep | undefined): string | undefined {
  const violated = result?.checks?.find(({ verdict }) => verdict === 'fail');
  return violated && `${violated.name}: expected ${violated.expected}, found ${violated.actual}`;
}

function badge(ending: Ending): Markup {
  if (ending === 'shared') return '';
  const mark = { done: '✓ ', failed: '✗ ', interrupted: '', flaky: '! ', 'not run': '– ' }[ending];
  return `<span class="badge ${ending.replace(' ', '-')}">${mark}${ending}</span>`;
}

/** The parts of a command that did one thing. */
function commandSections(document: TraceDocument, words: HtmlWriter): Sections {
  const { events } = document;
  if (events.length === 0) {
    const nothing = 'Nothing was sent, and nothing happened that a trace tells of.';
    return { markup: `<section class="card"><p>${nothing}</p></section>`, links: [] };
  }
  const result = events.filter((event): event is ShownStep => event.kind === 'step' && event.checks !== undefined);
  const timing = measurePhases(events, document);
  const titled = result.some(({ step }) => step === 'ID token checks') ? 'ID token checks' : 'Checks';
  const all = [
    section(
      'sequence',
      'Sequence',
      `${HINT}${sequence(events, { failed: document.exitCode !== 0, checksAt: 'checks' }, words)}`,
      'diagram',
    ),
    ...(result.length === 0 ? [] : [section('checks', titled, checkTables(result, words))]),
    ...(timing.phases.length === 0 ? [] : [section('timing', 'Time', timeTable(timing, words))]),
  ];
  return { markup: all.map(({ markup }) => markup).join('\n'), links: all.map(({ id, title }) => [id, title]) };
}

/** The checks of each step that made some, one below the other. */
function checkTables(steps: readonly ShownStep[], words: HtmlWriter): Markup {
  return steps
    .map(({ step, number, checks = [] }, index) => {
      const heading = `<h3 class="of"><a href="#event-${number}">${words.text(step)}</a></h3>`;
      return (index === 0 && step === 'ID token checks' ? '' : heading) + checkTable(checks, words);
    })
    .join('');
}

const HINT = '<p class="hint">Each line unfolds to what was sent and what it means.</p>';

/** A job each: folded, but for those that failed. */
function jobSections(jobs: readonly Job[], words: HtmlWriter): Sections {
  const markup = jobs
    .map(({ id, name, ending, failed, events, durationMs, judged: result }) => {
      const startedAt = Math.min(...events.map((event) => event.startedAt));
      const timing = measurePhases(events, { startedAt, durationMs, exitCode: failed ? 1 : 0 });
      const requests = countText(events.filter(({ kind }) => kind === 'exchange').length, 'request');
      const why = result?.failure === undefined ? '' : jobFailure(result.failure, words);
      const times = timing.phases.length === 0 ? '' : `<h3>Time</h3>${timeTable(timing, words)}`;
      return `<details class="card job" id="${id}"${failed ? ' open' : ''}><summary>${badge(ending)} <h2>${words.text(name)}</h2> <span class="why">${requests}, ${duration(durationMs)}</span></summary>
${why}${HINT}<div class="diagram">${sequence(events, { failed }, words)}</div>${times}</details>`;
    })
    .join('\n');
  return { markup, links: [] };
}

function jobFailure(failure: ShownFailure, words: HtmlWriter): Markup {
  return `<div class="outcome failed"><p class="message">${words.text(failure.message)}</p>${failureText(failure, words)}<p class="code"><code>${words.text(failure.code)}</code></p></div>`;
}

function section(id: string, title: string, content: Markup, kind = '') {
  const markup = `<section class="card ${kind}" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>`;
  return { id, title, markup };
}

/** Where each replaced value was seen: first those that connect several places. */
function names(all: readonly ShownName[], words: HtmlWriter): Markup {
  if (all.length === 0) return '';
  const several = all.filter(({ places }) => places.length > 1);
  const single = all.filter(({ places }) => places.length <= 1);
  const folded =
    single.length === 0
      ? ''
      : `<details class="more"><summary>${countText(single.length, 'value')} seen in one place</summary>${nameTable(single, words)}</details>`;
  return section(
    'names',
    'Replaced values',
    `<p class="hint">Where each was seen. A value in several places came through unchanged.</p>${several.length === 0 ? '' : nameTable(several, words)}${folded}`,
  ).markup;
}

function nameTable(list: readonly ShownName[], words: HtmlWriter): Markup {
  const rows = list
    .map(({ name, places }) => {
      const where = places.map((place) => `<li>${words.text(place)}</li>`).join('');
      return `<tr id="${anchor(name)}"><th scope="row"><span class="name">${name}</span></th><td><ul>${where}</ul></td></tr>`;
    })
    .join('');
  return `<table class="names"><thead><tr><th scope="col">Name</th><th scope="col">Seen as</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The colour of a part of a request shows whose time it was. */
const COLOURS: Readonly<Record<keyof RequestTimes, string>> = {
  blocked: 'own',
  send: 'own',
  dns: 'connecting',
  connect: 'connecting',
  tls: 'connecting',
  wait: 'waiting',
  receive: 'receiving',
};

const LEGEND = [
  ['own', 'queued and sent'],
  ['connecting', 'name, connection, TLS'],
  ['waiting', 'waiting for the answer'],
  ['receiving', 'receiving it'],
  ['browser', 'the browser'],
] as const;

/** Bars of when each request and each way of the browser was under way. Milliseconds. */
function timeTable({ phases, requestsMs, browserMs, ownMs }: Timing, words: HtmlWriter): Markup {
  const start = Math.min(...phases.map(({ startedAt }) => startedAt));
  const end = Math.max(...phases.map(({ startedAt, durationMs }) => startedAt + durationMs));
  const whole = Math.max(1, end - start);
  const percent = (value: number) => `${((100 * value) / whole).toFixed(2)}%`;
  const rows = phases
    .map((phase) => {
      const style = `margin-left:${percent(phase.startedAt - start)};width:${percent(phase.durationMs)}`;
      const details = timingParts(phase.times).map(({ name, ms }) => `${name} ${Math.round(ms)}`);
      const name = `<span class="number">${phase.number}</span><a href="#event-${phase.number}">${words.text(phase.name)}</a>`;
      return `<tr class="${phase.failed ? 'fail ' : ''}${phase.kind}"><th scope="row">${name}</th><td class="bar"><span class="whole" style="${style}">${segments(phase)}</span></td><td class="took">${duration(phase.durationMs)}</td><td class="parts">${details.join(', ')}</td></tr>`;
    })
    .join('');
  const shown = new Set(phases.flatMap(phaseColours));
  const legend = LEGEND.filter(([colour]) => shown.has(colour))
    .map(([colour, name]) => `<li><span class="key ${colour}"></span>${name}</li>`)
    .join('');
  const requests = phases.filter(({ kind }) => kind === 'request').length;
  const browser = phases.some(({ kind }) => kind === 'browser') ? `, the browser's alone ${duration(browserMs)}` : '';
  return `<p class="hint">${countText(requests, 'request')} took ${duration(requestsMs)}${browser}, oidc-cli itself ${duration(ownMs)}.</p>
<ul class="legend" aria-hidden="true">${legend}</ul>
<table class="times"><thead><tr><th scope="col">What</th><th scope="col">When</th><th scope="col" class="took">Took</th><th scope="col" class="parts">Of it, in ms</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The parts of a bar, in shares of it. */
function segments(phase: Phase): Markup {
  if (phase.kind === 'browser') return '<span class="browser" style="flex-grow:1"></span>';
  const parts = timingParts(phase.times);
  if (parts.length === 0) return '<span class="waiting" style="flex-grow:1"></span>';
  return parts
    .map(({ part, ms }) => `<span class="${COLOURS[part]}" style="flex-grow:${Math.round(ms)}"></span>`)
    .join('');
}

function phaseColours(phase: Phase): string[] {
  if (phase.kind === 'browser') return ['browser'];
  const parts = timingParts(phase.times);
  return parts.length === 0 ? ['waiting'] : parts.map(({ part }) => COLOURS[part]);
}

/** What a sign-in was about, by the names that people use. */
type Summary = readonly (readonly [name: string, value: string])[];

/** What a trace was about, as far as its events tell: provider, client, redirect URI, scopes, who signed in. */
function summarize(events: readonly ShownEvent[]): Summary {
  const exchange = (step: string) =>
    events.find((event): event is ShownExchange => event.kind === 'exchange' && event.step === step);
  const note = (step: string) =>
    events.find((event): event is ShownStep => event.kind === 'step' && event.step === step);
  const asked = note('authorization request');
  const sent = [
    ...(asked?.url?.query ?? []),
    ...formParameters(exchange('pushed authorization request')),
    ...formParameters(exchange('token request')),
  ];
  const value = (name: string) => sent.find((parameter) => parameter.name === name)?.value;
  const issuer = responseMember(exchange('discovery'), 'issuer') ?? asked?.url?.base;
  const checks = events.flatMap((event) => (event.kind === 'step' ? (event.checks ?? []) : []));
  const subject = checks.find(({ name, verdict }) => name === 'sub' && verdict === 'pass')?.actual;
  const all: [string, string | undefined][] = [
    ['Provider', issuer],
    ['Client', value('client_id')],
    ['Client authentication', note('client authentication chosen')?.note],
    ['Redirect URI', value('redirect_uri')],
    ['Scopes', value('scope')],
    ['Subject', subject],
  ];
  return all.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
}

function formParameters(exchange: ShownExchange | undefined): readonly ShownParameter[] {
  return exchange?.requestBody?.type === 'form' ? exchange.requestBody.parameters : [];
}

function responseMember(exchange: ShownExchange | undefined, name: string): string | undefined {
  const body = exchange?.responseBody;
  const value: unknown = body?.type === 'json' ? (Object(body.value) as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
