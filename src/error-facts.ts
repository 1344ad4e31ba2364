/** The code and the description of a provider's error response (RFC 6749 §4.1.2.1, §5.2). */
interface Refusal {
  error: string;
  description: string;
}

/** A refusal with what was sent in the authorization request. */
interface AuthorizationRefusal extends Refusal {
  prompt: string;
  scope: string;
  redirectUri: string;
  /** How the response came: 'listener', 'paste' or 'driver'. */
  cameBy: string;
  /** Seconds between the request and the response. */
  cameAfter: number;
  /** The requested scopes that the provider does not advertise. */
  unannounced: readonly string[];
  /** True if the provider advertises all of them. */
  scopesAnnounced: boolean;
}

/** A comparison that failed. */
interface Comparison {
  expected: string;
  actual: string;
  /** True if only `--strict` refuses it. */
  strict: boolean;
}

/** A check of the ID token that failed. */
interface IdTokenComparison extends Comparison {
  check: string;
  /** The provider's clock less ours, in seconds. */
  clockSkew: number;
  /** How the client authenticates: a signature with the client secret needs one. */
  method: string;
  /** Seconds that the key set has been in a cache. */
  keySetAge: number;
  /** The claim, where Logto accepts the token and the standard does not. */
  claim: string;
}

/** A response of the provider that is not as it must be. */
interface OddResponse {
  issuer: string;
  url: string;
  status: number;
  contentType: string;
  location: string;
}

/** A connection that failed. */
interface ConnectionFailure {
  url: string;
  host: string;
  reason: string;
  proxy: string;
}

/** How the client authenticated; `secretOddities` are traits of the secret, never the secret. */
interface ClientAuthenticationFacts {
  method: string;
  announced: readonly string[];
  secretCharacters: number;
  secretOddities: readonly string[];
  clockSkew: number;
}

/** A refusal by an endpoint at which the client authenticates, with what was sent to it. */
interface EndpointRefusal extends AuthorizationRefusal, ClientAuthenticationFacts {
  endpoint: string;
  status: number;
  contentType: string;
  location: string;
  title: string;
  reason: string;
  clientId: string;
  grantType: string;
  challengeMethods: readonly string[];
}

/** A page of the provider. */
interface Page {
  title: string;
  url: string;
  words: string;
  status: number;
  redirectUri: string;
}

/** A place in a file. */
interface FilePlace {
  file: string;
  line: number;
  column: number;
  key: string;
}

/** A sign-in that a command asks to repeat. */
interface SignInRequest {
  scope: string;
  resource: string;
  askedResources: readonly string[];
  organization: string;
  granted: string;
}

/** A failure of a session store. */
interface StoreFailure {
  store: string;
  operation: string;
  file: string;
  reason: string;
  key: string;
}

/** A secret that cannot be read from its source. */
interface UnreadableSecret {
  variable: string;
  file: string;
  source: string;
  reason: string;
  where: string;
  key: string;
}

/** A sign-in that Logto refuses, with what Logto shows. */
interface LogtoRefusal {
  logtoStatus: number;
  logtoCode: string;
}

/** Facts that callers add to an error of any code: the circumstances in which it happened. */
export interface CommonFacts {
  profile: string;
  issuer: string;
  /** The client id, where the profile has no name in any file. */
  unnamedClient: string;
  step: string;
  answeredBefore: boolean;
  namedBy: string;
  /** Each credential that an automated sign-in sent, and to where. */
  credentialsSent: readonly string[];
  credentialsSentElsewhere: boolean;
  lost: string;
  sessionSaved: boolean;
  /** The part of the program that failed: 'sign-in', 'sign-out', 'provider' or 'demo'. */
  of: string;
  /** The kind of value that the session store was asked for. */
  value: string;
  /** The place of a smoke check in its plan. */
  check: string;
  /** The phase of a smoke check that was stopped. */
  phase: string;
  /** True for a failed refresh of a connector's tokens. */
  refreshing: boolean;
}

/**
 * The facts of each code: what its throw sites may give and its explanation
 * may read. Each is absent where it is not known.
 */
export interface ErrorFacts {
  // The command line
  usage: { reason: string; fix: string; flag: string };

  // Configuration: files, flags, environment
  config_missing: {
    command: string;
    key: string;
    flag: string;
    variable: string;
    known: readonly string[];
    files: readonly string[];
  };
  config_file_unreadable: { file: string; reason: string; doing: string };
  config_file_invalid: FilePlace & {
    found: string;
    allowed: string | readonly string[];
    suggestion: string;
    variable: string;
  };
  config_untrusted: FilePlace & {
    how: string;
    folder: string;
    variable: string;
    path: string;
    host: string;
    reason: string;
    unasked: boolean;
    declined: string;
    stdin: boolean;
  };
  config_value_invalid: { where: string; found: string; allowed: string | readonly string[] };
  profile_unknown: {
    name: string;
    known: readonly string[];
    suggestion: string;
    files: readonly string[];
    chosenBy: string;
    removing: boolean;
    elsewhere: string;
    command: string;
  };
  profile_exists: { name: string; file: string; flag: string };
  client_secret_unavailable: UnreadableSecret;
  store_key_as_secret: { variable: string; file: string };
  client_auth_unsupported: ClientAuthenticationFacts & { reason: string };
  redirect_uri_invalid: { redirectUri: string; reason: string };
  redirect_uri_not_loopback: { redirectUri: string; host: string };
  port_taken: { port: number; holder: string; flag: string };
  port_forbidden: { port: number; flag: string };
  ca_unreadable: { file: string; reason: string };
  report_unwritable: { file: string; reason: string; flag: string; target: string };

