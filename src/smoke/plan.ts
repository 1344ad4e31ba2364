// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file's own notation
import * as z from 'zod';
import { CREDENTIAL_HOST } from '../browser/credential-policy.js';
import { ERROR_EXIT_CODES, type ErrorCode } from '../errors.js';
import {
  choice,
  profileNameSchema,
  profileSchema,
  redirectUri,
  text,
  wholeNumber,
  yesOrNo,
} from '../profiles/schema.js';

// The one definition of a plan: files are checked with it, and the JSON Schema for editors is written from it.
// The `error` of each check is the phrase that completes "what is allowed: …".

/** The driver that gets a check's tokens. `auto` is `http`, and `browser` if the page needs a script. */
const DRIVERS = ['auto', 'http', 'browser', 'command', 'refresh', 'client_credentials'] as const;

const SECRET = 'a variable as ${NAME}, a mapping with file: PATH, or with stdin: true; never the secret itself';
const VARIABLE_PATTERN = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;

const secret = z.union(
  [
    text(SECRET, VARIABLE_PATTERN),
    z.strictObject({ file: text('a path') }),
    z.strictObject({ stdin: z.literal(true, { error: 'true' }) }),
  ],
  { error: SECRET },
);

/** A reference to a secret in a plan, never the secret itself. */
export type PlannedSecret = z.infer<typeof secret>;

const STEPS = 'a list of steps, each with fill and value, with click, or with wait';

const step = z.union(
  [
    z.strictObject({
      fill: text('a CSS selector, or the words on a label'),
      value: z.union([text(), secret], { error: 'text, or the place of a secret' }),
    }),
    z.strictObject({ click: text('a CSS selector, or the words of a button') }),
    z.strictObject({
      wait: z.union([text(), z.number().min(0).max(600)], { error: 'what is to appear, or a number of seconds' }),
    }),
  ],
  { error: 'fill and value, click, or wait' },
);

/** One explicit step on the provider's pages. `wait` is in seconds. */
export type PlannedStep = z.infer<typeof step>;

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const VALUE = 'text, a number, true, false or null';
const CLAIM =
  'the value that the claim must have, or a mapping with one or more of equals, oneOf, pattern, present, absent and type';

function isPattern(value: string): boolean {
  try {
    new RegExp(value, 'u');
    return true;
  } catch {
    return false;
  }
}

const claim = z.union(
  [
    scalar,
    z.array(z.unknown()),
    z.strictObject({
      equals: z.unknown().optional(),
      oneOf: z
        .array(scalar, { error: `a list of values: ${VALUE}` })
        .min(1, { error: 'at least one' })
        .optional(),
      pattern: text('a regular expression').refine(isPattern, { error: 'a regular expression' }).optional(),
      present: z.literal(true, { error: 'true' }).optional(),
      absent: z.literal(true, { error: 'true' }).optional(),
      type: choice(['string', 'number', 'boolean', 'array', 'object', 'null']).optional(),
    }),
  ],
  { error: CLAIM },
);

/** The expectation for one claim. */
export type ClaimExpectation = z.infer<typeof claim>;

function claims(what: string) {
  return z.record(text('the name of a claim'), claim, { error: `a mapping of ${what} to what each must be` });
}

function oneOrMore(what: string) {
  return z.union([text(what), z.array(text(what)).min(1, { error: what })], { error: `${what}, or a list of them` });
}

function seconds(what: string) {
  const error = 'a number of seconds, 0.001 to 600';
  return z.number({ error }).min(0.001, { error }).max(600, { error }).meta({ description: what }).optional();
}

const codes = z.enum(Object.keys(ERROR_EXIT_CODES) as [ErrorCode, ...ErrorCode[]], {
  error: 'a code of docs/errors.md, such as access_denied',
});

const life = {
  atLeast: wholeNumber(1, 2_147_483_647, 'seconds').meta({ description: 'Seconds, at least.' }).optional(),
  atMost: wholeNumber(1, 2_147_483_647, 'seconds').meta({ description: 'Seconds, at most.' }).optional(),
};

