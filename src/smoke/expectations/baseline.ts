import { isDeepStrictEqual } from 'node:util';
import type { Check } from '../../check.js';
import { lookup } from '../../json.js';
import type { Provider } from '../../oidc/provider.js';
import { type Metadata, readBaseline } from '../baseline-file.js';
import { inWords, judged, listed, shown, skipped } from './outcome.js';

/** More differences than this are counted. */
const MOST_SHOWN = 10;

/** Discovery says what it said when the baseline was written (`smoke baseline`). */
export async function judgeDiscovery(
  file: string,
  issuer: string,
  provider: Provider | undefined,
  unmet: 'failed' | 'not asked',
): Promise<readonly Check[]> {
  const [name, expected] = ['discovery', 'as in the baseline'];
  if (!provider && unmet === 'failed') return [judged(false, name, expected, `discovery failed at ${issuer}`)];
  if (!provider) return [skipped(name, expected, 'discovery was not asked')];
  try {
    const known = lookup((await readBaseline(file)).issuers, issuer);
    if (!known) return [judged(false, name, expected, `the baseline has nothing of ${issuer}`)];
    const found = differences(known, provider.document);
    if (found.length === 0) return [judged(true, name, expected, 'unchanged')];
    const more = found.length > MOST_SHOWN ? [`${found.length - MOST_SHOWN} more`] : [];
    return [judged(false, name, expected, [...found.slice(0, MOST_SHOWN), ...more].join('; '))];
  } catch (error) {
    return [judged(false, name, expected, inWords(error))];
  }
}

/** What differs, member by member, in words. The order of a list has no meaning in discovery. */
export function differences(before: Metadata, now: Metadata): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    const [old, current] = [lookup(before, name), lookup(now, name)];
    if (old === undefined) return [`${name} is new: ${shown(current)}`];
    if (current === undefined) return [`${name} is gone (was ${shown(old)})`];
    if (Array.isArray(old) && Array.isArray(current)) return listDifference(name, old, current);
    return isDeepStrictEqual(old, current) ? [] : [`${name} is ${shown(current)} (was ${shown(old)})`];
  });
}

function listDifference(name: string, before: readonly unknown[], now: readonly unknown[]): string[] {
  const without = (list: readonly unknown[], others: readonly unknown[]) =>
    list.filter((one) => !others.some((other) => isDeepStrictEqual(one, other))).map((one) => shown(one));
  const [added, removed] = [without(now, before), without(before, now)];
  const words = [
    ...(added.length > 0 ? [`now has ${listed(added, 'and')}`] : []),
    ...(removed.length > 0 ? [`no longer has ${listed(removed, 'and')}`] : []),
  ];
  return words.length === 0 ? [] : [`${name} ${words.join(' and ')}`];
}
