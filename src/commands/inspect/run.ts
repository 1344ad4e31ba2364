import type { Check } from '../../check.js';
import { countsOf } from '../../checks/print.js';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { type NamedToken, parseInput } from '../../oidc/parse-input.js';
import type { ProfileFlags } from '../../profiles/profile.js';
import type { Sessions } from '../../sessions/sessions.js';
import {
  type InspectedToken,
  type Inspection,
  type InspectionTarget,
  inspectTokens,
} from '../../sign-in/inspect-token.js';
import { printable, type Terminal } from '../../terminal.js';
import { Recorder } from '../../trace/recorder.js';
import { openSessions } from '../open-sessions.js';
import { findSession, networkFor } from '../session-access.js';
import { addressTokens, inspectAddress, type PastedAddress, pendingIssuer } from './callback.js';
import { addressLines, offlineNote, tokenDocument, tokenLines } from './print.js';
import {
  type ConfiguredTarget,
  configuredTarget,
  flagTarget,
  type SessionToken,
  sessionTarget,
  sessionToken,
} from './target.js';

/** What `inspect` was asked. */
export interface InspectOptions {
  /** A token or an address; `-` reads it from stdin; absent: the session's. */
  readonly token?: string;
  readonly profile?: string;
  /** Of the session; with a token of one's own, what that is. */
  readonly idToken?: boolean;
  readonly accessToken?: boolean;
  readonly refreshToken?: boolean;
  /** Decode and check only what takes no request. */
  readonly offline?: boolean;
  /** Issuer, client and how the provider is reached. */
  readonly flags: ProfileFlags;
  readonly json?: boolean;
}

/** What is to be inspected, and whom it is held against. */
interface Input {
  readonly from: 'argument' | 'stdin' | 'session';
  readonly tokens: readonly NamedToken[];
  readonly address: PastedAddress | undefined;
  readonly target: ConfiguredTarget;
  readonly tidied: readonly string[];
}

/**
 * `oidc-cli inspect`: what is in a token or a callback URL, and every check
 * that applies. The token itself is never printed. Exit code 0: readable, and
 * no check failed; 1: a check failed; 7: it is not proven to be of the issuer
 * that was named (alg, signature or iss). A provider that was named and cannot
 * be asked is its own error, after what could be read has been shown.
 */
export async function inspect(options: InspectOptions, context: Context, terminal: Terminal): Promise<ExitCode> {
  const sessions = openSessions(context, terminal);
  const input = await readInput(options, sessions, context, terminal);
  for (const text of input.target.warnings) terminal.say(terminal.talk.warn(`Warning: ${printable(text)}`));
  if (input.tidied.length > 0) terminal.say(terminal.talk.dim(`Before reading: ${input.tidied.join('; ')}.`));

  const state = input.address?.parameters.find(({ name }) => name === 'state')?.value;
  const pending = state === undefined ? undefined : await sessions.findPending(state);
  const { target } = input;
  const asks = target.issuer !== undefined && !options.offline;
  const network = asks ? await networkFor(target, context, terminal) : undefined;
  new Recorder(context).hide(...input.tokens.map(({ value }) => value));
  let inspection: Inspection;
  try {
    inspection = await inspectTokens(input.tokens, target, network, context.clock);
  } finally {
    network?.fetch.close();
  }
  const { provider, failure, tokens } = inspection;
  noteChecks(tokens, context);
  const issuer = target.issuer ?? pendingIssuer(pending);
  const address = input.address && inspectAddress(input.address, { pending, issuer, provider });

  const now = Math.floor(context.clock.now() / 1000);
  const all = [...(address?.checks ?? []), ...tokens.flatMap(allChecks)];
  const counts = countsOf(all);
  const document = {
    from: input.from,
    issuer: target.issuer ?? null,
    clientId: target.clientId ?? null,
    asked: provider !== undefined,
    ...counts,
    address: address ? { ...address, address: address.address ?? null, error: address.error ?? null } : null,
    tokens: tokens.map((token) => tokenDocument(token, now)),
  };
  if (options.json) {
    if (failure) throw withDocument(failure, document);
    terminal.json(document);
  } else {
    const { style } = terminal;
    const blocks = [
      ...(address ? [addressLines(address, style)] : []),
      ...tokens.map((token) => tokenLines(token, now, style)),
    ];
    blocks.forEach((lines, index) => {
      if (index > 0) terminal.out('');
      for (const line of lines) terminal.out(line);
    });
    if (failure) throw failure;
    if (!asks && tokens.some(({ token }) => token.form !== 'damaged')) {
      terminal.say(terminal.talk.dim(offlineNote(tokens, options)));
    }
  }
  if (counts.failed === 0) return EXIT.done;
  return target.issuer !== undefined && all.some(isForeignIssuer) ? EXIT.verification : EXIT.checkFailed;
}

