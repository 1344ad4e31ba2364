import { Command, CommanderError, Option } from 'commander';
import type { TraceFlags, TraceRun } from './commands/trace-run.js';
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
  const traced: { run?: TraceRun } = {};
  const world: { -readonly [Part in keyof Context]: Context[Part] } = { ...context };
  const begin: BeginTrace = async (command, flags) => {
    const { startTrace } = await import('./commands/trace-run.js');
    traced.run = await startTrace(command, flags, context, terminal);
    world.follower = traced.run.follower;
  };
  try {
    const exitCode = await run(argv, world, terminal, begin);
    return (await traced.run?.end(exitCode)) ?? exitCode;
  } catch (error) {
    const { asCodedError, failureDocument, failureLines } = await import('./commands/failure-text.js');
    const failure = asCodedError(error, context.signal.aborted);
    terminal.status(undefined);
    if (argv.includes('--json')) terminal.json(failureDocument(failure));
    else for (const line of failureLines(failure, terminal.talk)) terminal.say(line);
    await traced.run?.end(failure.exitCode, failure);
    return failure.exitCode;
  }
}

async function run(
  argv: readonly string[],
  context: Context,
  terminal: Terminal,
  beginTrace: BeginTrace,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = commandTree(context, terminal, (code) => {
    exitCode = code;
  });
  withTraceFlags(program, beginTrace);
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

/** Begins the trace of a command, where its flags ask for one; `command` is its name, such as `profile list`. */
type BeginTrace = (command: string, flags: TraceFlags) => Promise<void>;

/** Gives every command the flags of a trace, and begins one before a command that was given any. */
function withTraceFlags(program: Command, begin: BeginTrace): void {
  const add = (command: Command) => {
    for (const [flags, description, parse] of [
      ['--trace', 'show each request and answer on stderr, decoded and without its secrets'],
      ['-v, --verbose', 'one line for each request'],
      ['--trace-file <file>', 'write the trace to FILE.html, FILE.har or FILE.json; repeatable', collect],
      ['--with-claims', 'leave names, e-mail addresses and other personal claims in the file'],
    ] as const) {
      const option = new Option(flags, description).helpGroup('Trace:');
      command.addOption(parse ? option.argParser<string[]>(parse) : option);
    }
    command.commands.forEach(add);
  };
  program.commands.forEach(add);
  program.hook('preAction', async (_program, action) => {
    const { trace, verbose, traceFile, withClaims } = action.optsWithGlobals<TraceFlags>();
    // They are no command's own: a command refuses flags that it would ignore.
    for (const name of ['trace', 'verbose', 'traceFile', 'withClaims']) action.setOptionValue(name, undefined);
    if (!trace && !verbose && !traceFile && !withClaims) return;
    const names: string[] = [];
    for (let command: Command | null = action; command?.parent; command = command.parent) names.unshift(command.name());
    await begin(names.join(' '), { trace, verbose, traceFile, withClaims });
  });
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

/** A whole number between two bounds; anything else is refused with what it is a number of. */
function wholeNumber(of: string, minimum: number, maximum: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= minimum && number <= maximum) return number;
    const reason = `"${value}" is no number of ${of}: a whole number from ${minimum} to ${maximum} is.`;
    throw new OidcCliError('usage', { reason });
  };
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
    .option('--allow-http', 'allow an issuer on plain http outside this machine')
    .option('--kind <kind>', 'logto: an application of Logto, with its defaults (implied by --endpoint)')
    .option('--endpoint <url>', 'where Logto is, in place of --issuer')
    .option('--app-id <id>', "Logto's App ID, in place of --client-id")
    .option('--app-secret-env <name>', 'take the App Secret from this environment variable')
    .option('--app-secret-file <file>', 'take the App Secret from this file')
    .option('--app-secret-stdin', 'take the App Secret from stdin')
    .option('--app-secret <secret>', 'the App Secret itself (visible to others: better use one of the above)');
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
    .option('--first-screen <screen>', 'Logto: the screen to begin with, such as register or single_sign_on')
    .option('--interaction-mode <mode>', 'Logto: signIn or signUp (replaced by --first-screen)')
    .option('--identifier <name>', 'Logto: email, phone or username, on an identifier screen; repeatable', collect)
    .option('--direct-sign-in <method>', 'Logto: social:TARGET or sso:CONNECTOR-ID, without its own page')
    .option('--organization-id <id>', 'Logto: the organization to sign in for')
    .option('--one-time-token-env <name>', 'Logto: take the one-time token of a magic link from this variable')
    .option('--one-time-token <token>', 'Logto: the token itself (visible to others)')
    .option('--browser <command>', 'the browser to start, with the URL as its last argument')
    .option('--no-browser', 'print the URL and wait')
    .option('--start', 'print the URL and end; --callback-url finishes within 10 minutes')
    .option('--callback-url <url>', 'finish a sign-in begun with --start; - reads the address from stdin')
    .option('--no-userinfo', 'do not ask the userinfo endpoint')
    .option('--show-claims', "print the ID token's claims as well")
    .option('--save <profile>', 'save these settings as a profile once the sign-in succeeded')
    .option('--trust-project', "trust the project's oidc-cli.yaml to name programs and relax verification")
    .option('--demo', 'sign in at a built-in provider that lives only as long as this command')
    .option(
      '--connector <file>',
      "sign in as Logto would with this connector's JSON (- for stdin), and show what it makes of it",
    )
    .option('--with <way>', 'sign in without a person: auto, http, browser or command (the program of --browser)')
    .option('--user <name>', 'with --with: the user name to type')
    .option('--password-env <name>', 'with --with: take the password from this environment variable')
    .option('--password-file <file>', 'with --with: take the password from this file')
    .option('--password-stdin', 'with --with: take the password from stdin')
    .option('--password <password>', 'with --with: the password itself (visible to others)')
    .option('--totp-env <name>', 'with --with: take the secret of one-time codes from this environment variable')
    .option('--totp-file <file>', 'with --with: take the secret of one-time codes from this file')
    .option('--totp <secret>', 'with --with: the secret itself (visible to others)')
    .option('--browser-path <file>', 'with --with: the Chrome, Chromium or Edge to use')
    .option('--keep-evidence <folder>', 'with --with: keep a picture and the text of the page where it failed')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli login --demo
  oidc-cli login --issuer https://id.example.com --client-id my-app --client-secret-env MY_SECRET
  oidc-cli login --endpoint https://tenant.logto.app --app-id ID --app-secret-env MY_SECRET
  oidc-cli login staging --no-browser --json
  oidc-cli login staging --with auto --user test@example.com --password-env TEST_PASSWORD`,
    )
    .action(async (profile: string | undefined, flags) => {
      const { login } = await import('./commands/login.js');
      const { firstScreen, interactionMode, identifier, directSignIn, organizationId, ...others } = flags;
      const { with: way, user, password, passwordEnv, passwordFile, passwordStdin, ...more } = others;
      const { totp, totpEnv, totpFile, browserPath, keepEvidence, oneTimeToken, oneTimeTokenEnv, ...ordinary } = more;
      const ofPassword = { password, passwordEnv, passwordFile, passwordStdin };
      const driven = { with: way, user, ...ofPassword, totp, totpEnv, totpFile, browserPath, keepEvidence };
      const ofPage = { firstScreen, interactionMode, identifier, directSignIn, organizationId };
      const signInPage = { ...ofPage, oneTimeToken, oneTimeTokenEnv };
      const { browser, save, start, callbackUrl, demo, connector, json, userinfo, showClaims, ...rest } = ordinary;
      done(
        await login(
          {
            profile,
            flags: { ...rest, ...(typeof browser === 'string' ? { browser } : {}) },
            signInPage,
            driven: Object.values(driven).some((value) => value !== undefined) ? driven : undefined,
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
    .option(
      '--post-logout-redirect-uri <uri>',
      'as registered (default: http://localhost:8484/signed-out; Logto: http://localhost:3000/)',
    )
    .addOption(new Option('--timeout <seconds>', 'how long the browser may take').default(60).argParser(seconds))
    .action(async (profile: string | undefined, flags) => {
      const { logout } = await import('./commands/logout.js');
      done(await logout({ profile, ...flags }, context, terminal));
    });

  withSelection(program.command('token [profile]'))
    .description('the access token alone on stdout, refreshed first when it is about to expire')
    .option('--resource <uri>', 'the access token for this API resource (RFC 8707)')
    .option('--organization <id>', 'the access token for this organization (Logto)')
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

  inspectCommands(program, context, terminal, done);
  profileCommands(program, context, terminal, done);
  smokeCommands(program, context, terminal, done);

  program
    .command('doctor')
    .description('examine a Logto connector, its provider and its keys, without a sign-in')
    .option('--connector <file>', "the connector's JSON; - reads it from stdin")
    .option('--issuer <url>', "the provider to compare with (default: the connector's issuer)")
    .option('--logto-endpoint <url>', "Logto's own address, for the redirect URIs")
    .option('--connector-id <id>', "the connector's id in Logto, for the redirect URIs")
    .option('--client-secret-env <name>', 'take the client secret from this environment variable')
    .option('--client-secret-file <file>', 'take the client secret from this file')
    .option('--client-secret-stdin', 'take the client secret from stdin')
    .option('--client-secret <secret>', 'the client secret itself (visible to others: better use one of the above)')
    .option('--ca <file>', 'a PEM file with more certificate authorities to trust')
    .option('--insecure', 'do not verify TLS certificates')
    .option('--strict', 'let warnings fail as well')
    .option('--json', 'one JSON document on stdout')
    .action(async (flags) => {
      const { doctor } = await import('./commands/doctor.js');
      done(await doctor(flags, context, terminal));
    });

  program
    .command('idp')
    .description('run the built-in identity provider, with test users, on this machine')
    .addOption(new Option('--port <port>', '0 takes a free one').default(9400).argParser(portNumber))
    .option('--user <name:password[:email]>', 'one more test user; repeatable', collect)
    .option('--client-id <id>', 'register one more client')
    .option('--client-secret <secret>', 'its secret; without one it is a public client')
    .option('--redirect-uri <uri>', 'its redirect URI; repeatable', collect)
    .option('--clients <file>', 'register the clients of a JSON or YAML file')
    .option('--fault <name>', 'misbehave in this way; repeatable', collect)
    .option('--faults', 'list the faults there are, and end')
    .option('--json', 'one JSON document on stdout when it listens')
    .action(async (flags) => {
      const { idp } = await import('./commands/idp.js');
      done(await idp({ user: [], redirectUri: [], ...flags }, context, terminal));
    });

  return program;
}

function profileCommands(program: Command, context: Context, terminal: Terminal, done: (code: ExitCode) => void): void {
  const profile = program.command('profile').description('list, show, add, import, export and remove profiles');
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
    .command('import <file>')
    .description("make a profile of a Logto connector's JSON; - reads it from stdin")
    .option('--name <name>', "its name (default: the issuer's host)")
    .option('--issuer <url>', "the provider's issuer, where the connector does not name it")
    .option('--client-secret-env <name>', 'take the client secret from this environment variable')
    .option('--client-secret-file <file>', 'take the client secret from this file')
    .option('--client-secret-stdin', 'take the client secret from stdin')
    .option('--client-secret <secret>', 'the client secret itself (visible to others: better use one of the above)')
    .option('--store <store>', 'where its secrets are kept: auto, keychain or file')
    .option('--default', 'make it the default')
    .option('--force', 'replace one of the same name')
    .option('--project', 'write ./oidc-cli.yaml instead')
    .option('--json', 'one JSON document on stdout')
    .action(async (file: string, flags) => {
      const { profileImport } = await import('./commands/profile-import.js');
      done(await profileImport({ file, ...flags }, context, terminal, await keeper(flags.store)));
    });

  withProfileFlags(profile.command('export [profile]'))
    .description('write a profile, or what flags say, as the JSON of a Logto connector')
    .option('--format <format>', 'logto', 'logto')
    .option('--output <file>', 'write this file instead of stdout')
    .option('--show-secrets', 'with the client secret itself')
    .option('--json', 'the same: it is JSON')
    .action(async (name: string | undefined, { format, output, showSecrets, json: _json, ...flags }) => {
      const { profileExport } = await import('./commands/profile-export.js');
      done(await profileExport({ profile: name, flags, format, output, showSecrets }, context, terminal));
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

function inspectCommands(program: Command, context: Context, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('inspect [token]')
    .description('what is in a token or a callback URL, and whether it holds; without one: the session')
    .option('--profile <name>', 'the profile whose session, issuer and client are meant')
    .option('--issuer <url>', 'verify it as of this issuer')
    .option('--client-id <id>', 'the client that it should be for')
    .option(
      '--client-secret-env <name>',
      'to ask the provider about it (introspection): the secret is in this variable',
    )
    .option('--client-secret-file <file>', 'the same: the secret is in this file')
    .option('--id-token', "the session's ID token (default); of a token given here: take it for one")
    .option('--access-token', 'the same for an access token')
    .option('--refresh-token', 'the same for a refresh token')
    .option('--offline', 'ask no provider')
    .option('--clock-tolerance <seconds>', 'by how much the two clocks may differ (default: 30)')
    .option('--ca <file>', 'a PEM file with more certificate authorities to trust')
    .option('--insecure', 'do not verify TLS certificates')
    .option('--allow-http', 'allow an issuer on plain http outside this machine')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  pbpaste | oidc-cli inspect -
  oidc-cli inspect --access-token --profile staging
  oidc-cli inspect - --issuer https://id.example.com --client-id my-app < token.txt
  oidc-cli inspect 'http://localhost:8484/callback?error=access_denied&state=…'`,
    )
    .action(async (token: string | undefined, flags) => {
      const { inspect } = await import('./commands/inspect.js');
      const { profile, idToken, accessToken, refreshToken, offline, json, ...known } = flags;
      const options = { token, profile, idToken, accessToken, refreshToken, offline, json, flags: known };
      done(await inspect(options, context, terminal));
    });

  program
    .command('explain [code]')
    .description("what an error code means, ours or a provider's; without one: all of them")
    .option('--json', 'one JSON document on stdout')
    .action(async (code: string | undefined, flags) => {
      const { explainCode } = await import('./commands/explain.js');
      done(explainCode({ code, ...flags }, terminal));
    });
}

