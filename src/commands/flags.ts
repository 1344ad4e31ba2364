import { type Command, Option } from 'commander';
import { type ExitCode, OidcCliError } from '../errors.js';
import type { AutomationFlags } from './automation.js';

/** Told the exit code of the command that ran. */
export type Done = (code: ExitCode) => void;

/** A number of seconds, at most a day. Throws `usage`. */
export function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 86_400) {
    const reason = `"${value}" is no number of seconds: a whole number from 1 to 86400 is.`;
    throw new OidcCliError('usage', { reason });
  }
  return number;
}

/** A port, 0 being any free one. Throws `usage`. */
export function portNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) {
    throw new OidcCliError('usage', { reason: `"${value}" is no port: a whole number from 0 to 65535 is.` });
  }
  return number;
}

/** A whole number between two bounds; anything else is refused with what it is a number of. */
export function wholeNumber(of: string, minimum: number, maximum: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= minimum && number <= maximum) return number;
    const reason = `"${value}" is no number of ${of}: a whole number from ${minimum} to ${maximum} is.`;
    throw new OidcCliError('usage', { reason });
  };
}

/** For a flag that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** An option about an application of Logto, under a heading of its own. */
export function logtoOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('A Logto application:');
}

/** An option about a connector of Logto, under a heading of its own. */
export function connectorOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('A Logto connector:');
}

/** The flags that say who signs in where: those of `login` and `profile add`. */
export function withProfileFlags(command: Command): Command {
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
    .option(
      '--timeout <seconds>',
      'how long the person may take, and an answer of the provider: that at most 30 (default: 300)',
    )
    .option('--strict', 'refuse what the ID-token report only warns of')
    .option('--ca <file>', 'a PEM file with more certificate authorities to trust')
    .option('--insecure', 'do not verify TLS certificates')
    .option('--allow-http', 'allow an issuer on plain http outside this machine')
    .addOption(
      logtoOption('--kind <kind>', 'logto: an application of Logto, with its defaults (implied by --endpoint)'),
    )
    .addOption(logtoOption('--endpoint <url>', "Logto's own address, in place of --issuer"))
    .addOption(logtoOption('--app-id <id>', 'its App ID, in place of --client-id'))
    .addOption(logtoOption('--app-secret-env <name>', 'take the App Secret from this environment variable'))
    .addOption(logtoOption('--app-secret-file <file>', 'take the App Secret from this file'))
    .addOption(logtoOption('--app-secret-stdin', 'take the App Secret from stdin'))
    .addOption(
      logtoOption('--app-secret <secret>', 'the App Secret itself (visible to others: better use one of the above)'),
    );
}

/** The flags by which session commands find their session. */
export function withSelection(command: Command): Command {
  return command
    .option('--issuer <url>', 'the session at this issuer, where a profile has several')
    .option('--json', 'one JSON document on stdout');
}

/** The flags by which a sign-in is made without a person. */
export function withDriverFlags(command: Command): Command {
  return command
    .option('--with <way>', 'sign in without a person: auto, http, browser or command (the program of --browser)')
    .option('--user <name>', 'with --with: the user name to type')
    .option('--password-env <name>', 'with --with: take the password from this environment variable')
    .option('--password-file <file>', 'with --with: take the password from this file')
    .option('--password-stdin', 'with --with: take the password from stdin')
    .option('--password <password>', 'with --with: the password itself (visible to others)')
    .option('--totp-env <name>', 'with --with: take the secret of one-time codes from this environment variable')
    .option('--totp-file <file>', 'with --with: take the secret of one-time codes from this file')
    .option('--totp <secret>', 'with --with: the secret itself (visible to others)')
    .option(
      '--allow-credentials-to <host>',
      'with --with: a page may send user name, password and codes to this other host; repeatable',
      collect,
    )
    .option('--browser-path <file>', 'with --with: the Chrome, Chromium or Edge to use')
    .option('--keep-evidence <folder>', 'with --with: keep a picture and the text of the page where it failed');
}

/** Those flags taken out of all; `driven` is undefined where none was given. */
// biome-ignore lint/suspicious/noExplicitAny: commander hands over whatever its command has
export function splitDriverFlags(flags: any): { automation: AutomationFlags | undefined; others: any } {
  const { with: driver, user, password, passwordEnv, passwordFile, passwordStdin, ...more } = flags;
  const { totp, totpEnv, totpFile, allowCredentialsTo, browserPath, keepEvidence, ...others } = more;
  const passwordFlags = { password, passwordEnv, passwordFile, passwordStdin };
  const codeFlags = { totp, totpEnv, totpFile };
  const given = { with: driver, user, ...passwordFlags, ...codeFlags, allowCredentialsTo, browserPath, keepEvidence };
  const automation = Object.values(given).some((value) => value !== undefined) ? given : undefined;
  return { automation, others };
}
