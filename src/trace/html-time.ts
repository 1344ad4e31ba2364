import { countText, type HtmlWriter, type Markup } from './html-text.js';
import { duration, type Phase, type Timing, timingParts } from './phases.js';
import type { RequestTimes } from './recorder.js';

/** Which colour a part of a request has: what it says about whose time it was. */
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
export function timeTable({ phases, requestsMs, browserMs, ownMs }: Timing, words: HtmlWriter): Markup {
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
