import { refusedByLogto } from './refusals.js';

/**
 * The start of an inner word in camelCase: before a capital after a small letter
 * or digit, and before the last capital of a run.
 */
const INNER_WORDS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;

/** A key as in Logto's requests: `loginHint` becomes `login_hint`, `x.y-Z` becomes `x_y_z`. */
export function snakeCase(key: string): string {
  return key
    .split(INNER_WORDS)
    .flatMap((part) => part.split(/[^A-Za-z0-9]+/))
    .filter((word) => word !== '')
    .join('_')
    .toLowerCase();
}

/**
 * The parameters that Logto sends for named values: keys in snake case, undefined
 * left out. If two keys become the same name, the later gives the value and the
 * earlier the position, as in any object. Throws `connector_config_invalid` for a
 * key named `constructor`: the library that renames keys in Logto takes it for the
 * class of the object, and fails.
 */
export function snakeCaseParameters(values: Readonly<Record<string, string | undefined>>): URLSearchParams {
  if (Object.hasOwn(values, 'constructor')) {
    throw refusedByLogto('server_error', 'connector_config_invalid', {
      when: 'at each sign-in',
      path: 'customConfig.constructor',
      found: 'a name that Logto cannot turn into a parameter',
      allowed: 'any other name',
      fix: 'Remove constructor from customConfig, or write it with another capital letter.',
    });
  }
  const parameters: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(values)) parameters[snakeCase(key)] = value;
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(present);
}