  // Discovery
  issuer_invalid: { extra: boolean };
  issuer_not_https: object;
  discovery_not_found: OddResponse;
  discovery_http_error: OddResponse;
  discovery_not_json: OddResponse;
  discovery_invalid: OddResponse & { reason: string };
  discovery_issuer_mismatch: OddResponse & { expected: string; actual: string };
  endpoint_missing: { endpoint: string };
  key_set_unavailable: { url: string; status: number; reason: string };

  // Network
  network_dns: ConnectionFailure;
  network_refused: ConnectionFailure;
  network_unreachable: ConnectionFailure;
  network_closed: ConnectionFailure;
  network_failed: ConnectionFailure & { port: number; flag: string };
  network_timeout: ConnectionFailure & { seconds: number };
  tls_not_trusted: ConnectionFailure & {
    subject: string;
    validTo: string;
    validFrom: string;
    names: readonly string[];
    reasonCode: string;
  };
  tls_failed: ConnectionFailure;
  proxy_failed: ConnectionFailure;
  response_too_large: { url: string; host: string; limit: number };
  response_too_deep: { url: string; host: string; limit: number };

  // The authorization response
  access_denied: EndpointRefusal;
  login_required: AuthorizationRefusal;
  consent_required: AuthorizationRefusal;
  interaction_required: AuthorizationRefusal;
  account_selection_required: AuthorizationRefusal;
  invalid_scope: EndpointRefusal;
  invalid_target: EndpointRefusal & SignInRequest;
  invalid_request: EndpointRefusal;
  unauthorized_client: EndpointRefusal;
  unsupported_response_type: AuthorizationRefusal;
  provider_server_error: EndpointRefusal;
  provider_unavailable: EndpointRefusal;
  authorization_refused: AuthorizationRefusal;
  callback_state_mismatch: {
    seconds: number;
    wrongState: number;
    strays: number;
    noState: number;
    strayError: string;
    likeOurs: boolean;
    redirectUri: string;
    /** 'paste' if the address was handed to `login --callback-url`. */
    cameBy: string;
  };
  callback_issuer_mismatch: Comparison;
  callback_invalid: { reason: string; redirectUri: string; parameters: readonly string[] };
  callback_no_pending: { others: number; expiredFor: number; likeOurs: boolean };
  one_time_address_reused: { browserFailed: string };
  login_timeout: {
    seconds: number;
    strays: number;
    wrongState: number;
    otherBrowser: number;
    redirectUri: string;
    otherUser: number;
    emptyVisits: number;
    pageStatus: number;
    pageWords: string;
    complaint: string;
    clientId: string;
  };

  // Signing in without a person
  sign_in_rejected: Page & { field: string };
  sign_in_account_locked: Page;
  sign_in_page_error: Page;
  sign_in_loops: Page & { times: number };
  sign_in_page_not_understood: Page & {
    controls: readonly string[];
    captcha: boolean;
    newPassword: boolean;
    passkey: boolean;
  };
  sign_in_page_too_large: Page & { limit: string; most: number };
  sign_in_script_needed: Page;
  sign_in_credentials_missing: UnreadableSecret & { field: string };
  sign_in_unsafe_destination: {
    problem: string;
    kinds: readonly string[];
    destination: string;
    host: string;
    page: string;
    onPage: boolean;
    allowHttpHelps: boolean;
  };
  sign_in_step_failed: Page & { reason: string; controls: readonly string[] };
  sign_in_command_failed: { command: string; reason: string };
  sign_in_timed_out: Page & { seconds: number; pages: number };
  totp_secret_invalid: { reason: string };
  browser_missing: { reason: string; package: string };
  browser_failed: { browser: string; reason: string };

  // The token endpoint
  invalid_client: EndpointRefusal;
  invalid_grant: EndpointRefusal;
  unsupported_grant_type: EndpointRefusal;
  token_request_refused: EndpointRefusal;
  organization_refused: EndpointRefusal & SignInRequest;
  token_response_invalid: EndpointRefusal;
  no_id_token: { scope: string; granted: string };

