import { isObject } from '../json.js';
/** The members of a JSON object; none of anything else. */
export function objectMembers(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** A JSON text; undefined for anything else, such as the object that some providers write as a description. */
export function textValue(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A JSON value as people read it: a text as it is, anything else as JSON, so that no shape ends as `[object Object]`. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === '') return 'empty';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The texts of a JSON list; none of anything else. */
export function textValues(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
