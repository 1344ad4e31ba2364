import type { CommonFacts, ErrorFacts } from './error-facts.js';

/** Process exit codes, as in the README. */
export const EXIT = {
  done: 0,
  checkFailed: 1,
  usage: 2,
  configuration: 3,
  notSignedIn: 4,
  refused: 5,
  timedOut: 6,
  verification: 7,
  network: 8,
  store: 9,
  interrupted: 130,
} as const;

/** One of the documented process exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Every stable error code with its exit code. Codes never change once released;
 * their explanations are in `explain/`.
 */
export const ERROR_EXIT_CODES = {
  // The command line
  usage: EXIT.usage,

  // Configuration: files, flags, environment
  config_missing: EXIT.configuration,
  config_file_unreadable: EXIT.configuration,
  config_file_invalid: EXIT.configuration,
  config_untrusted: EXIT.configuration,
  config_value_invalid: EXIT.configuration,
  profile_unknown: EXIT.configuration,
  profile_exists: EXIT.configuration,
  client_secret_unavailable: EXIT.configuration,
  store_key_as_secret: EXIT.configuration,
  client_auth_unsupported: EXIT.configuration,
  redirect_uri_invalid: EXIT.configuration,
  redirect_uri_not_loopback: EXIT.configuration,
  port_taken: EXIT.configuration,
  port_forbidden: EXIT.configuration,
  ca_unreadable: EXIT.configuration,
  report_unwritable: EXIT.configuration,

  // Discovery
  issuer_invalid: EXIT.configuration,
  issuer_not_https: EXIT.configuration,
  discovery_not_found: EXIT.configuration,
  discovery_http_error: EXIT.configuration,
  discovery_not_json: EXIT.configuration,
  discovery_invalid: EXIT.configuration,
  discovery_issuer_mismatch: EXIT.configuration,
  endpoint_missing: EXIT.configuration,
  key_set_unavailable: EXIT.configuration,

  // Network
  network_dns: EXIT.network,
  network_refused: EXIT.network,
  network_unreachable: EXIT.network,
  network_closed: EXIT.network,
  network_failed: EXIT.network,
  network_timeout: EXIT.timedOut,
  tls_not_trusted: EXIT.network,
  tls_failed: EXIT.network,
  proxy_failed: EXIT.network,
  response_too_large: EXIT.network,
  response_too_deep: EXIT.network,

  // The authorization response
  access_denied: EXIT.refused,
  login_required: EXIT.refused,
  consent_required: EXIT.refused,
  interaction_required: EXIT.refused,
  account_selection_required: EXIT.refused,
  invalid_scope: EXIT.refused,
  invalid_target: EXIT.refused,
  invalid_request: EXIT.refused,
  unauthorized_client: EXIT.refused,
  unsupported_response_type: EXIT.refused,
  provider_server_error: EXIT.refused,
  provider_unavailable: EXIT.refused,
  authorization_refused: EXIT.refused,
  callback_state_mismatch: EXIT.verification,
  callback_issuer_mismatch: EXIT.verification,
  callback_invalid: EXIT.verification,
  callback_no_pending: EXIT.notSignedIn,
  one_time_address_reused: EXIT.verification,
  login_timeout: EXIT.timedOut,

  // Signing in without a person
  sign_in_rejected: EXIT.refused,
  sign_in_account_locked: EXIT.refused,
  sign_in_page_error: EXIT.refused,
  sign_in_loops: EXIT.refused,
  sign_in_page_not_understood: EXIT.configuration,
  sign_in_page_too_large: EXIT.configuration,
  sign_in_script_needed: EXIT.configuration,
  sign_in_credentials_missing: EXIT.configuration,
  sign_in_unsafe_destination: EXIT.configuration,
  sign_in_step_failed: EXIT.configuration,
  sign_in_command_failed: EXIT.configuration,
  sign_in_timed_out: EXIT.timedOut,
  totp_secret_invalid: EXIT.configuration,
  browser_missing: EXIT.configuration,
  browser_failed: EXIT.configuration,

  // The token endpoint
  invalid_client: EXIT.refused,
  invalid_grant: EXIT.refused,
  unsupported_grant_type: EXIT.refused,
  token_request_refused: EXIT.refused,
  organization_refused: EXIT.refused,
  token_response_invalid: EXIT.refused,
  no_id_token: EXIT.verification,

  // The ID token
  id_token_malformed: EXIT.verification,
  id_token_encrypted: EXIT.verification,
  id_token_signature_invalid: EXIT.verification,
  id_token_key_not_found: EXIT.verification,
  id_token_alg_mismatch: EXIT.verification,
  id_token_alg_unsupported: EXIT.verification,
  id_token_issuer_mismatch: EXIT.verification,
  id_token_audience_mismatch: EXIT.verification,
  id_token_authorized_party_mismatch: EXIT.verification,
  id_token_expired: EXIT.verification,
  id_token_not_yet_valid: EXIT.verification,
  id_token_issued_in_future: EXIT.verification,
  id_token_too_old: EXIT.verification,
  id_token_nonce_mismatch: EXIT.verification,
  id_token_at_hash_mismatch: EXIT.verification,
  id_token_c_hash_mismatch: EXIT.verification,
  id_token_subject_invalid: EXIT.verification,
  id_token_auth_time_invalid: EXIT.verification,
  id_token_acr_mismatch: EXIT.verification,
  id_token_claim_missing: EXIT.verification,
  clock_skew: EXIT.verification,
  id_token_readers_disagree: EXIT.verification,
  refreshed_identity_changed: EXIT.verification,

  // Userinfo, revocation, end session
  userinfo_refused: EXIT.refused,
  userinfo_invalid: EXIT.verification,
  userinfo_subject_mismatch: EXIT.verification,
  revocation_refused: EXIT.refused,
  end_session_not_confirmed: EXIT.timedOut,

  // Sessions
  not_signed_in: EXIT.notSignedIn,
  session_expired: EXIT.notSignedIn,
  no_refresh_token: EXIT.notSignedIn,
  refresh_refused: EXIT.notSignedIn,
  store_unavailable: EXIT.store,
  store_locked: EXIT.store,
  store_timeout: EXIT.store,
  store_key_invalid: EXIT.store,
  store_corrupt: EXIT.store,
  store_version_newer: EXIT.store,
  store_failed: EXIT.store,

  // A Logto connector: its file, and what Logto would do with it
  connector_file_unreadable: EXIT.configuration,
  connector_file_invalid: EXIT.configuration,
  connector_config_invalid: EXIT.configuration,
  connector_overrides_request: EXIT.configuration,
  connector_endpoint_invalid: EXIT.configuration,
  connector_verification_config_invalid: EXIT.configuration,
  connector_client_assertion_failed: EXIT.configuration,
  connector_code_missing: EXIT.refused,
  connector_token_refused: EXIT.refused,
  connector_token_response_invalid: EXIT.refused,
  connector_token_unreachable: EXIT.network,
  connector_key_set_unavailable: EXIT.configuration,
  connector_id_token_refused: EXIT.verification,
  connector_claims_refused: EXIT.verification,
  connector_nonce_mismatch: EXIT.verification,
  connector_refresh_unsupported: EXIT.configuration,

  // Smoke checks: the plan, and a run of it
  plan_missing: EXIT.configuration,
  plan_exists: EXIT.configuration,
  smoke_baseline_unreadable: EXIT.configuration,
  smoke_secret_unavailable: EXIT.configuration,
  smoke_nothing_selected: EXIT.usage,
  smoke_expectation_violated: EXIT.checkFailed,
  smoke_check_timeout: EXIT.timedOut,
  smoke_run_timeout: EXIT.timedOut,
  introspection_refused: EXIT.refused,

  // Process
  output_unwritable: EXIT.checkFailed,
  interrupted: EXIT.interrupted,
  internal: EXIT.checkFailed,
} as const satisfies Record<string, ExitCode>;

