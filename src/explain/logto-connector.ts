import type { Facts, FactsOf } from '../errors.js';
import { causes, type ExplainTable, type Given, listText } from './explanation.js';
import { describeReason } from './system-reasons.js';

/** What Logto shows in its own page, after a sentence on what is true. */
function logtoMessage(facts: Given<'logtoStatus' | 'logtoCode' | 'refreshing'>): string {
  if (facts.logtoStatus === undefined) return '';
  const lost = facts.logtoCode === 'connector.general' ? ', with {} in place of the reason' : '';
  if (facts.refreshing === true)
    return ` Who asks Logto for the stored token gets only: ${facts.logtoStatus} ${facts.logtoCode}${lost}.`;
  return ` Logto shows its user only: ${facts.logtoStatus} ${facts.logtoCode}${lost}.`;
}

/** The provider's own answer, which Logto loses. */
function providerText(facts: Given<'description' | 'error' | 'body' | 'authenticate'>): string {
  const description = onOneLine(facts.description);
  const words = [facts.error, description && `"${description}"`].filter(Boolean).join(': ');
  if (words !== '') return ` The provider says: ${words}${/[.?!]$/.test(description) ? '' : '.'}`;
  const body = onOneLine(facts.body);
  if (body !== '') return ` The provider's answer begins: '${body}'.`;
  const challenge = onOneLine(facts.authenticate);
  return challenge === ''
    ? ' The provider says nothing about the reason.'
    : ` The provider says only which authentication it wants: '${challenge}'.`;
}

function onOneLine(fact: Facts[string]): string {
  return fact === undefined ? '' : String(fact).replaceAll(/\s+/g, ' ').trim();
}

/** Where in the connector's file something stands. */
function place(facts: Given<'line' | 'column' | 'file'>): string {
  const line = facts.line === undefined ? '' : `, line ${facts.line}`;
  const where = facts.column === undefined ? line : `${line}, column ${facts.column}`;
  return facts.file === undefined ? 'The connector file' : `The connector file ${facts.file}${where}`;
}

/** Why nothing came from an address, by the network's own code. */
function networkReason(facts: Given<'why' | 'seconds' | 'reason'>): string {
  switch (facts.why) {
    case 'network_timeout':
      return `it did not answer within ${facts.seconds ?? 'the allowed'} s`;
    case 'network_dns':
      return 'its host name is not known';
    case 'network_refused':
      return 'nothing listens there';
    case 'network_unreachable':
      return 'there is no way to it';
    case 'network_closed':
      return 'the connection ended before the answer did';
    case 'tls_not_trusted':
      return `its TLS certificate is not trusted${facts.reason === undefined ? '' : ` (${facts.reason})`}`;
    default:
      return String(facts.reason ?? 'it could not be reached');
  }
}

/** That nothing came from an address, and what Logto shows then. A limit of our own says nothing of Logto. */
function unreachable(
  facts: Given<'url' | 'why' | 'limit' | 'seconds' | 'reason' | 'logtoStatus' | 'logtoCode' | 'refreshing'>,
  what: 'token endpoint' | 'key set',
): string {
  const address = facts.url === undefined ? '' : ` ${facts.url}`;
  if (facts.why === 'response_too_deep') {
    return `The answer of the ${what}${address} is nested deeper than the ${facts.limit ?? 'allowed'} levels that are read here, so it is not known what Logto would make of it.`;
  }
  return facts.why === 'response_too_large'
    ? `The answer of the ${what}${address} is larger than the ${facts.limit ?? 'allowed'} bytes that are read here, so it is not known what Logto would make of it.`
    : `Logto could not get ${what === 'key set' ? 'the' : 'an answer from the'} ${what}${address}: ${networkReason(facts)}.${logtoMessage(facts)}`;
}

