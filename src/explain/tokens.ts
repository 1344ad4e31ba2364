import type { ErrorCode, Facts } from '../errors.js';
import {
  causes,
  type Entry,
  hasScope,
  inItsWords,
  inSeconds,
  likeliestFirst,
  listed,
  ORGANIZATIONS_SCOPE,
  quoted,
  signInAgain,
  strictly,
} from './explanation.js';
import { meaningOfError } from './provider-codes.js';

/** The endpoint in words: "token endpoint". */
function endpoint(facts: Facts): string {
  return String(facts.endpoint ?? 'token_endpoint').replaceAll('_', ' ');
}

/** What is odd about the secret that was sent, as the likely cause. */
function oddSecret({ secretOddities, secretCharacters }: Facts): string | false {
  if (!Array.isArray(secretOddities) || secretOddities.length === 0) return false;
  const [first, ...others] = secretOddities;
  const rest = others.length === 0 ? '' : `, and ${others.join(', and ')}`;
  return `The client secret that was sent is ${characters(secretCharacters)} long and ${first}${rest}.`;
}

function characters(count: Facts[string]): string {
  return `${count} ${Number(count) === 1 ? 'character' : 'characters'}`;
}

/** A signed assertion lives for a minute or so: clocks that differ by more than this, in seconds, spoil it. */
const ASSERTION_SKEW = 20;