/** A stable error code: scripts compare it, `explain/` explains it. */
export type ErrorCode = keyof typeof ERROR_EXIT_CODES;

/**
 * Facts of an error whose code is not known to the compiler: expected and
 * actual values, URLs without secrets, numbers. Never a token, code, verifier,
 * secret or password: facts are printed.
 */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Each fact may be absent. */
type Known<T> = { readonly [Fact in keyof T]?: T[Fact] };

/** Facts that an error of any code may carry. */
export type SharedFacts = Known<CommonFacts>;

/** The facts that an error of the code `C` may carry; of several codes, those of any. */
export type FactsOf<C extends ErrorCode> = C extends ErrorCode ? Known<ErrorFacts[C] & CommonFacts> : never;

/** The parts of an error beside its code and facts. */
interface ErrorOptions {
  readonly cause?: unknown;
  readonly exitCode?: ExitCode;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The changes that `OidcCliError.with` makes, with any code. */
interface GeneralAdditions {
  readonly code?: ErrorCode;
  readonly facts?: Facts;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The changes that a caller of `OidcCliError.with` may ask for: common facts, or a code and facts of that code. */
type ErrorAdditions<C extends ErrorCode> = { readonly details?: Readonly<Record<string, unknown>> } & (
  | { readonly code?: undefined; readonly facts?: SharedFacts }
  | { readonly code: C; readonly facts?: FactsOf<C> }
);

/**
 * The one error that flows throw. It carries a stable code and facts;
 * `explain(code, facts)` adds the text where the error is shown.
 */
class CodedError extends Error {
  /** Further data for `--json`: e.g. the ID-token checks made so far. Printed, so no secrets. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly exitCode: ExitCode;

  constructor(
    readonly code: ErrorCode,
    readonly facts: Facts = {},
    options: ErrorOptions = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OidcCliError';
    this.exitCode = options.exitCode ?? ERROR_EXIT_CODES[code];
    this.details = options.details ?? {};
  }

  /**
   * The same failure with more facts and details: code, exit code, cause and earlier
   * facts stay. With a different `code` it has the exit code of that code, and this
   * error as its cause.
   */
  with<C extends ErrorCode>(additions: ErrorAdditions<C>): OidcCliError {
    const { code = this.code, facts = {}, details = {} }: GeneralAdditions = additions;
    const origin = code === this.code ? { cause: this.cause, exitCode: this.exitCode } : { cause: this };
    return new CodedError(code, { ...this.facts, ...facts }, { ...origin, details: { ...this.details, ...details } });
  }
}

/** An error with a stable code; see `CodedError`. */
export type OidcCliError = CodedError;

/** Makes an `OidcCliError`: the compiler accepts only the facts of its code. */
export const OidcCliError: {
  new <C extends ErrorCode>(code: C, facts?: FactsOf<C>, options?: ErrorOptions): OidcCliError;
  readonly prototype: OidcCliError;
} = CodedError;

/**
 * Turns any thrown value into a coded error. An unknown one becomes `interrupted`
 * if the run was `interrupted`, else `internal` (fact: `reason`), without its
 * message, which may hold a secret.
 */
export function toCodedError(thrown: unknown, interrupted = false): OidcCliError {
  if (thrown instanceof OidcCliError) return thrown;
  if (interrupted) return new OidcCliError('interrupted', {}, { cause: thrown });
  return new OidcCliError('internal', { reason: whereItFailed(thrown) }, { cause: thrown });
}

/** The kind of an unexpected error and the line that threw it: enough for a bug report, without data of the run. */
function whereItFailed(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  // From the first frame on: the message before it may be long, and may hold a secret.
  const { stack = '' } = error;
  const frames = stack.slice(Math.max(0, stack.indexOf('\n    at '))).slice(0, 4_000);
  const frame = /([\w.-]+\.c?[jt]s:\d+):\d+\)?$/m.exec(frames)?.[1];
  return frame ? `${error.name} in ${frame}` : error.name;
}

/**
 * Makes a handler for a rejected promise that adds facts to an `OidcCliError` and
 * rethrows it; any other error is rethrown unchanged.
 */
export function failWith(facts: SharedFacts): (error: unknown) => never {
  return (error) => {
    throw error instanceof OidcCliError ? error.with({ facts }) : error;
  };
}

/** True for an error that an `AbortSignal` caused (the user's Ctrl-C, not a time limit). */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
