import type { FaultName } from '../../../src/idp/faults.js';
import { CookieBrowser } from '../../support/cookie-browser.js';
import { type BrokenSignIn, nobodyThere, type Stage } from './stage.js';

/** Signs in at the built-in provider while it has these faults. */
function at(...faults: FaultName[]) {
  return async (stage: Stage) => stage.login((await stage.idp({ faults })).issuer);
}

/** The same, where what the faults bring is refused only when it is asked for. */
function asking(flags: readonly string[], ...faults: FaultName[]) {
  return async (stage: Stage) => stage.login((await stage.idp({ faults })).issuer, flags);
}

/** Nobody comes back: the wait is short. */
const SHORT = ['--timeout', '2'];

/** A program signs in: what it brings back is the answer, or there is none. */
function automation(...faults: FaultName[]) {
  return async (stage: Stage) => {
    const flags = ['--with', 'http', '--user', 'alice', '--password-env', 'PASSWORD'];
    return stage.login((await stage.idp({ faults })).issuer, flags, { env: { PASSWORD: 'alice-password' } });
  };
}

/** The provider is wrong, or refuses. */
export const PROVIDER_CASES: readonly BrokenSignIn[] = [
  // Discovery
  {
    name: 'the configuration says another issuer',
    code: 'discovery_issuer_mismatch',
    exit: 3,
    because: /alias/,
    run: at('discovery-wrong-issuer'),
  },
  {
    name: 'the issuer has a slash in the configuration, and none in the answers',
    code: 'callback_issuer_mismatch',
    exit: 7,
    because: /only by the slash at the end/,
    run: at('discovery-issuer-with-slash'),
  },
  {
    name: 'there is no configuration',
    code: 'discovery_not_found',
    exit: 3,
    because: /path that is missing/,
    run: at('discovery-404'),
  },
  {
    name: 'the configuration fails with 500',
    code: 'discovery_http_error',
    exit: 3,
    because: /is down/,
    run: at('discovery-500'),
  },
  {
    name: 'the configuration is a web page',
    code: 'discovery_not_json',
    exit: 3,
    because: /web page/,
    run: at('discovery-html'),
  },
  {
    name: 'the configuration is cut off',
    code: 'discovery_not_json',
    exit: 3,
    because: /cut off/,
    run: at('discovery-cut-off'),
  },
  {
    name: 'the configuration redirects',
    code: 'discovery_http_error',
    exit: 3,
    because: /old or short form/,
    run: at('discovery-redirect'),
  },
  {
    name: 'the configuration is huge',
    code: 'response_too_large',
    exit: 8,
    because: /with far too much in it/,
    run: at('discovery-huge'),
  },
  {
    name: 'the configuration names no token endpoint',
    code: 'endpoint_missing',
    exit: 3,
    because: /written by hand/,
    run: at('no-token-endpoint'),
  },
  {
    name: 'the configuration names no key set',
    code: 'endpoint_missing',
    exit: 3,
    because: /written by hand/,
    run: at('no-jwks-uri'),
  },
  {
    name: 'the configuration names an endpoint without a host',
    code: 'discovery_invalid',
    exit: 3,
    because: /A path was written where the whole address/,
    run: at('relative-endpoint'),
  },
  {
    name: 'the configuration announces another algorithm than signs',
    code: 'id_token_alg_mismatch',
    exit: 7,
    because: /not true/,
    run: at('wrong-algorithms-announced'),
  },
  {
    name: 'the configuration announces no client authentication with a secret',
    code: 'client_auth_unsupported',
    exit: 3,
    because: /key or a certificate/,
    run: async (stage) => {
      const { issuer } = await stage.idp({ faults: ['key-authentication-announced'] });
      const flags = ['--client-id', 'demo-confidential', '--client-secret-env', 'SECRET'];
      return stage.login(issuer, flags, { env: { SECRET: 'demo-secret' } });
    },
  },

  // The authorization endpoint
  {
    name: 'the answer has no state',
    code: 'callback_state_mismatch',
    exit: 7,
    because: /drops the state parameter/,
    run: automation('no-state'),
  },
  {
    name: 'the answer has another state',
    code: 'callback_state_mismatch',
    exit: 7,
    because: /changes the state parameter: what came has another form/,
    run: automation('wrong-state'),
  },
  {
    name: 'the answer does not say who answers, though that was announced',
    code: 'callback_issuer_mismatch',
    exit: 7,
    because: /announces that it names itself .* and does not/,
    run: at('no-iss-parameter'),
  },
  {
    name: 'the answer comes from another issuer',
    code: 'callback_issuer_mismatch',
    exit: 7,
    because: /came from another provider, another-issuer\.example/,
    run: at('wrong-iss-parameter'),
  },
  {
    name: 'the answer names the issuer with a slash',
    code: 'callback_issuer_mismatch',
    exit: 7,
    because: /only by the slash/,
    run: at('iss-parameter-with-slash'),
  },
  {
    name: 'the answer has neither a code nor an error',
    code: 'callback_invalid',
    exit: 7,
    because: /provider has a fault/,
    run: at('no-code'),
  },
  {
    name: 'the answer has an ID token beside the code',
    code: 'callback_invalid',
    exit: 7,
    because: /another flow/,
    run: at('tokens-in-answer'),
  },
  {
    name: 'the answer comes in the fragment',
    code: 'login_timeout',
    exit: 6,
    because: /fragment/,
    // What the browser does with the fragment: nothing, beside coming back.
    run: async (stage) => {
      const { issuer } = await stage.idp({ faults: ['answer-in-fragment'] });
      return stage.login(issuer, SHORT, {
        openUrl: async (url) => {
          const { searchParams } = await new CookieBrowser().authorizationRequest(url);
          await fetch(searchParams.get('redirect_uri') ?? '');
        },
      });
    },
  },
  {
    name: 'a policy of the provider refuses the person',
    code: 'access_denied',
    exit: 5,
    because: /not assigned/,
    run: at('denied-by-policy'),
  },
  {
    name: 'the provider wants a sign-in and does not ask for it',
    code: 'login_required',
    exit: 5,
    because: /another identity provider behind it/,
    run: at('always-login-required'),
  },
  {
    name: 'the provider refuses with an error of its own',
    code: 'authorization_refused',
    exit: 5,
    because: /standard does not know/,
    run: at('error-of-its-own'),
  },
  {
    name: 'the provider refuses with markup and terminal escapes',
    code: 'access_denied',
    exit: 5,
    because: /policy of the provider refused/,
    run: at('error-with-markup'),
  },
  {
    name: 'the authorization endpoint fails with 500',
    code: 'login_timeout',
    exit: 6,
    because: /authorization endpoint fails \(status 500: "[^"]*Internal Server Error"\)/,
    run: async (stage) =>
      stage.login((await stage.idp({ faults: ['authorization-500'] })).issuer, SHORT, { openUrl: nobodyThere }),
  },

  // The token endpoint
  {
    name: 'the code is one that the token endpoint does not know',
    code: 'invalid_grant',
    exit: 5,
    because: /does not know the code/,
    run: at('wrong-code'),
  },
  {
    name: 'the token endpoint says that the code has expired',
    code: 'invalid_grant',
    exit: 5,
    because: /expired/,
    run: at('code-refused'),
  },
  {
    name: 'the token endpoint refuses with the status 200',
    code: 'invalid_grant',
    exit: 5,
    because: /does not know the code/,
    run: at('error-with-200'),
  },
  {
    name: 'the token endpoint fails with 500',
    code: 'token_request_refused',
    exit: 5,
    because: /failed inside/,
    run: at('token-500'),
  },
  {
    name: 'a gateway answers in place of the token endpoint',
    code: 'token_request_refused',
    exit: 5,
    because: /A gateway in front of the provider answered, and could not reach it/,
    run: async (stage) => {
      const headers = { 'content-type': 'text/html; charset=utf-8' };
      const token = () => ({ status: 502, headers, body: '<title>502 Bad Gateway</title>' });
      return stage.login((await stage.scripted({ token })).issuer);
    },
  },
  {
    name: 'the token endpoint answers with a page',
    code: 'token_response_invalid',
    exit: 5,
    because: /A page titled "Welcome" came in place/,
    run: at('token-not-json'),
  },
  {
    name: 'the token endpoint answers with a form',
    code: 'token_response_invalid',
    exit: 5,
    because: /answers with a form/,
    run: at('token-form-encoded'),
  },
  {
    name: 'the token endpoint answers with nothing',
    code: 'token_response_invalid',
    exit: 5,
    because: /swallowed the answer/,
    run: at('token-empty'),
  },
  {
    name: 'the token answer is cut off',
    code: 'token_response_invalid',
    exit: 5,
    because: /was cut off/,
    run: at('token-cut-off'),
  },
  {
    name: 'the token answer is huge',
    code: 'response_too_large',
    exit: 8,
    because: /with far too much in it/,
    run: at('token-huge'),
  },
  {
    name: 'the token endpoint redirects',
    code: 'token_request_refused',
    exit: 5,
    because: /redirects to/,
    run: at('token-redirect'),
  },
  {
    name: 'the token answer has no ID token',
    code: 'no_id_token',
    exit: 7,
    because: /says that it granted .* leaves the ID token out/,
    run: at('no-id-token'),
  },
  {
    name: 'the token answer has no access token',
    code: 'token_response_invalid',
    exit: 5,
    because: /leaves access_token out/,
    run: at('no-access-token'),
  },
  {
    name: 'the token answer has no token_type',
    code: 'token_response_invalid',
    exit: 5,
    because: /leaves token_type out/,
    run: at('no-token-type'),
  },
  {
    name: 'the access token is of an unknown type',
    code: 'token_response_invalid',
    exit: 5,
    because: /tokens of another kind/,
    run: at('unknown-token-type'),
  },
  {
    name: 'the access token lives for less than no time',
    code: 'token_response_invalid',
    exit: 5,
    because: /has ended already/,
    run: at('negative-expires-in'),
  },

  // The ID token
  {
    name: 'the ID token is of another issuer',
    code: 'id_token_issuer_mismatch',
    exit: 7,
    because: /issuer setting differs/,
    run: at('wrong-issuer'),
  },
  {
    name: 'the ID token names the issuer with a slash',
    code: 'id_token_issuer_mismatch',
    exit: 7,
    because: /slash/,
    run: at('issuer-with-slash'),
  },
  {
    name: 'the ID token is for another client',
    code: 'id_token_audience_mismatch',
    exit: 7,
    because: /took the requests of "demo" and writes ID tokens for another/,
    run: at('wrong-audience'),
  },
  {
    name: 'the ID token has several faults: all are shown, and the first is explained',
    code: 'id_token_audience_mismatch',
    exit: 7,
    because: /took the requests of "demo" and writes ID tokens for another/,
    run: at('expired-id-token', 'wrong-nonce', 'foreign-azp', 'wrong-audience'),
  },
  {
    name: 'the ID token is for nobody',
    code: 'id_token_claim_missing',
    exit: 7,
    because: /leaves it out/,
    run: at('missing-aud'),
  },
  {
    name: 'the ID token is for two clients',
    code: 'id_token_authorized_party_mismatch',
    exit: 7,
    because: /several audiences/,
    run: at('several-audiences'),
  },
  {
    name: 'the ID token was issued to another client, and warnings are refused',
    code: 'id_token_authorized_party_mismatch',
    exit: 7,
    because: /another client/,
    run: asking(['--strict'], 'foreign-azp'),
  },
  {
    name: 'the ID token has no nonce',
    code: 'id_token_nonce_mismatch',
    exit: 7,
    because: /does not pass nonce on/,
    run: at('no-nonce'),
  },
  {
    name: 'the ID token has an empty nonce',
    code: 'id_token_nonce_mismatch',
    exit: 7,
    because: /does not pass nonce on/,
    run: at('empty-nonce'),
  },
  {
    name: 'the ID token has another nonce',
    code: 'id_token_nonce_mismatch',
    exit: 7,
    because: /changes nonce/,
    run: at('wrong-nonce'),
  },
  {
    name: 'the ID token belongs to another access token',
    code: 'id_token_at_hash_mismatch',
    exit: 7,
    because: /hashes wrongly/,
    run: at('wrong-at-hash'),
  },
  {
    name: 'the ID token names nobody',
    code: 'id_token_subject_invalid',
    exit: 7,
    because: /no value/,
    run: at('missing-sub'),
  },
  {
    name: 'the ID token names the user by a number',
    code: 'id_token_subject_invalid',
    exit: 7,
    because: /as a number/,
    run: at('number-sub'),
  },
  {
    name: 'the ID token names the user by 300 characters',
    code: 'id_token_subject_invalid',
    exit: 7,
    because: /long name/,
    run: at('long-sub'),
  },
  {
    name: 'the ID token is no JWT',
    code: 'id_token_malformed',
    exit: 7,
    because: /another kind of token/,
    run: at('id-token-opaque'),
  },

  // Its signature
  {
    name: 'the ID token is signed with a foreign key under a known kid',
    code: 'id_token_signature_invalid',
    exit: 7,
    because: /another key did/,
    run: at('bad-signature'),
  },
  {
    name: 'the ID token was altered after it was signed',
    code: 'id_token_signature_invalid',
    exit: 7,
    because: /the text was altered since/,
    run: at('altered-id-token'),
  },
  {
    name: 'the ID token is signed with a key that is not published',
    code: 'id_token_key_not_found',
    exit: 7,
    because: /rotated/,
    run: at('unknown-kid'),
  },
  {
    name: 'the ID token is not signed',
    code: 'id_token_alg_mismatch',
    exit: 7,
    because: /does not sign at all/,
    run: at('alg-none'),
  },
  {
    name: 'the ID token is signed with the public key as a secret',
    code: 'id_token_alg_mismatch',
    exit: 7,
    because: /This client has no secret, .* signed with the public key/,
    run: at('hs256-with-public-key'),
  },
  {
    name: 'the key set is not there',
    code: 'key_set_unavailable',
    exit: 3,
    because: /nothing at that address/,
    run: at('jwks-404'),
  },
  {
    name: 'the key set is a web page',
    code: 'key_set_unavailable',
    exit: 3,
    because: /address of something else: a page/,
    run: at('jwks-html'),
  },
  {
    name: 'the key set is empty',
    code: 'id_token_key_not_found',
    exit: 7,
    because: /empty/,
    run: at('jwks-empty'),
  },
  {
    name: 'the keys of the key set have no kid',
    code: 'id_token_key_not_found',
    exit: 7,
    because: /have no kid, and the token names one/,
    run: at('jwks-without-kids'),
  },
  {
    name: 'the key set is huge',
    code: 'response_too_large',
    exit: 8,
    because: /with far too much in it/,
    run: at('jwks-huge'),
  },

  // Userinfo
  {
    name: 'userinfo speaks of somebody else',
    code: 'userinfo_subject_mismatch',
    exit: 7,
    because: /sub in two ways/,
    run: at('userinfo-wrong-sub'),
  },
  {
    name: 'userinfo names nobody, and warnings are refused',
    code: 'userinfo_invalid',
    exit: 7,
    because: /leaves sub out/,
    run: asking(['--strict'], 'userinfo-no-sub'),
  },
  {
    name: 'userinfo does not take the access token, and warnings are refused',
    code: 'userinfo_refused',
    exit: 5,
    because: /another API/,
    run: asking(['--strict'], 'userinfo-401'),
  },
  {
    name: 'userinfo fails with 500, and warnings are refused',
    code: 'userinfo_refused',
    exit: 5,
    because: /failed inside/,
    run: asking(['--strict'], 'userinfo-500'),
  },
  {
    name: 'userinfo is a web page, and warnings are refused',
    code: 'userinfo_invalid',
    exit: 7,
    because: /web page/,
    run: asking(['--strict'], 'userinfo-html'),
  },
];
