import { STATUS_CODES } from 'node:http';
import type { Check, Verdict } from '../check.js';
import {
  type ShownBody,
  type ShownEvent,
  type ShownExchange,
  type ShownFailure,
  type ShownParameter,
  type ShownStep,
  type ShownToken,
  type ShownUrl,
  urlText,
} from './document.js';
import type { HtmlWriter, Markup } from './html-text.js';
import { stepMeaning } from './meanings.js';
import { duration, timingParts } from './phases.js';

const VERDICTS: Readonly<Record<Verdict, string>> = {
  pass: '✓ met',
  fail: '✗ failed',
  warn: '! warning',
  skip: '– nothing to check',
};

/** Longer JSON is folded: metadata and key sets are long, and seldom what is looked for. Characters of markup. */
const LONG_JSON = 3_000;

/** What an event unfolds to; `checksAt` is where else on the page all checks stand. */
export function eventDetails(event: ShownEvent, checksAt: string | undefined, words: HtmlWriter): Markup {
  const why = stepMeaning(event.step);
  const purpose = why === undefined ? '' : `<p class="why">${words.text(why)}</p>`;
  return purpose + (event.kind === 'exchange' ? exchangeDetails(event, words) : stepDetails(event, checksAt, words));
}

/** A failure in the words of its explanation: causes in their order, and what to change. */
export function failureText({ causes, fix }: ShownFailure, words: HtmlWriter): Markup {
  const title = causes.length === 1 ? 'Likely cause' : 'Likely causes, the likeliest first';
  const list = causes.map((cause) => `<li>${words.text(cause)}</li>`).join('');
  return `${list === '' ? '' : `<h3>${title}</h3><ol>${list}</ol>`}
<h3>To fix</h3><p>${words.text(fix)}</p>`;
}

