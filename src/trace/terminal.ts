import { STATUS_CODES } from 'node:http';
import type { Check } from '../check.js';
import type { ShownBody, ShownEvent, ShownExchange, ShownParameter, ShownStep, ShownToken } from './document.js';
import { annotateTime, jsonLines } from './json-text.js';
import { stepMeaning } from './meanings.js';
import { duration, measurePhases, type Timing, timingParts } from './phases.js';
import type { LiveView } from './tracing.js';

/** Colours by meaning, as the terminal has them. */
export interface TraceStyle {
  strong(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  link(text: string): string;
}

/** Where the lines go. `printable` makes text from outside harmless. */
export interface LiveOptions {
  readonly say: (line: string) => void;
  readonly style: TraceStyle;
  readonly printable: (text: string) => string;
}

const ARROWS = { browser: 'browser', cli: 'oidc-cli', client: 'client', provider: 'provider' } as const;

/** `-v`: one line an exchange or step. */
export function briefView({ say, style, printable }: LiveOptions): LiveView {
  return {
    began: () => undefined,
    happened: (event) => {
      if (event.kind === 'exchange') {
        const { method, url, step } = event;
        say(
          `${style.dim('·')} ${printable(step)}: ${method} ${printable(url.base)} ${outcome(event, style, printable)}`,
        );
      } else {
        const { note, url, checks } = event;
        const words = [note, url?.base, checks && checksText(checks)].filter((part) => part !== undefined);
        say(
          `${style.dim('·')} ${printable(eventName(event))}${words.length === 0 ? '' : `: ${printable(words.join(' '))}`}`,
        );
      }
    },
    ended: (events, run) => {
      const timing = measurePhases(events, run);
      if (timing.phases.length > 0) say(`${style.dim('·')} ${sumText(timing, run.durationMs)}`);
    },
  };
}

/** `--trace`: every request and answer decoded, and where the time went at the end. */
export function fullView({ say, style, printable }: LiveOptions): LiveView {
  const writer = (margin: string): Writer => new Writer((text) => say(`${margin}${text}`), style, printable);
  const asked = writer(`${style.dim('│')} `);
  // Another request may stand between a request and its answer: the number says whose it is.
  const answered = writer('    ');
  const title = (event: ShownEvent) => {
    const why = stepMeaning(event.step);
    const driver = event.from === event.to ? '' : `  ${ARROWS[event.from]} → ${ARROWS[event.to]}`;
    const words = `${style.dim('┌')} ${style.dim(`[${event.number}]`)} ${style.strong(printable(eventName(event)))}${driver}`;
    say(why === undefined ? words : `${words}  ${style.dim(why)}`);
  };
  const step = (event: ShownStep) => {
    title(event);
    if (event.note !== undefined) asked.line(0, printable(event.note));
    if (event.url) {
      asked.line(0, `${event.posted ? 'POST' : 'GET'} ${printable(event.url.base)}`);
      for (const each of [...event.url.query, ...event.url.fragment]) asked.parameter(1, each);
    }
    for (const each of event.parameters ?? []) asked.parameter(1, each);
    for (const each of event.checks ?? []) asked.check(1, each);
    if (event.failure) asked.line(0, style.bad(printable(event.failure.message)));
  };
  return {
    began: (event) => {
      if (event.kind === 'step') return;
      title(event);
      asked.line(0, `${printable(event.method)} ${printable(event.url.base)}`);
      for (const each of event.url.query) asked.parameter(1, each);
      for (const each of event.requestHeaders) asked.parameter(1, each);
      if (event.requestBody) asked.body(1, event.requestBody);
    },
    happened: (event) => {
      if (event.kind === 'step') return step(event);
      say(`${style.dim('└')} ${style.dim(`[${event.number}]`)} ${outcome(event, style, printable)}`);
      for (const each of event.responseHeaders ?? []) answered.parameter(0, each);
      if (event.responseBody) answered.body(0, event.responseBody);
    },
    ended: (events, run) => {
      for (const line of timeLines(measurePhases(events, run), run.durationMs, style, printable)) say(line);
    },
  };
}

/** Writes the parts of a request or an answer, each a line or more; `depth` counts steps of two spaces. */
class Writer {
  constructor(
    private readonly say: (line: string) => void,
    private readonly style: TraceStyle,
    private readonly printable: (text: string) => string,
  ) {}

  line(depth: number, text: string): void {
    this.say(`${'  '.repeat(depth)}${text}`);
  }

  parameter(depth: number, { name, value, why, token }: ShownParameter): void {
    const { style, printable } = this;
    const reason = why === undefined ? '' : `  ${style.dim(`- ${why}`)}`;
    this.line(depth, `${style.link(printable(name))}: ${printable(value)}${reason}`);
    if (token) this.token(depth + 1, '', token);
  }

