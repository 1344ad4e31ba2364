/** Maximum levels of nesting in JSON from outside; documents of OpenID Connect have fewer than ten. */
export const MAX_JSON_DEPTH = 100;

/**
 * Whether JSON text nests deeper than `MAX_JSON_DEPTH`: JSON.parse accepts it, but
 * any recursion over the value runs out of stack. One pass over brackets and
 * strings; the text need not be valid JSON.
 */
export function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (inString) {
      if (character === BACKSLASH) at += 1;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === OPEN_BRACKET || character === OPEN_BRACE) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return true;
    } else if (character === CLOSE_BRACKET || character === CLOSE_BRACE) depth -= 1;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [34, 92, 91, 93, 123, 125];

/** `JSON.parse` for text from outside. Throws a SyntaxError for text that is not JSON, or is nested too deep. */
export function parseJson(text: string): unknown {
  if (isNestedTooDeep(text)) throw new SyntaxError(`nested more than ${MAX_JSON_DEPTH} levels deep`);
  return JSON.parse(text);
}

/** Whether a JSON value is an object: neither a list nor null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A member of a table by a name from outside: a provider's error code, a key
 * of a file. Only the table's own members count: `constructor` and `toString`
 * are names of every object.
 */
export function lookup<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** A document of `--json`, with `schemaVersion` first, which defines its members as in docs/json.md. */
export function versioned(document: object): object {
  return { schemaVersion: 1, ...document };
}