/** Checks as a table; on a phone each is a block of its own. */
export function checkTable(checks: readonly Check[], words: HtmlWriter): Markup {
  const rows = checks
    .map(
      ({ name, verdict, expected, actual }) =>
        `<tr class="${verdict}"><th scope="row">${words.text(name)}</th><td class="verdict">${VERDICTS[verdict]}</td><td data-label="expected">${words.value(expected)}</td><td data-label="found">${words.value(actual)}</td></tr>`,
    )
    .join('');
  return `<table class="checks"><thead><tr><th scope="col">Check</th><th scope="col">Verdict</th><th scope="col">Expected</th><th scope="col">Found</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** A status with its name in HTTP. */
export function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

function exchangeDetails(event: ShownExchange, words: HtmlWriter): Markup {
  const { method, url, requestHeaders, requestBody, status, responseHeaders, responseBody, failure } = event;
  const parts = timingParts(event.times).map(({ name, ms }) => `${name} ${Math.round(ms)}`);
  const took = event.durationMs === undefined ? '' : ` · ${duration(event.durationMs)}`;
  const detail = parts.length === 0 ? '' : ` <span class="why">(${parts.join(', ')})</span>`;
  const size = event.responseSize === undefined ? '' : ` · ${event.responseSize} bytes`;
  const refused = failure === undefined ? '' : `<p class="failed-words">${words.text(failure)}</p>`;
  const response =
    status === undefined
      ? `<p class="failed-words">${words.text(failure ?? 'No answer came.')}</p><p class="line">${took.slice(3)}${detail}</p>`
      : `<p class="line"><strong>${statusText(status)}</strong>${size}${took}${detail}</p>
${refused}${bodyDetails(responseBody, words)}${headers(responseHeaders ?? [], words)}`;
  return `<div class="pair"><section><h3>Request</h3><p class="line"><strong>${words.text(method)}</strong> ${words.value(url.base)}</p>
${parameters(url.query, 'Parameters of the address', words)}${bodyDetails(requestBody, words)}${headers(requestHeaders, words)}</section>
<section><h3>Answer</h3>${response}</section></div>`;
}

function stepDetails(event: ShownStep, checksAt: string | undefined, words: HtmlWriter): Markup {
  const { note, url, posted, parameters: carried, checks, failure } = event;
  const why =
    failure === undefined
      ? ''
      : `<p class="failed-words">${words.text(failure.message)}</p>${failureText(failure, words)}`;
  return [
    note === undefined ? '' : `<p>${words.named(note)}</p>`,
    why,
    url === undefined ? '' : address(url, posted === true, words),
    parameters(carried ?? [], posted ? 'Form' : 'Parameters', words),
    checks === undefined ? '' : checksDetails(checks, checksAt, words),
  ].join('');
}

/** The checks of a step: where all of them stand elsewhere, those that want attention and the way there. */
function checksDetails(checks: readonly Check[], checksAt: string | undefined, words: HtmlWriter): Markup {
  if (checksAt === undefined) return checkTable(checks, words);
  const striking = checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const table = striking.length === 0 ? '' : checkTable(striking, words);
  return `${table}<p><a href="#${checksAt}">All checks, with what was expected and found</a></p>`;
}

function address(url: ShownUrl, posted: boolean, words: HtmlWriter): Markup {
  const whole =
    url.query.length === 0
      ? ''
      : `<details class="more"><summary>The address in one line</summary><p class="line">${words.value(urlText(url))}</p></details>`;
  return `<p class="line"><strong>${posted ? 'POST' : 'GET'}</strong> ${words.value(url.base)}</p>${parameters(url.query, 'Parameters of the address', words)}${parameters(url.fragment, 'Parameters of the fragment', words)}
${whole}`;
}

function parameters(list: readonly ShownParameter[], title: string, words: HtmlWriter): Markup {
  if (list.length === 0) return '';
  const rows = list
    .map(({ name, value, why, token }) => {
      const reason = why === undefined ? '' : `<span class="why">${words.text(why)}</span>`;
      return `<div><dt>${words.text(name)}</dt><dd>${words.value(value)}${reason}${token ? tokenDetails(token, words) : ''}</dd></div>`;
    })
    .join('');
  return `<h4>${title}</h4><dl>${rows}</dl>`;
}

function headers(list: readonly ShownParameter[], words: HtmlWriter): Markup {
  if (list.length === 0) return '';
  const important = list.filter(({ why, token, name }) => why ?? token ?? /^(location|www-authenticate)$/.test(name));
  const others = list.filter((header) => !important.includes(header));
  const count = `${others.length}${important.length > 0 ? ' further' : ''} header${others.length === 1 ? '' : 's'}`;
  const folded = `<details class="more"><summary>${count}</summary>${parameters(others, 'Headers', words)}</details>`;
  return parameters(important, 'Header', words) + (others.length === 0 ? '' : folded);
}

function bodyDetails(body: ShownBody | undefined, words: HtmlWriter): Markup {
  if (body === undefined) return '';
  if (body.type === 'form') return parameters(body.parameters, 'Form', words);
  if (body.type === 'text') return `<h4>Body</h4><pre>${words.value(body.text)}</pre>`;
  if (body.type === 'jwt') return `<h4>Body</h4><p>${words.value(body.value)}</p>${tokenDetails(body.token, words)}`;
  const tokens = body.tokens
    .map((token) => `<h4>Inside ${words.text(token.member)}</h4>${tokenDetails(token, words)}`)
    .join('');
  const json = words.json(body.value);
  const members = `JSON, ${Object.keys(Object(body.value)).length} members`;
  const shown =
    json.length > LONG_JSON
      ? `<details class="more"><summary>${members}</summary><pre>${json}</pre></details>`
      : `<pre>${json}</pre>`;
  return `<h4>Body</h4>${shown}${tokens}`;
}

function tokenDetails({ header, claims }: ShownToken, words: HtmlWriter): Markup {
  const content =
    claims === undefined ? '<p>The content is encrypted.</p>' : `<p>Claims</p><pre>${words.json(claims)}</pre>`;
  return `<div class="token"><p>JWT header</p><pre>${words.json(header)}</pre>${content}</div>`;
}
