import type { Command } from 'commander';
import type { Context } from '../../context.js';
import type { Terminal } from '../../terminal.js';
import {
  collect,
  connectorOption,
  type Done,
  logtoOption,
  splitDriverFlags,
  withDriverFlags,
  withProfileFlags,
} from '../flags.js';

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
      const { login } = await import('./run.js');
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
