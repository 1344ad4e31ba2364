import { Command, CommanderError, Option } from 'commander';
import type { Context } from './context.js';
import { EXIT, type ExitCode, OidcCliError } from './errors.js';
import { createTerminal, type Terminal } from './terminal.js';
import { version } from './version.js';

/**
 * Runs one command line. `argv` is without node and script. Writes to the
 * context's streams only and resolves to the process exit code; it never throws.
 */
export async function main(argv: readonly string[], context: Context): Promise<ExitCode> {
  const terminal = await createTerminal(context);
  try {
    return await run(argv, context, terminal);
  } catch (error) {
    const { asCodedError, failureDocument, failureLines } = await import('./commands/failure-text.js');
    const failure = asCodedError(error, context.signal.aborted);
    terminal.status(undefined);
    if (argv.includes('--json')) terminal.json(failureDocument(failure));
    else for (const line of failureLines(failure, terminal.talk)) terminal.say(line);
    return failure.exitCode;
  }
}

async function run(argv: readonly string[], context: Context, terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = commandTree(context, terminal, (code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are answers, not errors.
    if (error.exitCode === 0 || error.code === 'commander.help') return EXIT.done;
    const reason = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    throw new OidcCliError('usage', { reason: sentence(reason) });
  }
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/.test(capital) ? capital : `${capital}.`;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 86_400) {
    const reason = `"${value}" is no number of seconds: a whole number from 1 to 86400 is.`;
    throw new OidcCliError('usage', { reason });
  }
  return number;
}

function portNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) {
    throw new OidcCliError('usage', { reason: `"${value}" is no port: a whole number from 0 to 65535 is.` });
  }
  return number;
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** The flags that say who signs in where: those of `login` and `profile add`. */
function withProfileFlags(command: Command): Command {
  return command
    .option('--issuer <url>', "the provider's issuer, as it states it")
    .option('--client-id <id>', 'the client id the provider gave this application')
    .option('--client-secret-env <name>', 'take the client secret from this environment variable')
    .option('--client-secret-file <file>', 'take the client secret from this file')
    .option('--client-secret-stdin', 'take the client secret from stdin')
    .option('--client-secret <secret>', 'the client secret itself (visible to others: better use one of the above)')
    .option(
      '--client-auth <method>',
      'client_secret_basic, client_secret_post, client_secret_jwt or none (default: what the provider announces first)',
    )
    .option('--scope <scopes>', 'scopes, separated by spaces (default: "openid profile email")')
    .option('--redirect-uri <uri>', 'the redirect URI as registered (default: http://localhost:8484/callback)')
    .option('--port <port>', 'another port for the redirect URI; 0 takes a free one')
    .option('--post-logout-redirect-uri <uri>', 'where the provider sends the browser after a sign-out')
    .option('--prompt <prompt>', 'none, login, consent or select_account')
    .option('--login-hint <hint>', 'the user name to fill in')
    .option('--max-age <seconds>', 'sign in again when the last time was longer ago')
    .option('--ui-locales <tags>', 'preferred languages of the sign-in page')
    .option('--acr-values <values>', 'authentication contexts to ask for')
    .option('--display <display>', 'page, popup, touch or wap')
    .option('--claims <json>', 'the claims parameter (OIDC Core §5.5)')
    .option('--resource <uri>', 'a resource indicator (RFC 8707); repeatable', collect)
    .option('--param <name=value>', 'any other parameter of the authorization request; repeatable', collect)
    .option('--response-mode <mode>', 'query or form_post')
    .option('--store <store>', 'where the session is kept: auto, keychain, file or memory')
    .option('--clock-tolerance <seconds>', 'by how much the two clocks may differ (default: 30)')
    .option('--timeout <seconds>', 'how long the sign-in may take (default: 300)')
    .option('--strict', 'refuse what the ID-token report only warns of')
    .option('--ca <file>', 'a PEM file with more certificate authorities to trust')
    .option('--insecure', 'do not verify TLS certificates')
    .option('--allow-http', 'allow an issuer on plain http outside this machine');
}

/** The flags by which session commands find their session. */
function withSelection(command: Command): Command {
  return command
    .option('--issuer <url>', 'the session at this issuer, where a profile has several')
    .option('--json', 'one JSON document on stdout');
}

