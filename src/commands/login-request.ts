import type { Context } from '../context.js';
import { readClientSecret, readSecretFromStdin } from '../profiles/client-secret.js';
import type { Profile, SecretReference } from '../profiles/profile.js';
import type { SecretSource } from '../sessions/session-store.js';
import type { Sessions } from '../sessions/sessions.js';
import type { SignInRequest } from '../sign-in/client.js';
import { createSignInRequest } from '../sign-in/sign-in-request.js';
import type { Terminal } from '../terminal.js';
import { secretConsent } from './secret-consent.js';

/** A sign-in as the flow takes it: the profile, with its secret resolved. */
export type ResolvedSignIn = SignInRequest & { readonly timeout: number };

/**
 * Resolves what a profile only refers to, before the flow begins. Throws
 * `client_secret_unavailable`, `interrupted` and `store_*`.
 */
export async function signInRequest(
  profile: Profile,
  options: { readonly name: string; readonly userinfo: boolean; readonly oneTimeToken?: string | undefined },
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
