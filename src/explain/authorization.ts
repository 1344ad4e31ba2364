import type { ErrorCode, Facts } from '../errors.js';
import { differsBySlash, saysHttp } from './differences.js';
import {
  causes,
  type Entry,
  inItsWords,
  inSeconds,
  likeliestFirst,
  listed,
  quoted,
  signInAgain,
} from './explanation.js';
import { meaningOfError } from './provider-codes.js';

/** Whether the provider was told to ask nothing (prompt=none); where it is not known what was sent, that is the likely reason. */
function wasSilent(facts: Facts): boolean {
  if (facts.scope === undefined) return true;
  return String(facts.prompt ?? '')
    .split(' ')
    .includes('none');
}

/** Codes of the authorization response and of the wait for it. */
export const authorization = {
  access_denied: (f) => ({
    message: `The sign-in was denied at the provider.${inItsWords(f)}`,
    causes: likeliestFirst(f, [
      [/cancel|declin|denied by|user denied|aborted/i, 'The person pressed "cancel" or "deny".'],
      [
        /assign|polic|permi|allow|licen|group|role|restrict/i,
        'The person is not assigned to this application, or a policy of the provider refused them.',
      ],
    ]),
    fix: "Sign in again and allow it; if you did, look for the person and the application in the provider's sign-in log.",
  }),
  login_required: (f) =>
    wasSilent(f)
      ? {
          message: `The provider would have to ask the person to sign in, and was told not to.${inItsWords(f)}`,
          causes: [
            'prompt=none was sent and the browser has no session at the provider (or its cookies were not sent).',
          ],
          fix: 'Leave out --prompt none, or sign in at the provider in the same browser first.',
        }
      : {
          message: `The provider says that the person must sign in, and did not ask for it.${inItsWords(f)}`,
          causes: [
            'The provider asked another identity provider behind it without showing a page.',
            'The sign-in page was left open for too long.',
          ],
          fix: "Sign in again with --prompt login; if it stays, the provider's log has the reason.",
        },
  consent_required: (f) =>
    wasSilent(f)
      ? {
          message: `The provider needs the person's consent, and was told not to ask.${inItsWords(f)}`,
          causes: [
            'prompt=none was sent and a scope has not been agreed to yet.',
            'An administrator has to agree for everybody.',
          ],
          fix: 'Sign in once with --prompt consent, or have an administrator grant the scopes.',
        }
      : {
          message: `The provider needs a consent that was not given.${inItsWords(f)}`,
          causes: [
            'An administrator has to agree for everybody.',
            'A scope was added that has not been agreed to yet.',
          ],
          fix: 'Have an administrator grant the scopes, or sign in once with --prompt consent.',
        },
  interaction_required: (f) =>
    wasSilent(f)
      ? {
          message: `The provider needs something from the person, and was told not to ask.${inItsWords(f)}`,
          causes: ['prompt=none was sent and a second factor, new terms or a password change is due.'],
          fix: 'Leave out --prompt none.',
        }
      : {
          message: `The provider needs something more from the person than it asked for.${inItsWords(f)}`,
          causes: ['A policy wants a second factor, a known device, new terms or a new password.'],
          fix: "Sign in at the provider's own pages first and do what it asks, then sign in here again.",
        },
  account_selection_required: (f) => ({
    message: `The person has several accounts at the provider, and ${wasSilent(f) ? 'it was told not to ask which' : 'none was chosen'}.${inItsWords(f)}`,
    causes: wasSilent(f) ? ['prompt=none was sent while several sessions exist.'] : [],
    fix: wasSilent(f)
      ? 'Leave out --prompt none, or name the account with --login-hint.'
      : 'Ask for the choice with --prompt select_account, or name the account with --login-hint.',
  }),
  invalid_scope: (f) => ({
    message: `The provider refuses the scopes that were asked for${f.scope === undefined ? '' : ` (${f.scope})`}.${inItsWords(f)}`,
    causes: causes(
      f.unannounced !== undefined &&
        `The provider does not announce ${listed(f.unannounced, 'one of them')}: ${Array.isArray(f.unannounced) && f.unannounced.length > 1 ? 'they are' : 'it is'} misspelled, or to be set up there first.`,
      f.unannounced === undefined && 'A scope is misspelled.',
      'The application is not allowed one of them at the provider.',
    ),
    fix: "Compare --scope with the scopes allowed to this application in the provider's console.",
  }),
  invalid_target: (f) => {
    const unregistered = 'The resource indicator is not registered at the provider, or differs by a slash.';
    const compare = "Compare --resource with the API's identifier in the provider's console, to the letter";
    if (f.resource === undefined) {
      return {
        message: `The provider refuses the resource that was asked for.${inItsWords(f)}`,
        causes: [unregistered],
        fix: `${compare}.`,
      };
    }
    if (Array.isArray(f.askedResources) && !f.askedResources.includes(String(f.resource))) {
      return {
        message: `The sign-in did not ask for the resource ${quoted(f.resource)}, so there can be no token for it.`,
        causes: [
          `It asked for: ${listed(f.askedResources, 'no resource')}.`,
          'The resource indicator differs by a slash from the one that was meant.',
        ],
        fix: `Sign in again with: ${signInAgain(f)}`,
      };
    }
    return {
      message: `The provider gives no token for the resource ${quoted(f.resource)}.${inItsWords(f)}`,
      causes: [
        'The resource was removed at the provider since the sign-in.',
        'The person or the application may no longer use it.',
      ],
      fix: `${compare}; if the next refresh is refused as well, sign in again.`,
    };
  },
  invalid_request: (f) => ({
    message: `The provider says the request is not valid.${inItsWords(f)}`,
    causes: likeliestFirst(f, [
      [
        /redirect|reply url|callback/i,
        f.redirectUri === undefined
          ? 'The redirect URI is not registered for this client, to the letter.'
          : `The redirect URI is not registered for this client, to the letter: ${f.redirectUri}`,
      ],
      [
        /code_challenge|pkce|verifier/i,
        'The provider and this sign-in do not agree on PKCE: its method, or whether it is used.',
        'only where said',
      ],
      [
        /missing|require|invalid|unsupported|not supported/i,
        'A parameter is missing or has a value the provider does not take.',
      ],
    ]),
    fix: 'Compare what the provider says above with --redirect-uri, --param, --claims and the other flags of this sign-in.',
  }),
  unauthorized_client: (f) => ({
    message: `This client may not do that at the provider.${inItsWords(f)}`,
    causes: ['The authorization code flow (or the refresh token grant) is not switched on for the application.'],
    fix: "Allow the grant types authorization_code and refresh_token in the application's settings.",
  }),
  unsupported_response_type: (f) => ({
    message: `The provider does not give authorization codes to this client.${inItsWords(f)}`,
    causes: ['The application is set up for the implicit flow only.'],
    fix: 'Allow the response type "code" in the application’s settings.',
  }),
  provider_server_error: (f) => ({
    message: `The provider failed while signing in.${inItsWords(f)}`,
    causes: ['A fault on the provider’s side, or in what it asks in turn (directory, upstream provider).'],
    fix: "Try again; if it stays, the provider's log has the reason.",
  }),
  provider_unavailable: (f) => ({
    message: `The provider says that it is overloaded or under maintenance.${inItsWords(f)}`,
    causes: [],
    fix: 'Try again later.',
  }),
  authorization_refused: (f) => ({
    message: `The provider refused the sign-in with an error of its own.${inItsWords(f)}`,
    causes: [meaningOfError(f) ?? "A rule of the provider's that the standard does not know."],
    fix: "Look up this error in the provider's documentation.",
  }),
  callback_state_mismatch: (f) => ({
    message:
      f.seconds === undefined
        ? 'The callback does not belong to this sign-in: its state is another one.'
        : `No answer with this sign-in's state came within ${inSeconds(f.seconds)}; ${f.wrongState ?? 'some'} with another or no state did.`,
    causes: [
      'A tab of an earlier sign-in answered.',
      'The provider, or something between, drops or changes the state parameter.',
      'Somebody tried to slip in an answer of their own (the reason why state is checked).',
    ],
    fix: 'Close old sign-in tabs and sign in again; if it stays, compare state in the authorization request with the callback’s.',
  }),
  callback_issuer_mismatch: (f) => ({
    message: `The answer should say that it comes from ${quoted(f.expected, 'the provider that was asked')}, and its "iss" is ${f.actual === 'absent' ? 'absent' : quoted(f.actual, 'another one')}.`,
    causes: causes(
      differsBySlash(f.expected, f.actual) && 'They differ only by the slash at the end: the comparison is exact.',
      saysHttp(f.expected, f.actual) &&
        'The provider runs behind a proxy and does not know that it is reached by https (X-Forwarded-Proto).',
      'The provider announces RFC 9207 and does not keep to it, or writes its issuer in two ways.',
      'The answer came from another provider (a mix-up attack).',
    ),
    fix: "Make the provider's issuer the same in its configuration and in its answers.",
  }),
  callback_invalid: (f) =>
    f.parameters === undefined
      ? {
          message: `What came back is not an authorization response${f.reason === undefined ? '' : `: ${f.reason}`}.`,
          causes: causes(
            f.redirectUri !== undefined && `The address must begin with ${f.redirectUri}.`,
            'Only a part of the address was copied.',
          ),
          fix: 'Copy the whole address from the browser, with everything after the question mark, in quotes.',
        }
      : {
          message: `The provider's answer is not an authorization response: ${f.reason ?? 'it cannot be used'}.`,
          causes: causes(
            /flow|JARM/.test(String(f.reason)) && 'The application is set to another flow or response mode.',
            'The provider has a fault, or something between changed its answer.',
          ),
          fix: `It must hold code and state, or error and state (RFC 6749 §4.1.2); it held: ${listed(f.parameters, 'nothing')}.`,
        },
  callback_no_pending: () => ({
    message: 'No sign-in waits for this callback.',
    causes: [
      'It was started more than 10 minutes ago.',
      'It was finished already: each can be finished once.',
      'It was started by another user or with another OIDC_CLI_HOME.',
    ],
    fix: 'Start again with: oidc-cli login --start',
  }),
  login_timeout: (f) => ({
    message: `Nobody finished the sign-in within ${inSeconds(f.seconds)}.`,
    causes: causes(
      Number(f.strays) > 0 &&
        `${f.strays} other ${f.strays === 1 ? 'request' : 'requests'} came to the redirect URI, and none was an answer to this sign-in.`,
      (f.redirectUri !== undefined || f.seconds === undefined) &&
        `The browser shows an error page of the provider, most often because ${quoted(f.redirectUri, 'the redirect URI')} is not registered as a redirect URI of this client.`,
      'The page was left or closed.',
    ),
    fix:
      f.redirectUri === undefined
        ? 'Sign in again, and allow more time with --timeout.'
        : `Register exactly ${f.redirectUri} at the provider, or allow more time with --timeout.`,
  }),
} satisfies Partial<Record<ErrorCode, Entry>>;
