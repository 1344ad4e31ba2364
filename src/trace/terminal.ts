import type { ShownBody, ShownEvent, ShownExchange, ShownParameter, ShownStep } from './document.js';
import { jsonLines } from './json-text.js';
import { whyStep } from './meanings.js';
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

const ARROWS = { browser: 'browser', cli: 'oidc-cli', provider: 'provider' } as const;

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
          `${style.dim('·')} ${printable(nameOf(event))}${words.length === 0 ? '' : `: ${printable(words.join(' '))}`}`,
        );
      }
    },
    ended: () => undefined,
  };
}

/** `--trace`: every request and answer decoded, and the time of each at the end. */
export function fullView({ say, style, printable }: LiveOptions): LiveView {
  const line = (depth: number, text: string) => say(`${style.dim('│')} ${'  '.repeat(depth)}${text}`);
  const parameter = (depth: number, { name, value, why, token }: ShownParameter) => {
    const reason = why === undefined ? '' : `  ${style.dim(`- ${why}`)}`;
    line(depth, `${style.link(printable(name))}: ${printable(value)}${reason}`);
    if (token) {
      json(depth + 1, 'header', token.header);
      if (token.claims !== undefined) json(depth + 1, 'claims', token.claims);
    }
  };
  const json = (depth: number, name: string, value: unknown) => {
    const [first = '', ...rest] = jsonLines(value).map(printable);
    line(depth, `${style.dim(name)} ${first}`);
    for (const each of rest) line(depth, each);
  };
  const body = (depth: number, shown: ShownBody) => {
    if (shown.type === 'form') for (const each of shown.parameters) parameter(depth, each);
    if (shown.type === 'json') {
      json(depth, 'body', shown.value);
      for (const { member, header, claims } of shown.tokens) {
        json(depth, `${printable(member)} header`, header);
        if (claims !== undefined) json(depth, `${printable(member)} claims`, claims);
      }
    }
    if (shown.type === 'jwt') parameter(depth, { name: 'body', value: shown.value, token: shown.token });
    if (shown.type === 'text') line(depth, `${style.dim('body')} ${printable(shown.text)}`);
  };
  const title = (event: ShownEvent, words: string) => {
    const why = whyStep(event.step);
    say(
      `${style.dim('┌')} ${style.dim(`[${event.number}]`)} ${style.strong(words)}${why === undefined ? '' : `  ${style.dim(why)}`}`,
    );
  };
  const step = (event: ShownStep) => {
    const way = event.from === event.to ? '' : `  ${ARROWS[event.from]} → ${ARROWS[event.to]}`;
    title(event, `${printable(nameOf(event))}${way}`);
    if (event.note !== undefined) line(0, printable(event.note));
    if (event.url) {
      line(0, printable(event.url.base));
      for (const each of [...event.url.query, ...event.url.fragment]) parameter(1, each);
    }
    for (const each of event.parameters ?? []) parameter(1, each);
    for (const { name, verdict, expected, actual } of event.checks ?? []) {
      const mark = { pass: style.good('✓'), fail: style.bad('✗'), warn: style.warn('!') }[verdict] ?? style.dim('-');
      line(
        1,
        `${mark} ${printable(name)}: ${printable(actual)}${verdict === 'pass' ? '' : `  ${style.dim(`expected ${printable(expected)}`)}`}`,
      );
    }
  };
  return {
    began: (event) => {
      if (event.kind === 'step') return;
      title(event, `${printable(nameOf(event))}  oidc-cli → provider`);
      line(0, `${event.method} ${printable(event.url.base)}`);
      for (const each of event.url.query) parameter(1, each);
      for (const each of event.requestHeaders) parameter(1, each);
      if (event.requestBody) body(1, event.requestBody);
    },
    happened: (event) => {
      if (event.kind === 'step') return step(event);
      say(`${style.dim('└')} ${style.dim(`[${event.number}]`)} ${outcome(event, style, printable)}`);
      for (const each of event.responseHeaders ?? [])
        say(`    ${style.link(printable(each.name))}: ${printable(each.value)}`);
      if (event.responseBody) body(1, event.responseBody);
    },
    ended: (events) => {
      const exchanges = events.filter((event) => event.kind === 'exchange');
      if (exchanges.length === 0) return;
      const widest = Math.max(...exchanges.map((event) => nameOf(event).length));
      say(style.strong('Time'));
      for (const event of exchanges) {
        const time = milliseconds(event.durationMs);
        say(`  ${style.dim(`[${event.number}]`)} ${printable(nameOf(event)).padEnd(widest)}  ${time}`);
      }
      const sum = exchanges.reduce((total, { durationMs = 0 }) => total + durationMs, 0);
      say(`  ${style.dim(`${exchanges.length} requests, ${milliseconds(sum)} in all`)}`);
    },
  };
}

/** The step, and of which job it is where there are several. */
function nameOf({ step, about }: ShownEvent): string {
  return about === undefined ? step : `${step} (${about})`;
}

function outcome(
  { status, durationMs, failure, responseSize }: ShownExchange,
  style: TraceStyle,
  printable: (text: string) => string,
): string {
  const time = style.dim(milliseconds(durationMs));
  if (status === undefined) return `${style.bad(`no answer (${printable(failure ?? 'unknown')})`)} ${time}`;
  const size = responseSize === undefined ? '' : `, ${responseSize} bytes`;
  const refused = failure === undefined ? '' : ` ${style.bad(printable(failure))}`;
  return `→ ${status < 400 ? style.good(String(status)) : style.bad(String(status))}${refused} ${time}${style.dim(size)}`;
}

function milliseconds(duration: number | undefined): string {
  return duration === undefined ? 'not answered' : `${Math.round(duration)} ms`;
}

function checksText(checks: NonNullable<ShownStep['checks']>): string {
  const failed = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const names = failed.map(({ name, verdict }) => `${name} (${verdict})`).join(', ');
  return failed.length === 0 ? `${checks.length} made, none failed` : `${checks.length} made; ${names}`;
}
