import type { Check } from '../check.js';

/** The result of a probe. */
export type ProbeVerdict = 'met' | 'violated' | 'not applicable' | 'not testable';

/** The subject of a probe, in the order of a report. */
export type ProbeGroup = 'authorization' | 'code' | 'sign-in' | 'tokens' | 'userinfo' | 'sign-out';

/** A requirement that a correct provider meets, by a stable name. */
export interface ProbeDefinition {
  readonly group: ProbeGroup;
  /** The request that the probe makes: half a sentence. */
  readonly tries: string;
  /** The clause that requires it. */
  readonly clause: string;
  /** Whether the clause says MUST or SHOULD. */
  readonly level: 'must' | 'should';
  readonly expected: string;
  /** The change that the provider needs. */
  readonly repair: string;
  /** The maximum of requests, without those of a sign-in. */
  readonly requests: number;
  /** Events that an operator of the provider may notice. */
  readonly noticed?: string;
}

/** The result of a probe. */
export interface ProbeResult extends Omit<Check<ProbeVerdict>, 'expected'> {
  readonly name: ProbeName;
  /** The numbers of the events that prove it. */
  readonly events: readonly number[];
}

/** Every probe by its name, in the order of a report. Names never change once released. */
export const PROBES = {
  'prompt-none': {
    group: 'authorization',
    tries: 'prompt=none in a browser where nobody is signed in',
    clause: 'OIDC Core §3.1.2.1, §3.1.2.6',
    level: 'must',
    expected: 'back at the redirect URI with login_required, and no page shown',
    repair:
      'Have the authorization endpoint answer prompt=none with an error at the redirect URI: applications renew sessions in hidden frames by it, and hang where a page comes.',
    requests: 1,
  },
  'redirect-uri-other': {
    group: 'authorization',
    tries: 'a redirect URI on another host',
    clause: 'RFC 6749 §3.1.2.4, RFC 9700 §2.1',
    level: 'must',
    expected: 'refused on a page of the provider, without a redirect there',
    repair:
      'Compare redirect URIs with the registered ones, character by character, and take out wildcards: who chooses the host gets the codes.',
    requests: 1,
    noticed: 'unregistered redirect URIs',
  },
  'redirect-uri-suffix': {
    group: 'authorization',
    tries: 'the registered redirect URI with something behind it',
    clause: 'OIDC Core §3.1.2.1, RFC 9700 §2.1',
    level: 'must',
    expected: 'refused on a page of the provider, without a redirect there',
    repair:
      'Compare the whole redirect URI, not its beginning, and register it whole: one open redirector under that path is enough to lose codes.',
    requests: 1,
    noticed: 'unregistered redirect URIs',
  },
  'response-type-downgrade': {
    group: 'authorization',
    tries: 'response_type=id_token token in place of code',
    clause: 'RFC 6749 §4.1.2.1, RFC 9700 §2.1.2',
    level: 'should',
    expected: 'refused (unsupported_response_type or unauthorized_client)',
    repair:
      'Turn the implicit flow off for this client: an application that uses codes does not need it, and tokens in an address leak.',
    requests: 1,
    noticed: 'a response type that the client does not use',
  },
  'unsigned-request-object': {
    group: 'authorization',
    tries: 'a request object with alg none that says something else than the address',
    clause: 'RFC 9101 §4, §6.2',
    level: 'must',
    expected: 'refused, or not read',
    repair:
      'Take signed request objects alone (request_object_signing_alg of the client), or none: an unsigned one proves nothing and overrides what stands beside it.',
    requests: 1,
    noticed: 'an unsigned request object',
  },
  'plain-challenge': {
    group: 'authorization',
    tries: 'code_challenge_method=plain where only S256 is announced',
    clause: 'RFC 7636 §4.4.1, RFC 9700 §2.1.1',
    level: 'must',
    expected: 'refused (invalid_request)',
    repair: 'Take S256 alone, as the discovery document says: with plain, who reads the request has the verifier.',
    requests: 2,
  },
  'state-unchanged': {
    group: 'authorization',
    tries: 'a state with every kind of character that is allowed in one',
    clause: 'RFC 6749 §4.1.2, §4.1.2.1 and appendix A.5',
    level: 'must',
    expected: 'returned unchanged, with an error and with a code',
    repair:
      'Keep the state as it came, decoded once and encoded once: an application whose state comes back changed refuses the answer.',
    requests: 1,
  },
  'iss-in-answer': {
    group: 'authorization',
    tries: 'the iss of the answers',
    clause: 'RFC 9207 §2',
    level: 'must',
    expected: 'the issuer, with an error and with a code',
    repair:
      'Add iss to every authorization response, or take authorization_response_iss_parameter_supported out of the discovery document: applications refuse an answer without what was announced.',
    requests: 0,
  },

  'code-verifier-wrong': {
    group: 'code',
    tries: 'a code with another code_verifier',
    clause: 'RFC 7636 §4.6',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair: 'Have the token endpoint compare code_verifier with the code_challenge: without that PKCE protects nobody.',
    requests: 1,
    noticed: 'codes refused for their verifier',
  },
  'code-verifier-missing': {
    group: 'code',
    tries: 'a code without its code_verifier',
    clause: 'RFC 7636 §4.6, RFC 9700 §2.1.1',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair:
      'Require code_verifier wherever the authorization request had a code_challenge: else a stolen code works without one.',
    requests: 1,
    noticed: 'codes refused for their verifier',
  },
  'code-verifier-plain': {
    group: 'code',
    tries: 'a code with its S256 code_challenge in place of the code_verifier',
    clause: 'RFC 7636 §4.6, §7.2',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair:
      'Compare by the method of the authorization request alone: the challenge stood in an address, and must not do as its own verifier.',
    requests: 1,
    noticed: 'codes refused for their verifier',
  },
  'redirect-uri-at-token': {
    group: 'code',
    tries: 'a code with another redirect_uri at the token endpoint',
    clause: 'RFC 6749 §4.1.3',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair: 'Have the token endpoint compare redirect_uri with the one of the authorization request.',
    requests: 1,
    noticed: 'a code refused for its redirect URI',
  },
  'client-secret-wrong': {
    group: 'code',
    tries: 'a code with a random client secret',
    clause: 'RFC 6749 §2.3, §3.2.1, §5.2',
    level: 'must',
    expected: 'refused (invalid_client)',
    repair:
      'Have the token endpoint authenticate this client: make it confidential, and take "none" off its authentication methods.',
    requests: 1,
    noticed: 'one failed client authentication',
  },
  'code-reuse': {
    group: 'code',
    tries: 'a code twice',
    clause: 'RFC 6749 §4.1.2, §10.5',
    level: 'must',
    expected: 'refused (invalid_grant) the second time',
    repair: 'Let a code be used once.',
    requests: 1,
    noticed: 'a code used twice, which may count as theft',
  },
  'code-reuse-revokes': {
    group: 'code',
    tries: 'the tokens of a code that was then used twice',
    clause: 'RFC 6749 §4.1.2',
    level: 'should',
    expected: 'of no use any more',
    repair: 'Revoke what a code got when it comes a second time: one of the two who had it stole it.',
    requests: 2,
  },

  'nonce-unchanged': {
    group: 'sign-in',
    tries: 'a nonce with every kind of character that is allowed in one',
    clause: 'OIDC Core §2, §3.1.2.1',
    level: 'must',
    expected: 'unchanged in the ID token',
    repair:
      'Put the nonce into the ID token as it came: an application whose nonce comes back changed refuses the token.',
    requests: 0,
  },
  'max-age': {
    group: 'sign-in',
    tries: 'max_age=0 where somebody has just signed in',
    clause: 'OIDC Core §3.1.2.1, §2 (auth_time)',
    level: 'must',
    expected: 'signed in anew, with an auth_time that says so',
    repair:
      'Honour max_age: ask for the password again, and put auth_time into the ID token. Applications ask for it before what is dangerous.',
    requests: 0,
  },

  'refresh-other-client': {
    group: 'tokens',
    tries: 'the refresh token of this client by another client',
    clause: 'RFC 6749 §6, §10.4',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair: 'Bind refresh tokens to the client that got them, and compare that at each refresh.',
    requests: 1,
    noticed: 'a refresh token used by another client',
  },
  'refresh-reuse': {
    group: 'tokens',
    tries: 'a refresh token again after it was rotated',
    clause: 'RFC 9700 §2.2.2, §4.14.2',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair:
      'Let a rotated refresh token be used once, with no grace or a short one; give public clients a new one with each refresh.',
    requests: 2,
    noticed: 'a refresh token used twice, which may count as theft',
  },
  'refresh-reuse-revokes': {
    group: 'tokens',
    tries: 'the newest refresh token after an older one came again',
    clause: 'RFC 9700 §4.14.2',
    level: 'should',
    expected: 'of no use any more',
    repair: 'Revoke the newest refresh token when an older one comes again: one of the two who had it stole it.',
    requests: 1,
  },
  'revoked-access-token': {
    group: 'tokens',
    tries: 'an access token after it was revoked',
    clause: 'RFC 7009 §2.1, §2.2',
    level: 'must',
    expected: 'of no use any more',
    repair:
      'Have userinfo and introspection look up whether a token was revoked, or say unsupported_token_type where it cannot be.',
    requests: 3,
  },
  'revoked-refresh-token': {
    group: 'tokens',
    tries: 'a refresh token after it was revoked',
    clause: 'RFC 7009 §2.1',
    level: 'must',
    expected: 'refused (invalid_grant)',
    repair: 'Have the revocation endpoint invalidate refresh tokens: a sign-out is none while they live on.',
    requests: 2,
  },

  'userinfo-without-token': {
    group: 'userinfo',
    tries: 'userinfo without a token',
    clause: 'OIDC Core §5.3.1, RFC 6750 §3',
    level: 'must',
    expected: 'refused (401)',
    repair: 'Let userinfo answer for an access token alone.',
    requests: 1,
  },
  'userinfo-foreign-token': {
    group: 'userinfo',
    tries: 'userinfo with a token that somebody else made for the same person',
    clause: 'OIDC Core §5.3.3, RFC 6750 §3.1',
    level: 'must',
    expected: 'refused (401, invalid_token)',
    repair: 'Have userinfo verify the signature of access tokens, or look them up.',
    requests: 1,
    noticed: 'an access token with a bad signature',
  },

  'end-session-redirect': {
    group: 'sign-out',
    tries: 'a sign-out with a post_logout_redirect_uri on another host',
    clause: 'OIDC RP-Initiated Logout §3',
    level: 'must',
    expected: 'no redirect there',
    repair: 'Compare post_logout_redirect_uri with the registered ones: else the sign-out is an open redirector.',
    requests: 3,
    noticed: 'an unregistered post_logout_redirect_uri',
  },
} as const satisfies Readonly<Record<string, ProbeDefinition>>;

export type ProbeName = keyof typeof PROBES;

/** The names of all probes, in the order of a report. */
export const PROBE_NAMES = Object.keys(PROBES) as readonly ProbeName[];

/** The definition of a probe. */
export function probeDefinition(name: ProbeName): ProbeDefinition {
  return PROBES[name];
}
