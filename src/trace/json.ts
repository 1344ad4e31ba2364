import { type ShownEvent, type ShownUrl, type TraceDocument, urlText } from './document.js';

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
    events: events.map((event) => eventJson(event)),
    names,
  });
}

/** JSON text, indented, in which nothing can drive a terminal or deceive a reader: such characters are `\uXXXX`. */
export function harmlessJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2).replace(
    /[\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}

/** RFC 3339, in UTC. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** One event as a JSON trace has it. */
export function eventJson(event: ShownEvent): Record<string, unknown> {
  const { kind, number, step, startedAt, about } = event;
  const head = { kind, number, step, about };
  if (event.kind === 'step') {
    const { from, to, note, url, parameters, checks } = event;
    return { ...head, from, to, startedAt: time(startedAt), note, ...(url && urlJson(url)), parameters, checks };
  }
  const { method, url, requestHeaders, requestBody, status, responseHeaders, responseBody, durationMs, failure } =
    event;
  return {
    ...head,
    from: 'cli',
    to: 'provider',
    startedAt: time(startedAt),
    durationMs: durationMs ?? null,
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