/** What is likely behind a refused token request, by what the provider said and what the connector sent. */
function tokenRefusalCauses(f: FactsOf<'connector_token_refused'>): string[] {
  const method = String(f.method ?? '');
  const basic = method === 'client_secret_basic';
  const client = f.error === 'invalid_client' || f.status === 401;
  const grant = f.error === 'invalid_grant' || f.error === 'invalid_request';
  const refreshing = f.refreshing === true;
  const failed = Number(f.status) >= 500;
  const metadata = Array.isArray(f.announced) ? f.announced : undefined;
  return causes(
    client &&
      basic &&
      f.rawBasicDiffers === true &&
      'Logto sends the client secret by Basic without encoding it first (RFC 6749 §2.3.1), and this one holds characters that a strict provider decodes into others.',
    client &&
      metadata !== undefined &&
      method !== '' &&
      !metadata.includes(method) &&
      `The provider announces ${listText(metadata, 'no method')}, and the connector uses ${method}.`,
    f.secretHasWhitespace === true && 'The client secret begins or ends with a space or a line break.',
    client && 'The client id or the client secret is wrong.',
    grant &&
      refreshing &&
      'The provider does not take this refresh token from this client: it may be bound to more than Logto sends with it.',
    grant &&
      f.pkceRequired === true &&
      'The provider requires PKCE, which Logto does not do: it cannot be used as a connector.',
    !failed &&
      Array.isArray(f.overridden) &&
      f.overridden.length > 0 &&
      `customConfig overrides ${f.overridden.join(', ')} in the token request.`,
    grant &&
      !refreshing &&
      'The code was used before, or the redirect URI differs from the one of the authorization request.',
    grant &&
      !refreshing &&
      f.pkceRequired === undefined &&
      'The provider requires PKCE for this client, which Logto does not do.',
    failed && 'The provider failed inside, or a gateway in front of it did.',
    !client &&
      !grant &&
      !failed &&
      'The provider refuses the request itself, not the client and not the code; its own words say why.',
  );
}

/** What to change where no code came back. */
function codeMissingFix(f: FactsOf<'connector_code_missing'>): string {
  if (f.error === undefined && f.responseMode === 'fragment')
    return 'Remove responseMode from authRequestOptionalConfig (or response_mode from customConfig).';
  if (f.secondQuery === true)
    return 'Remove the ? and what follows from authorizationEndpoint; parameters of the provider go into customConfig.';
  if (f.joinedScope === true) return 'Separate the scopes by spaces.';
  return f.pkceRequired === true
    ? 'Switch off the PKCE requirement for this client at the provider: as a confidential client it has a secret.'
    : 'Correct what the provider complains of, in the connector or at the provider, and sign in again.';
}

/** What to change after a refused token request, by the likeliest cause. */
function tokenRefusalFix(f: FactsOf<'connector_token_refused'>): string {
  if (f.rawBasicDiffers === true && f.method === 'client_secret_basic')
    return 'Set tokenEndpointAuthMethod to client_secret_post, or have the provider make a secret of letters and digits only.';
  if (f.pkceRequired === true) return 'Switch off the PKCE requirement for this client at the provider.';
  if (Number(f.status) >= 500) return "Look for the failure in the provider's log, or try again later.";
  if (Array.isArray(f.overridden) && f.overridden.length > 0)
    return `Remove ${listText(f.overridden, 'it')} from customConfig.`;
  if (f.error !== 'invalid_grant' && f.error !== 'invalid_request')
    return 'Compare clientId, clientSecret and tokenEndpointAuthMethod with the client at the provider.';
  return f.refreshing === true
    ? 'Compare the refresh tokens of this client at the provider with what Logto sends: client, refresh token, customConfig.'
    : 'Sign in once more, and if it stays, compare the redirect URI and customConfig with what the provider expects.';
}

/** What to change after an ID token that Logto's library refuses, by the claim or the kind of failure. */
function idTokenFix({
  claim,
  actual,
  missing,
  kind,
  alg,
  issuerIsAnnounced,
}: FactsOf<'connector_id_token_refused'>): string {
  switch (claim) {
    case 'iss':
      if (missing === true)
        return 'Remove idTokenVerificationConfig.issuer, or have the provider write its issuer into the ID token.';
      return issuerIsAnnounced === true
        ? 'Have the provider write the issuer of its discovery document into iss.'
        : `Set idTokenVerificationConfig.issuer to ${actual ?? "the provider's issuer, to the letter"}.`;
    case 'iat':
    case 'exp':
    case 'nbf':
      return claim === 'iat' && missing === true
        ? 'Remove idTokenVerificationConfig.maxTokenAge, or have the provider write iat into the ID token.'
        : 'Set both clocks by NTP, or set idTokenVerificationConfig.clockTolerance (a number of seconds).';
    case 'sub':
    case 'typ':
      return `Remove idTokenVerificationConfig.${claim === 'sub' ? 'subject' : 'typ'}.`;
    case 'aud':
      return 'Set clientId to what stands in aud, or correct the audience at the provider.';
    default:
      return kind === 'ERR_JOSE_ALG_NOT_ALLOWED'
        ? `Add ${alg ?? 'the algorithm'} to idTokenVerificationConfig.algorithms, or remove that list.`
        : "Compare idTokenVerificationConfig with the provider's discovery document (oidc-cli doctor --connector does).";
  }
}

