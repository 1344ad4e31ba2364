import type { Facts } from '../errors.js';
import type { Given } from './explanation.js';

/** What is odd about the secret that was sent, as the likely cause. */
export function secretOddity({
  secretOddities,
  secretCharacters,
}: Given<'secretOddities' | 'secretCharacters'>): string | false {
  if (!Array.isArray(secretOddities) || secretOddities.length === 0) return false;
  const [first, ...others] = secretOddities;
  const rest = others.length === 0 ? '' : `, and ${others.join(', and ')}`;
  return `The client secret that was sent is ${characterCount(secretCharacters)} long and ${first}${rest}.`;
}

/** A number of characters in words. */
export function characterCount(count: Facts[string]): string {
  return `${count} ${Number(count) === 1 ? 'character' : 'characters'}`;
}