const LIFETIME = 'a mapping with atLeast, atMost or both, in seconds';

/** The expectations of a check; every key is optional. */
export const expectSchema = z.strictObject(
  {
    claims: claims('claims of the ID token')
      .meta({ description: 'Claims of the ID token, each with the value or the kind of value that it must have.' })
      .optional(),
    idToken: z
      .strictObject(
        {
          alg: oneOrMore('the name of an algorithm').meta({ description: 'How it is signed.' }).optional(),
          lifetime: z.strictObject(life, { error: LIFETIME }).meta({ description: 'From iat to exp.' }).optional(),
        },
        { error: 'a mapping with alg, lifetime or both' },
      )
      .meta({ description: "The ID token's algorithm and lifetime." })
      .optional(),
    scopes: z
      .array(text('a scope', /^\S+$/), { error: 'a list of scopes' })
      .meta({ description: 'Scopes that must have been granted.' })
      .optional(),
    accessToken: z
      .strictObject(
        {
          format: choice(['opaque', 'jwt'])
            .meta({ description: 'Whether it is a JWT or means nothing by itself.' })
            .optional(),
          audience: oneOrMore('an audience')
            .meta({ description: 'What its aud must hold; it is then a JWT.' })
            .optional(),
          lifetime: z.strictObject(life, { error: LIFETIME }).meta({ description: 'By expires_in.' }).optional(),
        },
        { error: 'a mapping with format, audience or lifetime' },
      )
      .meta({ description: 'The shape of the access token.' })
      .optional(),
    userinfo: z
      .union([yesOrNo(), z.strictObject({ claims: claims('claims of userinfo') })], {
        error: 'true, false, or a mapping with claims',
      })
      .meta({ description: 'Userinfo answers for the same sub; its claims too, where they are given.' })
      .optional(),
    introspection: yesOrNo()
      .meta({ description: 'The introspection endpoint calls the access token active.' })
      .optional(),
    refresh: z
      .strictObject(
        {
          works: yesOrNo().meta({ description: 'The refresh token gets a new access token.' }).optional(),
          rotates: yesOrNo()
            .meta({ description: 'A new refresh token comes with it, or (false) none does.' })
            .optional(),
          oldRefused: z
            .literal(true, { error: 'true' })
            .meta({ description: 'The refresh token that was spent is refused afterwards.' })
            .optional(),
        },
        { error: 'a mapping with works, rotates or oldRefused' },
      )
      .meta({ description: 'What the refresh token does.' })
      .optional(),
    revocation: yesOrNo().meta({ description: 'Once revoked, the token is of no use any more.' }).optional(),
    logout: yesOrNo()
      .meta({
        description: 'The sign-out at the provider comes back, and prompt=none is refused afterwards.',
      })
      .optional(),
    within: z
      .strictObject(
        {
          total: seconds('Seconds for the whole sign-in.'),
          discovery: seconds('Seconds for discovery, where it was asked for this check.'),
          authorizationRequest: seconds('Seconds to make (or push) the authorization request.'),
          signInPages: seconds("Seconds on the provider's pages."),
          tokenRequest: seconds('Seconds for the token request.'),
          userinfo: seconds('Seconds for userinfo.'),
        },
        { error: 'a mapping of phases to seconds' },
      )
      .meta({ description: 'How long the sign-in and its parts may take.' })
      .optional(),
    discovery: text('a path')
      .meta({ description: 'A file of smoke baseline: discovery says what it said then. Relative to this file.' })
      .optional(),
    certificateDays: wholeNumber(1, 3650, 'days')
      .meta({ description: 'The TLS certificate and those in the key set (x5c) are good for so many days.' })
      .optional(),
    profile: z
      .strictObject(
        {
          id: claim.optional(),
          name: claim.optional(),
          avatar: claim.optional(),
          email: claim.optional(),
          phone: claim.optional(),
        },
        { error: 'a mapping with id, name, avatar, email or phone' },
      )
      .meta({ description: 'With a connector: the profile that Logto would make.' })
      .optional(),
    failure: z
      .union([codes, z.array(codes).min(1)], { error: 'a code of docs/errors.md, or a list of them' })
      .meta({ description: 'The sign-in must fail, with this code or one of these.' })
      .optional(),
  },
  { error: 'a mapping of expectations' },
);

