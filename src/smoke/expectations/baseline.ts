import { isDeepStrictEqual } from 'node:util';
import type { Check } from '../../check.js';
import { lookup } from '../../json.js';
import type { Provider } from '../../oidc/provider.js';
import { type Metadata, readBaseline } from '../baseline-file.js';
import { displayValue, errorText, expectationResult, joinWords, skippedResult } from './outcome.js';

/** Further differences are only counted. */
const MAX_SHOWN = 10;

/** Compares discovery with the baseline (`smoke baseline`). */
export async function checkDiscovery(
  file: string,
  issuer: string,
  provider: Provider | undefined,
  unmet: 'failed' | 'not asked',
): Promise<readonly Check[]> {
  const [name, expected] = ['discovery', 'as in the baseline'];
  if (!provider && unmet === 'failed')
    return [expectationResult(false, name, expected, `discovery failed at ${issuer}`)];
  if (!provider) return [skippedResult(name, expected, 'discovery was not asked')];
  try {
    const known = lookup((await readBaseline(file)).issuers, issuer);
    if (!known) return [expectationResult(false, name, expected, `the baseline has nothing of ${issuer}`)];
    const actual = differences(known, provider.document);
    if (actual.length === 0) return [expectationResult(true, name, expected, 'unchanged')];
    const more = actual.length > MAX_SHOWN ? [`${actual.length - MAX_SHOWN} more`] : [];
    return [expectationResult(false, name, expected, [...actual.slice(0, MAX_SHOWN), ...more].join('; '))];
  } catch (error) {
    return [expectationResult(false, name, expected, errorText(error))];
  }
}

/** The differences per member, in words. The order of a list has no meaning in discovery. */
export function differences(before: Metadata, now: Metadata): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    const [old, current] = [lookup(before, name), lookup(now, name)];
    if (old === undefined) return [`${name} is new: ${displayValue(current)}`];
    if (current === undefined) return [`${name} is gone (was ${displayValue(old)})`];
    if (Array.isArray(old) && Array.isArray(current)) return listDifference(name, old, current);
    return isDeepStrictEqual(old, current) ? [] : [`${name} is ${displayValue(current)} (was ${displayValue(old)})`];
  });
}

function listDifference(name: string, before: readonly unknown[], now: readonly unknown[]): string[] {
  const without = (list: readonly unknown[], others: readonly unknown[]) =>
    list.filter((one) => !others.some((other) => isDeepStrictEqual(one, other))).map((one) => displayValue(one));
  const [added, removed] = [without(now, before), without(before, now)];
  const words = [
    ...(added.length > 0 ? [`now has ${joinWords(added, 'and')}`] : []),
    ...(removed.length > 0 ? [`no longer has ${joinWords(removed, 'and')}`] : []),
  ];
  return words.length === 0 ? [] : [`${name} ${words.join(' and ')}`];
}
