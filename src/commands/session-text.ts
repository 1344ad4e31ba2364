import { relativeTime } from '../oidc/relative-time.js';
import { truncate } from '../safe-text.js';
import type { Session } from '../sessions/session-store.js';
import { printable } from '../terminal.js';

/** Characters of a name, and of a claim: what is longer is whole in `--json`. */
const MAX_NAME_LENGTH = 200;
const MAX_CLAIM_LENGTH = 10_000;

/** Seconds since the epoch as RFC 3339 in UTC, or null: the form of every time in `--json`. */
export function timestamp(seconds: number | undefined): string | null {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  // Providers may send any number; a date ends in the year 275760.
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace('.000Z', 'Z');
}

/** When the access token expires, in words and exactly. */
export function expiryText(expiresAt: number | undefined, now: number): string {
  if (expiresAt === undefined) return 'the provider did not say';
  const date = timestamp(expiresAt);
  if (date === null) return 'expires at no time a calendar has';
  const verb = expiresAt > now ? 'expires' : 'expired';
  return `${verb} ${relativeTime(expiresAt, now)} (${date})`;
}

/** A profile claim from the ID token, else from userinfo. */
function claim(session: Session, name: string): string | undefined {
  for (const claims of [session.claims, session.userinfo]) {
    const value = claims?.[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** Name and e-mail address of the person, as far as the provider told them. */
export function personName(session: Session): { name: string | undefined; email: string | undefined } {
  return { name: claim(session, 'name') ?? claim(session, 'preferred_username'), email: claim(session, 'email') };
}

/** "Alice Example <alice@example.com>", or the subject where nothing else is known. */
export function personText(session: Session): string {
  const { name, email } = personName(session);
  const short = (text: string) => printable(truncate(text, MAX_NAME_LENGTH));
  if (name && email) return `${short(name)} <${short(email)}>`;
  return short(name ?? email ?? session.subject);
}

/** Claims as aligned `name  value` rows; anything but text as JSON. */
export function claimRows(claims: Readonly<Record<string, unknown>>): string[][] {
  return Object.entries(claims).map(([name, value]) => [
    printable(truncate(name, MAX_NAME_LENGTH)),
    printable(truncate(typeof value === 'string' ? value : JSON.stringify(value), MAX_CLAIM_LENGTH)),
  ]);
}
