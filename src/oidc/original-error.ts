import { isAbort, OidcCliError } from '../errors.js';

/**
 * openid-client wraps the errors of our fetch in its own. This finds the original:
 * our coded error, or the abort of a user's Ctrl-C. Returns undefined when the
 * error is the library's own.
 */
export function originalError(error: unknown): Error | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; current = current.cause, depth += 1) {
    if (current instanceof OidcCliError || isAbort(current)) return current;
  }
  return undefined;
}

/** The `code` of an openid-client or oauth4webapi error, such as `OAUTH_RESPONSE_IS_NOT_JSON`, or undefined. */
export function libraryCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The innermost message of a library's error: openid-client wraps the specific one of oauth4webapi. */
export function innermostMessage(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current instanceof Error ? current.message : String(current);
}
