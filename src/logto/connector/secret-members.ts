import { isDeepStrictEqual } from 'node:util';
import { isSecretName } from '../../masking/secret-names.js';
import { snakeCase } from '../snake-case.js';

/** The keys that lead to a member of a JSON value; a list has positions as keys. */
export type MemberPath = readonly string[];

/** Values that are secrets under any name: a JWT, a private key, a URL with a password, an Authorization header. */
const SECRET_VALUE =
  /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^/\s:@]*:[^/\s@]+@|^(?:[Bb]earer|[Bb]asic) +\S/;

/** Whether a value of this name is a secret. In doubt it is one, since the value may go into a file or a terminal. */
export function isSecret(key: string, value: unknown): boolean {
  if (typeof value === 'string' && (SECRET_VALUE.test(value) || hasSecretQuery(value))) return true;
  if (!isSecretName(snakeCase(key))) return false;
  if (typeof value === 'string') return value !== '';
  return typeof value === 'number' || (typeof value === 'object' && value !== null && Object.keys(value).length > 0);
}

/** Whether a text is an address with a secret parameter: `https://id.example.com/token?api_key=…`. */
function hasSecretQuery(text: string): boolean {
  if (!text.includes('?') || !URL.canParse(text)) return false;
  return [...new URL(text).searchParams].some(([name, value]) => value !== '' && isSecretName(snakeCase(name)));
}

/** The members of a value that hold secrets, except the one at `except`. */
export function secretMembers(value: unknown, except: MemberPath, path: MemberPath = []): MemberPath[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, key];
    if (isDeepStrictEqual(at, except)) return [];
    return isSecret(key, item) ? [at] : secretMembers(item, except, at);
  });
}

/** A member's path as a JSON pointer (RFC 6901). */
export function pointer(path: MemberPath): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The path of a JSON pointer. */
export function pathOfPointer(text: string): MemberPath {
  return text
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a path, or undefined. */
export function memberAt(value: unknown, path: MemberPath): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

/**
 * Sets the value at a path in place, and makes missing objects. Undefined removes
 * the member (in a list, null replaces it).
 */
export function setMember(root: Record<string, unknown>, path: MemberPath, value: unknown): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let at: Record<string, unknown> = root;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (typeof next !== 'object' || next === null) {
      if (value === undefined) return;
      at[key] = {};
    }
    at = at[key] as Record<string, unknown>;
  }
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at[Number(last)] = null;
  else delete at[last];
}
