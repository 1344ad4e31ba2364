import { resolve } from 'node:path';
import { CREDENTIAL_HOST, type CredentialPolicy } from '../browser/credential-policy.js';
import type { Credentials, SignInDriver } from '../browser/sign-in-driver.js';
import type { Context } from '../context.js';
import { OidcCliError } from '../errors.js';
import { readClientSecret, readSecretFromStdin } from '../profiles/client-secret.js';
import type { SecretReference } from '../profiles/profile.js';
import type { DriverNetwork } from '../smoke/drivers.js';
import { outputFolder } from '../smoke/reporters/report-file.js';
import { printable, type Terminal } from '../terminal.js';
import { driverMakers } from './driver-makers.js';

/** The flags by which `login` signs in without a person. */
export interface AutomationFlags {
  /** `auto`, `http`, `browser` or `command`; absent: a person signs in. */
  readonly with?: string;
  readonly user?: string;
  readonly password?: string;
  readonly passwordEnv?: string;
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
  readonly totp?: string;
  readonly totpEnv?: string;
  readonly totpFile?: string;
  /** Hosts, each with a port where only that is meant. */
  readonly allowCredentialsTo?: readonly string[];
  readonly browserPath?: string;
  /** A folder. */
  readonly keepEvidence?: string;
}

const DRIVER_NAMES = ['auto', 'http', 'browser', 'command'] as const;
type DriverName = (typeof DRIVER_NAMES)[number];

/** What of the other settings of a sign-in matters to it. */
export interface AutomationSettings extends DriverNetwork {
  /** `--browser`, or the profile's: the command of `--with command`. */
  readonly browser?: string;
  /** The login hint, where `--user` is left out. */
  readonly loginHint?: string;
  /** The issuer whose pages these are; for a connector that names no issuer, its authorization endpoint. */
  readonly issuer: string;
  readonly allowHttp: boolean;
  /** Something else is read from stdin. */
  readonly stdinTaken: boolean;
}

/** What an automated sign-in is made with. The driver is to be closed at the end. */
export interface OpenAutomation {
  readonly driver: SignInDriver;
  readonly credentials: Credentials;
  readonly credentialPolicy: CredentialPolicy;
  readonly evidenceFolder: string | undefined;
}

/** Flags that belong together are refused apart, before anything is asked. Throws `usage`. */
export function checkAutomationFlags(
  flags: AutomationFlags,
  others: { readonly start?: boolean; readonly callbackUrl?: string },
): void {
  const refuse = (reason: string, fix: string) => {
    throw new OidcCliError('usage', { reason, fix });
  };
  const { with: driver, ...rest } = flags;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined && value !== false);
  if (driver === undefined) {
    const [name] = given[0] ?? [];
    if (name !== undefined) {
      refuse(
        `${flagName(name)} is for a sign-in without a person, and a person is to sign in.`,
        'Add --with auto, or leave it out.',
      );
    }
    return;
  }
  if (!isDriverName(driver))
    refuse(`"${driver}" is no way to sign in: auto, http, browser and command are.`, 'Write --with auto.');
  if (others.start || others.callbackUrl !== undefined) {
    refuse(
      '--start and --callback-url leave the sign-in to a person, and --with does without one.',
      'Leave out one of them.',
    );
  }
  checkCredentialHosts(flags);
  for (const [what, names] of [
    ['passwords', ['password', 'passwordEnv', 'passwordFile', 'passwordStdin']],
    ['secrets of one-time codes', ['totp', 'totpEnv', 'totpFile']],
  ] as const) {
    const several = given
      .filter(([name]) => (names as readonly string[]).includes(name))
      .map(([name]) => flagName(name));
    if (several.length > 1) refuse(`${several.join(' and ')} name several ${what}.`, 'Leave one of them.');
  }
}

/** Refuses hosts that could never match, and those that nothing would use. Throws `usage`. */
function checkCredentialHosts({ with: driver, allowCredentialsTo: hosts = [] }: AutomationFlags): void {
  const flag = '--allow-credentials-to';
  if (hosts.length > 0 && driver === 'command') {
    throw new OidcCliError('usage', {
      reason: `${flag} has no effect with --with command: the command itself decides where it sends credentials.`,
      fix: `Remove ${flag}.`,
    });
  }
  const invalid = hosts.find((host) => !CREDENTIAL_HOST.test(host));
  if (invalid === undefined) return;
  throw new OidcCliError('usage', {
    flag,
    reason: `Invalid ${flag} ${JSON.stringify(invalid)}: expected a host such as login.example.com, or HOST:PORT.`,
    fix: 'Pass the host alone, without https:// and without a path.',
  });
}

