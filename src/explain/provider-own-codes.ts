import type { Facts } from '../errors.js';
import type { Explanation } from './explanation.js';

/** Codes that a provider puts into its descriptions, beside the standard's: AADSTS50011, AADB2C90118, ORA-01017, … */
const OWN_CODE = /\b(?:AADSTS\d{4,}|AADB2C\d{4,}|(?!RFC|ISO|UTF|HTTP)[A-Z][A-Z0-9]{2,}[-_]?\d{4,})\b/;

/** The provider's own code within its words, whole, or undefined where there is none. */
function ownCodeIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : OWN_CODE.exec(text)?.[0];
}

/** The likely cause behind codes of Microsoft Entra ID that a sign-in meets, each as a sentence. */
const ENTRA: Readonly<Record<string, string>> = {
  AADSTS50011: 'The redirect URI is not registered for the application, to the letter.',
  AADSTS50020: 'The account is of another tenant, and no guest in this one.',
  AADSTS50034: 'There is no such account in this tenant.',
  AADSTS50053: 'The account is locked after too many wrong passwords, or the address is blocked.',
  AADSTS50055: 'The password has expired.',
  AADSTS50057: 'The account is disabled.',
  AADSTS50058: 'prompt=none was sent, and nobody is signed in in this browser.',
  AADSTS50076: 'A second factor is due by a policy of the tenant.',
  AADSTS50079: 'The account has to register a second factor first.',
  AADSTS50105: 'The person is not assigned to the application, which takes assigned people only.',
  AADSTS50126: 'The user name or the password is wrong.',
  AADSTS53003: 'A Conditional Access policy of the tenant does not let this sign-in through.',
  AADSTS54005: 'The authorization code was used before.',
  AADSTS65001: 'Nobody has agreed to the permissions of the application: a person or an administrator must.',
  AADSTS65004: 'The person declined the permissions of the application.',
  AADSTS70008: 'The authorization code or the refresh token has expired.',
  AADSTS70011: 'A scope is not valid, or scopes of two APIs were mixed.',
  AADSTS90002: 'There is no such tenant: the tenant in the issuer has a typo.',
  AADSTS90094: 'An administrator has to agree to the permissions of the application.',
  AADSTS501481: 'The PKCE verifier does not match the challenge of the authorization request.',
  AADSTS700016: 'There is no application with this client id in this tenant.',
  AADSTS7000215: 'The client secret is wrong: often its id was copied in place of its value.',
  AADSTS7000218: 'The application is confidential, and no secret or assertion was sent.',
  AADSTS7000222: 'The client secret has expired: a new one has to be made.',
  AADSTS9002325: 'The application is registered as a single-page application, which has to use PKCE.',
  AADSTS9002326:
    'The application is registered as a single-page application, and its tokens are given to browsers alone.',
};

/** The likely cause that a provider's own code in its words stands for, where it is known here. Facts: description, words. */
export function causeOfOwnCode({ description, words }: Facts): string | undefined {
  const code = ownCodeIn(`${description ?? ''} ${words ?? ''}`);
  return code !== undefined && Object.hasOwn(ENTRA, code) ? `${code}: ${ENTRA[code]}` : undefined;
}

/** A provider's own code by itself, as it is looked up; undefined for a text that is none. */
export function explainOwnCode(
  code: string,
): (Explanation & { readonly code: string; readonly standard: string }) | undefined {
  const whole = code.toUpperCase();
  if (ownCodeIn(whole) !== whole) return undefined;
  const microsoft = whole.startsWith('AADSTS');
  const known = ENTRA[whole];
  return {
    code: whole,
    standard: "no standard; the provider's own",
    message: `${whole} is ${microsoft ? "one of Microsoft Entra ID's own codes" : "a provider's own code"}: it stands in the description beside the standard's error, and is passed on whole.`,
    causes: known === undefined ? [] : [known],
    fix: microsoft
      ? `Its page is https://login.microsoftonline.com/error?code=${whole.slice('AADSTS'.length)}.`
      : "Look it up in the provider's documentation, or in its log of that moment.",
  };
}
