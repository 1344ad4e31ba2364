import { safeJson } from '../safe-text.js';
import { type ShownEvent, type ShownUrl, type TraceDocument, urlText } from './document.js';
import { measurePhases } from './phases.js';

/** A trace as JSON: our own events, as docs/trace.md describes them. */
export function renderJson(document: TraceDocument): string {
  const { version, command, startedAt, durationMs, exitCode, failure, personsMasked, events, names } = document;
  return harmlessJson({
    format: 'oidc-cli trace',
    formatVersion: 1,
    creator: { name: 'oidc-cli', version },
    command,
    startedAt: time(startedAt),
    durationMs,
    exitCode,
    error: failure ?? null,
    personsMasked,
    timing: timingJson(document),
    events: events.map((event) => eventJson(event)),
    names,
  });
}

/** JSON text, indented, in which nothing can drive a terminal or deceive a reader: such characters are `\uXXXX`. */
export function harmlessJson(value: unknown): string {
  return `${safeJson(JSON.stringify(value, undefined, 2))}\n`;
}

/** RFC 3339, in UTC. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** One event as a JSON trace has it. */
export function eventJson(event: ShownEvent): Record<string, unknown> {
  const { kind, number, step, startedAt, about, from, to } = event;
  const head = { kind, number, step, about, from, to, startedAt: time(startedAt) };
  if (event.kind === 'step') {
    const { note, url, posted, parameters, checks, verdict, failure } = event;
    return { ...head, note, posted, ...(url && urlJson(url)), parameters, checks, verdict, failure };
  }
  const { method, url, requestHeaders, requestBody, status, responseHeaders, responseBody, durationMs, failure } =
    event;
  return {
    ...head,
    durationMs: durationMs ?? null,
    times: event.times ?? null,
    serverAddress: event.serverAddress ?? null,
    request: { method, ...urlJson(url), headers: requestHeaders, body: requestBody ?? null },
    response:
      status === undefined
        ? null
        : { status, headers: responseHeaders, body: responseBody ?? null, size: event.responseSize },
    failure: failure ?? null,
  };
}

function urlJson(url: ShownUrl) {
  return { url: urlText(url), ...(url.query.length === 0 ? {} : { query: url.query }) };
}

function timingJson(document: TraceDocument) {
  const { phases, requestsMs, browserMs, ownMs } = measurePhases(document.events, document);
  return {
    requestsMs,
    browserMs,
    ownMs,
    phases: phases.map(({ times: _inTheEvent, startedAt, ...phase }) => ({ ...phase, startedAt: time(startedAt) })),
  };
}
