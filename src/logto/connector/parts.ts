import { isObject } from '../../json.js';
import { objectMembers } from '../../oidc/json-values.js';
import type { SavedConnector } from '../../profiles/saved-connector.js';
import type { ProfileValues } from '../../profiles/schema.js';
import { snakeCase } from '../snake-case.js';
import { orderMembers, plainConfig } from './profile.js';
import { type MemberPath, memberAt, pathOfPointer, pointer, setMember } from './secret-members.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * Restores a connector that version 0.1.0 saved in parts: the profile's own
 * values, the values that no profile has, and the order of all keys. `hidden`
 * replaces each value that is in the session store.
 */
export function assembledConnector(saved: SavedConnector, values: ProfileValues, hidden: string): SavedConnector {
  const { config = {}, around, stored = [] } = structuredClone(saved);
  const parts: Record<string, unknown> = { config, around };
  for (const text of stored) setMember(parts, pathOfPointer(text), hidden);
  const whole = orderMembers({ ...assembledConfig(config, saved, values), clientSecret: hidden });
  const document = isObject(parts.around) ? { ...parts.around, config: whole } : whole;
  const from = around === undefined ? /^\/config/ : /^\/around/;
  return {
    document: applyOrders(document, saved.order ?? {}) as Json,
    stored: stored.map((text) => text.replace(from, '')),
  };
}

function assembledConfig(rest: Json, { leftOut = [], customKeys = [] }: SavedConnector, values: ProfileValues): Json {
  const base = plainConfig(values);
  const config: Record<string, unknown> = {};
  for (const { path, value } of leaves(base)) {
    if (path.length > 0 && path[0] !== 'customConfig' && !leftOut.includes(path.join('.')))
      setMember(config, path, value);
  }
  for (const { path, value } of leaves(rest)) {
    if (path.length === 0 || path[0] === 'customConfig') continue;
    const isEmptyObject = isObject(value) && Object.keys(value).length === 0;
    if (!isEmptyObject || !isObject(memberAt(config, path))) setMember(config, path, value);
  }
  const [details, unsaid] = [objectMembers(base.customConfig), objectMembers(rest.customConfig)];
  const spelled = customKeys.flatMap((key) => {
    const value = Object.hasOwn(unsaid, key) ? unsaid[key] : details[snakeCase(key)];
    return value === undefined ? [] : [[key, value] as const];
  });
  const names = new Set(spelled.map(([key]) => snakeCase(key)));
  const others = Object.entries(details).filter(([name]) => !names.has(snakeCase(name)));
  const custom = { ...Object.fromEntries([...spelled, ...others]), ...unsaid };
  return rest.customConfig === undefined && Object.keys(custom).length === 0
    ? config
    : { ...config, customConfig: custom };
}

/** The members of a value that have no members themselves; a list counts as one. */
function leaves(value: unknown, path: MemberPath = []): { path: MemberPath; value: unknown }[] {
  const inner = Object.entries(objectMembers(value));
  if (inner.length === 0) return [{ path, value }];
  return inner.flatMap(([key, item]) => leaves(item, [...path, key]));
}

/** The same value with the keys of its objects in these orders; other keys follow. */
function applyOrders(value: unknown, orders: NonNullable<SavedConnector['order']>, path: MemberPath = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => applyOrders(item, orders, [...path, String(index)]));
  if (!isObject(value)) return value;
  const first = (orders[pointer(path)] ?? []).filter((key) => Object.hasOwn(value, key));
  const keys = new Set([...first, ...Object.keys(value)]);
  return Object.fromEntries([...keys].map((key) => [key, applyOrders(value[key], orders, [...path, key])]));
}
