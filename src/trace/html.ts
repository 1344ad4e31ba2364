import {
  type ShownBody,
  type ShownEvent,
  type ShownExchange,
  type ShownParameter,
  type ShownStep,
  type ShownToken,
  type ShownUrl,
  type TraceDocument,
  urlText,
} from './document.js';
import { STYLE } from './html-style.js';
import { time } from './json.js';
import { jsonLines } from './json-text.js';
import { whyStep } from './meanings.js';
import type { Party, StepCheck } from './recorder.js';

/** Markup that is finished: what is put into it has been escaped. */
type Markup = string;

const PARTIES: readonly Party[] = ['browser', 'cli', 'provider'];
const PARTY_NAMES: Readonly<Record<Party, string>> = { browser: 'Browser', cli: 'oidc-cli', provider: 'Provider' };
const VERDICTS: Readonly<Record<string, string>> = {
  pass: '✓ met',
  fail: '✗ failed',
  warn: '! warning',
  skip: '– nothing to check',
};

/**
 * A trace as one HTML page that needs no network and no script: the
 * explanation, a sequence diagram whose exchanges unfold, the ID token's
 * checks, and the time that each request took. `printable` shows control
 * characters and marks of direction instead of sending them.
 */
export function renderHtml(document: TraceDocument, printable: (text: string) => string): string {
  return new Page(printable).render(document);
}

class Page {
  constructor(private readonly printable: (text: string) => string) {}

