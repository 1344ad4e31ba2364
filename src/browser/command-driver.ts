import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { childEnvironment } from '../child-environment.js';
import type { Clock, Environment } from '../context.js';
import { OidcCliError } from '../errors.js';
import { type CallbackListener, startAddressListener, startCallbackListener } from './callback-listener.js';
import { parseCommandLine } from './command-line.js';
import { type Deadline, deadline } from './deadline.js';
import { oneTimeCodes } from './one-time-code.js';
import { redirectTarget } from './redirect-target.js';
import type { PageSignIn, PageSignInResult, SignInDriver } from './sign-in-driver.js';

/** How a command is run. */
export interface CommandDriverOptions {
  /** The program and its arguments; the URL is the last, or stands where `%s` is. No shell reads it. */
  readonly command: string;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly cwd: string;
  readonly clock: Clock;
}

/** Characters of what a command prints that are looked at. */
const MAX_OUTPUT = 256 * 1024;

/** Milliseconds that an answer is waited for after the command has ended well: it may be on its way to the listener. */
const AFTER_END_MS = 2_000;

/**
 * Signs in by any program: it gets a one-time address on this machine that
 * leads to the URL, and prints the address that the sign-in ended at, or goes
 * there itself where that is on this machine. It finds user name, password and one-time code in `OIDC_CLI_SIGN_IN_USER`,
 * `OIDC_CLI_SIGN_IN_PASSWORD` and `OIDC_CLI_SIGN_IN_CODE`; no other secret is in its environment.
 */
export function commandDriver(options: CommandDriverOptions): SignInDriver {
  const closed = new AbortController();
  return {
    name: 'command',
    signIn: async (job) => {
      const time = deadline(job.timeoutMs, job.signal, closed.signal);
      try {
        return await runCommand(job, time, options);
      } catch (error) {
        throw time.reason(error, () => ({}));
      } finally {
        time.release();
      }
    },
    close: async () => closed.abort(new DOMException('The sign-ins were ended', 'AbortError')),
  };
}

async function runCommand(job: PageSignIn, time: Deadline, options: CommandDriverOptions): Promise<PageSignInResult> {
  const failed = (reason: string) => new OidcCliError('sign_in_command_failed', { command: program(options), reason });
  const environment = await credentialsJson(job, time, options);
  const listener = await listenerFor(job, options.clock);
  let addresses = listener;
  let child: ChildProcess | undefined;
  try {
    // Every user of this machine can read the arguments of a program.
    addresses ??= await startAddressListener({ clock: options.clock, signal: job.signal });
    child = start(addresses.oneTimeAddress(job.url), environment, options, failed);
    const printed = printedResponse(child, job, failed);
    // Without a listener on the redirect URI only a second client is heard of.
    const heard = addresses.response.then(
      ({ parameters, via }): PageSignInResult => ({ parameters, via, pages: 0, way: 'command' }),
      (error: unknown) => {
        if (!(error instanceof OidcCliError)) throw error;
        throw failed('its one-time address was opened twice, by a program without cookies or by two programs');
      },
    );
    const ended = waitForExit(child, failed).then(async () => {
      // What it printed last is being read yet, or its request is under way.
      await new Promise((resolve) => setTimeout(resolve, AFTER_END_MS).unref());
      const without = listener?.strays.byReason['other browser'] ?? 0;
      throw failed(
        without > 0
          ? 'it went to the redirect URI without the cookie that its one-time address sets'
          : 'it ended, and neither printed the address nor went there',
      );
    });
    const response = await time.race(Promise.race([printed, ended, heard]));
    addresses.refuseSecondClient();
    await listener?.conclude({ ok: true, name: job.credentials.username, issuer: new URL(job.url).origin });
    return response;
  } finally {
    if (child?.exitCode === null) child.kill();
    await Promise.all([listener?.close(), addresses?.close()]);
  }
}

function program({ command, platform }: CommandDriverOptions): string {
  return parseCommandLine(command, platform)?.[0] ?? command;
}

/** A listener where the redirect URI is on this machine and its port is free: the command may as well print the answer. */
async function listenerFor(job: PageSignIn, clock: Clock): Promise<CallbackListener | undefined> {
  const { redirectUri, state, signal } = job;
  try {
    // On the redirect URI of an app that is being developed listens that app.
    return await startCallbackListener({ redirectUri, expectedState: state, clock, signal, mayBeTaken: true });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OidcCliError) return undefined;
    throw error;
  }
}

async function credentialsJson(
  job: PageSignIn,
  time: Deadline,
  { env, clock }: CommandDriverOptions,
): Promise<NodeJS.ProcessEnv> {
  const { username, password, totp } = job.credentials;
  const code = totp === undefined ? undefined : await (await oneTimeCodes(totp, clock)).next(time.signal);
  return childEnvironment(env, {
    OIDC_CLI_SIGN_IN_USER: username,
    OIDC_CLI_SIGN_IN_REDIRECT_URI: job.redirectUri,
    ...(password === undefined ? {} : { OIDC_CLI_SIGN_IN_PASSWORD: password }),
    ...(code === undefined ? {} : { OIDC_CLI_SIGN_IN_CODE: code }),
  });
}

function start(
  url: string,
  env: NodeJS.ProcessEnv,
  { command, platform, cwd }: CommandDriverOptions,
  failed: (reason: string) => OidcCliError,
): ChildProcess {
  // A path with spaces, given without quotes, is still one program.
  const words = existsSync(command) ? [command] : parseCommandLine(command, platform);
  const [program, ...rest] = words ?? [];
  if (words === undefined) throw failed('a quote in it is not closed');
  if (!program) throw failed('it is empty');
  const placed = rest.map((word) => word.replace(/%[s%]/g, (sign) => (sign === '%s' ? url : '%')));
  const given = rest.some((word) => word.includes('%s')) ? placed : [...rest, url];
  // What it says of its troubles may hold anything: it is not repeated.
  return spawn(program, given, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  });
}

/** Settles when the command has not started or has failed; resolves when it has ended well. */
function waitForExit(child: ChildProcess, failed: (reason: string) => OidcCliError): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(failed(code === 'ENOENT' ? 'it was not found' : `it could not be started (${code})`)),
    );
    child.once('exit', (code, signal) => {
      if (code === 0) return resolve();
      const reason = signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
      // What it printed before may not have been read yet.
      setTimeout(() => reject(failed(reason)), 100);
    });
  });
}

/** The first line that is an address of the redirect URI. */
function printedResponse(
  child: ChildProcess,
  job: PageSignIn,
  failed: (reason: string) => OidcCliError,
): Promise<PageSignInResult> {
  const target = redirectTarget(job.redirectUri);
  const { stdout } = child;
  return new Promise((resolve, reject) => {
    if (!stdout) return;
    let length = 0;
    createInterface({ input: stdout, terminal: false }).on('line', (line) => {
      length += line.length;
      if (length > MAX_OUTPUT) reject(failed('it prints too much'));
      const text = line.trim();
      if (!target.matches(text)) return;
      const parameters = target.responseParameters(new URL(text).searchParams);
      resolve({ parameters, via: 'query', pages: 0, way: 'command' });
    });
  });
}
