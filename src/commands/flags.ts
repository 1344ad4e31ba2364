import { type Command, Option } from 'commander';
import { type ExitCode, OidcCliError } from '../errors.js';
import { LOGTO_KEYS } from '../profiles/logto-kind.js';
import { SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from '../profiles/settings.js';
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

const LOGTO_GROUP = 'A Logto application:';

/** An option about an application of Logto, under a heading of its own. */
export function logtoOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup(LOGTO_GROUP);
}

/** An option about a connector of Logto, under a heading of its own. */
export function connectorOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('A Logto connector:');
}

/** The flags that say who signs in where, out of the table of settings: those of `login` and `profile add`. */
export function withProfileFlags(command: Command): Command {
  for (const key of SETTING_KEYS) {
    const group = key === 'kind' || key in LOGTO_KEYS ? LOGTO_GROUP : undefined;
    // Each command says itself what it does with a browser.
    const options = key === 'browser' ? [] : settingOptions(SETTINGS[key]);
    for (const option of options) command.addOption(group === undefined ? option : option.helpGroup(group));
    if (key === 'redirectUri') command.option('--port <port>', 'another port for the redirect URI; 0 takes a free one');
  }
  return command;
}

/** The flags of one setting; none where only a file can give it. */
function settingOptions({ kind, flag, option, help = '', default: value }: Setting): Option[] {
  if (option === undefined) return [];
  if (kind === 'secret') {
    return [
      new Option(`${flag}-env <name>`, `take ${help} from this environment variable`),
      new Option(`${flag}-stdin`, `take ${help} from stdin`),
      new Option(option, `${help} itself (visible to others: better use one of the above)`),
    ];
  }
  const shown = typeof value === 'string' && value.includes(' ') ? JSON.stringify(value) : value;
  const made = new Option(option, shown ? `${help} (default: ${shown})` : help);
  return [kind === 'list' || kind === 'parameters' ? made.argParser<string[]>(collect) : made];
}

/** The limit of a command that waits for a provider alone; `OIDC_CLI_TIMEOUT` is the same in the environment. */
export function timeoutOption(help = 'seconds to wait for each response of the provider (default: 30, at most 30)') {
  return new Option(SETTINGS.timeout.option, help).argParser(seconds);
}

/** The flags of single settings, as they are in the table. */
export function withSettings(command: Command, ...keys: readonly SettingKey[]): Command {
  for (const option of keys.flatMap((key) => settingOptions(SETTINGS[key]))) command.addOption(option);
  return command;
}

/** The flags by which session commands find their session and its provider. */
export function withSelection(command: Command, timeout = timeoutOption()): Command {
  return command
    .option('--issuer <url>', 'the session at this issuer, where a profile has several')
    .addOption(timeout)
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