function smokeCommands(program: Command, context: Context, terminal: Terminal, done: (code: ExitCode) => void): void {
  const smoke = program
    .command('smoke [files...]')
    .description('sign in as the checks of oidc-smoke.yaml say, without a person, and report for CI')
    .addOption(
      new Option('--concurrency <n>', 'checks at once').default(4).argParser(wholeNumber('checks at once', 1, 64)),
    )
    .option('--retries <n>', 'further tries after a failure', wholeNumber('tries', 0, 10))
    .option('--timeout <seconds>', 'how long one try may take (default: 60)', seconds)
    .option('--timeout-all <seconds>', 'how long the whole run may take', seconds)
    .option(
      '--filter <words>',
      'only checks with these words in their name (* for anything), or this tag; repeatable',
      collect,
    )
    .option('--shard <part/of>', 'only this part of the checks: 1/4 is the first of four')
    .addOption(
      new Option('--repeat <n>', 'run each check so often').default(1).argParser(wholeNumber('runs', 1, 10_000)),
    )
    .option('--max-failures <n>', 'begin no further check after so many failures', wholeNumber('failures', 1, 100_000))
    .option('--fail-fast', 'begin no further check after the first failure')
    .option('--reporter <name[=file]>', 'terminal, json, junit, tap, github, gitlab or prometheus; repeatable', collect)
    .option('--browser-path <program>', 'the browser to run, in place of what is found on this machine')
    .option('--evidence <folder>', 'keep the page that a sign-in failed at: its text, and of a browser its picture')
    .option('--trust-project', 'trust the file of checks, and the oidc-cli.yaml of this project')
    .option('--json', 'the same as --reporter json')
    .addHelpText(
      'after',
      `
Examples:
  oidc-cli smoke init staging
  oidc-cli smoke --filter staging --retries 1
  oidc-cli smoke --reporter junit=report.xml --shard 1/4`,
    )
    .action(async (files: string[], flags) => {
      const { smoke: run } = await import('./commands/smoke.js');
      done(await run({ files, ...flags }, context, terminal));
    });

  // A flag that both have, such as --json, is taken by smoke: hence optsWithGlobals.
  smoke
    .command('init [profile]')
    .description('write a first file of checks from a profile, with comments')
    .option('--output <file>', 'where it is written (default: oidc-smoke.yaml)')
    .option('--user <name>', "the test user's name")
    .option('--force', 'replace a file that is there')
    .option('--trust-project', 'trust the oidc-cli.yaml of this project')
    .option('--json', 'one JSON document on stdout')
    .action(async (profile: string | undefined, _flags, command: Command) => {
      const { smokeInit } = await import('./commands/smoke-init.js');
      done(await smokeInit({ profile, ...command.optsWithGlobals() }, context, terminal));
    });

  smoke
    .command('baseline [files...]')
    .description('write down what each provider of the checks says of itself, to be compared later')
    .option('--output <file>', 'where it is written (default: oidc-baseline.json)')
    .option('--trust-project', 'trust the file of checks, and the oidc-cli.yaml of this project')
    .option('--json', 'one JSON document on stdout')
    .action(async (files: string[], _flags, command: Command) => {
      const { smokeBaseline } = await import('./commands/smoke-baseline.js');
      done(await smokeBaseline({ ...command.optsWithGlobals(), files }, context, terminal));
    });
}
