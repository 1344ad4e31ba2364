import { X509Certificate } from 'node:crypto';
import type { Check } from '../../check.js';
import type { Provider } from '../../oidc/provider.js';
import type { ProviderFacts } from '../providers.js';
import { expectationResult, skippedResult } from './outcome.js';

const DAY = 86_400;

/**
 * Checks that the TLS certificate, and each in the key set (`x5c`, RFC 7517 §4.7),
 * is valid for so many more days. `now` is in seconds.
 */
export function checkCertificates(
  days: number,
  provider: Provider | undefined,
  { certificateExpiresAt }: ProviderFacts,
  now: number,
): Check[] {
  const expected = `good for ${days} more day${days === 1 ? '' : 's'}`;
  const judge = (name: string, expiresAt: number) => {
    const left = Math.floor((expiresAt - now) / DAY);
    const date = new Date(expiresAt * 1000).toISOString().slice(0, 10);
    const actual = left < 0 ? `expired on ${date}` : `expires on ${date}, in ${left} day${left === 1 ? '' : 's'}`;
    return expectationResult(left >= days, name, expected, actual);
  };
  const tlsResults =
    certificateExpiresAt === undefined
      ? skippedResult('certificateDays.tls', expected, 'the provider was not asked by https')
      : judge('certificateDays.tls', certificateExpiresAt);
  const keys = provider?.keySet.cached()?.jwks.keys ?? [];
  const keyResults = keys.flatMap((key, index) => {
    const [leaf] = key.x5c ?? [];
    if (leaf === undefined) return [];
    const name = `certificateDays.keys.${key.kid ?? index + 1}`;
    try {
      const { validTo } = new X509Certificate(Buffer.from(leaf, 'base64'));
      return [judge(name, Date.parse(validTo) / 1000)];
    } catch {
      return [expectationResult(false, name, expected, 'x5c holds no certificate that can be read')];
    }
  });
  return [tlsResults, ...keyResults];
}