  render(document: TraceDocument): Markup {
    const { command, startedAt, durationMs, exitCode, version, events, personsMasked } = document;
    const exchanges = events.filter((event) => event.kind === 'exchange');
    const checks = events.flatMap((event) => (event.kind === 'step' ? (event.checks ?? []) : []));
    const ended = exitCode === 0 ? 'done' : exitCode === 130 ? 'interrupted' : 'failed';
    const sections = [
      ['sequence', 'Sequence', events.length > 0],
      ['checks', 'ID token checks', checks.length > 0],
      ['timing', 'Time', exchanges.length > 0],
      ['names', 'Replaced values', document.names.length > 0],
    ] as const;
    const links = sections
      .filter(([, , there]) => there)
      .map(([id, title]) => `<li><a href="#${id}">${title}</a></li>`)
      .join('');
    const requests = exchanges.length === 1 ? '1 request' : `${exchanges.length} requests`;
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${this.text(`oidc-cli ${command}: ${ended}`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<a class="to-main" href="#main">Skip to the trace</a>
<header class="top">
<p class="kind">Trace of a command</p>
<h1><span class="command">oidc-cli ${this.text(command)}</span> <span class="badge ${ended}">${ended}</span></h1>
<p class="facts"><time datetime="${time(startedAt)}">${time(startedAt).replace('T', ' ').replace(/\..*/, ' UTC')}</time><span>${duration(durationMs)}</span><span>${requests}</span><span>exit code ${exitCode}</span><span>oidc-cli ${this.text(version)}</span></p>
${links === '' ? '' : `<nav aria-label="Parts of this page"><ul>${links}</ul></nav>`}
</header>
<main id="main">
${this.explanation(document)}
${this.sequence(events)}
${this.checks(checks)}
${this.timing(exchanges, startedAt)}
${this.names(document)}
</main>
<footer><p>Secrets ${personsMasked ? 'and personal claims ' : ''}are replaced by numbers: the same number is the same value. No signature of a token is in this file.${personsMasked ? '' : ' <strong>Personal claims are shown</strong> (--with-claims).'}</p></footer>
</body>
</html>
`;
  }

  private explanation({ failure, exitCode, events }: TraceDocument): Markup {
    if (!failure) {
      const words = exitCode === 0 ? 'Everything was done.' : `The command ended with exit code ${exitCode}.`;
      return `<section class="card outcome ${exitCode === 0 ? 'done' : 'failed'}" aria-label="Outcome"><p class="message">${words}</p></section>`;
    }
    const causes = failure.causes.map((cause) => `<li>${this.text(cause)}</li>`).join('');
    const title = failure.causes.length === 1 ? 'Likely cause' : 'Likely causes, the likeliest first';
    const seen = events.findLast(isFailed);
    const where = seen === undefined ? '' : ` · <a href="#event-${seen.number}">seen in step ${seen.number}</a>`;
    return `<section class="card outcome failed" aria-labelledby="outcome">
<h2 id="outcome" class="message">${this.text(failure.message)}</h2>
${causes === '' ? '' : `<h3>${title}</h3><ol>${causes}</ol>`}
<h3>To fix</h3><p>${this.text(failure.fix)}</p>
<p class="code"><code>${this.text(failure.code)}</code>${where}</p>
</section>`;
  }

  private sequence(events: readonly ShownEvent[]): Markup {
    if (events.length === 0)
      return '<section class="card"><p>Nothing was sent and nothing happened that a trace tells of.</p></section>';
    const heads = PARTIES.map((party) => `<li class="${party}"><span>${PARTY_NAMES[party]}</span></li>`).join('');
    return `<section class="card diagram" aria-labelledby="sequence">
<h2 id="sequence">Sequence</h2>
<p class="hint">Each line unfolds to what was sent and what it means.</p>
<ul class="heads" aria-hidden="true">${heads}</ul>
<ol class="events">${events.map((event) => `<li>${this.event(event)}</li>`).join('\n')}</ol>
</section>`;
  }

  private event(event: ShownEvent): Markup {
    const { number, about } = event;
    const step =
      about === undefined
        ? this.text(event.step)
        : `${this.text(event.step)} <span class="about">${this.text(about)}</span>`;
    const [from, to]: [Party, Party] = event.kind === 'step' ? [event.from, event.to] : ['cli', 'provider'];
    const failed = isFailed(event);
    const way = from === to ? `inside ${PARTY_NAMES[from]}` : `from ${PARTY_NAMES[from]} to ${PARTY_NAMES[to]}`;
    const arrow =
      from === to
        ? `<span class="own"><span class="label">${step}</span></span>`
        : `<span class="label">${step}</span><span class="arrow ${direction(from, to)}"></span>${this.answerArrow(event)}`;
    return `<details id="event-${number}" class="event ${from}-${to}${failed ? ' bad' : ''}"${failed ? ' open' : ''}><summary><span class="number">${number}</span><span class="lanes">${arrow}<span class="aside"> ${way}</span></span></summary>
<div class="inside">${this.purpose(event.step)}${event.kind === 'exchange' ? this.exchange(event) : this.step(event)}</div></details>`;
  }

  private answerArrow(event: ShownEvent): Markup {
    if (event.kind === 'step') return '';
    const { status, durationMs } = event;
    const took = durationMs === undefined ? '' : ` · ${duration(durationMs)}`;
    if (status === undefined) return `<span class="label back">no answer${took}</span>`;
    return `<span class="arrow back leftward near"></span><span class="label back">${status}${took}</span>`;
  }

  private purpose(step: string): Markup {
    const why = whyStep(step);
    return why === undefined ? '' : `<p class="why">${this.text(why)}</p>`;
  }

  private exchange(event: ShownExchange): Markup {
    const { method, url, requestHeaders, requestBody, status, responseHeaders, responseBody, failure } = event;
    const answer =
      status === undefined
        ? `<p class="failed-words">${this.text(failure ?? 'No answer came.')}</p>`
        : `<p class="line"><strong>${status}</strong>${event.responseSize === undefined ? '' : ` · ${event.responseSize} bytes`}</p>
${failure === undefined ? '' : `<p class="failed-words">${this.text(failure)}</p>`}
${this.body(responseBody)}${this.headers(responseHeaders ?? [])}`;
    return `<div class="pair"><section><h3>Request</h3><p class="line"><strong>${this.text(method)}</strong> ${this.value(url.base)}</p>
${this.parameters(url.query, 'Parameters of the address')}${this.body(requestBody)}${this.headers(requestHeaders)}</section>
<section><h3>Answer</h3>${answer}</section></div>`;
  }

  private step({ note, url, parameters, checks }: ShownStep): Markup {
    return [
      note === undefined ? '' : `<p>${this.text(note)}</p>`,
      url === undefined ? '' : this.address(url),
      this.parameters(parameters ?? [], 'Parameters'),
      checks === undefined ? '' : this.checkTable(checks),
    ].join('');
  }

  private address(url: ShownUrl): Markup {
    return `<p class="line">${this.value(url.base)}</p>${this.parameters(url.query, 'Parameters of the address')}${this.parameters(url.fragment, 'Parameters of the fragment')}
${url.query.length === 0 ? '' : `<details class="more"><summary>The address in one line</summary><p class="line">${this.value(urlText(url))}</p></details>`}`;
  }

  private parameters(parameters: readonly ShownParameter[], title: string): Markup {
    if (parameters.length === 0) return '';
    const rows = parameters
      .map(
        ({ name, value, why, token }) =>
          `<div><dt>${this.text(name)}</dt><dd>${this.value(value)}${why === undefined ? '' : `<span class="why">${this.text(why)}</span>`}${token ? this.token(token) : ''}</dd></div>`,
      )
      .join('');
    return `<h4>${title}</h4><dl>${rows}</dl>`;
  }

  private headers(headers: readonly ShownParameter[]): Markup {
    if (headers.length === 0) return '';
    const important = headers.filter(
      ({ why, token, name }) => why ?? token ?? /^(location|www-authenticate)$/.test(name),
    );
    const others = headers.filter((header) => !important.includes(header));
    return `${this.parameters(important, 'Header')}${others.length === 0 ? '' : `<details class="more"><summary>${others.length} ${important.length > 0 ? 'further ' : ''}headers</summary>${this.parameters(others, 'Headers')}</details>`}`;
  }

  private body(body: ShownBody | undefined): Markup {
    if (body === undefined) return '';
    if (body.type === 'form') return this.parameters(body.parameters, 'Form');
    if (body.type === 'text') return `<h4>Body</h4><pre>${this.value(body.text)}</pre>`;
    if (body.type === 'jwt') return `<h4>Body</h4><p>${this.value(body.value)}</p>${this.token(body.token)}`;
    const tokens = body.tokens
      .map((token) => `<h4>Inside ${this.text(token.member)}</h4>${this.token(token)}`)
      .join('');
    const json = this.json(body.value);
    // Metadata and key sets are long, and seldom what is looked for.
    const long = json.length > 3_000;
    return `<h4>Body</h4>${long ? `<details class="more"><summary>JSON, ${Object.keys(Object(body.value)).length} members</summary><pre>${json}</pre></details>` : `<pre>${json}</pre>`}${tokens}`;
  }

  private token({ header, claims }: ShownToken): Markup {
    return `<div class="token"><p>JWT header</p><pre>${this.json(header)}</pre>${claims === undefined ? '<p>The content is encrypted.</p>' : `<p>Claims</p><pre>${this.json(claims)}</pre>`}</div>`;
  }

  private checks(checks: readonly StepCheck[]): Markup {
    if (checks.length === 0) return '';
    return `<section class="card" aria-labelledby="checks"><h2 id="checks">ID token checks</h2>${this.checkTable(checks)}</section>`;
  }

  private checkTable(checks: readonly StepCheck[]): Markup {
    const rows = checks
      .map(
        ({ name, verdict, expected, actual }) =>
          `<tr class="${VERDICTS[verdict] === undefined ? 'skip' : verdict}"><th scope="row">${this.text(name)}</th><td class="verdict">${VERDICTS[verdict] ?? this.text(verdict)}</td><td data-label="expected">${this.value(expected)}</td><td data-label="found">${this.value(actual)}</td></tr>`,
      )
      .join('');
    return `<table class="checks"><thead><tr><th scope="col">Check</th><th scope="col">Verdict</th><th scope="col">Expected</th><th scope="col">Found</th></tr></thead><tbody>${rows}</tbody></table>`;
  }

  private timing(exchanges: readonly ShownExchange[], start: number): Markup {
    if (exchanges.length === 0) return '';
    const whole = Math.max(1, ...exchanges.map(({ startedAt, durationMs = 0 }) => startedAt + durationMs - start));
    const percent = (value: number) => `${((100 * value) / whole).toFixed(2)}%`;
    const rows = exchanges
      .map((event) => {
        const { number, startedAt, durationMs = 0, about } = event;
        const step = about === undefined ? event.step : `${event.step} (${about})`;
        const bar = `margin-left:${percent(Math.max(0, startedAt - start))};width:${percent(durationMs)}`;
        return `<tr class="${isFailed(event) ? 'fail' : ''}"><th scope="row"><span class="number">${number}</span> ${this.text(step)}</th><td class="bar"><span style="${bar}"></span></td><td class="took">${duration(durationMs)}</td></tr>`;
      })
      .join('');
    return `<section class="card" aria-labelledby="timing"><h2 id="timing">Time</h2>
<p class="hint">From the start of the command to the last answer: ${duration(whole)}. Between the requests a person or a browser may have been at work.</p>
<table class="times"><thead><tr><th scope="col">Request</th><th scope="col">When</th><th scope="col">Took</th></tr></thead><tbody>${rows}</tbody></table></section>`;
  }

  private names({ names }: TraceDocument): Markup {
    if (names.length === 0) return '';
    const rows = names
      .map(({ name, places }) => {
        const where = places.map((place) => `<li>${this.text(place)}</li>`).join('');
        return `<tr id="${anchor(name)}"><th scope="row"><span class="name">${name}</span></th><td><ul>${where}</ul></td></tr>`;
      })
      .join('');
    return `<section class="card" aria-labelledby="names"><h2 id="names">Replaced values</h2>
<p class="hint">Where each was seen. A value in several places came through unchanged.</p>
<table class="names"><thead><tr><th scope="col">Name</th><th scope="col">Seen as</th></tr></thead><tbody>${rows}</tbody></table></section>`;
  }

  private json(value: unknown): Markup {
    return jsonLines(value)
      .map((line) => this.named(line))
      .join('\n');
  }

  private value(text: string): Markup {
    return `<bdi class="value">${this.named(text)}</bdi>`;
  }

  /** Text in which each replaced value leads to where else it was seen. */
  private named(text: string): Markup {
    return this.text(text).replace(
      /\b(?:secret|person)#\d+/g,
      (name) => `<a class="name" href="#${anchor(name)}">${name}</a>`,
    );
  }

  private text(text: string): Markup {
    return this.printable(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
  }
}

function isFailed(event: ShownEvent): boolean {
  if (event.kind === 'step') return event.checks?.some(({ verdict }) => verdict === 'fail') === true;
  return event.status === undefined || event.status >= 400 || event.failure !== undefined;
}

function direction(from: Party, to: Party): string {
  const rightward = PARTIES.indexOf(from) < PARTIES.indexOf(to);
  const far = Math.abs(PARTIES.indexOf(from) - PARTIES.indexOf(to)) > 1;
  return `${rightward ? 'rightward' : 'leftward'} ${far ? 'far' : 'near'}`;
}

function anchor(name: string): string {
  return name.replace('#', '-');
}

function duration(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
