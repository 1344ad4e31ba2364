import type { IncomingMessage } from 'node:http';
import { stateMatches } from './state-parameter.js';

/** How an authorization response came: OAuth 2.0 Multiple Response Types §2.1, or Form Post Response Mode. */
export type ResponseVia = 'query' | 'form_post';

/** What a request to the redirect URI turned out to be. */
export type CallbackReading =
  | { readonly kind: 'answer' | 'wrong state'; readonly via: ResponseVia; readonly parameters: URLSearchParams }
  | { readonly kind: 'refused'; readonly reason: CallbackFault };

/** What is wrong with a request to the redirect URI, beside its state. */
export type CallbackFault = 'method' | 'content type' | 'too large' | 'broken off' | 'own parameter missing';

/** Bytes of a form_post answer. */
const MAX_BODY = 64 * 1024;

/**
 * Reads a request to the redirect URI. It is an answer only with the expected
 * state, compared in constant time; a second state beside it must be the same.
 * The redirect URI's own parameters must be there and are taken out.
 *
 * What else is wrong with an answer is not judged here, such as a parameter
 * given twice (RFC 6749 §3.1): its state shows that it belongs to this sign-in,
 * which it must end, not keep waiting.
 *
 * @param query the request's query, without the question mark
 */
export async function readCallback(
  request: IncomingMessage,
  query: string,
  ownParameters: readonly (readonly [string, string])[],
  expectedState: string,
): Promise<CallbackReading> {
  const refused = (reason: CallbackFault): CallbackReading => ({ kind: 'refused', reason });
  if (request.method !== 'GET' && request.method !== 'POST') return refused('method');
  const inQuery = withoutOwnParameters(new URLSearchParams(query), ownParameters);
  if (inQuery === undefined) return refused('own parameter missing');

  let parameters = inQuery;
  const via = request.method === 'POST' ? 'form_post' : 'query';
  if (via === 'form_post') {
    // A page of another origin can post other types only after asking, and no provider does.
    const type = request.headers['content-type'] ?? '';
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return refused('content type');
    const body = await readBody(request);
    if (typeof body === 'string') return refused(body);
    parameters = new URLSearchParams(body.toString());
  }

  return { kind: stateMatches(parameters, expectedState) ? 'answer' : 'wrong state', via, parameters };
}

/** The parameters less the redirect URI's own, or undefined when one of those is not there. */
function withoutOwnParameters(
  parameters: URLSearchParams,
  own: readonly (readonly [string, string])[],
): URLSearchParams | undefined {
  const rest = [...parameters];
  for (const [name, value] of own) {
    const index = rest.findIndex((pair) => pair[0] === name && pair[1] === value);
    if (index < 0) return undefined;
    rest.splice(index, 1);
  }
  return new URLSearchParams(rest);
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'broken off'> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // A little more is read and dropped, so that an honest sender gets to see the answer.
      if (length > 4 * MAX_BODY) break;
      if (length <= MAX_BODY) chunks.push(chunk);
    }
  } catch {
    return 'broken off';
  }
  return length > MAX_BODY ? 'too large' : Buffer.concat(chunks);
}
