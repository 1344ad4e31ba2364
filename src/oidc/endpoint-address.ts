import { isLoopback } from '../loopback.js';

/** Whether others could read a request to this address. */
export function isPlainHttp(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' && !isLoopback(url.hostname);
}

/** A URL without user, query and fragment. Works for the schemes of apps too, which have no origin. */
export function originAndPath(url: URL): string {
  const place = new URL(url);
  place.username = '';
  place.password = '';
  place.search = '';
  place.hash = '';
  return place.href;
}

/** An address for display: its query may hold a secret. */
export function withoutQuery(address: string): string {
  if (!URL.canParse(address)) return 'no address';
  const url = new URL(address);
  return originAndPath(url) + (url.search === '' ? '' : '?…');
}
