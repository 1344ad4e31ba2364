import type { FactsOf } from '../errors.js';
import { COOKIE_FIX, otherBrowserCause } from './browser-cookie.js';
import { addressHost, issuerDifference } from './differences.js';
import {
  causes,
  type ExplainTable,
  type Given,
  likeliestFirst,
  listText,
  providerQuote,
  quote,
  secondsText,
  signInAgain,
} from './explanation.js';
import { errorMeaning } from './provider-codes.js';
import { secretOddity } from './sent-secret.js';

/** Whether the provider was told to ask nothing (prompt=none); where it is not known what was sent, that is the likely reason. */
function hadPromptNone(facts: Given<'scope' | 'prompt'>): boolean {
  if (facts.scope === undefined) return true;
  return String(facts.prompt ?? '')
    .split(' ')
    .includes('none');
}

/** Seconds in which nobody reads a page and presses a button. */
const TOO_FAST = 2;

/** Why a sign-in is denied: a person must have had the time to press something. */
function arrivalText({ cameBy, cameAfter }: Given<'cameBy' | 'cameAfter'>): [RegExp, string][] {
  const pressed: [RegExp, string] = [
    /cancel|declin|denied by|user denied|aborted/i,
    'The person pressed "cancel" or "deny".',
  ];
  const refused: [RegExp, string] = [
    /assign|polic|permi|allow|licen|group|role|restrict/i,
    'The person is not assigned to this application, or a policy of the provider refused them.',
  ];
  const nobody = cameBy === 'driver' || Number(cameAfter) < TOO_FAST;
  return nobody ? [refused, pressed] : [pressed, refused];
}

/** Why no answer came that carries the state: by what came in its place. */
function strayStates({
  wrongState,
  noState,
  likeOurs,
  strayError,
  cameBy,
}: FactsOf<'callback_state_mismatch'>): string[] {
  const none = Number(noState) > 0 && Number(noState) === Number(wrongState);
  const earlier = 'A tab of an earlier sign-in answered.';
  const drops =
    strayError === undefined
      ? 'The provider, or something between, drops the state parameter.'
      : `The provider refused with the error ${quote(strayError)} and left the state out, so it could not be believed.`;
  const changes =
    'The provider, or something between, changes the state parameter: what came has another form than ours.';
  const attack = 'Somebody tried to slip in an answer of their own (the reason why state is checked).';
  if (none) {
    return causes(
      drops,
      cameBy === 'paste' && 'Only a part of the address was copied, or a shell cut it at an &.',
      attack,
    );
  }
  return likeOurs === false ? [changes, attack, earlier] : [earlier, changes.replace(/:.*$/, '.'), attack];
}

/** What the provider showed when its page was looked at after a wait in vain, as the likely cause. */
function pageCause({
  pageStatus,
  pageWords,
  complaint,
  redirectUri,
  clientId,
}: FactsOf<'login_timeout'>): string | undefined {
  if (pageStatus === undefined) return undefined;
  if (pageWords === undefined) {
    return 'The page was left or closed, or waits for something: the provider does take this request (it was looked at again).';
  }
  const says = `status ${pageStatus}: "${String(pageWords).replace(/[.!]+$/, '')}"`;
  if (Number(pageStatus) >= 500) return `The authorization endpoint fails (${says}).`;
  const shows = `The provider shows an error page (${says})`;
  switch (complaint) {
    case 'redirect URI':
      return `${shows}: ${redirectUri ?? 'the redirect URI'} is not registered for this client, to the letter.`;
    case 'client':
      return `${shows}: ${clientId === undefined ? 'the client id' : `the client id ${quote(clientId)}`} is unknown to this provider.`;
    case 'scope':
      return `${shows}: a scope is misspelled, or not allowed to this client.`;
    default:
      return `${shows}, and does not send the browser back.`;
  }
}

