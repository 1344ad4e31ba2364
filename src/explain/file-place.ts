import type { Given } from './explanation.js';

/** "file, line 7, key profiles.x" as far as known. */
export function place(facts: Given<'file' | 'where' | 'line' | 'key'>): string {
  const parts = [
    facts.file ?? facts.where,
    facts.line === undefined ? undefined : `line ${facts.line}`,
    // A mistake in the YAML itself is in no key.
    facts.key === undefined || facts.key === '' ? undefined : `key ${facts.key}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ') || 'The configuration';
}