/** What difference of clocks the connector lets pass. */
function toleranceText({ tolerance }: Given<'tolerance'>): string {
  return tolerance === undefined || tolerance === '0 s' ? 'no difference at all' : String(tolerance);
}

/** Codes of a Logto connector: what is wrong with its file, and what Logto would do at which step. */
export const logtoConnector = {
  connector_file_unreadable: (f) => ({
    message: `${f.check === undefined ? '' : `${f.check}: `}${place(f)} cannot be read: ${describeReason(f.reason) ?? 'the system does not say why'}.`,
    causes: [],
    fix:
      f.check === undefined
        ? 'Name a file that is there and readable, or - and pass the JSON on stdin.'
        : 'Name a file that is there and readable; the path begins at the folder of the checks.',
  }),
  connector_file_invalid: (f) => ({
    message: `${place(f)} is not a connector's JSON: ${f.path === undefined ? '' : `${f.path}: `}${f.reason ?? 'it cannot be understood'}.`,
    causes: [],
    fix: String(
      f.fix ?? "Copy the connector's configuration from Logto's console, or the answer of its Management API, whole.",
    ),
  }),
  connector_config_invalid: (f) => ({
    message: `${/at each sign-in/.test(String(f.when)) ? 'Logto saves this configuration, and refuses it at each sign-in' : "Logto refuses this connector's configuration"}: ${f.path || 'it'}${f.line === undefined ? '' : ` (line ${f.line})`} is ${f.found === 'nothing' ? 'missing' : (f.found ?? 'not what it has to be')}${f.more === undefined ? '' : ` (and ${f.more} more)`}.${logtoMessage(f)}`,
    causes: causes(
      /empty values are lost/.test(String(f.when)) && 'Logto removes empty values when it saves a connector.',
      ...(Array.isArray(f.others) ? f.others : []),
    ),
    fix: String(f.fix ?? `Write ${f.allowed ?? 'what Logto allows'} there.`),
  }),
  connector_overrides_request: (f) => ({
    message: `customConfig overrides ${listText(f.names, 'a parameter')} of the authorization request, so no sign-in with this connector can succeed.`,
    causes: [
      `Logto would send the browser there with the constant in place of its own value, and then ${f.consequence ?? 'refuse the answer'}.`,
    ],
    fix: `Remove ${listText(f.keys, 'that key')} from customConfig: Logto makes these values itself.`,
  }),
  connector_endpoint_invalid: (f) => ({
    message: `${f.key ?? 'An endpoint'} of the connector is no address that can be requested: ${f.reason ?? 'it is malformed'}.${logtoMessage(f)}`,
    causes: ['Logto takes any text there when the connector is saved, and fails only when somebody signs in.'],
    fix: "Copy the endpoint from the provider's discovery document, with its https://.",
  }),
  connector_verification_config_invalid: (f) => ({
    message: `${f.key ?? 'idTokenVerificationConfig'} cannot be used: ${f.reason ?? 'its value is not understood'}.${logtoMessage(f)}`,
    causes: ['Logto takes the value when the connector is saved, and fails at every sign-in.'],
    fix: /algorithms$/.test(String(f.key))
      ? 'Write a list of names there (["RS256"]), or leave it out.'
      : 'Write a number of seconds without quotes, or a text with a unit ("30 s").',
  }),
  connector_client_assertion_failed: (f) => ({
    message: `The client assertion for client_secret_jwt could not be signed: ${f.reason ?? 'the key does not fit'}.${logtoMessage(f)}`,
    causes: causes(f.alg !== undefined && 'The client secret is empty.'),
    fix: 'Fill in clientSecret and clientSecretJwtSigningAlgorithm.',
  }),
  connector_code_missing: (f) => ({
    message: `The answer of the provider has no code${f.error === undefined ? '' : `, but an error: ${f.error}${onOneLine(f.description) && ` ("${onOneLine(f.description)}")`}`}.${logtoMessage(f)}`,
    causes: causes(
      f.secondQuery === true &&
        'authorizationEndpoint has a ? already, and Logto appends a second one: response_type does not arrive.',
      f.joinedScope === true &&
        `The scope "${f.scope ?? ''}" has a + in it, which Logto sends as %2B: to the provider that is one scope, and none that it knows.`,
      f.error === 'access_denied' &&
        'The person pressed "cancel", or is not assigned to this application at the provider.',
      f.error === 'invalid_scope' && `The provider does not allow one of the scopes "${f.scope ?? ''}" to this client.`,
      (f.pkceRequired === true || (f.error === 'invalid_request' && f.description === undefined)) &&
        'The provider requires PKCE, which Logto does not do.',
      f.error === undefined &&
        f.responseMode === 'fragment' &&
        'responseMode is fragment, which never reaches a server.',
      f.error !== undefined && 'The provider refused the authorization request, for the reason it gives.',
      f.error === undefined && 'The provider answers in another way than the code flow does.',
    ),
    fix: codeMissingFix(f),
  }),
  connector_token_refused: (f) => ({
    message: `The token endpoint refused Logto's request with ${f.status ?? 'an error'}.${providerText(f)}${logtoMessage(f)}`,
    causes: tokenRefusalCauses(f),
    fix: tokenRefusalFix(f),
  }),
  connector_token_response_invalid: (f) => ({
    message: `The token endpoint's answer${f.refreshing === true ? ' to a refresh' : ''} has a form that Logto does not take: ${f.reason ?? 'it is not what it has to be'}.${logtoMessage(f)}`,
    causes: causes(
      f.member === 'id_token' &&
        f.refreshing === true &&
        'The provider leaves the ID token out when it refreshes, as OpenID Connect Core §12.2 allows; Logto wants one all the same.',
      f.member === 'id_token' &&
        f.refreshing !== true &&
        'The provider gives no ID token to this client: the scope openid is not allowed to it, or it speaks OAuth 2.0 only.',
      f.member === 'expires_in' && 'The provider writes expires_in as text; RFC 6749 §5.1 wants a number.',
      /null/.test(String(f.reason)) &&
        'The provider writes null for what it does not give; Logto wants the member left out.',
      /not JSON/.test(String(f.reason)) &&
        `The answer is ${f.contentType ?? 'of no stated type'}: tokenEndpoint may be a page and not the token endpoint.`,
    ),
    fix:
      f.member === 'id_token' && f.refreshing === true
        ? 'Have the provider send an ID token with each refresh as well; no setting of the connector helps.'
        : f.member === 'id_token'
          ? "Allow the scope openid to the client at the provider, or use Logto's OAuth 2.0 connector."
          : /not JSON/.test(String(f.reason))
            ? "Copy token_endpoint from the provider's discovery document into tokenEndpoint."
            : 'Have the provider correct its answer; no setting of the connector helps.',
  }),
  connector_token_unreachable: (f) => ({
    message: unreachable(f, 'token endpoint'),
    causes: causes(
      f.why === 'network_timeout' && 'The provider is slower than the 10 s that Logto waits.',
      f.why === 'tls_not_trusted' && 'The certificate is from an authority that a Logto server does not know either.',
    ),
    fix: 'Check tokenEndpoint, and that the provider can be reached from the Logto server as from here.',
  }),
  connector_key_set_unavailable: (f) => ({
    message: unreachable(f, 'key set'),
    causes: causes(
      f.why === 'network_timeout' && 'The provider is slower than the 5 s that Logto waits for a key set.',
      f.keySetIsAnnounced === true &&
        f.why === undefined &&
        "The provider's discovery document names this very address: the fault is at the provider.",
      f.status === 404 && f.keySetIsAnnounced !== true && 'jwksUri is wrong.',
      typeof f.status === 'number' && f.status >= 300 && f.status < 400 && 'It redirects, and Logto does not follow.',
    ),
    fix:
      f.why === 'network_timeout'
        ? 'Have the provider serve its key set faster: Logto has no setting for how long it waits.'
        : f.keySetIsAnnounced === true
          ? 'Have the provider serve its key set there, as JSON, without a redirect, to the Logto server as well.'
          : "Copy jwks_uri from the provider's discovery document into idTokenVerificationConfig.jwksUri.",
  }),
  connector_id_token_refused: (f) => {
    const { claim, expected, actual } = f;
    const values =
      expected === undefined && actual === undefined
        ? ''
        : ` Expected: ${expected ?? 'something else'}. Found: ${actual ?? 'another value'}.`;
    const what =
      claim === undefined
        ? `The ID token does not verify: ${String(f.reason ?? 'the reason is not known').replace(/[.]$/, '')}.`
        : `The ${claim === 'typ' ? 'type in the header (typ)' : `claim ${claim}`} of the ID token ${f.missing === true ? 'is missing' : 'does not fit'}.`;
    return {
      message: `${what}${values}${logtoMessage(f)}`,
      causes: causes(
        claim === 'iss' &&
          typeof expected === 'string' &&
          typeof actual === 'string' &&
          expected.replace(/\/$/, '') === actual.replace(/\/$/, '') &&
          'They differ only by the slash at the end: the comparison is exact.',
        claim === 'iss' &&
          (f.issuerIsAnnounced === true
            ? "The provider's discovery document states the issuer of the connector, and its ID tokens another: the fault is at the provider, or a proxy before it changes its name."
            : 'idTokenVerificationConfig.issuer is that of another tenant or environment.'),
        claim === 'aud' &&
          'The provider puts something else than the client id into aud. Logto always compares with clientId; its setting audience is ignored.',
        claim === 'exp' && `The clocks differ, or the token is old: this connector allows ${toleranceText(f)}.`,
        claim === 'nbf' && `The provider's clock is ahead: this connector allows ${toleranceText(f)}.`,
        claim === 'iat' && 'maxTokenAge demands an iat that is neither in the future nor too old.',
        claim === 'sub' && 'idTokenVerificationConfig.subject lets exactly one person in.',
        claim === 'typ' && 'idTokenVerificationConfig.typ is compared with the type in the header of the token.',
        f.kind === 'ERR_JOSE_ALG_NOT_ALLOWED' &&
          `idTokenVerificationConfig.algorithms does not list the algorithm the provider signs with${f.alg === undefined ? '' : `: ${f.alg}`}.`,
        f.kind === 'ERR_JWKS_NO_MATCHING_KEY' &&
          'jwksUri is that of another provider or tenant, or the ID token is signed with the client secret (HS256), which Logto cannot verify.',
        f.kind === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS' &&
          'The provider publishes several keys and does not name one (kid) in its ID tokens.',
        f.kind === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' && 'jwksUri is that of another provider or tenant.',
      ),
      fix: idTokenFix(f),
    };
  },
  connector_claims_refused: (f) => ({
    message: `The claim ${f.claim ?? 'in question'} of the ID token is ${f.actual ?? 'of another type'}, and Logto wants ${f.expected ?? 'another'}.${logtoMessage(f)}`,
    causes: causes(
      f.stringBoolean === true && 'The provider writes booleans as texts ("true").',
      f.claim === 'sub' && 'The provider writes the user id as a number, or leaves it out.',
    ),
    fix:
      f.stringBoolean === true
        ? 'Set acceptStringTypedBooleanClaims to true in the connector.'
        : 'Have the provider write the claim in the type that OpenID Connect Core §5.1 gives it, or leave it out.',
  }),
  connector_nonce_mismatch: (f) => ({
    message: `The nonce in the ID token is not the one that was sent.${logtoMessage(f)}`,
    causes: ['The provider keeps the nonce of an earlier sign-in, or changes it on its way.'],
    fix: 'Have the provider write the nonce of each authorization request into its ID token, unchanged.',
  }),
  connector_refresh_unsupported: (f) => ({
    message: `Logto cannot refresh stored tokens with this connector: ${f.key ?? 'a setting'} is not written out in its configuration.${logtoMessage(f)}`,
    causes: ['Logto refreshes with the configuration as it was saved, without the defaults it signs in with.'],
    fix: `Write ${f.key ?? 'it'} out, even where it is the default.`,
  }),
} satisfies Partial<ExplainTable>;
