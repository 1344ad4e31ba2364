import { isLoopback } from '../loopback.js';

/** Whether others could read what is sent there. */
export function isPlainHttp(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' && !isLoopback(url.hostname);
}

/** Where a URL leads, without what goes with it: user, query, fragment. Also for schemes of apps, which have no origin. */
export function originAndPath(url: URL): string {
  const place = new URL(url);
  place.username = '';
  place.password = '';
  place.search = '';
  place.hash = '';
  return place.href;
}

/** An address as it is shown: what its query holds is nobody's business. */
export function withoutQuery(address: string): string {
  if (!URL.canParse(address)) return 'no address';
  const url = new URL(address);
  return originAndPath(url) + (url.search === '' ? '' : '?…');
}
