import type { FactsOf } from '../errors.js';
import { otherBrowserCause } from './browser-cookie.js';
import {
  causes,
  type ExplainTable,
  type Given,
  hasScope,
  likeliestFirst,
  listText,
  ORGANIZATIONS_SCOPE,
  providerQuote,
  quote,
  secondsText,
  signInAgain,
  strictNote,
} from './explanation.js';
import { errorMeaning } from './provider-codes.js';
import { characterCount, secretOddity } from './sent-secret.js';

/** The endpoint in words: "token endpoint". */
function endpoint(facts: Given<'endpoint'>): string {
  return String(facts.endpoint ?? 'token_endpoint').replaceAll('_', ' ');
}

/** A signed assertion lives for a minute or so: clocks that differ by more than this, in seconds, spoil it. */
const ASSERTION_SKEW = 20;

/** Seconds: many codes live no longer (RFC 6749 §4.1.2 allows ten minutes at most). */
const CODE_LIFE = 60;

/** Seconds: hardly any code lives so short. */
const FRESH_CODE = 10;

/**
 * Why a code is refused, by what the provider says and by how the code came:
 * one that the listener took is sent on at once, one that was pasted may be old.
 */
function invalidGrantCauses(f: FactsOf<'invalid_grant'>): string[] {
  const age = f.cameBy === 'paste' && f.cameAfter !== undefined ? Number(f.cameAfter) : undefined;
  const old =
    age === undefined
      ? 'The code expired (many live for a minute or less) or was used before.'
      : `The code expired or was used before: it was pasted ${secondsText(age)} after the sign-in began, and many live for a minute or less.`;
  const unknown =
    'The provider does not know the code: it was made for another client, or by another server of it that shares no memory with this one.';
  const noS256 =
    Array.isArray(f.challengeMethods) && f.challengeMethods.length > 0 && !f.challengeMethods.includes('S256');
  const pkce = noS256
    ? `The PKCE verifier was not accepted: the provider announces ${listText(f.challengeMethods, 'no method')}, and this sign-in used S256.`
    : 'The PKCE verifier was not accepted: something between altered the request, or the code belongs to another sign-in.';
  const redirect = 'The redirect URI of the token request is not the one of the authorization request.';
  const direct = f.cameBy === 'listener' || f.cameBy === 'driver' || (age !== undefined && age < FRESH_CODE);
  const fresh = direct && !noS256;
  return likeliestFirst(f, [
    ...(noS256 ? [[/verifier|pkce|challenge/i, pkce] as const] : []),
    ...(fresh ? [[/unknown|not found|incorrect|no such/i, unknown] as const] : []),
    [/expire|used|redeem|consumed|replay|incorrect or/i, old],
    // The same is sent in both requests, to the letter: no cause unless the provider says so.
    fresh || age !== undefined
      ? [/redirect|reply url|callback/i, redirect, 'only where said']
      : [/redirect|reply url|callback/i, redirect],
    ...(noS256 ? [] : [[/verifier|pkce|challenge/i, pkce] as const]),
    ...(age !== undefined && !fresh && age < CODE_LIFE ? [[/unknown|not found/i, unknown] as const] : []),
  ]);
}

/** Why a refresh token is refused (RFC 6749 §5.2), most likely first. */
export const WHY_REFRESH_REFUSED: readonly string[] = [
  'It expired, or was revoked by a sign-out, a new password or an administrator.',
  'It was used before: the provider rotates refresh tokens, and a newer one was lost or is kept elsewhere.',
];

/** Statuses of whoever stands in front of a server and cannot reach it (RFC 9110 §15.6). */
const GATEWAY: readonly unknown[] = [502, 503, 504];

