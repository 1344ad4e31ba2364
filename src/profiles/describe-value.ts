import { SECRET_KEYS } from './settings.js';

const MAX_LENGTH = 100;

/** What stands here is, or may by mistake be, a secret. */
const HIDDEN_KEYS: readonly string[] = [...SECRET_KEYS, 'clientSecretEnv', 'parameters', 'connector', ''];

function valueKind(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text';
  return `a ${typeof value}`;
}

/**
 * What was found where something else is allowed, for the fact `found`: the
 * value as JSON, shortened; its kind alone where it is, or may hold, a secret.
 * `key` is the key of the profile that holds the value; empty where something
 * stands at a place that no key accounts for.
 */
export function describeValue(value: unknown, key: string): string {
  if (HIDDEN_KEYS.includes(key)) return valueKind(value);
  if (typeof value === 'string') {
    if (value === '') return 'empty text';
    // user:password@ in a URL is a secret as much as any.
    if (/\/\/[^/\s]*@/.test(value)) return 'a URL with a user name or password';
    return JSON.stringify(value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return valueKind(value);
}