  check(depth: number, { name, verdict, expected, actual }: Check): void {
    const { style, printable } = this;
    const mark = { pass: style.good('✓'), fail: style.bad('✗'), warn: style.warn('!'), skip: style.dim('-') }[verdict];
    const wanted = verdict === 'pass' ? '' : `  ${style.dim(`expected ${printable(expected)}`)}`;
    this.line(depth, `${mark} ${printable(name)}: ${printable(actual)}${wanted}`);
  }

  body(depth: number, shown: ShownBody): void {
    if (shown.type === 'form') for (const each of shown.parameters) this.parameter(depth, each);
    if (shown.type === 'json') {
      this.json(depth, 'body', shown.value);
      for (const { member, ...token } of shown.tokens) this.token(depth, `${this.printable(member)} `, token);
    }
    if (shown.type === 'jwt') this.parameter(depth, { name: 'body', value: shown.value, token: shown.token });
    if (shown.type === 'text') this.line(depth, `${this.style.dim('body')} ${this.printable(shown.text)}`);
  }

  private token(depth: number, of: string, { header, claims }: ShownToken): void {
    this.json(depth, `${of}header`, header);
    if (claims !== undefined) this.json(depth, `${of}claims`, claims);
  }

  private json(depth: number, name: string, value: unknown): void {
    const [first = '', ...rest] = jsonLines(value);
    this.line(depth, `${this.style.dim(name)} ${this.printable(first)}`);
    for (const each of rest) {
      const time = annotateTime(each);
      this.line(depth, this.printable(each) + (time === undefined ? '' : `  ${this.style.dim(`- ${time}`)}`));
    }
  }
}

/** Where the time went: each request with its parts, what the browser was away for, and what is left. */
function timeLines(
  timing: Timing,
  durationMs: number,
  style: TraceStyle,
  printable: (text: string) => string,
): string[] {
  if (timing.phases.length === 0) return [];
  const rows = timing.phases.map((phase) => {
    const parts = timingParts(phase.times).map(({ name, ms }) => `${name} ${Math.round(ms)}`);
    const detail = phase.kind === 'browser' ? (phase.failed ? 'it did not come back' : '') : parts.join(', ');
    return {
      number: `[${phase.number}]`,
      name: printable(eventName({ step: phase.name, about: phase.about })),
      took: duration(phase.durationMs),
      detail,
    };
  });
  const widest = (cell: 'number' | 'name' | 'took') => Math.max(...rows.map((row) => row[cell].length));
  const [numbers, names, times] = [widest('number'), widest('name'), widest('took')];
  const lines = rows.map(
    ({ number, name, took, detail }) =>
      `  ${style.dim(number.padEnd(numbers))} ${name.padEnd(names)}  ${took.padStart(times)}${detail === '' ? '' : `  ${style.dim(detail)}`}`,
  );
  return [style.strong('Time'), ...lines, `  ${style.dim(sumText(timing, durationMs))}`];
}

/** Whose time it was, in one line. */
function sumText({ phases, requestsMs, browserMs, ownMs }: Timing, durationMs: number): string {
  const requests = phases.filter(({ kind }) => kind === 'request').length;
  const parts = [
    `${requests} ${requests === 1 ? 'request' : 'requests'} ${duration(requestsMs)}`,
    ...(phases.some(({ kind }) => kind === 'browser') ? [`browser ${duration(browserMs)}`] : []),
    `oidc-cli itself ${duration(ownMs)}`,
  ];
  return `${duration(durationMs)} in all: ${parts.join(', ')}`;
}

/** The step, and of which job it is where there are several. */
function eventName({ step, about }: { readonly step: string; readonly about?: string }): string {
  return about === undefined ? step : `${step} (${about})`;
}

function outcome(
  { status, durationMs, failure, responseSize }: ShownExchange,
  style: TraceStyle,
  printable: (text: string) => string,
): string {
  const time = style.dim(durationMs === undefined ? 'not answered' : duration(durationMs));
  if (status === undefined) return `${style.bad(`no answer (${printable(failure ?? 'unknown')})`)} ${time}`;
  const size = responseSize === undefined ? '' : `, ${responseSize} bytes`;
  const refused = failure === undefined ? '' : ` ${style.bad(printable(failure))}`;
  const details = `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return `→ ${status < 400 ? style.good(details) : style.bad(details)}${refused} ${time}${style.dim(size)}`;
}

function checksText(checks: NonNullable<ShownStep['checks']>): string {
  const failed = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const names = failed.map(({ name, verdict }) => `${name} (${verdict})`).join(', ');
  return failed.length === 0 ? `${checks.length} made, none failed` : `${checks.length} made; ${names}`;
}
