import { lookup } from '../json.js';
import type { Explanation, Given } from './explanation.js';

/** Codes that a provider puts into its descriptions, beside the standard's: AADSTS50011, AADB2C90118, ORA-01017, … */
const OWN_CODE = /\b(?:AADSTS\d{4,}|AADB2C\d{4,}|(?!RFC|ISO|UTF|HTTP)[A-Z][A-Z0-9]{2,}[-_]?\d{4,})\b/;

/** The provider's own code within its words, whole, or undefined where there is none. */
export function findOwnCode(text: string | undefined): string | undefined {
  return text === undefined ? undefined : OWN_CODE.exec(text)?.[0];
}

/** What is likely behind a code of Microsoft Entra ID that a sign-in meets, and what to change; each a sentence. */
const ENTRA: Readonly<Record<string, readonly [cause: string, fix: string]>> = {
  AADSTS50011: [
    'The redirect URI is not registered for the application, to the letter.',
    'Add exactly the redirect URI of the sign-in to the application, under Authentication.',
  ],
  AADSTS50020: [
    'The account is of another tenant, and no guest in this one.',
    'Sign in with an account of this tenant, or invite this one as a guest.',
  ],
  AADSTS50034: ['There is no such account in this tenant.', 'Correct the user name, or the tenant in the issuer.'],
  AADSTS50053: [
    'The account is locked after too many wrong passwords, or the address is blocked.',
    'Wait, or have the account unlocked, and correct the password that a check sends.',
  ],
  AADSTS50055: ['The password has expired.', 'Sign in by hand once and set a new password.'],
  AADSTS50057: ['The account is disabled.', 'Have the account enabled, or use another one.'],
  AADSTS50058: [
    'prompt=none was sent, and nobody is signed in in this browser.',
    'Leave out --prompt none, or sign in in the same browser first.',
  ],
  AADSTS50076: [
    'A second factor is due by a policy of the tenant.',
    'Sign in with the second factor, or have a test account excluded from the policy.',
  ],
  AADSTS50079: ['The account has to register a second factor first.', 'Sign in by hand once and register it.'],
  AADSTS50105: [
    'The person is not assigned to the application, which takes assigned people only.',
    'Assign the person or a group of theirs to the application, under Enterprise applications.',
  ],
  AADSTS50126: ['The user name or the password is wrong.', 'Correct the user name or the password.'],
  AADSTS53003: [
    'A Conditional Access policy of the tenant does not let this sign-in through.',
    "The tenant's sign-in log names the policy: meet its conditions, or have the account excluded.",
  ],
  AADSTS54005: ['The authorization code was used before.', 'Sign in again, and exchange each code once.'],
  AADSTS65001: [
    'Nobody has agreed to the permissions of the application: a person or an administrator must.',
    'Sign in with --prompt consent, or have an administrator grant consent.',
  ],
  AADSTS65004: [
    'The person declined the permissions of the application.',
    'Sign in again and accept, or ask for fewer scopes.',
  ],
  AADSTS70008: ['The authorization code or the refresh token has expired.', 'Sign in again.'],
  AADSTS70011: [
    'A scope is not valid, or scopes of two APIs were mixed.',
    'Correct --scope, and ask for one API at a time.',
  ],
  AADSTS90002: ['There is no such tenant: the tenant in the issuer has a typo.', 'Correct the tenant in the issuer.'],
  AADSTS90094: [
    'An administrator has to agree to the permissions of the application.',
    'Have an administrator grant consent to the application.',
  ],
  AADSTS501481: [
    'The PKCE verifier does not match the challenge of the authorization request.',
    'Sign in anew: the verifier must be that of the same sign-in.',
  ],
  AADSTS700016: [
    'There is no application with this client id in this tenant.',
    'Correct the client id, or the tenant in the issuer.',
  ],
  AADSTS7000215: [
    'The client secret is wrong: often its id was copied in place of its value.',
    'Copy the Value of the secret, not its Secret ID; make a new one where it is no longer shown.',
  ],
  AADSTS7000218: [
    'The application is confidential, and no secret or assertion was sent.',
    'Give the client secret, or allow public client flows at the application.',
  ],
  AADSTS7000222: [
    'The client secret has expired: a new one has to be made.',
    'Make a new secret under Certificates & secrets, and use it.',
  ],
  AADSTS9002325: [
    'The application is registered as a single-page application, which has to use PKCE.',
    'Sign in with PKCE, as this tool does, or register the redirect URI for the platform Web.',
  ],
  AADSTS9002326: [
    'The application is registered as a single-page application, and its tokens are given to browsers alone.',
    'Register the redirect URI for the platform Web or Mobile and desktop in place of Single-page application.',
  ],
};

/** The likely cause that a provider's own code in its words stands for, where it is known here. Facts: description, words. */
export function ownCodeCause({ description, words }: Given<'description' | 'words'>): string | undefined {
  const code = findOwnCode(`${description ?? ''} ${words ?? ''}`);
  const known = code === undefined ? undefined : lookup(ENTRA, code);
  return known === undefined ? undefined : `${code}: ${known[0]}`;
}

/** A provider's own code by itself, as it is looked up; undefined for a text that is none. */
export function explainOwnCode(
  code: string,
): (Explanation & { readonly code: string; readonly standard: string }) | undefined {
  const whole = code.toUpperCase();
  if (findOwnCode(whole) !== whole) return undefined;
  const microsoft = whole.startsWith('AADSTS');
  const known = lookup(ENTRA, whole);
  return {
    code: whole,
    standard: "no standard; the provider's own",
    message: `${whole} is ${microsoft ? "one of Microsoft Entra ID's own codes" : "a provider's own code"}: it stands in the description beside the standard's error, and is passed on whole.`,
    causes: known === undefined ? [] : [known[0]],
    fix: microsoft
      ? `${known === undefined ? '' : `${known[1]} `}Its page is https://login.microsoftonline.com/error?code=${whole.slice('AADSTS'.length)}.`
      : "Look it up in the provider's documentation, or in its log of that moment.",
  };
}