/** Codes of the token, userinfo, revocation and end session endpoints. */
export const tokens = {
  invalid_client: (f) => ({
    message: `The provider did not accept the client's authentication${f.method === undefined ? '' : ` (${f.method})`}.${inItsWords(f)}`,
    causes: causes(
      f.method === 'none' && 'The client is confidential at the provider, and no secret was sent.',
      Array.isArray(f.announced) &&
        f.announced.length > 0 &&
        !f.announced.includes(String(f.method)) &&
        `The provider does not support ${f.method}: it announces ${f.announced.join(', ')}.`,
      f.method === 'client_secret_jwt' &&
        Math.abs(Number(f.clockSkew ?? 0)) > ASSERTION_SKEW &&
        `The two clocks differ: the provider's is ${Math.abs(Number(f.clockSkew))} s ${Number(f.clockSkew) > 0 ? 'ahead of' : 'behind'} this machine's, and the client's assertion lives for a short time.`,
      oddSecret(f),
      f.method !== 'none' &&
        `The client secret is wrong, expired, or of another environment${f.secretCharacters === undefined ? '' : ` (it is ${characters(f.secretCharacters)} long)`}.`,
      'The client id is of another application or tenant.',
      f.method !== 'none' && 'The application is registered for another method of client authentication.',
    ),
    fix:
      f.method === 'none'
        ? 'Give the secret (--client-secret-env NAME), or make the application a public client at the provider.'
        : `Check id and secret, or try another --client-auth; the provider supports: ${listed(f.announced, 'not announced')}.`,
  }),
  invalid_grant: (f) => ({
    message: `The provider refuses the authorization code.${inItsWords(f)}`,
    causes: likeliestFirst(f, [
      [/expire|used|redeem|consumed|replay/i, 'The code expired (many live for a minute or less) or was used before.'],
      [
        /redirect|reply url|callback/i,
        'The redirect URI of the token request is not the one of the authorization request.',
      ],
      [
        /verif|pkce|challenge/i,
        'The PKCE verifier was not accepted: something between altered the request, or the code belongs to another sign-in.',
      ],
    ]),
    fix: "Sign in again without delay; if it stays, the provider's log tells which of these it was.",
  }),
  unsupported_grant_type: (f) => ({
    message: `The provider does not support this grant type.${inItsWords(f)}`,
    causes: ['The grant is switched off for this application.'],
    fix: `Allow ${f.grantType ?? 'authorization_code and refresh_token'} in the application's settings.`,
  }),
  token_request_refused: (f) =>
    f.error === undefined
      ? {
          message: `The ${endpoint(f)} ${f.status === undefined ? `could not be asked: ${f.reason ?? 'the reason is not known'}` : `answered with status ${f.status}${f.contentType === undefined ? '' : ` and ${f.contentType}`}, which is no answer the standard knows`}.`,
          causes: causes(
            Number(f.status) >= 500 && 'The provider failed inside: its log has the reason.',
            f.location !== undefined &&
              `It redirects to ${f.location}: its address in the provider's configuration is not the real one.`,
            'A proxy or firewall answered in its place.',
          ),
          fix: "Compare the endpoint in the provider's configuration with the real one, and look into the provider's log.",
        }
      : {
          message: `The ${endpoint(f)} refused the request with an error of its own.${inItsWords(f)}`,
          causes: [meaningOfError(f) ?? "A rule of the provider's that the standard does not know."],
          fix: "Look up this error in the provider's documentation, and look into its log.",
        },
  organization_refused: (f) => {
    const granted = hasScope(f.granted, ORGANIZATIONS_SCOPE);
    return {
      message:
        f.error === undefined
          ? `The sign-in did not ask for organizations, so there can be no token for ${quoted(f.organization, 'one')}.`
          : `The provider gives no token for the organization ${quoted(f.organization, 'in question')}.${inItsWords(f)}`,
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
    causes: ['The provider has a fault, or something between changed its answer.'],
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
          ? 'The provider dropped the scope "openid": it is not allowed to this application.'
          : `The scope "openid" was not asked for, only: ${f.scope}.`),
      'The issuer is an OAuth server without OpenID Connect.',
    ),
    fix: 'Ask for it with --scope "openid profile email", and allow the scope openid to the application.',
  }),
  userinfo_refused: (f) => ({
    message: `The userinfo endpoint ${Number(f.status) >= 500 ? 'failed' : 'refused the access token'} (status ${f.status ?? 'unknown'})${strictly(f)}.${inItsWords(f)}`,
    causes: causes(
      Number(f.status) >= 500 && 'The provider failed inside: its log has the reason.',
      'The access token is meant for another API (a resource or audience was asked for).',
      'The scope "openid" is not in the access token.',
      f.status === 401 && 'The token has expired or was revoked.',
    ),
    fix: 'Ask for the scopes openid and profile, without --resource; or leave userinfo out with --no-userinfo.',
  }),
  userinfo_invalid: (f) => ({
    message: `The userinfo endpoint's answer cannot be used${strictly(f)}: ${f.reason ?? 'it is not JSON'}.`,
    causes: causes(
      f.contentType === 'text/html' && 'The address is that of a web page, or a gateway answered in its place.',
      f.contentType === 'application/jwt' && 'It is encrypted or signed in a way the provider does not announce.',
      'The provider has a fault, or something between changed its answer.',
    ),
    fix: 'Set the userinfo response to plain JSON at the provider, or leave userinfo out with --no-userinfo.',
  }),
  userinfo_subject_mismatch: (f) => ({
    message: `Userinfo speaks of ${quoted(f.actual, 'one person')}, and the ID token of ${quoted(f.expected, 'another')}: these are two people.`,
    causes: [
      'The provider writes sub in two ways (pairwise and public).',
      'The access token belongs to somebody else.',
    ],
    fix: 'Make sub the same in ID token and userinfo at the provider; an application must not use such claims (OIDC Core §5.3.2).',
  }),
  revocation_refused: (f) => ({
    message: `The provider did not revoke the ${String(f.token ?? 'token').replace('_', ' ')} (status ${f.status ?? 'none'}).${inItsWords(f)}`,
    causes: [],
    fix: 'The token may live until it expires: revoke it in the provider’s console if that matters.',
  }),
  end_session_not_confirmed: (f) => ({
    message: `The provider did not send the browser back within ${inSeconds(f.seconds)}, so its own session may still be there.`,
    causes: causes(
      f.postLogoutRedirectUri !== undefined &&
        `${quoted(f.postLogoutRedirectUri)} is not registered as a post-logout redirect URI of this client.`,
      'The page that asks "sign out?" was not confirmed.',
    ),
    fix: `Register ${f.postLogoutRedirectUri ?? 'the post-logout redirect URI'} at the provider, or sign out there in the browser.`,
  }),
} satisfies Partial<Record<ErrorCode, Entry>>;
