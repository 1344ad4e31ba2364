import type { ErrorCode, Facts } from '../errors.js';
import { truncate } from '../safe-text.js';
import { authorization } from './authorization.js';
import { ONE_BROWSER } from './browser-cookie.js';
import { configuration } from './configuration.js';
import { redirectUriCause } from './differences.js';
import { type ExplainTable, type Explanation, signInAgain } from './explanation.js';
import { idToken } from './id-token.js';
import { logtoConnector } from './logto-connector.js';
import { network } from './network.js';
import { ownCodeCause } from './provider-own-codes.js';
import { sessions } from './sessions.js';
import { signInPages } from './sign-in-pages.js';
import { smoke } from './smoke.js';
import { tokens } from './tokens.js';
import { trust } from './trust.js';

/** Every code's words, under the areas in which a person looks for them: in the order of a sign-in. */
const AREAS = {
  'Command line, configuration and discovery': { ...configuration, ...trust },
  Network: network,
  'Authorization response': { ...authorization, ...ONE_BROWSER },
  "Signing in on a provider's pages by a program": signInPages,
  'Token, userinfo, revocation and end session endpoints': tokens,
  'ID token': idToken,
  'Sessions and this program': sessions,
  'Logto connectors': logtoConnector,
  'Smoke checks': smoke,
};

/** The codes that have words: the compiler refuses a stable code that is not among them. */
type MessageEntries = { [Area in keyof typeof AREAS]: keyof (typeof AREAS)[Area] }[keyof typeof AREAS];

const entries: Pick<ExplainTable, MessageEntries> = Object.assign({}, ...Object.values(AREAS));

/** Every stable code under the area it belongs to. */
export function codesByArea(): readonly { readonly area: string; readonly codes: readonly ErrorCode[] }[] {
  return Object.entries(AREAS).map(([area, words]) => ({ area, codes: Object.keys(words) as ErrorCode[] }));
}

/** Puts a stable code and what is known of this run into words. Pure: every code has words, and none of them throws. */
export function explain(code: ErrorCode, known: Facts): Explanation {
  const facts = readableFacts(known);
  // Facts of an error that was caught, or out of a document, have no type of their own.
  const entry = entries[code] as (facts: Facts) => Explanation;
  const explanation = withLostToken(withCredentialsSent(code, entry(facts), facts), facts);
  // What the provider itself says of the reason is likelier than what is usual.
  const details = [ownCodeCause(facts), redirectUriCause(facts)].filter((cause) => cause !== undefined);
  return details.length === 0 ? explanation : { ...explanation, causes: [...details, ...explanation.causes] };
}

/**
 * Says which credentials an automated sign-in had sent before it failed, where
 * more than the issuer received some, or where the sign-in was stopped to protect them.
 */
function withCredentialsSent(code: ErrorCode, explanation: Explanation, facts: Facts): Explanation {
  const { credentialsSent, credentialsSentElsewhere } = facts;
  if (!Array.isArray(credentialsSent) || credentialsSent.length === 0) return explanation;
  if (credentialsSentElsewhere !== true && code !== 'sign_in_unsafe_destination') return explanation;
  return { ...explanation, message: `${explanation.message} Sent before: ${credentialsSent.join('; ')}.` };
}

/** Says, whatever the store's error is, that a new refresh token could not be saved anywhere. */
function withLostToken(explanation: Explanation, facts: Facts): Explanation {
  // This very value: where docs/errors.md is made, each fact has some value.
  if (facts.lost !== 'refresh token') return explanation;
  const message = `${explanation.message} The provider replaced the saved refresh token, and the new one could not be saved anywhere.`;
  return { ...explanation, message, fix: `${explanation.fix} Then sign in again with: ${signInAgain(facts)}` };
}

/** Characters of one fact in words: a description may be a whole page, and is whole in the facts of `--json`. */
const MAX_FACT_LENGTH = 1_000;

/** The facts, with what nobody would read to its end cut short; they themselves where there is nothing such. */
function readableFacts(facts: Facts): Facts {
  const long = Object.entries(facts).flatMap(([name, value]) =>
    typeof value === 'string' && value.length > MAX_FACT_LENGTH
      ? [[name, truncate(value, MAX_FACT_LENGTH)] as const]
      : [],
  );
  return long.length === 0 ? facts : { ...facts, ...Object.fromEntries(long) };
}