/** Why an endpoint refuses in a way that the standard does not know, by the status and what came with it. */
function nonStandardCauses({ status, location, title }: Given<'status' | 'location' | 'title'>): string[] {
  const called = title === undefined ? '' : ` Its page is titled ${quote(title)}.`;
  const inside = 'The provider failed inside: its log has the reason.';
  return causes(
    GATEWAY.includes(status) && `A gateway in front of the provider answered, and could not reach it.${called}`,
    location !== undefined &&
      `It redirects to ${location}: its address in the provider's configuration is not the real one.`,
    status === 404 && "There is nothing at that address: it is wrong in the provider's configuration.",
    Number(status) >= 500 && inside,
    !GATEWAY.includes(status) && `A proxy or firewall answered in its place.${called}`,
  );
}

/** What is wrong with an answer that is none, by what came in its place. */
function noResponseCauses({ reason, contentType, title }: Given<'reason' | 'contentType' | 'title'>): string[] {
  const details = String(reason);
  const between = 'The provider has a fault, or something between changed its answer.';
  if (contentType === 'text/html') {
    const called = title === undefined ? 'A page' : `A page titled ${quote(title)}`;
    return [
      `${called} came in place of an answer: a gateway or a sign-in page of its own stands there, or the address is that of a web page.`,
      between,
    ];
  }
  if (contentType === 'application/x-www-form-urlencoded') {
    return [
      'The provider answers with a form, as some did before the standard was made (RFC 6749), or because it is not asked for JSON.',
    ];
  }
  if (/is empty|status 204/.test(details))
    return [
      'Something between the provider and here swallowed the answer, or the provider failed without a word.',
      between,
    ];
  if (/is not JSON$/.test(details))
    return ['The answer was cut off, or a fault of the provider is written into it.', between];
  if (/expires_in must be a non-negative/.test(details)) {
    return [
      "The provider counts the token's life from something that has ended already: its own session, or another of its clocks.",
    ];
  }
  if (/token_type is not/.test(details))
    return [
      'The provider gives this client tokens of another kind, bound to a key, which are set in its registration.',
    ];
  const member = /^its (\w+) (must be|is)/.exec(details)?.[1];
  if (member !== undefined)
    return [
      `The provider leaves ${member} out, or writes it in another form: its token endpoint was made by hand, or a script shapes its answers.`,
    ];
  return [between];
}

/** Why the access token is not good for userinfo, by what it is for and what was asked. */
function noUserinfoCauses(f: Given<'audience' | 'resource' | 'description'>): string[] {
  const audience = Array.isArray(f.audience) ? f.audience : [];
  const asked = Array.isArray(f.resource) ? f.resource : [];
  return causes(
    asked.length > 0 &&
      `The access token is meant for the API that was asked for (${asked.join(', ')}), and not for userinfo.`,
    asked.length === 0 &&
      audience.length > 0 &&
      `The access token is meant for another API: its audience is ${audience.join(', ')}.`,
    ...likeliestFirst(f, [
      [/audience|another api|resource/i, 'The access token is meant for another API.', 'only where said'],
      [/scope|openid/i, 'The scope "openid" is not in the access token.'],
      [/expire|revoke/i, 'The token expired at once or was revoked: the clocks of two servers of the provider differ.'],
      [/tenant|issuer/i, 'The userinfo endpoint is that of another tenant or environment than the token endpoint.'],
    ]),
  );
}

