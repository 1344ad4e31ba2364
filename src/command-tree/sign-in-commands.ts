import { type Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { Terminal } from '../terminal.js';
import {
  collect,
  connectorOption,
  type Done,
  logtoOption,
  seconds,
  splitDriverFlags,
  withDriverFlags,
  withProfileFlags,
  withSelection,
} from './flags.js';

/** `login`. */
export function loginCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  const login = withProfileFlags(program.command('login [profile]'))
    .description('sign in: by a browser, a pasted address, or in two commands')
    .addOption(
      logtoOption(
        '--first-screen <screen>',
        'its first page: sign_in, register, reset_password, identifier:sign_in, identifier:register or single_sign_on',
      ),
    )
    .addOption(logtoOption('--interaction-mode <mode>', 'signIn or signUp: the older name of two first screens'))
    .addOption(
      logtoOption(
        '--identifier <name>',
        'email, phone or username, for an identifier screen or reset_password; repeatable',
      ).argParser<string[]>(collect),
    )
    .addOption(
      logtoOption(
        '--direct-sign-in <method>',
        "social:TARGET or sso:CONNECTOR-ID: straight there, past Logto's own page",
      ),
    )
    .addOption(logtoOption('--organization-id <id>', 'the organization to sign in for'))
    .addOption(logtoOption('--one-time-token-env <name>', 'take the one-time token of a magic link from this variable'))
    .addOption(logtoOption('--one-time-token <token>', 'the one-time token itself (visible to others)'))
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the URL and wait')
    .option('--start', 'print the URL and end; --callback-url finishes within 10 minutes')
    .option('--callback-url <url>', 'finish a sign-in begun with --start; - reads the address from stdin')
    .option('--no-userinfo', 'do not ask the userinfo endpoint')
    .option('--show-claims', "print the ID token's claims as well")
    .option('--save <profile>', 'save these settings as a profile once the sign-in succeeded')
    .option('--trust-project', "trust the project's oidc-cli.yaml to name programs and relax verification")
    .option('--demo', 'sign in at a built-in provider that lives only as long as this command')
    .addOption(
      connectorOption(
        '--connector <file>',
        "sign in as Logto would with this connector's JSON (- for stdin), and show what it makes of it; with --redirect-uri https://TENANT/callback/ID the answer is pasted",
      ),
    );
  withDriverFlags(login)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli login --demo
  oidc-cli login --issuer https://id.example.com --client-id my-app --client-secret-env MY_SECRET
  oidc-cli login --endpoint https://tenant.logto.app --app-id ID --app-secret-env MY_SECRET
  oidc-cli login --connector connector.json --client-secret-env MY_SECRET
  oidc-cli login staging --no-browser --json
  oidc-cli login staging --with auto --user test@example.com --password-env TEST_PASSWORD`,
    )
    .action(async (profile: string | undefined, flags) => {
      const { login } = await import('../commands/login.js');
      const { firstScreen, interactionMode, identifier, directSignIn, organizationId, ...others } = flags;
      const { automation, others: more } = splitDriverFlags(others);
      const { oneTimeToken, oneTimeTokenEnv, ...ordinary } = more;
      const pageFlags = { firstScreen, interactionMode, identifier, directSignIn, organizationId };
      const signInPage = { ...pageFlags, oneTimeToken, oneTimeTokenEnv };
      const { browser, save, start, callbackUrl, demo, connector, json, userinfo, showClaims, ...rest } = ordinary;
      done(
        await login(
          {
            profile,
            flags: { ...rest, ...(typeof browser === 'string' ? { browser } : {}) },
            signInPage,
            automation,
            openBrowser: browser !== false,
            userinfo: userinfo !== false,
            showClaims: showClaims === true,
            save,
            start,
            callbackUrl,
            demo,
            connector,
            json,
          },
          context,
          terminal,
        ),
      );
    });
}

/** `whoami`. */
export function whoamiCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('whoami [profile]'))
    .description('who is signed in, where, until when (exit code 4: nobody)')
    .option('--all', 'every session on this machine')
    .option('--claims', "the ID token's claims as well")
    .option('--userinfo', 'ask the provider, and compare the subject')
    .action(async (profile: string | undefined, flags) => {
      const { whoami } = await import('../commands/whoami.js');
      done(await whoami({ profile, ...flags }, context, terminal));
    });
}

/** `logout`. */
export function logoutCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('logout [profile]'))
    .description('revoke the tokens, sign out at the provider, forget the session')
    .option('--local', 'only forget: no request, no browser')
    .option('--all', 'every session on this machine')
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the address and wait')
    .option('--no-end-session', "revoke and forget, and leave the provider's own session alone")
    .option(
      '--post-logout-redirect-uri <uri>',
      'as registered (default: http://localhost:8484/signed-out; Logto: http://localhost:3000/)',
    )
    .addOption(new Option('--timeout <seconds>', 'how long the browser may take').default(60).argParser(seconds))
    .action(async (profile: string | undefined, flags) => {
      const { logout } = await import('../commands/logout.js');
      done(await logout({ profile, ...flags }, context, terminal));
    });
}

/** `token`. */
export function tokenCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('token [profile]'))
    .description('the access token alone on stdout, refreshed first when it is about to expire')
    .option('--resource <uri>', 'the access token for this API resource (RFC 8707)')
    .option('--organization <id>', 'the access token for this organization (Logto)')
    .option('--id-token', 'the ID token instead')
    .option('--refresh', 'refresh it whatever its age')
    .option('--header', 'as an Authorization header')
    .action(async (profile: string | undefined, flags) => {
      const { token } = await import('../commands/token.js');
      done(await token({ profile, ...flags }, context, terminal));
    });
}

/** `userinfo`. */
export function userinfoCommand(program: Command, context: Context, terminal: Terminal, done: Done): void {
  withSelection(program.command('userinfo [profile]'))
    .description('what the userinfo endpoint says of the person')
    .action(async (profile: string | undefined, flags) => {
      const { userinfo } = await import('../commands/userinfo.js');
      done(await userinfo({ profile, ...flags }, context, terminal));
    });
}
