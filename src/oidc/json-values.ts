import { isObject } from '../json.js';
/** The members of a JSON object; none for any other value. */
export function objectMembers(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** A JSON text; undefined for any other value, such as the object that some providers send as a description. */
export function textValue(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A JSON value for people: a text as it is, any other value as JSON, so that none is shown as `[object Object]`. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === '') return 'empty';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The texts of a JSON list; none for any other value. */
export function textValues(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
