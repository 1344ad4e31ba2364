import { type ErrorCode, type ExitCode, type Facts, type FactsOf, OidcCliError } from '../errors.js';

/** The response of Logto to its own page for a failed connector, by the connector's error. */
export const LOGTO_REFUSALS = {
  invalid_config: { status: 400, code: 'connector.invalid_config' },
  general: { status: 400, code: 'connector.general' },
  invalid_response: { status: 400, code: 'connector.invalid_response' },
  social_invalid_id_token: { status: 401, code: 'connector.social_invalid_id_token' },
  /** Every error that the connector does not catch: a bare "Internal server error". */
  server_error: { status: 500, code: 'Internal server error' },
} as const;

/** A kind of Logto's refusals. */
export type LogtoRefusal = keyof typeof LOGTO_REFUSALS;

/**
 * Whether the network failed. An end of the request from outside (Ctrl-C, the time
 * limit of a whole check) does not count, since Logto has none.
 */
export function isNetworkFailure(error: unknown): error is OidcCliError {
  return error instanceof OidcCliError && /^(?:network|tls|proxy)_|^response_too_(?:large|deep)$/.test(error.code);
}

/**
 * The error of a sign-in that Logto would refuse: our code for the true reason,
 * with the error that Logto shows its user (`logtoStatus`, `logtoCode`).
 */
export function refusedByLogto<C extends ErrorCode>(
  response: LogtoRefusal,
  code: C,
  facts?: FactsOf<C>,
  options: { cause?: unknown; exitCode?: ExitCode } = {},
): OidcCliError {
  const { status, code: logtoCode } = LOGTO_REFUSALS[response];
  const known: Facts = { ...facts, logtoStatus: status, logtoCode };
  return new OidcCliError<ErrorCode>(code, known, options);
}
