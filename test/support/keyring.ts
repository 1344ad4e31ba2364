import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The environment of a process that talks to the keyring, or to none. */
export type KeyringEnvironment = Record<string, string | undefined>;

/** A gnome-keyring of the test's own on a D-Bus of its own. */
export interface Keyring {
  /** This process's environment, changed so that children find this keyring and no other. */
  readonly env: KeyringEnvironment;
  /** Locks it. There is no display, so that every request to unlock it fails as if the person had dismissed the prompt. */
  lock(): void;
  /** Stops its daemon by SIGSTOP: calls get no answer until `resume`. */
  pause(): void;
  resume(): void;
  /** The command lines of the processes that were started with this keyring's address, but for its daemon. */
  users(): string[];
  /** The attributes and secrets of the entries with this service name, as `secret-tool` prints them. */
  search(service: string): string;
  /** Whether its daemon has ended by itself, or does within a second: it has errors of its own, which say nothing of whoever uses it. */
  ended(): Promise<boolean>;
  /** Ends both daemons and removes what they wrote. */
  stop(): Promise<void>;
}

/** The programs that a keyring for tests is made of. */
const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'];

/** Whether this machine can start a keyring for tests. */
export const keyringPresent: boolean = process.platform === 'linux' && PROGRAMS.every(onPath);

/** Why `keyringPresent` is needed, for `requirement`. */
export const keyringWhy = `the keychain tests need Linux with ${PROGRAMS.join(', ')}`;

/**
 * Starts a D-Bus and a gnome-keyring in a temporary home. The caller stops it.
 * With `collection: false` the keyring answers but has no collection to write
 * to, as in a session nobody has logged in to with a password.
 */
export async function startKeyring(options: { collection?: boolean } = {}): Promise<Keyring> {
  const home = mkdtempSync(join(tmpdir(), 'oidc-cli-keyring-'));
  const runtime = join(home, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  const env = bareEnvironment(home);
  const children: ChildProcess[] = [];
  let ended = async () => false;
  const stop = async () => {
    for (const child of children.toReversed()) await end(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const bus = spawn(
      'dbus-daemon',
      ['--session', '--nofork', '--print-address=1', `--address=unix:path=${join(runtime, 'bus')}`],
      {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    children.push(bus);
    env.DBUS_SESSION_BUS_ADDRESS = (await firstLine(bus)).trim();

    const unlock = options.collection === false ? [] : ['--unlock'];
    const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...unlock], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    children.push(daemon);
    const exit = once(daemon, 'exit').then(() => true);
    ended = () => Promise.race([exit, new Promise<false>((resolve) => setTimeout(resolve, 1_000, false))]);
    daemon.stdin.end('the password of a test');
    await until(() => serves(env), 'gnome-keyring did not come up');
    if (options.collection !== false) {
      await until(() => send(env, PROPERTIES, COLLECTIONS).includes('/collection/login'), 'no login collection');
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env,
    lock: () => {
      send(env, 'org.freedesktop.Secret.Service.Lock', ['array:objpath:/org/freedesktop/secrets/collection/login']);
    },
    pause: () => void children.at(-1)?.kill('SIGSTOP'),
    resume: () => void children.at(-1)?.kill('SIGCONT'),
    users: () =>
      readdirSync('/proc').flatMap((pid) => {
        if (!/^\d+$/.test(pid) || Number(pid) === children.at(-1)?.pid) return [];
        try {
          const address = `DBUS_SESSION_BUS_ADDRESS=${env.DBUS_SESSION_BUS_ADDRESS}`;
          if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(address)) return [];
          return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
        } catch {
          return [];
        }
      }),
    search: (service) =>
      execFileSync('secret-tool', ['search', '--all', '--unlock', 'service', service], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    ended,
    stop,
  };
}

/**
 * Works with a keyring of its own, which this process and its children find.
 * Where the keyring's daemon crashes, `work` begins again with a fresh one, for
 * its children at least (a native module stays with the first that it met):
 * GLib ends gnome-keyring's by a trap, now and then, when entries go while
 * others ask for them or clients are killed, and nothing is left to look at.
 */
export async function withKeyring(work: (keyring: Keyring) => Promise<void>, attempts = 5): Promise<void> {
  const outside = process.env.DBUS_SESSION_BUS_ADDRESS;
  const keyring = await startKeyring();
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
  let again = false;
  try {
    await work(keyring);
  } catch (error) {
    again = attempts > 1 && (await keyring.ended());
    if (!again) throw error;
  } finally {
    if (outside === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS;
    else process.env.DBUS_SESSION_BUS_ADDRESS = outside;
    await keyring.stop();
  }
  if (again) await withKeyring(work, attempts - 1);
}

/** An environment without any D-Bus, keyring or display, with `home` for everything a program may write. */
export function bareEnvironment(home: string): KeyringEnvironment {
  const env: KeyringEnvironment = { ...process.env };
  for (const name of [
    'DBUS_SESSION_BUS_ADDRESS',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'GNOME_KEYRING_CONTROL',
    'NODE_OPTIONS',
  ]) {
    delete env[name];
  }
  return {
    ...env,
    HOME: home,
    XDG_RUNTIME_DIR: join(home, 'runtime'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
  };
}

const PROPERTIES = 'org.freedesktop.DBus.Properties.Get';
const COLLECTIONS = ['string:org.freedesktop.Secret.Service', 'string:Collections'];

/** Calls a method of the Secret Service and returns its answer as `dbus-send` prints it. */
function send(env: KeyringEnvironment, method: string, args: readonly string[]): string {
  return execFileSync(
    'dbus-send',
    ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets', method, ...args],
    { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 },
  );
}

function serves(env: KeyringEnvironment): boolean {
  const response = execFileSync(
    'dbus-send',
    [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
      'string:org.freedesktop.secrets',
    ],
    { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 },
  );
  return response.includes('boolean true');
}

async function until(condition: () => boolean, complaint: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(complaint);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text);
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`${child.spawnfile} ended at once`)));
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
