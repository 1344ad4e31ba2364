import type { ShownEvent, ShownStep } from './document.js';
import { eventDetails, statusText } from './html-details.js';
import type { HtmlWriter, Markup } from './html-text.js';
import { duration, isRefused } from './phases.js';
import type { Actor } from './recorder.js';

const ACTOR_NAMES: Readonly<Record<Actor, string>> = {
  browser: 'Browser',
  cli: 'oidc-cli',
  client: 'Client',
  provider: 'Provider',
};
/** From left to right. Where this program is the provider, a client stands in its place. */
const LANES = ['browser', 'cli', 'provider'] as const;

function lane(client: Actor): (typeof LANES)[number] {
  return client === 'client' ? 'cli' : client;
}

/**
 * The diagram of browser, oidc-cli and provider; each line unfolds. `failed`
 * says whether it ended badly: what was refused is then why, and unfolded, and
 * else it was expected. `checksAt`: where else on the page all checks stand.
 */
export function sequence(
  events: readonly ShownEvent[],
  { failed, checksAt }: { readonly failed: boolean; readonly checksAt?: string },
  words: HtmlWriter,
): Markup {
  const middle = events.some(({ from }) => from === 'client') ? ACTOR_NAMES.client : ACTOR_NAMES.cli;
  const names = { ...ACTOR_NAMES, cli: middle };
  const heads = LANES.map((lane) => `<li class="${lane}"><span>${names[lane]}</span></li>`).join('');
  return `<h3 class="aside">Browser, ${middle} and provider</h3>
<ul class="heads" aria-hidden="true">${heads}</ul>
<ol class="events">${events.map((event) => `<li>${line(event, failed, checksAt, words)}</li>`).join('\n')}</ol>`;
}

/** Whether an event shows a failure: no answer, one that refuses, or a check that failed. */
export function isFailed(event: ShownEvent): boolean {
  if (event.kind === 'exchange') return isRefused(event);
  return event.failure !== undefined || event.checks?.some(({ verdict }) => verdict === 'fail') === true;
}

function line(event: ShownEvent, failed: boolean, checksAt: string | undefined, words: HtmlWriter): Markup {
  const { number, from, to } = event;
  const bad = isFailed(event);
  const tone = bad ? (failed ? ' bad' : ' refused') : '';
  const driver = from === to ? `inside ${ACTOR_NAMES[from]}` : `from ${ACTOR_NAMES[from]} to ${ACTOR_NAMES[to]}`;
  const gist = eventSummary(event);
  const label = `${words.text(event.step)}${gist === undefined ? '' : ` <span class="gist">${words.text(gist)}</span>`}`;
  const arrow =
    from === to
      ? `<span class="own"><span class="label">${label}</span></span>`
      : `<span class="label">${label}</span><span class="arrow ${direction(from, to)}"></span>${responseArrow(event)}`;
  return `<details id="event-${number}" class="event ${lane(from)}-${lane(to)}${tone}"${bad && failed ? ' open' : ''}><summary><span class="number">${number}</span><span class="lanes">${arrow}<span class="aside"> ${driver}</span></span></summary>
<div class="inside">${eventDetails(event, checksAt, words)}</div></details>`;
}

function responseArrow(event: ShownEvent): Markup {
  if (event.kind === 'step') return '';
  const { status, durationMs, from, to } = event;
  const took = durationMs === undefined ? '' : ` · ${duration(durationMs)}`;
  if (status === undefined) return `<span class="label back">no answer${took}</span>`;
  return `<span class="arrow back ${direction(to, from)}"></span><span class="label back">${status}<span class="phrase">${statusText(status).slice(3)}</span>${took}</span>`;
}

/** What an event says in few words. */
function eventSummary(event: ShownEvent): string | undefined {
  if (event.kind === 'exchange') return `${event.method} ${event.url.base.replace(/^\w+:\/\/[^/]*/, '')}`;
  if (event.step === 'authorization response') return responseText(event);
  if (event.checks) return checksText(event.checks);
  return event.note;
}

/** What came back: a code, or the provider's refusal. */
function responseText({ url, parameters = [] }: ShownStep): string | undefined {
  const all = [...parameters, ...(url?.query ?? []), ...(url?.fragment ?? [])];
  const error = all.find(({ name }) => name === 'error');
  if (error) return `error ${error.value}`;
  return all.some(({ name }) => name === 'code') ? 'with a code' : undefined;
}

function checksText(checks: NonNullable<ShownStep['checks']>): string {
  const count = (verdict: string) => checks.filter((check) => check.verdict === verdict).length;
  const details = [
    [count('pass'), 'met'],
    [count('warn'), count('warn') === 1 ? 'warning' : 'warnings'],
    [count('fail'), 'failed'],
  ] as const;
  return details
    .filter(([number]) => number > 0)
    .map(([number, words]) => `${number} ${words}`)
    .join(', ');
}

function direction(from: Actor, to: Actor): string {
  const [start, end] = [LANES.indexOf(lane(from)), LANES.indexOf(lane(to))];
  return `${start < end ? 'rightward' : 'leftward'} ${Math.abs(start - end) > 1 ? 'far' : 'near'}`;
}