  // The ID token
  id_token_malformed: IdTokenComparison;
  id_token_encrypted: IdTokenComparison;
  id_token_signature_invalid: IdTokenComparison;
  id_token_key_not_found: IdTokenComparison;
  id_token_alg_mismatch: IdTokenComparison;
  id_token_alg_unsupported: IdTokenComparison;
  id_token_issuer_mismatch: IdTokenComparison;
  id_token_audience_mismatch: IdTokenComparison;
  id_token_authorized_party_mismatch: IdTokenComparison;
  id_token_expired: IdTokenComparison;
  id_token_not_yet_valid: IdTokenComparison;
  id_token_issued_in_future: IdTokenComparison;
  id_token_too_old: IdTokenComparison;
  id_token_nonce_mismatch: IdTokenComparison;
  id_token_at_hash_mismatch: IdTokenComparison;
  id_token_c_hash_mismatch: IdTokenComparison;
  id_token_subject_invalid: IdTokenComparison;
  id_token_auth_time_invalid: IdTokenComparison;
  id_token_acr_mismatch: IdTokenComparison;
  id_token_claim_missing: IdTokenComparison;
  clock_skew: IdTokenComparison;
  id_token_readers_disagree: IdTokenComparison & { who: string; reason: string };
  refreshed_identity_changed: IdTokenComparison;

  // Userinfo, revocation, end session
  userinfo_refused: {
    url: string;
    status: number;
    error: string;
    strict: boolean;
    audience: readonly string[];
    description: string;
  };
  userinfo_invalid: { url: string; contentType: string; reason: string; strict: boolean };
  userinfo_subject_mismatch: Comparison & { url: string };
  revocation_refused: EndpointRefusal & { token: string };
  end_session_not_confirmed: { seconds: number; postLogoutRedirectUri: string; otherBrowser: number };

  // Sessions
  not_signed_in: SignInRequest & { others: readonly string[]; chosenBy: string; known: boolean };
  session_expired: SignInRequest;
  no_refresh_token: SignInRequest;
  refresh_refused: EndpointRefusal & SignInRequest;
  store_unavailable: StoreFailure;
  store_locked: StoreFailure;
  store_timeout: StoreFailure & { pid: number; timeoutSeconds: number };
  store_key_invalid: StoreFailure & { variable: string; mode: string; keySource: string };
  store_corrupt: StoreFailure;
  store_version_newer: StoreFailure & { version: number; list: boolean };
  store_failed: StoreFailure;

  // A Logto connector: its file, and what Logto would do with it
  connector_file_unreadable: { file: string; reason: string };
  connector_file_invalid: { file: string; reason: string; line: number; path: string; fix: string };
  connector_config_invalid: LogtoRefusal & {
    file: string;
    path: string;
    line: number;
    found: string;
    allowed: string;
    when: string;
    more: number;
    others: readonly string[];
    fix: string;
  };
  connector_overrides_request: { names: readonly string[]; keys: readonly string[]; consequence: string };
  connector_endpoint_invalid: LogtoRefusal & { key: string; reason: string };
  connector_verification_config_invalid: LogtoRefusal & { key: string; reason: string };
  connector_client_assertion_failed: LogtoRefusal & { alg: string; reason: string };
  connector_code_missing: LogtoRefusal &
    Refusal & {
      scope: string;
      joinedScope: boolean;
      secondQuery: boolean;
      pkceRequired: boolean;
      responseMode: string;
    };
  connector_token_refused: LogtoRefusal &
    EndpointRefusal & {
      rawBasicDiffers: boolean;
      secretHasWhitespace: boolean;
      authenticate: string;
      pkceRequired: boolean;
      overridden: readonly string[];
      refreshing: boolean;
      body: string;
    };
  connector_token_response_invalid: LogtoRefusal & {
    reason: string;
    contentType: string;
    member: string;
  };
  connector_token_unreachable: LogtoRefusal & ConnectionFailure & { why: string; seconds: number; limit: number };
  connector_key_set_unavailable: LogtoRefusal &
    ConnectionFailure & { why: string; seconds: number; status: number; keySetIsAnnounced: boolean };
  connector_id_token_refused: LogtoRefusal &
    Comparison & {
      claim: string;
      tolerance: string;
      missing: boolean;
      issuerIsAnnounced: boolean;
      reason: string;
      kind: string;
      announced: readonly string[];
      alg: string;
    };
  connector_claims_refused: LogtoRefusal & Comparison & { claim: string; stringBoolean: boolean };
  connector_nonce_mismatch: LogtoRefusal;
  connector_refresh_unsupported: LogtoRefusal & { key: string };

  // Smoke checks: the plan, and a run of it
  plan_missing: { file: string; named: boolean };
  plan_exists: { file: string };
  smoke_baseline_unreadable: { file: string; reason: string };
  smoke_secret_unavailable: UnreadableSecret & { what: string };
  smoke_nothing_selected: { filter: readonly string[]; known: readonly string[] };
  smoke_expectation_violated: Comparison & { expectation: string };
  smoke_check_timeout: { seconds: number };
  smoke_run_timeout: { seconds: number };
  introspection_refused: EndpointRefusal;

  // Process
  output_unwritable: { reason: string };
  interrupted: { done: readonly string[] };
  internal: { reason: string };

  // From the first frame on: the message before it may be long, and may hold anything.
}
