import type { Context } from '../../context.js';
import { OidcCliError } from '../../errors.js';
import { checkSignInParameters, type SignInFlags, signInParameters } from '../../logto/sign-in-parameters.js';
import { isLoopback } from '../../loopback.js';
import type { ProfileFlags, ResolvedProfile } from '../../profiles/profile.js';

/** The flags of `login` that are for Logto's sign-in page, and the one-time token of a magic link. */
export interface SignInPageFlags extends SignInFlags {
  readonly oneTimeToken?: string;
  /** The variable that holds it. */
  readonly oneTimeTokenEnv?: string;
}

/** Those flags, checked. */
export interface CheckedSignInFlags {
  /** The profile's flags, with the parameters among them: so they are kept with `--save`. */
  readonly flags: ProfileFlags;
  /** At least one of them says something of the page. */
  readonly pageFlags: boolean;
  /** A secret, for this one request. */
  readonly oneTimeToken: string | undefined;
  /** To be said before the sign-in begins. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** Checks the flags each by itself and puts them among the request's parameters. Throws `usage`. */
export function readSignInFlags(
  given: SignInPageFlags,
  flags: ProfileFlags,
  context: Pick<Context, 'env'>,
): CheckedSignInFlags {
  const { parameters, notes } = signInParameters(given);
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const oneTimeToken = oneTimeTokenOf(given, context);
  const warnings =
    given.oneTimeToken === undefined
      ? []
      : [
          "The one-time token on the command line is visible to other users of this machine and stays in the shell's history: --one-time-token-env does not show it.",
        ];
  const rest = { oneTimeToken, notes, warnings };
  if (pairs.length === 0) return { flags, pageFlags: false, ...rest };
  return { flags: { ...flags, param: [...(flags.param ?? []), ...pairs] }, pageFlags: true, ...rest };
}

/**
 * Checks what can be known only of the whole profile. Throws `usage` and
 * `config_value_invalid`; returns what to warn of.
 */
export function checkSignInPage(
  { profile, sources }: ResolvedProfile,
  { oneTimeToken, pageFlags }: CheckedSignInFlags,
  options: { readonly start?: boolean },
): string[] {
  // Elsewhere a parameter of the same name (--param) is another provider's, and means what that says.
  if (profile.kind === 'logto' || pageFlags) {
    const source = (name: string) => sources[`parameters.${name}`];
    checkSignInParameters(
      profile.parameters,
      (name) => source(name)?.where ?? '--param',
      (name) => source(name)?.layer === 'flag',
    );
  }
  if (oneTimeToken === undefined) return [];
  if (options.start) {
    throw new OidcCliError('usage', {
      reason: 'login --start prints the address to open, and a one-time token in it would be there for everybody.',
      fix: 'Leave --start out: login --no-browser prints an address on this machine that holds no token.',
    });
  }
  if (!isLoopback(new URL(profile.redirectUri).hostname)) {
    throw new OidcCliError('usage', {
      reason: `A one-time token is handed to the browser by the listener on this machine, and the redirect URI ${profile.redirectUri} is not on it.`,
      fix: 'Leave --redirect-uri out, or give one on localhost.',
    });
  }
  if (profile.loginHint !== undefined) return [];
  return ['Logto takes a one-time token only with the e-mail address it was made for: give that with --login-hint.'];
}

function oneTimeTokenOf(
  { oneTimeToken, oneTimeTokenEnv: name }: SignInPageFlags,
  { env }: Pick<Context, 'env'>,
): string | undefined {
  const refuse = (reason: string, fix: string) => new OidcCliError('usage', { reason, fix });
  if (oneTimeToken !== undefined && name !== undefined) {
    throw refuse('--one-time-token and --one-time-token-env give two tokens.', 'Write --one-time-token-env alone.');
  }
  if (name !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    // Somebody may have given the token itself: it is not repeated.
    throw refuse(
      '--one-time-token-env takes the name of an environment variable, and this is none.',
      'Put the token into a variable, and write the name of that.',
    );
  }
  const token = name === undefined ? oneTimeToken : env[name];
  if (name !== undefined && !token) {
    throw refuse(
      `The one-time token should come from the environment variable ${name}, and it is not set.`,
      `Set ${name} to the token that Logto's Management API made.`,
    );
  }
  if (token !== undefined && !/^\S+$/.test(token)) {
    throw refuse(
      'The one-time token is empty or has spaces in it.',
      "Give it exactly as Logto's Management API made it.",
    );
  }
  return token;
}
