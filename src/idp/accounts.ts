import { createHash, timingSafeEqual } from 'node:crypto';

/** A person who can sign in at the built-in identity provider. */
export interface TestUser {
  readonly username: string;
  readonly password: string;
  /** Claims as OIDC Core 5.1 names them. `sub` may be left out: it is then made from the user name, the same on every start. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether the sign-in page shows this user with the password and a one-click button. */
  readonly listed?: boolean;
}

/** The users every start has: fixed, published and listed on the sign-in page. */
export const DEFAULT_USERS: readonly TestUser[] = [
  {
    username: 'alice',
    password: 'alice-password',
    listed: true,
    claims: {
      name: 'Alice Example',
      given_name: 'Alice',
      family_name: 'Example',
      nickname: 'Al',
      preferred_username: 'alice',
      picture: 'https://example.com/people/alice.png',
      website: 'https://example.com/people/alice',
      zoneinfo: 'Europe/Paris',
      locale: 'en-GB',
      updated_at: 1_735_689_600,
      email: 'alice@example.com',
      email_verified: true,
      phone_number: '+1 555 0100',
      phone_number_verified: true,
      address: { formatted: '1 Example Street\nParis', locality: 'Paris', country: 'FR' },
    },
  },
  {
    username: 'bob',
    password: 'bob-password',
    listed: true,
    claims: {
      name: 'Bob Example',
      given_name: 'Bob',
      family_name: 'Example',
      preferred_username: 'bob',
      zoneinfo: 'Asia/Tokyo',
      locale: 'ja-JP',
      updated_at: 1_735_689_600,
      email: 'bob@example.com',
      // So that an application can be seen with an address and a number that nobody has confirmed.
      email_verified: false,
      phone_number: '+1 555 0101',
      phone_number_verified: false,
    },
  },
];

/** The scopes of OIDC Core 5.4 with the claims each releases, and the claims about the sign-in itself. */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub'],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
} as const;

/** The users of one provider, found by what a person types or by subject. */
export class Accounts {
  readonly users: readonly TestUser[];

  /** Users named like an earlier one replace it; each gets a `sub` that stays the same over restarts. */
  constructor(users: readonly TestUser[]) {
    const byName = new Map<string, TestUser>();
    for (const user of users) {
      const sub = typeof user.claims.sub === 'string' ? user.claims.sub : subjectFor(user.username);
      byName.set(user.username, { ...user, claims: { preferred_username: user.username, ...user.claims, sub } });
    }
    this.users = [...byName.values()];
  }

  /** The user with this subject, or undefined. */
  bySubject(sub: string | undefined): TestUser | undefined {
    return this.users.find((user) => user.claims.sub === sub);
  }

  /** The user whose user name or e-mail address this is (in any case) and whose password matches, or undefined. */
  authenticate(login: string, password: string): TestUser | undefined {
    const typed = login.trim().toLowerCase();
    const user = this.users.find(
      ({ username, claims }) =>
        username.toLowerCase() === typed || (typeof claims.email === 'string' && claims.email.toLowerCase() === typed),
    );
    return user && timingSafeEqual(digest(user.password), digest(password)) ? user : undefined;
  }
}

/** What to call a user on a page: the name claim, else the user name. */
export function displayName(user: TestUser): string {
  return typeof user.claims.name === 'string' ? user.claims.name : user.username;
}

function subjectFor(username: string): string {
  return `user-${digest(username).toString('hex').slice(0, 16)}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