/** The expectations of a check. */
export type Expectations = z.infer<typeof expectSchema>;

const NAME = 'a name of 200 characters at most, without control characters';
const HOST = 'a host such as login.example.com, or HOST:PORT, without https:// and without a path';
const TAG = 'a word of letters, digits and -._/';
const TAG_PATTERN = /^[\w./-]+$/;

// Keys that both defaults and checks have.
const drivers = {
  profile: z
    .union([profileNameSchema, profileSchema], { error: 'the name of a profile, or a mapping with its keys' })
    .meta({ description: 'The profile to sign in with: its name, or all of it.' })
    .optional(),
  with: choice(DRIVERS)
    .meta({
      description: 'How to get the tokens. Default: auto, which is http, and browser where the page needs a script.',
    })
    .optional(),
  command: text('a command')
    .meta({ description: 'With: command. The program that signs in; the URL is its last argument.' })
    .optional(),
  user: text().meta({ description: 'The user name to sign in with, or ${NAME}.' }).optional(),
  password: secret.meta({ description: 'The password: ${NAME}, file: PATH or stdin: true.' }).optional(),
  totp: secret
    .meta({ description: 'The secret of one-time codes (RFC 6238): ${NAME}, file: PATH or stdin: true.' })
    .optional(),
  refreshToken: secret
    .meta({ description: 'With: refresh. The refresh token; without it the one of the kept session is used.' })
    .optional(),
  steps: z
    .array(step, { error: STEPS })
    .meta({ description: "Explicit steps on the provider's pages, before and over what is recognised." })
    .optional(),
  allowCredentialsTo: z
    .array(text(HOST, CREDENTIAL_HOST), { error: `a list of hosts: ${HOST}` })
    .meta({
      description:
        'Other hosts that a page of the sign-in may send user name, password and codes to. Only in a trusted file.',
    })
    .optional(),
  redirectUri: redirectUri()
    .meta({
      description: 'The redirect URI as registered, also one in production or of an app: the answer never reaches it.',
    })
    .optional(),
  timeout: wholeNumber(1, 3600, 'seconds').meta({ description: 'Seconds for one try. Default: 60.' }).optional(),
  retries: wholeNumber(0, 10, 'tries').meta({ description: 'Further tries after a failure. Default: 0.' }).optional(),
  tags: z
    .array(text(TAG, TAG_PATTERN), { error: 'a list of tags' })
    .meta({ description: 'Words to choose checks by, with --filter.' })
    .optional(),
  expect: expectSchema.meta({ description: 'What must be true of the sign-in.' }).optional(),
};

const checkSchema = z.strictObject(
  {
    name: text(NAME)
      .max(200, { error: NAME })
      .meta({ description: 'What the check is called in every report; each name once.' }),
    connector: text('a path')
      .meta({ description: 'A Logto connector (JSON), in place of a profile: the sign-in is made as Logto makes it.' })
      .optional(),
    ...drivers,
  },
  { error: 'a mapping with at least name, and profile or connector' },
);

/** The whole file. */
export const planSchema = z
  .strictObject(
    {
      defaults: z
        .strictObject(drivers, { error: 'a mapping of what holds for every check' })
        .meta({
          description: 'What holds for every check that does not say otherwise; expectations are merged by key.',
        })
        .optional(),
      checks: z
        .array(checkSchema, { error: 'a list of checks' })
        .min(1, { error: 'at least one check' })
        .meta({ description: 'The checks, in their order.' }),
    },
    { error: 'a mapping with the keys defaults and checks' },
  )
  .meta({
    title: 'oidc-cli smoke checks',
    description: 'An oidc-smoke.yaml: sign-ins to make, and what to expect of them.',
  });

/** One check as the file has it. */
export type CheckContent = z.infer<typeof checkSchema>;

/** A plan as in its file. */
export type PlanContent = z.infer<typeof planSchema>;