function commandTree(context: Context, terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command('oidc-cli')
    .description('Runs a real OpenID Connect sign-in, and says which step failed, why, and what to change.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ sortSubcommands: false })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // Errors are shown by `main`, in the one form all errors have.
      outputError: () => undefined,
      getOutHelpWidth: () => context.stdout.columns ?? 100,
    });

  withProfileFlags(program.command('login [profile]'))
    .description('sign in: by a browser, a pasted address, or in two commands')
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the URL and wait')
    .option('--start', 'print the URL and end; --callback-url finishes within 10 minutes')
    .option('--callback-url <url>', 'finish a sign-in begun with --start; - reads the address from stdin')
    .option('--no-userinfo', 'do not ask the userinfo endpoint')
    .option('--show-claims', "print the ID token's claims as well")
    .option('--save <profile>', 'save these settings as a profile once the sign-in succeeded')
    .option('--trust-project', "trust the project's oidc-cli.yaml to name programs and relax verification")
    .option('--demo', 'sign in at a built-in provider that lives only as long as this command')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli login --demo
  oidc-cli login --issuer https://id.example.com --client-id my-app --client-secret-env MY_SECRET
  oidc-cli login staging --no-browser --json`,
    )
    .action(async (profile: string | undefined, flags) => {
      const { login } = await import('./commands/login.js');
      const { browser, save, start, callbackUrl, demo, json, userinfo, showClaims, ...rest } = flags;
      done(
        await login(
          {
            profile,
            flags: { ...rest, ...(typeof browser === 'string' ? { browser } : {}) },
            openBrowser: browser !== false,
            userinfo: userinfo !== false,
            showClaims: showClaims === true,
            save,
            start,
            callbackUrl,
            demo,
            json,
          },
          context,
          terminal,
        ),
      );
    });

  withSelection(program.command('whoami [profile]'))
    .description('who is signed in, where, until when (exit code 4: nobody)')
    .option('--all', 'every session on this machine')
    .option('--claims', "the ID token's claims as well")
    .option('--userinfo', 'ask the provider, and compare the subject')
    .action(async (profile: string | undefined, flags) => {
      const { whoami } = await import('./commands/whoami.js');
      done(await whoami({ profile, ...flags }, context, terminal));
    });

  withSelection(program.command('logout [profile]'))
    .description('revoke the tokens, sign out at the provider, forget the session')
    .option('--local', 'only forget: no request, no browser')
    .option('--all', 'every session on this machine')
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the address and wait')
    .option('--no-end-session', "revoke and forget, and leave the provider's own session alone")
    .option('--post-logout-redirect-uri <uri>', 'as registered (default: http://localhost:8484/signed-out)')
    .addOption(new Option('--timeout <seconds>', 'how long the browser may take').default(60).argParser(seconds))
    .action(async (profile: string | undefined, flags) => {
      const { logout } = await import('./commands/logout.js');
      done(await logout({ profile, ...flags }, context, terminal));
    });

  withSelection(program.command('token [profile]'))
    .description('the access token alone on stdout, refreshed first when it is about to expire')
    .option('--id-token', 'the ID token instead')
    .option('--refresh', 'refresh it whatever its age')
    .option('--header', 'as an Authorization header')
    .action(async (profile: string | undefined, flags) => {
      const { token } = await import('./commands/token.js');
      done(await token({ profile, ...flags }, context, terminal));
    });

  withSelection(program.command('userinfo [profile]'))
    .description('what the userinfo endpoint says of the person')
    .action(async (profile: string | undefined, flags) => {
      const { userinfo } = await import('./commands/userinfo.js');
      done(await userinfo({ profile, ...flags }, context, terminal));
    });

  profileCommands(program, context, terminal, done);

  program
    .command('idp')
    .description('run the built-in identity provider, with test users, on this machine')
    .addOption(new Option('--port <port>', '0 takes a free one').default(9400).argParser(portNumber))
    .option('--user <name:password[:email]>', 'one more test user; repeatable', collect)
    .option('--client-id <id>', 'register one more client')
    .option('--client-secret <secret>', 'its secret; without one it is a public client')
    .option('--redirect-uri <uri>', 'its redirect URI; repeatable', collect)
    .option('--clients <file>', 'register the clients of a JSON or YAML file')
    .option('--json', 'one JSON document on stdout when it listens')
    .action(async (flags) => {
      const { idp } = await import('./commands/idp.js');
      done(await idp({ user: [], redirectUri: [], ...flags }, context, terminal));
    });

  return program;
}

function profileCommands(program: Command, context: Context, terminal: Terminal, done: (code: ExitCode) => void): void {
  const profile = program.command('profile').description('list, show, add and remove profiles');
  const keeper = async (store: string | undefined) => {
    const { secretKeeper } = await import('./commands/secret-keeper.js');
    return secretKeeper(store, context, terminal);
  };

  profile
    .command('list', { isDefault: true })
    .description('every profile, and where it is defined')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags) => {
      const { profileList } = await import('./commands/profile.js');
      done(await profileList(flags, context, terminal));
    });

  withProfileFlags(profile.command('show [profile]'))
    .description('every value of a profile, and where it comes from')
    .option('--browser <command>', 'the browser to start')
    .option('--trust-project', "trust the project's oidc-cli.yaml")
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string | undefined, { json, ...flags }) => {
      const [{ profileShow }, { openSessions }] = await Promise.all([
        import('./commands/profile-show.js'),
        import('./commands/open-sessions.js'),
      ]);
      const last = (await openSessions(context, terminal).list())[0]?.profile;
      done(await profileShow({ profile: name, flags, lastSignedIn: last, json }, context, terminal));
    });

  withProfileFlags(profile.command('add <name>'))
    .description('write a profile into your configuration file')
    .option('--browser <command>', 'the browser to start')
    .option('--default', 'make it the default')
    .option('--force', 'replace one of the same name')
    .option('--project', 'write ./oidc-cli.yaml instead')
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string, { default: makeDefault, force, project, json, ...flags }) => {
      const { profileAdd } = await import('./commands/profile.js');
      const options = { name, flags, makeDefault, force, project, json };
      done(await profileAdd(options, context, terminal, await keeper(flags.store)));
    });

  profile
    .command('remove <name>')
    .description('remove a profile from your configuration file')
    .option('--project', 'from the oidc-cli.yaml of this project instead')
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string, flags) => {
      const { profileRemove } = await import('./commands/profile.js');
      done(await profileRemove({ name, ...flags }, context, terminal, await keeper(undefined)));
    });
}
