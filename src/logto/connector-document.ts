import { isDeepStrictEqual } from 'node:util';
import type { KeptConnector } from '../profiles/kept-connector.js';
import type { ProfileValues } from '../profiles/schema.js';
import { exportedConfig, inOrder } from './connector-profile.js';
import { type MemberPath, memberAt, pathOfPointer, pointer, setMember } from './secret-members.js';

type Json = Readonly<Record<string, unknown>>;

/** What a profile does not have of its connector, or what is to stand in place of it. */
export interface ConnectorSecrets {
  readonly clientSecret: unknown;
  /** In the order of `stored`. */
  readonly stored: readonly unknown[];
}

/** An imported connector as the JSON that it came from: the configuration, and what the Management API has around it. */
export function connectorDocument(kept: KeptConnector, values: ProfileValues, secrets: ConnectorSecrets): Json {
  const whole = withSecrets(kept, secrets.stored);
  const config = inOrder({ ...exportedConfig(whole, values), clientSecret: secrets.clientSecret });
  const document = whole.around === undefined ? config : { ...whole.around, config };
  return inOrders(document, kept.order ?? {}) as Json;
}

/** What is kept of the connector, with the values that the store keeps. */
function withSecrets(kept: KeptConnector, values: readonly unknown[]): KeptConnector {
  const { config = {}, around, stored = [] } = structuredClone(kept);
  const root: Record<string, unknown> = { config, ...(around === undefined ? {} : { around }) };
  stored.forEach((text, at) => {
    setMember(root, pathOfPointer(text), values[at]);
  });
  return { ...kept, ...root };
}

type Orders = NonNullable<KeptConnector['order']>;

/** The keys of each object that has them in another order than its counterpart, by the object's place. */
export function ordersUnlike(value: unknown, other: unknown, path: MemberPath = []): Orders {
  if (typeof value !== 'object' || value === null) return {};
  const keys = Object.keys(value);
  const theirs = Object.entries(other ?? {}).flatMap(([key, item]) => (item === undefined ? [] : [key]));
  const same = Array.isArray(value) || isDeepStrictEqual(keys, theirs);
  return Object.assign(
    same ? {} : { [pointer(path)]: keys },
    ...keys.map((key) => ordersUnlike(memberAt(value, [key]), memberAt(other, [key]), [...path, key])),
  );
}

/** The same value with the keys of its objects in these orders; keys that are in none come behind. */
function inOrders(value: unknown, orders: Orders, path: MemberPath = []): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => inOrders(item, orders, [...path, String(index)]));
  const first = (orders[pointer(path)] ?? []).filter((key) => Object.hasOwn(value, key));
  const keys = new Set([...first, ...Object.keys(value)]);
  return Object.fromEntries([...keys].map((key) => [key, inOrders(memberAt(value, [key]), orders, [...path, key])]));
}
