import { isLoopback } from './provider.js';

/** Whether others could read what is sent there. */
export function isReadableByOthers(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' && !isLoopback(url.hostname);
}

/** An address as it is shown: what its query holds is nobody's business. */
export function withoutQuery(address: string): string {
  if (!URL.canParse(address)) return 'no address';
  const { origin, pathname, search } = new URL(address);
  return origin + pathname + (search === '' ? '' : '?…');
}
