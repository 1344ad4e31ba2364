import type { Context } from '../../context.js';
import { OidcCliError } from '../../errors.js';
import type { ProfileFlags, ResolvedProfile } from '../../profiles/profile.js';
import { loadProfileFiles } from '../../profiles/profile-file.js';
import { refuseStoreKeyValue } from '../../profiles/store-key-guard.js';
import type { SessionStore } from '../../sessions/session-store.js';
import type { Sessions } from '../../sessions/sessions.js';
import { printable, type Terminal } from '../../terminal.js';
import type { AutomationFlags } from '../automation.js';
import { openSessions } from '../open-sessions.js';
import { type ResolvedSignIn, resolveForSignIn, signInRequest } from '../resolve-sign-in.js';
import { chosenByText, withSignIn } from '../session-access.js';
import { checkSignInPage, readSignInFlags, type SignInPageFlags } from './sign-in-page.js';

/** What `login` was asked. */
export interface LoginOptions {
  readonly profile?: string;
  readonly flags: ProfileFlags;
  /** What Logto's sign-in page is asked to show. */
  readonly signInPage?: SignInPageFlags;
  /** A sign-in without a person (`--with`). */
  readonly automation?: AutomationFlags;
  /** False with `--no-browser`. */
  readonly openBrowser: boolean;
  /** False with `--no-userinfo`. */
  readonly userinfo: boolean;
  /** Prints the ID token's claims too. */
  readonly showClaims: boolean;
  readonly save?: string;
  readonly start?: boolean;
  /** The callback URL, or `-` for stdin. */
  readonly callbackUrl?: string;
  readonly demo?: boolean;
  /** A Logto connector's JSON, or `-` for stdin: the sign-in is made as Logto would make it. */
  readonly connector?: string;
  readonly json?: boolean;
}

/** A login whose profile, store and secret have been decided: nothing has been asked of the provider yet. */
export interface PreparedLogin {
  readonly resolved: ResolvedProfile;
  readonly request: ResolvedSignIn;
  readonly sessions: Sessions;
  readonly store: SessionStore;
  readonly warnings: readonly string[];
}

/** Decides on profile, store and secret, and says on stderr what was decided. */
export async function prepareLogin(
  options: LoginOptions,
  context: Context,
  terminal: Terminal,
): Promise<PreparedLogin> {
  const signInPage = readSignInFlags(options.signInPage ?? {}, options.flags, context);
  await refuseStoreKeyValue(signInPage.oneTimeToken ?? '', context);
  const sessions = openSessions(context, terminal);
  const resolved = await resolveForSignIn({ ...options, flags: signInPage.flags }, sessions, context);
  const { profile } = resolved;
  const pageWarnings = [...signInPage.warnings, ...checkSignInPage(resolved, signInPage, options)];
  const name = options.save ?? profile.name;
  if (options.save !== undefined && options.save !== profile.name) await refuseToReplace(options.save, context);
  terminal.say(`Signing in at ${printable(profile.issuer)} as client ${printable(profile.clientId)}`);
  const how = name === profile.name ? chosenByText(resolved.chosenBy) : 'to be saved';
  terminal.say(terminal.talk.dim(`profile ${printable(name)} (${how})`));
  // Before anybody is sent to a browser: can the session be kept?
  const { store, warning } = await sessions
    .choose(profile.store, { profile: name, issuer: profile.issuer })
    .catch(async (error) => {
      throw await withSignIn(error, { ...profile, profile: name }, context);
    });
  const warnings = [...resolved.warnings, ...pageWarnings, ...(warning === undefined ? [] : [warning])];
  for (const note of signInPage.notes) terminal.say(printable(note));
  for (const text of warnings) terminal.say(terminal.talk.warn(`Warning: ${printable(text)}`));
  const { oneTimeToken } = signInPage;
  const saved = { name, userinfo: options.userinfo, oneTimeToken };
  const request = await signInRequest(profile, saved, sessions, context, terminal);
  return { resolved, request, sessions, store, warnings };
}

/** `--save` may update the profile that signs in, and must not swallow another one. Throws `profile_exists`. */
async function refuseToReplace(name: string, context: Context): Promise<void> {
  const { user } = await loadProfileFiles(context);
  if (user?.profiles.has(name)) throw new OidcCliError('profile_exists', { name, file: user.path, flag: '--save' });
}
