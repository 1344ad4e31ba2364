import { type ErrorCode, type ExitCode, type Facts, OidcCliError } from '../errors.js';

/** What Logto answers its own page with when a connector fails, by the connector's error. */
export const LOGTO_REFUSALS = {
  invalid_config: { status: 400, code: 'connector.invalid_config' },
  general: { status: 400, code: 'connector.general' },
  invalid_response: { status: 400, code: 'connector.invalid_response' },
  social_invalid_id_token: { status: 401, code: 'connector.social_invalid_id_token' },
  /** Everything the connector does not catch: a bare "Internal server error". */
  server_error: { status: 500, code: 'Internal server error' },
} as const;

/** One of the ways in which Logto refuses. */
export type LogtoRefusal = keyof typeof LOGTO_REFUSALS;

/**
 * Whether it is the network that failed. What ends a request from outside
 * (Ctrl-C, the time of a whole check) is none of Logto's business.
 */
export function isNetworkFailure(error: unknown): error is OidcCliError {
  return error instanceof OidcCliError && /^(?:network|tls|proxy)_|^response_too_(?:large|deep)$/.test(error.code);
}

/**
 * The error of a sign-in that Logto would refuse: our code for the true
 * reason, with what Logto shows its user (`logtoStatus`, `logtoCode`) beside it.
 */
export function refusedByLogto(
  response: LogtoRefusal,
  code: ErrorCode,
  facts: Facts = {},
  options: { cause?: unknown; exitCode?: ExitCode } = {},
): OidcCliError {
  const { status, code: logtoCode } = LOGTO_REFUSALS[response];
  return new OidcCliError(code, { ...facts, logtoStatus: status, logtoCode }, options);
}
