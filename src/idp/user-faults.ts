import type { Fault } from './fault.js';

/** What drives a terminal, runs in a page or turns a line around, where it is not shown as text. */
export const HOSTILE_TEXT =
  '<script>alert(1)</script><img src=x onerror=alert(2)> \u001b[2J\u001b]0;owned\u0007 \u202etxt.exe';

/** Faults in what is said of the user, in ID token and userinfo alike. */
export const USER_FAULTS = {
  'claims-in-userinfo-only': {
    does: 'The ID token names the user by sub alone; the claims of profile, email and phone are at the userinfo endpoint.',
    clause: 'allowed by OIDC Core §5.4',
    client: 'signs in',
    configure: (configuration) => {
      configuration.conformIdTokenClaims = true;
    },
  },
  'string-booleans': {
    does: 'email_verified and phone_number_verified are the strings "true" and "false".',
    clause: 'against OIDC Core §5.1',
    claims: (claims) => {
      for (const [name, value] of Object.entries(claims)) {
        if (name.endsWith('_verified') && typeof value === 'boolean') claims[name] = String(value);
      }
    },
  },
  'phone-claim': {
    does: 'Scope phone brings the claims phone and phone_verified, not phone_number and phone_number_verified.',
    clause: 'against OIDC Core §5.1; the names that Logto’s connector reads',
    configure: (configuration) => {
      configuration.claims = { ...configuration.claims, phone: ['phone', 'phone_verified'] };
    },
    claims: (claims) => {
      rename(claims, 'phone_number', 'phone');
      rename(claims, 'phone_number_verified', 'phone_verified');
    },
  },
  'unverified-email': {
    does: 'email_verified is false for every user.',
    clause: 'allowed by OIDC Core §5.1',
    client: 'signs in',
    claims: (claims) => {
      claims.email_verified = false;
    },
  },
  'no-email-verified': {
    does: 'The email comes without email_verified.',
    clause: 'allowed by OIDC Core §5.1',
    client: 'signs in',
    claims: (claims) => {
      delete claims.email_verified;
    },
  },
  'no-email': {
    does: 'Scope email brings no claim at all.',
    clause: 'allowed by OIDC Core §5.3.2',
    client: 'signs in',
    claims: (claims) => {
      delete claims.email;
      delete claims.email_verified;
    },
  },
  'number-name': {
    does: 'The claim name is the number 5.',
    clause: 'against OIDC Core §5.1',
    claims: (claims) => {
      claims.name = 5;
    },
  },
  'hostile-name': {
    does: 'The claim name holds markup with a script, terminal escapes and a right-to-left mark.',
    clause: 'allowed by OIDC Core §5.1: it is a text, and to be shown as one',
    client: 'signs in',
    claims: (claims) => {
      claims.name = HOSTILE_TEXT;
    },
  },
} satisfies Readonly<Record<string, Fault>>;

function rename(claims: Record<string, unknown>, from: string, to: string): void {
  if (from in claims) claims[to] = claims[from];
  delete claims[from];
}