/** Codes of the token, userinfo, revocation and end session endpoints. */
export const tokens = {
  invalid_client: (f) => ({
    message: `The provider did not accept the client's authentication${f.method === undefined ? '' : ` (${f.method})`}.${providerQuote(f)}`,
    causes: causes(
      f.method === 'none' && 'The client is confidential at the provider, and no secret was sent.',
      Array.isArray(f.announced) &&
        f.announced.length > 0 &&
        !f.announced.includes(String(f.method)) &&
        `The provider does not support ${f.method}: it announces ${f.announced.join(', ')}.`,
      f.method === 'client_secret_jwt' &&
        Math.abs(Number(f.clockSkew ?? 0)) > ASSERTION_SKEW &&
        `The two clocks differ: the provider's is ${Math.abs(Number(f.clockSkew))} s ${Number(f.clockSkew) > 0 ? 'ahead of' : 'behind'} this machine's, and the client's assertion lives for a short time.`,
      secretOddity(f),
      f.method !== 'none' &&
        `The client secret is wrong, expired, or of another environment${f.secretCharacters === undefined ? '' : ` (it is ${characterCount(f.secretCharacters)} long)`}; or the client is a public one there, and has none.`,
      'The client id is of another application or tenant.',
      f.method !== 'none' && 'The application is registered for another method of client authentication.',
    ),
    fix:
      f.method === 'none'
        ? 'Give the secret (--client-secret-env NAME), or make the application a public client at the provider.'
        : `Check id and secret, or try another --client-auth; the provider supports: ${listText(f.announced, 'not announced')}.`,
  }),
  invalid_grant: (f) =>
    f.grantType === 'refresh_token'
      ? {
          message: `The provider refuses the refresh token.${providerQuote(f)}`,
          causes: [
            ...WHY_REFRESH_REFUSED,
            'It was given to another client, or by another provider or environment of it.',
          ],
          fix: 'Sign in anew, and give the refresh token that comes then.',
        }
      : {
          message: `The provider refuses the authorization code.${providerQuote(f)}`,
          causes: invalidGrantCauses(f),
          fix:
            f.cameBy === 'paste'
              ? 'Sign in again, and paste the address at once.'
              : "Sign in again without delay; if it stays, the provider's log tells which of these it was.",
        },
  unsupported_grant_type: (f) => ({
    message: `The provider does not support this grant type.${providerQuote(f)}`,
    causes: ['The grant is switched off for this application.'],
    fix: `Allow ${f.grantType ?? 'authorization_code and refresh_token'} in the application's settings.`,
  }),
  token_request_refused: (f) =>
    f.error === undefined
      ? {
          message: `The ${endpoint(f)} ${f.status === undefined ? `could not be asked: ${f.reason ?? 'the reason is not known'}` : `answered with status ${f.status}${f.contentType === undefined ? '' : ` and ${f.contentType}`}, which is no answer the standard knows`}.`,
          causes: nonStandardCauses(f),
          fix: "Compare the endpoint in the provider's configuration with the real one, and look into the provider's log.",
        }
      : {
          message: `The ${endpoint(f)} refused the request with an error of its own.${providerQuote(f)}`,
          causes: [errorMeaning(f) ?? "A rule of the provider's that the standard does not know."],
          fix: "Look up this error in the provider's documentation, and look into its log.",
        },
  organization_refused: (f) => {
    const granted = hasScope(f.granted, ORGANIZATIONS_SCOPE);
    return {
      message:
        f.error === undefined
          ? `The sign-in did not ask for organizations, so there can be no token for ${quote(f.organization, 'one')}.`
          : `The provider gives no token for the organization ${quote(f.organization, 'in question')}.${providerQuote(f)}`,
      causes: causes(
        !granted &&
          (hasScope(f.scope, ORGANIZATIONS_SCOPE)
            ? `The provider dropped the scope ${ORGANIZATIONS_SCOPE}, without which there are no such tokens.`
            : `The scope ${ORGANIZATIONS_SCOPE} was not asked for at sign-in.`),
        'The person is not a member of this organization, or there is none with this id.',
        granted && 'The application was given no access to this organization.',
      ),
      fix: granted
        ? "Compare the id with the organization's page in the console, and look for the person among its members."
        : `Sign in again with: ${signInAgain(f, [ORGANIZATIONS_SCOPE])}`,
    };
  },
  token_response_invalid: (f) => ({
    message: `The ${endpoint(f)}'s answer is not what the standard asks for${f.reason === undefined ? '' : `: ${f.reason}`}.`,
    causes: noResponseCauses(f),
    fix:
      f.endpoint === undefined || f.endpoint === 'token_endpoint'
        ? "Report it to the provider's makers: access_token and token_type are required in JSON (RFC 6749 §5.1)."
        : "Report it to the provider's makers.",
  }),
  no_id_token: (f) => ({
    message: 'The provider gave an access token and no ID token, so nobody is known to have signed in.',
    causes: causes(
      f.scope === undefined && 'The scope "openid" was not asked for, or the provider dropped it.',
      f.scope !== undefined &&
        (String(f.scope).split(' ').includes('openid')
          ? hasScope(f.granted, 'openid')
            ? 'The provider says that it granted the scope "openid", and leaves the ID token out all the same: a fault, or a script that shapes its answers.'
            : 'The provider dropped the scope "openid": it is not allowed to this application.'
          : `The scope "openid" was not asked for, only: ${f.scope}.`),
      'The issuer is an OAuth server without OpenID Connect.',
    ),
    fix: 'Ask for it with --scope "openid profile email", and allow the scope openid to the application.',
  }),
  userinfo_refused: (f) => ({
    message: `The userinfo endpoint ${Number(f.status) >= 500 ? 'failed' : 'refused the access token'} with status ${f.status ?? 'unknown'}${strictNote(f)}.${providerQuote(f)}`,
    causes:
      Number(f.status) >= 500
        ? ['The provider failed inside: its log has the reason.', 'A proxy or firewall answered in its place.']
        : noUserinfoCauses(f),
    fix: 'Ask for the scopes openid and profile, without --resource; or leave userinfo out with --no-userinfo.',
  }),
  userinfo_invalid: (f) => ({
    message: `The userinfo endpoint's answer cannot be used${strictNote(f)}: ${f.reason ?? 'it is not JSON'}.`,
    causes: causes(
      f.contentType === 'text/html' && 'The address is that of a web page, or a gateway answered in its place.',
      /its sub must/.test(String(f.reason)) &&
        'The provider, or a script that shapes its claims, leaves sub out, which has to be there (OIDC Core §5.3.2).',
      f.contentType === 'application/jwt' && 'It is encrypted or signed in a way the provider does not announce.',
      'The provider has a fault, or something between changed its answer.',
    ),
    fix: /its sub must/.test(String(f.reason))
      ? 'Have the provider put sub into userinfo, the same as in the ID token; or leave userinfo out with --no-userinfo.'
      : 'Set the userinfo response to plain JSON at the provider, or leave userinfo out with --no-userinfo.',
  }),
  userinfo_subject_mismatch: (f) => ({
    message: `Userinfo speaks of ${quote(f.actual, 'one person')}, and the ID token of ${quote(f.expected, 'another')}: these are two people.`,
    causes: [
      'The provider writes sub in two ways (pairwise and public).',
      'The access token belongs to somebody else.',
    ],
    fix: 'Make sub the same in ID token and userinfo at the provider; an application must not use such claims (OIDC Core §5.3.2).',
  }),
  revocation_refused: (f) => ({
    message: `The provider did not revoke the ${String(f.token ?? 'token').replace('_', ' ')} (status ${f.status ?? 'none'}).${providerQuote(f)}`,
    causes: [],
    fix: 'The token may live until it expires: revoke it in the provider’s console if that matters.',
  }),
  end_session_not_confirmed: (f) =>
    Number(f.otherBrowser) > 0
      ? {
          message: `The browser that opened the one-time address did not come back within ${secondsText(f.seconds)}, but another one did.`,
          causes: causes(otherBrowserCause(f)),
          fix: 'Check at the provider, in that browser, whether you are signed out.',
        }
      : {
          message: `The provider did not send the browser back within ${secondsText(f.seconds)}, so its own session may still be there.`,
          causes: causes(
            f.postLogoutRedirectUri !== undefined &&
              `${quote(f.postLogoutRedirectUri)} is not registered as a post-logout redirect URI of this client.`,
            'The page that asks "sign out?" was not confirmed.',
          ),
          fix: `Register ${f.postLogoutRedirectUri ?? 'the post-logout redirect URI'} at the provider, or sign out there in the browser.`,
        },
} satisfies Partial<ExplainTable>;
