import type { OpenUrl } from '../../../src/context.js';
import type { ErrorCode } from '../../../src/errors.js';
import type { IdentityProvider, IdentityProviderOptions } from '../../../src/idp/identity-provider.js';
import { signingKeys } from '../../../src/idp/provider-configuration.js';
import { identityProvider } from '../../support/identity-provider.js';
import { aliceSignsIn, createMachine, type Finished, type Machine, type RunWorld } from '../../support/run.js';
import { type Script, type ScriptedProvider, startScriptedProvider } from '../../support/scripted-provider.js';
import { followRedirects } from '../../support/scripted-sign-in.js';

/** One way to break a sign-in, and what a person must be told of it. */
export interface BrokenSignIn {
  /** What is broken, as the heading of its output. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly exit: number;
  /** The true cause: in the first one named, or in the message where that says it all and no cause is named. */
  readonly because: RegExp;
  /** Breaks it, and tries to sign in. */
  readonly run: (stage: Stage) => Promise<Finished>;
}

/** A browser that opens, and in which nobody does anything. */
export const nobodyThere: OpenUrl = async () => {};

/** What one case plays on: a machine of its own, and providers that end with it. */
export interface Stage {
  readonly machine: Machine;
  /** The built-in provider. */
  idp(options?: IdentityProviderOptions): Promise<IdentityProvider>;
  /** A provider that plays a script, for what the built-in one cannot be told to do. */
  scripted(script?: Script, options?: Parameters<typeof startScriptedProvider>[0]): Promise<ScriptedProvider>;
  /** Runs `oidc-cli login` at an issuer, as the public client; Alice signs in, unless the world has another browser. */
  login(issuer: string, flags?: readonly string[], deps?: RunWorld): Promise<Finished>;
  /** Runs any command line. */
  run(argv: readonly string[], deps?: RunWorld): Promise<Finished>;
  /** Names a secret of this case, which no output may hold. */
  secret<Text extends string>(value: Text): Text;
}

/** A case as it was played. */
export interface Played extends Finished {
  /** All that a person saw, with the command line, fit to be kept. */
  readonly seen: string;
  readonly secrets: readonly string[];
}

/** Plays one case to its end. */
export async function play({ run }: BrokenSignIn): Promise<Played> {
  const machine = await createMachine();
  const secrets = new Set<string>(['alice-password', 'demo-secret']);
  const scripted: ScriptedProvider[] = [];
  let typed: readonly string[] = [];
  const stage: Stage = {
    machine,
    idp: async (options) =>
      identityProvider({
        keys: await namedKeys(),
        ...options,
        extend: (provider) => collectSecrets(provider, secrets),
      }),
    scripted: async (script = {}, options = {}) => {
      const provider = await startScriptedProvider(options);
      scripted.push(provider);
      provider.play(script);
      return provider;
    },
    login: (issuer, flags = [], deps = {}) => {
      const client = flags.includes('--client-id') ? [] : ['--client-id', 'demo'];
      const port = flags.includes('--redirect-uri') ? [] : ['--port', '0'];
      return stage.run(['login', '--issuer', issuer, ...client, ...port, ...flags], deps);
    },
    run: (argv, deps = {}) => {
      typed = argv;
      const browser = scripted.length > 0 ? followRedirects : aliceSignsIn;
      return machine.run(argv, { openUrl: browser, ...deps });
    },
    secret: (value) => {
      secrets.add(value);
      return value;
    },
  };
  try {
    const finished = await run(stage);
    for (const provider of scripted) for (const value of provider.secrets) secrets.add(value);
    const command = `$ oidc-cli ${typed.map(shellWord).join(' ')}\n`;
    return {
      ...finished,
      seen: readable(command + finished.stdout + finished.stderr, machine.home),
      secrets: [...secrets],
    };
  } finally {
    await Promise.all(scripted.map((provider) => provider.close()));
    await machine.remove();
  }
}

let keys: ReturnType<typeof signingKeys> | undefined;

/** The provider's keys, under names that a person can read and that stay. */
async function namedKeys() {
  keys ??= signingKeys();
  return (await keys).map((key) => ({ ...key, kid: `${String(key.alg).toLowerCase()}-key` }));
}

/** Everything confidential that the built-in provider was asked or gave. */
function collectSecrets(provider: IdentityProvider['provider'], secrets: Set<string>): void {
  const add = (value: unknown) => {
    if (typeof value === 'string' && value.length > 8) secrets.add(value);
  };
  provider.on('authorization.success', (ctx) => add(ctx.oidc.entities.AuthorizationCode?.jti));
  provider.on('grant.success', (ctx) => {
    const { access_token, id_token, refresh_token } = (ctx.body ?? {}) as Record<string, unknown>;
    for (const token of [access_token, id_token, refresh_token, ctx.oidc.params?.code_verifier]) add(token);
  });
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * What a person saw without what is another thing in each run: ports, times,
 * this machine's names and random values. All of it is here, and nothing else.
 */
function readable(text: string, home: string): string {
  return (
    text
      .replaceAll(home, 'HOME')
      .replaceAll(/(127\.0\.0\.1|localhost|\[::1\])(:|%3A)\d{4,5}\b/g, '$1$2PORT')
      .replaceAll(/\bPort \d{4,5}\b/g, 'Port PORT')
      .replaceAll(/\/go\/[\w-]{24}(?=\n)/g, '/go/…')
      // Of our own sign-in pages, in a path or a query.
      .replaceAll(/(\/(?:interaction|pages)\/)[\w-]+/g, '$1…')
      .replaceAll(/\/\S+\/oidc-cli-ca-\w+/g, 'FOLDER')
      .replaceAll(process.execPath, 'NODE')
      .replaceAll(/[0-9a-f]{40}(?=\.json)/g, 'NAME')
      .replaceAll(/\b(code_challenge|nonce|state)=[\w-]{20,}/g, '$1=…')
      .replaceAll(/\buser-[0-9a-f]{16}\b/g, 'user-ALICE')
      .replaceAll(/(\+\d\d)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
      .replaceAll(/"\d{10}"/g, '"SECONDS"')
      .replaceAll(/\b\d{6,} days\b/g, 'MANY days')
      // A clock goes on while a test runs: more than a minute is told roughly.
      .replaceAll(/\b(\d{3,}) s\b/g, (_all, seconds) => `${roughly(Number(seconds))} s`)
      .replaceAll(/\b(\d{3,}) seconds\b/g, (_all, seconds) => `${roughly(Number(seconds))} seconds`)
      .replaceAll(/\b(\d+) minutes\b/g, (_all, minutes) => `${Math.round(Number(minutes) / 10) * 10} minutes`)
      // A Date header has whole seconds.
      .replaceAll(/(clock skew +)(?:0 s|[12] s, the provider's clock is \w+)/g, '$1none to speak of')
      // As wide as the widest entry, which may be a clock's.
      .replaceAll(/ {2,}(?=expected )/g, '  ')
      .replaceAll(/\(pid \d+\)/g, '(pid PID)')
  );
}

function roughly(seconds: number): number {
  const step = seconds >= 1000 ? 100 : 50;
  return Math.round(seconds / step) * step;
}
