import { STATUS_CODES } from 'node:http';
import type { Cookie, Entry, Har, Page, PostData, Timings } from 'har-format';
import type {
  ShownBody,
  ShownEvent,
  ShownExchange,
  ShownParameter,
  ShownStep,
  ShownToken,
  ShownUrl,
  TraceDocument,
} from './document.js';
import { harmlessJson, time } from './json.js';
import type { RequestTimes } from './recorder.js';

/**
 * A trace as an HTTP Archive 1.2, which the tools of browsers open. What the
 * browser itself sent is in it with status 0: its answers are not ours to see.
 * Members that begin with an underscore are our own.
 */
export function renderHar(document: TraceDocument): string {
  const { version, command, exitCode, failure, events, names } = document;
  const pages = harPages(document);
  const entries = events.flatMap((event): Entry[] => {
    const page = { pageref: pageId(event) };
    if (event.kind === 'exchange') return [{ ...page, ...exchangeEntry(event) }];
    return event.url === undefined ? [] : [{ ...page, ...browserEntry(event, event.url) }];
  });
  const har: Har = {
    log: {
      version: '1.2',
      creator: { name: 'oidc-cli', version },
      pages,
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

/** A group of entries: the command, or each of its jobs where it has several. */
function harPages({ command, events, startedAt, durationMs }: TraceDocument): Page[] {
  const firsts = new Map<string, ShownEvent>();
  for (const event of events) if (!firsts.has(pageId(event))) firsts.set(pageId(event), event);
  return [...firsts].map(([id, first]) => {
    const onLoad = first.about === undefined ? { onLoad: durationMs } : {};
    const begun = first.about === undefined ? startedAt : first.startedAt;
    const title = `oidc-cli ${command}${first.about === undefined ? '' : `: ${first.about}`}`;
    return { id, title, startedDateTime: time(begun), pageTimings: onLoad };
  });
}

function pageId({ about }: ShownEvent): string {
  return about === undefined ? 'command' : `check ${about}`;
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
  const isRedirect = status !== undefined && status >= 300 && status < 400;
  const tokens = [
    ...harTokens(event.requestHeaders, requestBody),
    ...harTokens(event.responseHeaders ?? [], responseBody),
  ];
  const { requestHeaders, responseHeaders = [] } = event;
  return {
    startedDateTime: time(event.startedAt),
    time: durationMs,
    request: {
      ...harRequest(event.method, event.url, requestHeaders),
      cookies: requestHeaders.flatMap(({ name, value }) => (name === 'cookie' ? value.split('; ').map(harCookie) : [])),
      ...(requestBody === undefined ? {} : { postData: postData(requestBody, requestHeaders) }),
      // Of the body as it was sent: what stands here is another length without its secrets.
      bodySize: requestBody === undefined ? 0 : Number(findHeader(requestHeaders, 'content-length') ?? -1),
    },
    response: {
      ...noResponse(status === undefined || failure !== undefined ? (failure ?? 'no answer') : ''),
      status: status ?? 0,
      statusText: STATUS_CODES[status ?? 0] ?? '',
      cookies: responseHeaders.flatMap(({ name, value }) => (name === 'set-cookie' ? [harCookie(value)] : [])),
      headers: harParameters(responseHeaders),
      content: {
        size: event.responseSize ?? 0,
        mimeType: findHeader(responseHeaders, 'content-type') ?? '',
        ...(responseBody === undefined ? {} : { text: bodyText(responseBody) }),
      },
      redirectURL: (isRedirect && findHeader(responseHeaders, 'location')) || '',
    },
    cache: {},
    timings: harTimings(event.times, durationMs),
    ...(event.serverAddress === undefined ? {} : { serverIPAddress: event.serverAddress }),
    _number: event.number,
    _step: event.step,
    ...(event.about === undefined ? {} : { _about: event.about }),
    ...(tokens.length === 0 ? {} : { _tokens: tokens }),
  };
}

/** `connect` includes the TLS handshake there; -1 says that there was no such part. */
function harTimings(times: RequestTimes | undefined, durationMs: number): Timings {
  if (!times) return { send: 0, wait: durationMs, receive: 0 };
  const { blocked = -1, dns = -1, connect = -1, tls = -1, send = 0, wait = 0, receive = 0 } = times;
  return { blocked, dns, connect: tls < 0 ? connect : connect + tls, ssl: tls, send, wait, receive };
}

/** A cookie of a header as it is shown; its value has been replaced. */
function harCookie(header: string): Cookie {
  const [pair = '', ...attributes] = header.split('; ');
  const [name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair)?.slice(1) ?? [];
  const of = (attribute: string) =>
    attributes.find((one) => one.toLowerCase().startsWith(`${attribute}=`))?.slice(attribute.length + 1);
  const has = (attribute: string) => attributes.some((one) => one.toLowerCase() === attribute);
  const [path, domain, sameSite] = [of('path'), of('domain'), of('samesite')];
  const expires = Date.parse(of('expires') ?? '');
  return {
    name,
    value,
    ...(path === undefined ? {} : { path }),
    ...(domain === undefined ? {} : { domain }),
    ...(Number.isNaN(expires) ? {} : { expires: time(expires) }),
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(attributes.length === 0 ? {} : { httpOnly: has('httponly'), secure: has('secure') }),
  };
}

function browserEntry(step: ShownStep, url: ShownUrl): Entry & Extras {
  const { startedAt, parameters = [], number, about } = step;
  const tokens = harTokens([...url.query, ...parameters], undefined);
  return {
    startedDateTime: time(startedAt),
    time: 0,
    request: browserRequest(step, url),
    response: noResponse('sent by the browser: its answer is not known here'),
    cache: {},
    timings: { send: 0, wait: 0, receive: 0 },
    comment: step.step,
    _number: number,
    _step: step.step,
    ...(about === undefined ? {} : { _about: about }),
    ...(tokens.length === 0 ? {} : { _tokens: tokens }),
  };
}

/** What the browser sent: its parameters in the address, or as a form (OAuth 2.0 Form Post Response Mode). */
function browserRequest({ parameters = [], posted }: ShownStep, url: ShownUrl): Entry['request'] {
  if (!posted) return { ...harRequest('GET', { ...url, query: [...url.query, ...parameters] }, []), bodySize: 0 };
  const mimeType = 'application/x-www-form-urlencoded';
  return { ...harRequest('POST', url, []), postData: { mimeType, text: formText(parameters) }, bodySize: -1 };
}

function harRequest(
  method: string,
  url: ShownUrl,
  headers: readonly ShownParameter[],
): Omit<Entry['request'], 'bodySize'> {
  return {
    method,
    url: encodedUrl(url),
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: harParameters(headers),
    queryString: harParameters(url.query),
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

function harParameters(parameters: readonly ShownParameter[]): { name: string; value: string; comment?: string }[] {
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
  return { mimeType: findHeader(headers, 'content-type') ?? '', text: bodyText(body) };
}

function bodyText(body: ShownBody): string {
  if (body.type === 'form') return formText(body.parameters);
  if (body.type === 'json') return JSON.stringify(body.value);
  return body.type === 'jwt' ? body.value : body.text;
}

function formText(parameters: readonly ShownParameter[]): string {
  return new URLSearchParams(parameters.map(({ name, value }): [string, string] => [name, value])).toString();
}

function harTokens(parameters: readonly ShownParameter[], body: ShownBody | undefined) {
  const formParameters = body?.type === 'form' ? body.parameters : [];
  const named = [...parameters, ...formParameters].flatMap(({ name, token }) =>
    token ? [{ member: name, ...token }] : [],
  );
  if (body?.type === 'json') return [...named, ...body.tokens];
  return body?.type === 'jwt' ? [...named, { member: 'body', ...body.token }] : named;
}

function findHeader(headers: readonly ShownParameter[] | undefined, name: string): string | undefined {
  return headers?.find((header) => header.name === name)?.value;
}
