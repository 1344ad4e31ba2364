import type { ClientRequest } from 'node:http';
import { isIP } from 'node:net';
import type { RequestTimes } from '../trace/recorder.js';

/** The parts of a request in their order, each under the name that HTTP archives have for it. */
const PARTS = ['blocked', 'dns', 'connect', 'tls', 'send', 'wait', 'receive'] as const;

type Part = (typeof PARTS)[number];

/** Follows one request from its beginning. */
export interface RequestWatch {
  /**
   * How long each part took until `at`, and which IP address was asked. What
   * has not ended yet ends there: a failure is told in the part that it came in.
   */
  seen(at: number): { readonly times: RequestTimes; readonly serverAddress?: string };
}

/** The request, and when it began. */
interface Watched {
  readonly url: URL;
  /** Sent by way of a proxy: whom that asks is not seen. */
  readonly proxied: boolean;
  /** Milliseconds since the epoch, as `now` gives them. */
  readonly startedAt: number;
  readonly now: () => number;
}

/**
 * Watches the parts of a request that is about to be sent: name resolution,
 * connection, TLS handshake, sending, waiting and receiving. Each ends where
 * the next one begins, so that they add up to the whole. What a kept
 * connection or an address in numbers does not need is left out, and so is
 * what a proxy does on our behalf.
 */
export function watchRequest(request: ClientRequest, { url, proxied, startedAt, now }: Watched): RequestWatch {
  const ended = new Map<Part, number>();
  let needed: readonly Part[] = PARTS;
  let serverAddress: string | undefined;
  const end = (part: Part) => () => {
    if (!ended.has(part)) ended.set(part, now());
  };
  request.once('socket', (socket) => {
    end('blocked')();
    const meet = () => {
      if (!proxied) serverAddress = socket.remoteAddress;
    };
    // Already connected where it was kept, or where it leads to a proxy.
    if (!socket.connecting) {
      needed = PARTS.filter((part) => !['dns', 'connect', 'tls'].includes(part));
      meet();
    } else {
      const numeric = isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0;
      needed = PARTS.filter((part) => !(part === 'dns' && numeric) && !(part === 'tls' && url.protocol === 'http:'));
      socket.once('lookup', end('dns'));
      socket.once('connect', meet);
      socket.once('connect', end('connect'));
      socket.once('secureConnect', end('tls'));
    }
  });
  request.once('finish', end('send'));
  request.once('response', end('wait'));
  return {
    seen: (at) => {
      const last = needed.findLastIndex((part) => ended.has(part));
      let before = startedAt;
      const times: { -readonly [Name in Part]?: number } = {};
      for (const [index, part] of needed.entries()) {
        if (index > last + 1) break;
        // A part that nothing told of, before one that was told of, took no time of its own.
        const until = index > last ? at : Math.max(before, ended.get(part) ?? before);
        times[part] = until - before;
        before = until;
      }
      return { times, serverAddress };
    },
  };
}