/** Tells the trace what was checked. */
function noteChecks(tokens: readonly InspectedToken[], { follower, clock }: Context): void {
  const recorder = new Recorder({ follower });
  for (const token of tokens) {
    const { kind } = token.token;
    const step = kind === 'ID token' ? 'ID token checks' : 'token checks';
    recorder.note({ step, from: 'cli', to: 'cli', at: clock.now(), note: kind, checks: allChecks(token) });
  }
}

/** The checks by which a token is proven to be of its issuer. */
const PROOFS = ['alg', 'signature', 'iss'];

function isForeignIssuer({ name, verdict }: Check): boolean {
  return verdict === 'fail' && PROOFS.includes(name);
}

function allChecks({ checks, nested }: InspectedToken): readonly Check[] {
  return nested ? [...checks, ...allChecks(nested)] : checks;
}

function withDocument(failure: OidcCliError, document: Readonly<Record<string, unknown>>): OidcCliError {
  const { code, facts, exitCode, cause } = failure;
  return new OidcCliError(code, facts, { cause, exitCode, details: document });
}

async function readInput(
  options: InspectOptions,
  sessions: Sessions,
  context: Context,
  terminal: Terminal,
): Promise<Input> {
  const which = whichToken(options);
  const { token, profile, flags } = options;
  if (token === undefined) {
    const actual = await findSession({ profile, issuer: flags.issuer }, sessions, context, terminal);
    const { session } = actual;
    const target = await flagTarget(sessionTarget(session, context), flags, context);
    // After a refresh without a new ID token, the access token is not the one that at_hash speaks of.
    const accessToken = session.refreshedAt === undefined ? session.accessToken : undefined;
    const tokens = [sessionToken(session, which ?? 'id_token')];
    return { from: 'session', tokens, address: undefined, target: { ...target, accessToken }, tidied: [] };
  }
  if (token !== '-') {
    terminal.say(
      terminal.talk.warn(
        'Warning: what stands on a command line is visible to others and kept in its history; better: oidc-cli inspect -',
      ),
    );
  }
  const from = token === '-' ? 'stdin' : 'argument';
  const pasted = parseInput(token === '-' ? await readStdin(context, terminal) : token);
  if (pasted.kind === 'none') {
    const fix = 'Give a JWT, another token, a token response in JSON or a callback URL: oidc-cli inspect -';
    throw new OidcCliError('usage', { reason: pasted.reason, fix });
  }
  // The profile that happens to be the default is not asked about a stranger's token.
  const named = profile !== undefined || flags.issuer !== undefined;
  const target = named
    ? await configuredTarget({ profile, flags }, sessions, context, terminal)
    : await flagTarget(NO_TOKEN_OWNER, flags, context);
  const { tidied } = pasted;
  if (pasted.kind === 'address') return { from, tokens: addressTokens(pasted), address: pasted, target, tidied };
  const tokens = pasted.tokens.map((one) => (which && pasted.tokens.length === 1 ? { ...one, name: which } : one));
  return { from, tokens, address: undefined, target, tidied };
}

/** Where no provider is named. */
const NO_TOKEN_OWNER: ConfiguredTarget = {
  allowHttp: false,
  clientSecret: async () => undefined,
  clockTolerance: 30,
  warnings: [],
} satisfies InspectionTarget & ConfiguredTarget;

function whichToken({ idToken, accessToken, refreshToken }: InspectOptions): SessionToken | undefined {
  const asked = [idToken && 'id_token', accessToken && 'access_token', refreshToken && 'refresh_token'].filter(
    (name): name is SessionToken => typeof name === 'string',
  );
  if (asked.length > 1) {
    throw new OidcCliError('usage', { reason: 'Only one of --id-token, --access-token and --refresh-token fits.' });
  }
  return asked[0];
}

async function readStdin(context: Context, terminal: Terminal): Promise<string> {
  const { readSecretFromStdin } = await import('../../profiles/client-secret.js');
  if (context.stdin.isTTY) terminal.say('Paste the token or address (it is not shown):');
  try {
    return await readSecretFromStdin(context.stdin, context);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
    const large = /too large/.test(String(error.facts.reason));
    const reason = large ? 'What came on stdin is too large to be a token.' : 'Nothing came on stdin.';
    throw new OidcCliError('usage', { reason, fix: 'Pipe the token into the command: … | oidc-cli inspect -' });
  }
}
