import type { ConnectorConfig } from './connector/schema.js';
import type { AcceptedIdToken } from './id-token.js';

/** The fields of a user that a connector can fill in Logto. */
export type ProfileField = 'id' | 'name' | 'avatar' | 'email' | 'phone';

/** The user's profile as Logto reads it. */
export interface LogtoProfile {
  readonly id: string;
  readonly name?: string;
  readonly avatar?: string;
  readonly email?: string;
  readonly phone?: string;
}

/** One field with its claim, or the reason that it stays empty. */
export interface ProfileLine {
  readonly field: ProfileField;
  readonly value?: string;
  /** The claim, if it has a value. */
  readonly claim?: string;
  /** The reason that there is no value. */
  readonly reason?: string;
}

/**
 * Maps the claims as Logto does: an empty text counts as absent, an address counts
 * if `email_verified`, or in its absence `trustUnverifiedEmail`, is true, and a
 * phone number only from `phone` with `phone_verified`.
 */
export function userProfile({ claims }: AcceptedIdToken, config: ConnectorConfig): LogtoProfile {
  const { sub, name, picture, email, phone, email_verified, phone_verified } = claims;
  const trusted = email_verified ?? config.trustUnverifiedEmail;
  return {
    id: sub,
    ...(name ? { name } : {}),
    ...(picture ? { avatar: picture } : {}),
    ...(trusted && email ? { email } : {}),
    ...(phone_verified && phone ? { phone } : {}),
  };
}

/** The profile line by line, in Logto's order, each with its claim or the reason that it stays empty. */
export function explainProfile(token: AcceptedIdToken, config: ConnectorConfig): ProfileLine[] {
  const profile = userProfile(token, config);
  const line = (field: ProfileField, claim: string, reason: () => string): ProfileLine => {
    const value = profile[field];
    return value === undefined ? { field, reason: reason() } : { field, value, claim };
  };
  const { claims, payload } = token;
  return [
    { field: 'id', value: profile.id, claim: 'sub' },
    line('name', 'name', () => missingClaimReason('name', payload)),
    line('avatar', 'picture', () => missingClaimReason('picture', payload)),
    line('email', 'email', () => whyNoEmail(claims, payload, config)),
    line('phone', 'phone', () => whyNoPhone(claims, payload)),
  ];
}

function missingClaimReason(claim: string, payload: Readonly<Record<string, unknown>>): string {
  if (payload[claim] === '') return `the claim ${claim} is empty`;
  if (payload[claim] === null) return `the claim ${claim} is null`;
  return `the ID token has no claim ${claim}, and Logto never asks the userinfo endpoint`;
}

function whyNoEmail(
  claims: AcceptedIdToken['claims'],
  payload: Readonly<Record<string, unknown>>,
  config: ConnectorConfig,
): string {
  if (!claims.email) return missingClaimReason('email', payload);
  if (claims.email_verified === false) {
    const help = config.trustUnverifiedEmail ? ', and trustUnverifiedEmail does not help against that' : '';
    return typeof payload.email_verified === 'string'
      ? `email_verified is the text "${payload.email_verified}", which Logto takes for false${help}`
      : `email_verified is false${help}`;
  }
  return 'the ID token does not say email_verified; trustUnverifiedEmail would take the address all the same';
}

function whyNoPhone(claims: AcceptedIdToken['claims'], payload: Readonly<Record<string, unknown>>): string {
  if (claims.phone)
    return claims.phone_verified === false ? 'phone_verified is false' : 'the ID token does not say phone_verified';
  if (payload.phone_number !== undefined) {
    return 'the ID token has phone_number, as the standard says, but Logto reads only phone and phone_verified';
  }
  return missingClaimReason('phone', payload);
}

/** The fields that Logto writes into its own user, the first time and later. */
export const PROFILE_SYNC = {
  /** Email and phone only if no other user has them. */
  first: ['name', 'avatar', 'email', 'phone'],
  /** With "sync at each sign-in" on; otherwise nothing. */
  later: ['name', 'avatar'],
} as const satisfies Record<string, readonly ProfileField[]>;

/**
 * The keys by which Logto finds an existing user: it knows this very identity by
 * the connector's target and `id`. For a new identity, the first of these that
 * another user has brings an offer to link the two.
 */
export const LINKED_BY = ['phone', 'email'] as const satisfies readonly ProfileField[];
