import type { Context } from '../context.js';
import { OidcCliError, toCodedError } from '../errors.js';
import { readClientSecret, readSecretFromStdin } from '../profiles/client-secret.js';
import {
  type Profile,
  type ProfileFlags,
  type ResolvedProfile,
  resolveProfile,
  type SecretReference,
} from '../profiles/profile.js';
import type { SecretSource } from '../sessions/session-store.js';
import type { OpenedSession, Sessions } from '../sessions/sessions.js';
import type { SignInRequest } from '../sign-in/client.js';
import { createSignInRequest } from '../sign-in/sign-in-request.js';
import type { Terminal } from '../terminal.js';
import { flagsToRepeat, savedSecretSource } from './repeated-sign-in.js';
import { secretConsent } from './secret-consent.js';
import { openEntry } from './session-access.js';

/** A sign-in as the flow takes it: the profile, with its secret resolved. */
export type ResolvedSignIn = SignInRequest & { readonly timeout: number };

/**
 * Resolves what a profile only refers to, before the flow begins. Throws
 * `client_secret_unavailable`, `interrupted` and `store_*`.
 */
export async function signInRequest(
  profile: Profile,
  options: { readonly name: string; readonly userinfo: boolean; readonly oneTimeToken?: string },
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<ResolvedSignIn> {
  const { clientSecret: reference } = profile;
  const clientSecret = reference && (await readSignInSecret(reference, profile, sessions, context, terminal));
  const clientSecretSource =
    reference && clientSecret !== undefined ? secretSource(reference, clientSecret) : undefined;
  const request = createSignInRequest(profile, { ...options, clientSecret, clientSecretSource });
  return { ...request, timeout: profile.timeout };
}

/** The secret that a profile refers to. Throws `client_secret_unavailable`, `interrupted` and `store_*`. */
export async function readSignInSecret(
  reference: SecretReference,
  profile: Pick<Profile, 'name' | 'issuer'>,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<string> {
  return readClientSecret(reference, {
    env: context.env,
    folders: context.folders,
    consent: secretConsent(context, terminal),
    stored: () => sessions.readClientSecret(profile.name, profile.issuer),
    stdin: () => {
      if (context.stdin.isTTY) terminal.say('Client secret (what you type is not shown):');
      return readSecretFromStdin(context.stdin, context);
    },
  });
}

/** Where the secret will be had again for a refresh; one that was typed or piped is kept with the session. */
export function secretSource(reference: SecretReference, value: string): SecretSource {
  if (reference.kind === 'env') return { kind: 'env', name: reference.name };
  if (reference.kind === 'file') return { kind: 'file', path: reference.path };
  return { kind: 'stored', value };
}

/** The profile, from flags, environment and files; else as it last signed in, where no file knows its name. */
export async function resolveForSignIn(
  options: { readonly profile?: string; readonly flags: ProfileFlags },
  sessions: Sessions,
  context: Context,
): Promise<ResolvedProfile> {
  const { profile: name, flags } = options;
  const lastSignedIn = name === undefined ? (await sessions.list())[0]?.profile : undefined;
  try {
    return await resolveProfile({ name, flags, lastSignedIn }, context);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'profile_unknown') throw error;
    const entry = await sessions.find({ profile: name ?? lastSignedIn });
    const actual = entry && (await openEntry(entry, sessions, context));
    if (!actual) throw error;
    return signInAgain(actual, flags, context);
  }
}

/** As the session last signed in; see `flagsToRepeat`. */
async function signInAgain(
  { session, entry }: OpenedSession,
  flags: ProfileFlags,
  context: Context,
): Promise<ResolvedProfile> {
  const repeated = flagsToRepeat(session, entry, flags);
  const resolved = await resolveProfile({ name: session.profile, flags: repeated }, context);
  const { profile } = resolved;
  const saved = savedSecretSource(session, profile);
  return saved === undefined ? resolved : { ...resolved, profile: { ...profile, clientSecret: saved } };
}

/** What a failed sign-in's JSON document says beside the error; after Ctrl-C too, however that came up here. */
export function withFailureContext(
  thrown: unknown,
  request: Pick<ResolvedSignIn, 'profile' | 'issuer' | 'clientId'>,
  { signal }: Pick<Context, 'signal'>,
): OidcCliError {
  const error = toCodedError(thrown, signal.aborted);
  const { profile, issuer, clientId } = request;
  return error.with({
    facts: { profile, ...error.facts },
    details: { profile, issuer, clientId, ...error.details },
  });
}