/** What to change where nobody came back. */
function returnFix(facts: FactsOf<'login_timeout'>): string {
  const { redirectUri, pageStatus, pageWords, complaint, clientId, emptyVisits } = facts;
  const longer = 'allow more time with --timeout';
  if (Number(facts.otherBrowser) > 0) return COOKIE_FIX;
  if (Number(facts.otherUser) > 0)
    return 'Open the address in a browser of the user who runs oidc-cli, or use --no-browser to accept the response from any browser.';
  if (Number(emptyVisits) > 0)
    return 'Have the provider answer in the query (the application uses the code flow), or ask with --response-mode query.';
  if (Number(pageStatus) >= 500) return "Look into the provider's log, and at whatever stands in front of it.";
  if (complaint === 'client')
    return `Compare ${quote(clientId, 'the client id')} with the one in the provider's console, and the issuer with its tenant.`;
  if (complaint === 'scope')
    return "Compare --scope with the scopes allowed to this application in the provider's console.";
  if (pageStatus !== undefined && pageWords === undefined) return `Sign in again and finish it, or ${longer}.`;
  return redirectUri === undefined
    ? 'Sign in again, and allow more time with --timeout.'
    : `Register exactly ${redirectUri} at the provider, or ${longer}.`;
}

/** Codes of the authorization response and of the wait for it. */
export const authorization = {
  access_denied: (f) => ({
    message: `The sign-in was denied at the provider.${providerQuote(f)}`,
    causes: likeliestFirst(f, arrivalText(f)),
    fix: "Sign in again and allow it; if you did, look for the person and the application in the provider's sign-in log.",
  }),
  login_required: (f) =>
    hadPromptNone(f)
      ? {
          message: `The provider would have to ask the person to sign in, and was told not to.${providerQuote(f)}`,
          causes: [
            'prompt=none was sent and the browser has no session at the provider (or its cookies were not sent).',
          ],
          fix: 'Leave out --prompt none, or sign in at the provider in the same browser first.',
        }
      : {
          message: `The provider says that the person must sign in, and did not ask for it.${providerQuote(f)}`,
          causes: [
            'The provider asked another identity provider behind it without showing a page.',
            'The sign-in page was left open for too long.',
          ],
          fix: "Sign in again with --prompt login; if it stays, the provider's log has the reason.",
        },
  consent_required: (f) =>
    hadPromptNone(f)
      ? {
          message: `The provider needs the person's consent, and was told not to ask.${providerQuote(f)}`,
          causes: [
            'prompt=none was sent and a scope has not been agreed to yet.',
            'An administrator has to agree for everybody.',
          ],
          fix: 'Sign in once with --prompt consent, or have an administrator grant the scopes.',
        }
      : {
          message: `The provider needs a consent that was not given.${providerQuote(f)}`,
          causes: [
            'An administrator has to agree for everybody.',
            'A scope was added that has not been agreed to yet.',
          ],
          fix: 'Have an administrator grant the scopes, or sign in once with --prompt consent.',
        },
  interaction_required: (f) =>
    hadPromptNone(f)
      ? {
          message: `The provider needs something from the person, and was told not to ask.${providerQuote(f)}`,
          causes: ['prompt=none was sent and a second factor, new terms or a password change is due.'],
          fix: 'Leave out --prompt none.',
        }
      : {
          message: `The provider needs something more from the person than it asked for.${providerQuote(f)}`,
          causes: ['A policy wants a second factor, a known device, new terms or a new password.'],
          fix: "Sign in at the provider's own pages first and do what it asks, then sign in here again.",
        },
  account_selection_required: (f) => ({
    message: `The person has several accounts at the provider, and ${hadPromptNone(f) ? 'it was told not to ask which' : 'none was chosen'}.${providerQuote(f)}`,
    causes: hadPromptNone(f) ? ['prompt=none was sent while several sessions exist.'] : [],
    fix: hadPromptNone(f)
      ? 'Leave out --prompt none, or name the account with --login-hint.'
      : 'Ask for the choice with --prompt select_account, or name the account with --login-hint.',
  }),
  invalid_scope: (f) => ({
    message: `The provider refuses the scopes that were asked for${f.scope === undefined ? '' : ` (${f.scope})`}.${providerQuote(f)}`,
    causes: causes(
      f.unannounced !== undefined &&
        `The provider does not announce ${listText(f.unannounced, 'one of them')}: ${Array.isArray(f.unannounced) && f.unannounced.length > 1 ? 'they are' : 'it is'} misspelled, or to be set up there first.`,
      f.scopesAnnounced !== true && f.unannounced === undefined && 'A scope is misspelled.',
      'The application is not allowed one of them at the provider.',
    ),
    fix: "Compare --scope with the scopes allowed to this application in the provider's console.",
  }),
  invalid_target: (f) => {
    const unregistered = 'The resource indicator is not registered at the provider, or differs by a slash.';
    const compare = "Compare --resource with the API's identifier in the provider's console, to the letter";
    if (f.resource === undefined) {
      return {
        message: `The provider refuses the resource that was asked for.${providerQuote(f)}`,
        causes: [unregistered],
        fix: `${compare}.`,
      };
    }
    if (Array.isArray(f.askedResources) && !f.askedResources.includes(String(f.resource))) {
      return {
        message: `The sign-in did not ask for the resource ${quote(f.resource)}, so there can be no token for it.`,
        causes: [
          `It asked for: ${listText(f.askedResources, 'no resource')}.`,
          'The resource indicator differs by a slash from the one that was meant.',
        ],
        fix: `Sign in again with: ${signInAgain(f)}`,
      };
    }
    return {
      message: `The provider gives no token for the resource ${quote(f.resource)}.${providerQuote(f)}`,
      causes: [
        'The resource was removed at the provider since the sign-in.',
        'The person or the application may no longer use it.',
      ],
      fix: `${compare}; if the next refresh is refused as well, sign in again.`,
    };
  },
  invalid_request: (f) => ({
    message: `The provider says the request is not valid.${providerQuote(f)}`,
    causes: causes(
      secretOddity(f),
      ...likeliestFirst(f, [
        [
          /authori[sz]ation header|client_(id|secret)|credential/i,
          'The client id or the client secret holds a character that the provider does not take: compare both with its console.',
          'only where said',
        ],
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
    ),
    fix:
      /redirect|reply url/i.test(String(f.description)) && f.redirectUri !== undefined
        ? `Register exactly ${f.redirectUri} at the provider, or sign in with the redirect URI that is registered there (--redirect-uri).`
        : secretOddity(f) === false
          ? 'Compare what the provider says above with --redirect-uri, --param, --claims and the other flags of this sign-in.'
          : 'Give the secret as the provider shows it, without anything around it.',
  }),
  unauthorized_client: (f) => ({
    message: `This client may not do that at the provider.${providerQuote(f)}`,
    causes: ['The authorization code flow (or the refresh token grant) is not switched on for the application.'],
    fix: "Allow the grant types authorization_code and refresh_token in the application's settings.",
  }),
  unsupported_response_type: (f) => ({
    message: `The provider does not give authorization codes to this client.${providerQuote(f)}`,
    causes: ['The application is set up for the implicit flow only.'],
    fix: 'Allow the response type "code" in the application’s settings.',
  }),
  provider_server_error: (f) => ({
    message: `The provider failed while signing in.${providerQuote(f)}`,
    causes: ['A fault on the provider’s side, or in what it asks in turn (directory, upstream provider).'],
    fix: "Try again; if it stays, the provider's log has the reason.",
  }),
  provider_unavailable: (f) => ({
    message: `The provider says that it is overloaded or under maintenance.${providerQuote(f)}`,
    causes: [],
    fix: 'Try again later.',
  }),
  authorization_refused: (f) => ({
    message: `The provider refused the sign-in with an error of its own.${providerQuote(f)}`,
    causes: [errorMeaning(f) ?? "A rule of the provider's that the standard does not know."],
    fix: "Look up this error in the provider's documentation.",
  }),
  callback_state_mismatch: (f) => ({
    message:
      f.seconds === undefined
        ? `The callback does not belong to this sign-in: it has ${Number(f.noState) > 0 ? 'no state' : 'a different state'}.`
        : `No answer with this sign-in's state came within ${secondsText(f.seconds)}; ${f.wrongState ?? 'some'} with another or no state did.`,
    causes: strayStates(f),
    fix:
      f.cameBy === 'paste'
        ? 'Paste the whole address, in quotes. If that changes nothing, compare state in the authorization request with the callback’s.'
        : 'Close old sign-in tabs and sign in again; if it stays, compare state in the authorization request with the callback’s.',
  }),
  callback_issuer_mismatch: (f) => ({
    message: `The answer should say that it comes from ${quote(f.expected, 'the provider that was asked')}, and its "iss" is ${f.actual === 'absent' ? 'absent' : quote(f.actual, 'another one')}.`,
    causes: causes(
      f.actual === 'absent' && 'The provider announces that it names itself in its answers (RFC 9207), and does not.',
      issuerDifference(f.expected, f.actual),
      f.actual !== 'absent' &&
        addressHost(f.expected) !== addressHost(f.actual) &&
        `The answer came from another provider, ${addressHost(f.actual)}, or one that hands on the answers of that one.`,
      f.actual !== 'absent' && 'The provider writes its issuer in two ways.',
      'Somebody tried to pass one provider’s answer off as another’s (a mix-up attack).',
    ),
    fix:
      f.actual === 'absent'
        ? 'Have the provider put iss into its answers, or not announce it (authorization_response_iss_parameter_supported).'
        : "Make the provider's issuer the same in its configuration and in its answers.",
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
          fix: `It must hold code and state, or error and state (RFC 6749 §4.1.2); it held: ${listText(f.parameters, 'nothing')}.`,
        },
  callback_no_pending: (f) => ({
    message: 'No sign-in waits for this callback.',
    causes:
      f.expiredFor !== undefined
        ? [`It was started more than 10 minutes ago, and has been forgotten since ${secondsText(f.expiredFor)}.`]
        : causes(
            f.likeOurs === false &&
              'The address is the answer to a sign-in of another program: its state has another form than ours.',
            Number(f.others) > 0 &&
              `The address is of an earlier sign-in: ${f.others === 1 ? 'one other waits' : `${f.others} others wait`}.`,
            'It was finished already: each can be finished once.',
            f.likeOurs === undefined && 'It was started more than 10 minutes ago.',
            'It was started by another user or with another OIDC_CLI_HOME.',
          ),
    fix: 'Start again with: oidc-cli login --start',
  }),
  login_timeout: (f) => ({
    message: `Nobody finished the sign-in within ${secondsText(f.seconds)}.`,
    causes:
      Number(f.otherBrowser) > 0
        ? causes(otherBrowserCause(f))
        : causes(
            Number(f.emptyVisits) > 0 &&
              `The browser came back to ${f.redirectUri ?? 'the redirect URI'} with nothing behind a question mark: the provider answers in the fragment (#), as in the implicit flow, and no server gets to see that.`,
            Number(f.otherUser) > 0 &&
              'The one-time address was opened as another user of this machine, and refused: only the user who runs oidc-cli may open it.',
            Number(f.strays) > Number(f.emptyVisits ?? 0) + Number(f.otherUser ?? 0) &&
              `${f.strays} other ${f.strays === 1 ? 'request' : 'requests'} came to the redirect URI, and none was an answer to this sign-in.`,
            pageCause(f),
            f.pageStatus === undefined &&
              (f.redirectUri !== undefined || f.seconds === undefined) &&
              `The browser shows an error page of the provider, most often because ${quote(f.redirectUri, 'the redirect URI')} is not registered as a redirect URI of this client.`,
            (f.pageStatus === undefined || f.pageWords !== undefined) && 'The page was left or closed.',
            f.pageStatus !== undefined &&
              f.pageWords === undefined &&
              'The browser runs on another machine, or in a container, and cannot reach this one: paste the address it ends at (--no-browser).',
          ),
    fix: returnFix(f),
  }),
} satisfies Partial<ExplainTable>;
