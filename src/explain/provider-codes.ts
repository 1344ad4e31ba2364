import type { ErrorCode } from '../errors.js';
import { lookup } from '../json.js';
import type { Explanation, Given } from './explanation.js';

/** An error code that providers answer with, and where it is defined. */
export interface ProviderCode {
  /** The clauses of the standards, as people cite them. */
  readonly standard: string;
  /** The stable code that has the words, where this tool has one for it. */
  readonly ours?: ErrorCode;
  readonly words?: Explanation;
}

const AUTHORIZATION = 'RFC 6749 §4.1.2.1';
const TOKEN = 'RFC 6749 §5.2';
const OIDC = 'OpenID Connect Core §3.1.2.6';

/** Error codes of RFC 6749 and what was built on it, by name. */
const PROVIDER_CODES: Readonly<Record<string, ProviderCode>> = {
  access_denied: { standard: `${AUTHORIZATION}, RFC 8628 §3.5, CIBA §11`, ours: 'access_denied' },
  invalid_request: { standard: `${AUTHORIZATION} and §5.2, RFC 6750 §3.1, RFC 9126 §2.3`, ours: 'invalid_request' },
  unauthorized_client: { standard: `${AUTHORIZATION} and §5.2`, ours: 'unauthorized_client' },
  unsupported_response_type: { standard: AUTHORIZATION, ours: 'unsupported_response_type' },
  invalid_scope: { standard: `${AUTHORIZATION} and §5.2`, ours: 'invalid_scope' },
  server_error: { standard: AUTHORIZATION, ours: 'provider_server_error' },
  temporarily_unavailable: { standard: AUTHORIZATION, ours: 'provider_unavailable' },
  invalid_client: { standard: TOKEN, ours: 'invalid_client' },
  invalid_grant: { standard: TOKEN, ours: 'invalid_grant' },
  unsupported_grant_type: { standard: TOKEN, ours: 'unsupported_grant_type' },
  invalid_target: { standard: 'RFC 8707 §2', ours: 'invalid_target' },
  login_required: { standard: OIDC, ours: 'login_required' },
  consent_required: { standard: OIDC, ours: 'consent_required' },
  interaction_required: { standard: OIDC, ours: 'interaction_required' },
  account_selection_required: { standard: OIDC, ours: 'account_selection_required' },

  request_not_supported: {
    standard: OIDC,
    words: {
      message: 'The provider does not take the parameter request (a request as a JWT).',
      causes: ['The request was made with --param request=…, or by an application that signs its requests.'],
      fix: 'Send the parameters themselves, or look for request_parameter_supported in the provider’s configuration.',
    },
  },
  request_uri_not_supported: {
    standard: OIDC,
    words: {
      message: 'The provider does not take the parameter request_uri.',
      causes: ['The request was put elsewhere beforehand, and the provider fetches none.'],
      fix: 'Send the parameters themselves, or by a pushed authorization request (RFC 9126) where the provider offers it.',
    },
  },
  registration_not_supported: {
    standard: OIDC,
    words: {
      message: 'The provider does not take the parameter registration.',
      causes: ['It belongs to self-issued providers (OpenID Connect Core §7).'],
      fix: 'Leave the parameter registration out.',
    },
  },
  invalid_request_uri: {
    standard: `${OIDC}, RFC 9126 §4`,
    words: {
      message: 'The request_uri holds no request that the provider can use.',
      causes: [
        'The pushed request has expired (many live for a minute or less) or was used before.',
        'It was pushed by another client.',
        'The provider cannot reach the address.',
      ],
      fix: 'Begin the sign-in anew: each needs a pushed request of its own.',
    },
  },
  invalid_request_object: {
    standard: `${OIDC}, RFC 9101 §7`,
    words: {
      message: 'The request object (a request as a JWT) is not valid.',
      causes: [
        'It is signed with a key or an algorithm that is not registered for the client.',
        'Its aud, iss or exp does not fit.',
      ],
      fix: 'Compare the key and the algorithm with what is registered, and look at it with: oidc-cli inspect -',
    },
  },
  unmet_authentication_requirements: {
    standard: 'OpenID Connect Core Unmet Authentication Requirements 1.0 §2',
    words: {
      message: 'The person could not be signed in as strongly as was asked (acr).',
      causes: ['The account has no second factor.', 'The provider does not know the acr value that was asked for.'],
      fix: "Compare --acr-values with acr_values_supported in the provider's configuration.",
    },
  },

  invalid_token: {
    standard: 'RFC 6750 §3.1',
    words: {
      message: 'An API or the userinfo endpoint does not accept the access token.',
      causes: [
        'The token has expired or was revoked.',
        'It is for another API: its audience is another one.',
        'It comes from another issuer or environment.',
      ],
      fix: 'Look at the token with: oidc-cli inspect --access-token',
    },
  },
  insufficient_scope: {
    standard: 'RFC 6750 §3.1',
    words: {
      message: 'The access token lacks a scope that the API wants.',
      causes: ['The scope was not asked for.', 'The provider did not grant it to this person or application.'],
      fix: 'Ask for it with --scope, and compare with the scopes that were granted (oidc-cli login shows them).',
    },
  },
  insufficient_user_authentication: {
    standard: 'RFC 9470 §3',
    words: {
      message: 'The API wants a stronger or more recent sign-in than the token stands for.',
      causes: ['A second factor is due.', 'The sign-in was too long ago.'],
      fix: 'Sign in again with the --acr-values or --max-age that the answer names.',
    },
  },
  unsupported_token_type: {
    standard: 'RFC 7009 §2.2.1',
    words: {
      message: 'The provider cannot revoke this kind of token.',
      causes: ['Access tokens that are JWTs cannot be revoked at many providers: they live until they expire.'],
      fix: 'Revoke the refresh token, and keep access tokens short-lived.',
    },
  },

  authorization_pending: {
    standard: 'RFC 8628 §3.5, CIBA §11',
    words: {
      message: 'The person has not finished the sign-in on the other device yet.',
      causes: ['This is no failure: the device asks again until it is done.'],
      fix: 'Ask again after the interval that the provider named (5 seconds where it named none).',
    },
  },
  slow_down: {
    standard: 'RFC 8628 §3.5, CIBA §11',
    words: {
      message: 'The device asks too often while the person signs in elsewhere.',
      causes: ['The interval between two requests is shorter than the provider wants.'],
      fix: 'Add 5 seconds to the interval, for this request and all later ones.',
    },
  },
  expired_token: {
    standard: 'RFC 8628 §3.5, CIBA §11',
    words: {
      message: 'The device code has expired: nobody finished the sign-in in time.',
      causes: ['The code was not typed in on the other device, or too late.'],
      fix: 'Begin anew with a new device code.',
    },
  },
  expired_login_hint_token: {
    standard: 'CIBA §13',
    words: {
      message: 'The login_hint_token that names the person has expired.',
      causes: ['It was made too long before the request.'],
      fix: 'Make a new login_hint_token for each request.',
    },
  },
  unknown_user_id: {
    standard: 'CIBA §13',
    words: {
      message: 'The provider cannot tell from the hint who is to sign in.',
      causes: ['The hint is of another provider or tenant.', 'There is no such person.'],
      fix: 'Compare login_hint, login_hint_token or id_token_hint with what the provider knows the person by.',
    },
  },
  missing_user_code: {
    standard: 'CIBA §13',
    words: {
      message: 'The provider wants the person’s user code, and the request has none.',
      causes: ['backchannel_user_code_parameter is registered for the client.'],
      fix: 'Send user_code, or switch it off for the client.',
    },
  },
  invalid_user_code: {
    standard: 'CIBA §13',
    words: {
      message: 'The user code is not the person’s.',
      causes: ['It was mistyped.'],
      fix: 'Ask the person for it again.',
    },
  },
  invalid_binding_message: {
    standard: 'CIBA §13',
    words: {
      message: 'The binding message cannot be shown on the person’s device.',
      causes: ['It is too long, or has characters that the provider does not show.'],
      fix: 'Send a short one of plain letters and digits.',
    },
  },
  transaction_failed: {
    standard: 'CIBA §11',
    words: {
      message: 'The provider could not finish the sign-in on the person’s device.',
      causes: ['Something unexpected happened at the provider.'],
      fix: "Try again; if it stays, the provider's log has the reason.",
    },
  },

  invalid_dpop_proof: {
    standard: 'RFC 9449 §5',
    words: {
      message: 'The DPoP proof, which binds a token to a key, was not accepted.',
      causes: [
        'Its htu or htm is not the address and method of the request: a proxy in front of the provider may change them.',
        'The two clocks differ: a proof lives for seconds.',
        'It was used before.',
      ],
      fix: 'Compare htu with the address that the provider believes to be reached at.',
    },
  },
  use_dpop_nonce: {
    standard: 'RFC 9449 §8',
    words: {
      message: 'The provider wants a nonce of its own in the DPoP proof.',
      causes: ['This is no failure: the nonce came with the answer.'],
      fix: 'Repeat the request with the value of the header DPoP-Nonce in the proof.',
    },
  },
  invalid_authorization_details: {
    standard: 'RFC 9396 §5',
    words: {
      message: 'The authorization_details of the request are not what the provider takes.',
      causes: ['Their type is unknown to the provider, or not allowed to the client.', 'A member is missing or wrong.'],
      fix: "Compare them with authorization_details_types_supported in the provider's configuration.",
    },
  },

  invalid_redirect_uri: {
    standard: 'RFC 7591 §3.2.2; some providers answer a sign-in with it',
    words: {
      message: 'A redirect URI is not one that the provider takes.',
      causes: ['It is not registered for this client, to the letter.', 'It is plain http, or has a wildcard.'],
      fix: 'Register exactly the redirect URI of the sign-in; oidc-cli profile show tells it.',
    },
  },
  invalid_client_metadata: {
    standard: 'RFC 7591 §3.2.2',
    words: {
      message: 'A value of the client’s registration is not one that the provider takes.',
      causes: ['The provider does not support an algorithm, method or grant type that was asked for.'],
      fix: "Compare the registration with the provider's configuration.",
    },
  },
  redirect_uri_mismatch: {
    standard: "no standard; some providers' own",
    words: {
      message: 'The redirect URI of the request is not registered for this client.',
      causes: ['It differs by a slash, a port, http or https, or localhost and 127.0.0.1: the comparison is exact.'],
      fix: 'Register exactly the redirect URI of the sign-in; oidc-cli profile show tells it.',
    },
  },
};

/** What the standards say of an error code, or undefined for a code that is not theirs. */
export function providerCode(code: string): ProviderCode | undefined {
  return lookup(PROVIDER_CODES, code);
}

/** The codes of the standards that have words here, in the order of their standards. */
export function providerCodes(): readonly string[] {
  return Object.keys(PROVIDER_CODES);
}

/** What a standard means by the error that a provider answered with, as the likely cause; for those without words of their own elsewhere. */
export function errorMeaning({ error }: Given<'error'>): string | undefined {
  const known = typeof error === 'string' ? providerCode(error) : undefined;
  return known?.words && `${error} (${known.standard}): ${known.words.message}`;
}