/**
 * The driver and the credentials that the flags ask for, or undefined where a
 * person signs in. Secrets on the command line work, and are warned of.
 * Throws `usage` and `sign_in_credentials_missing`.
 */
export async function openAutomation(
  flags: AutomationFlags,
  settings: AutomationSettings,
  context: Context,
  terminal: Terminal,
): Promise<OpenAutomation | undefined> {
  const { with: driverName, browserPath, keepEvidence } = flags;
  if (driverName === undefined || !isDriverName(driverName)) return undefined;
  const username = flags.user ?? settings.loginHint;
  if (username === undefined && driverName !== 'command') {
    throw new OidcCliError('usage', {
      reason: `--with ${driverName} types a user name, and none is given.`,
      fix: 'Add --user NAME.',
    });
  }
  if (driverName === 'command' && settings.browser === undefined) {
    throw new OidcCliError('usage', {
      reason: '--with command runs a program with the address of the sign-in, and none is named.',
      fix: 'Name it with --browser "PROGRAM ARGUMENTS".',
    });
  }
  const evidenceFolder =
    keepEvidence === undefined ? undefined : await outputFolder(keepEvidence, context.cwd, '--keep-evidence FOLDER');
  const credentials = await readCredentials(flags, username ?? '', settings, context, terminal);
  const make = driverMakers(context, browserPath === undefined ? undefined : resolve(context.cwd, browserPath));
  const driver =
    driverName === 'command' ? await make.command(settings.browser ?? '') : await make[driverName](settings);
  const issuerOrigin = URL.canParse(settings.issuer) ? new URL(settings.issuer).origin : undefined;
  const { allowHttp } = settings;
  const credentialPolicy = { issuerOrigin, allowHttp, allowedHosts: flags.allowCredentialsTo };
  return { driver, credentials, credentialPolicy, evidenceFolder };
}

async function readCredentials(
  flags: AutomationFlags,
  username: string,
  settings: AutomationSettings,
  context: Context,
  terminal: Terminal,
): Promise<Credentials> {
  const onCommandLine = [flags.password && '--password', flags.totp && '--totp'].filter(Boolean);
  for (const flag of onCommandLine) {
    const text = `What ${flag} gives is visible to other users of this machine and stays in the shell's history: ${flag}-env does not show it.`;
    terminal.say(terminal.talk.warn(`Warning: ${text}`));
  }
  if (flags.passwordStdin && settings.stdinTaken) {
    const reason = '--password-stdin and another flag both read stdin, and it can be read once.';
    throw new OidcCliError('usage', { reason, fix: 'Give one of them by a file or an environment variable.' });
  }
  const read = async (field: 'password' | 'code', reference: SecretReference | undefined) => {
    if (reference === undefined) return undefined;
    try {
      return await readClientSecret(reference, {
        env: context.env,
        folders: context.folders,
        stdin: () => {
          if (context.stdin.isTTY) terminal.say(`Password of ${printable(username)} (what you type is not shown):`);
          return readSecretFromStdin(context.stdin, context);
        },
      });
    } catch (error) {
      if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
      throw error.with({ code: 'sign_in_credentials_missing', facts: { field } });
    }
  };
  const { password, passwordEnv, passwordFile, passwordStdin, totp, totpEnv, totpFile } = flags;
  return {
    username,
    password: await read('password', secretSource(password, passwordEnv, passwordFile, passwordStdin, context.cwd)),
    totp: await read('code', secretSource(totp, totpEnv, totpFile, false, context.cwd)),
  };
}

function secretSource(
  value: string | undefined,
  variable: string | undefined,
  file: string | undefined,
  stdin: boolean | undefined,
  cwd: string,
): SecretReference | undefined {
  if (value !== undefined) return { kind: 'value', value };
  if (variable !== undefined) return { kind: 'env', name: variable };
  if (file !== undefined) return { kind: 'file', path: resolve(cwd, file) };
  return stdin ? { kind: 'stdin' } : undefined;
}

function isDriverName(text: string): text is DriverName {
  return (DRIVER_NAMES as readonly string[]).includes(text);
}

function flagName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
