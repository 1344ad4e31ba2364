import type { Entry, Har, PostData } from 'har-format';
import type {
  ShownBody,
  ShownExchange,
  ShownParameter,
  ShownStep,
  ShownToken,
  ShownUrl,
  TraceDocument,
} from './document.js';
import { harmlessJson, time } from './json.js';

/**
 * A trace as an HTTP Archive 1.2, which the tools of browsers open. What the
 * browser itself sent is in it with status 0: its answers are not ours to see.
 * Members that begin with an underscore are our own.
 */
export function renderHar(document: TraceDocument): string {
  const { version, command, exitCode, failure, events, names } = document;
  const entries = events.flatMap((event): Entry[] => {
    if (event.kind === 'exchange') return [exchangeEntry(event)];
    return event.url === undefined ? [] : [browserEntry(event, event.url)];
  });
  const har: Har = {
    log: {
      version: '1.2',
      creator: { name: 'oidc-cli', version },
      pages: [],
      entries,
      comment: `oidc-cli ${command}, exit code ${exitCode}${failure === undefined ? '' : ` (${failure.code})`}. Secrets are replaced by numbers; equal numbers are equal values.`,
    },
  };
  const steps = events.filter((event) => event.kind === 'step' && event.url === undefined);
  return harmlessJson({
    log: {
      ...har.log,
      _error: failure ?? null,
      _names: names,
      _steps: steps.map(({ startedAt, ...step }) => ({ ...step, startedAt: time(startedAt) })),
    },
  });
}

/** What is ours beside the standard's members. */
interface Extras {
  readonly _number: number;
  readonly _step: string;
  readonly _about?: string;
  readonly _tokens?: readonly (ShownToken & { readonly member: string })[];
}

function exchangeEntry(event: ShownExchange): Entry & Extras {
  const { requestBody, responseBody, status, durationMs = 0, failure } = event;
  const tokens = [
    ...tokensIn(event.requestHeaders, requestBody),
    ...tokensIn(event.responseHeaders ?? [], responseBody),
  ];
  const location = event.responseHeaders?.find(({ name }) => name === 'location')?.value;
  return {
    startedDateTime: time(event.startedAt),
    time: durationMs,
    request: {
      ...requestOf(event.method, event.url, event.requestHeaders),
      ...(requestBody === undefined ? {} : { postData: postData(requestBody, event.requestHeaders) }),
      bodySize: requestBody === undefined ? 0 : -1,
    },
    response: {
      ...noResponse(status === undefined ? (failure ?? 'no answer') : ''),
      status: status ?? 0,
      headers: named(event.responseHeaders ?? []),
      content: {
        size: event.responseSize ?? 0,
        mimeType: headerOf(event.responseHeaders, 'content-type') ?? '',
        ...(responseBody === undefined ? {} : { text: bodyText(responseBody) }),
      },
      redirectURL: location ?? '',
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
    _number: event.number,
    _step: event.step,
    ...(event.about === undefined ? {} : { _about: event.about }),
    ...(tokens.length === 0 ? {} : { _tokens: tokens }),
  };
}

function browserEntry({ startedAt, parameters = [], number, step, about }: ShownStep, url: ShownUrl): Entry & Extras {
  const tokens = tokensIn([...url.query, ...parameters], undefined);
  return {
    startedDateTime: time(startedAt),
    time: 0,
    request: { ...requestOf('GET', { ...url, query: [...url.query, ...parameters] }, []), bodySize: 0 },
    response: noResponse('sent by the browser: its answer is not known here'),
    cache: {},
    timings: { send: 0, wait: 0, receive: 0 },
    comment: step,
    _number: number,
    _step: step,
    ...(about === undefined ? {} : { _about: about }),
    ...(tokens.length === 0 ? {} : { _tokens: tokens }),
  };
}

function requestOf(
  method: string,
  url: ShownUrl,
  headers: readonly ShownParameter[],
): Omit<Entry['request'], 'bodySize'> {
  return {
    method,
    url: encodedUrl(url),
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: named(headers),
    queryString: named(url.query),
    headersSize: -1,
  };
}

function noResponse(comment: string): Entry['response'] {
  return {
    status: 0,
    statusText: '',
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: [],
    content: { size: 0, mimeType: '' },
    redirectURL: '',
    headersSize: -1,
    bodySize: -1,
    ...(comment === '' ? {} : { comment }),
  };
}

function named(parameters: readonly ShownParameter[]): { name: string; value: string; comment?: string }[] {
  return parameters.map(({ name, value, why }) => ({ name, value, ...(why === undefined ? {} : { comment: why }) }));
}

/** A URL that tools can parse: the sign of a replaced value is escaped, or it would begin a fragment. */
function encodedUrl({ base, query, fragment }: ShownUrl): string {
  const part = (sign: string, parameters: readonly ShownParameter[]) =>
    parameters.length === 0 ? '' : sign + formText(parameters);
  return base.replaceAll('#', '%23') + part('?', query) + part('#', fragment);
}

/** As text and not as `params`: one excludes the other, and this is what browsers read. */
function postData(body: ShownBody, headers: readonly ShownParameter[]): PostData {
  return { mimeType: headerOf(headers, 'content-type') ?? '', text: bodyText(body) };
}

function bodyText(body: ShownBody): string {
  if (body.type === 'form') return formText(body.parameters);
  if (body.type === 'json') return JSON.stringify(body.value);
  return body.type === 'jwt' ? body.value : body.text;
}

function formText(parameters: readonly ShownParameter[]): string {
  return new URLSearchParams(parameters.map(({ name, value }): [string, string] => [name, value])).toString();
}

function tokensIn(parameters: readonly ShownParameter[], body: ShownBody | undefined) {
  const ofForm = body?.type === 'form' ? body.parameters : [];
  const named = [...parameters, ...ofForm].flatMap(({ name, token }) => (token ? [{ member: name, ...token }] : []));
  if (body?.type === 'json') return [...named, ...body.tokens];
  return body?.type === 'jwt' ? [...named, { member: 'body', ...body.token }] : named;
}

function headerOf(headers: readonly ShownParameter[] | undefined, name: string): string | undefined {
  return headers?.find((header) => header.name === name)?.value;
}
