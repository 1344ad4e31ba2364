import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { noteSecretVariable } from '../child-environment.js';
import type { Input } from '../context.js';
import { type FactsOf, OidcCliError } from '../errors.js';
import { FileReadError, readBoundedFile, readBoundedStream } from '../read-file.js';
import { refusedFileContent } from './key-files.js';
import type { SecretReference, UntrustedPlace } from './profile.js';
import { refuseStoreKeyName, refuseStoreKeyValue, type StoreKeyDeps } from './store-key-guard.js';
import { untrustedError } from './trust.js';

/** No client secret is longer; a file or a stream that is holds something else. Bytes. */
const MAX_LENGTH = 64 * 1024;

/** A secret that an untrusted file names, with the place that names it. */
export type UntrustedSecret = Extract<SecretReference, { readonly kind: 'env' | 'file' }> & {
  readonly untrusted: UntrustedPlace;
};

/** Asks the person, or what they answered before, whether all of these may be sent. Throws `config_untrusted`. */
export type Consent = (secrets: readonly UntrustedSecret[]) => Promise<void>;

/** The places that a secret may have to be asked from. */
export interface SecretDeps extends StoreKeyDeps {
  /** Lets a secret go that an untrusted file names; without it none goes. */
  readonly consent?: Consent;
  /** Reads the secret from stdin. */
  readonly stdin?: () => Promise<string>;
  /** The secret kept in the session store for this profile and issuer. */
  readonly stored?: () => Promise<string | undefined>;
}

function unavailableError(facts: Record<string, string>, cause?: unknown): OidcCliError {
  return new OidcCliError('client_secret_unavailable', facts, { cause });
}

/** A secret without the line break that editors and `echo` leave at its end. */
function oneLine(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/(\r?\n)+$/, '');
}

async function fromFile(path: string): Promise<string> {
  try {
    return (await readBoundedFile(path, MAX_LENGTH)).bytes.toString('utf8');
  } catch (error) {
    if (!(error instanceof FileReadError)) throw error;
    const reasons: Readonly<Record<string, string>> = {
      EISDIR: 'it is not a file',
      ENOTREG: 'it is not a file',
      EFBIG: 'it is too large to be a secret',
    };
    throw unavailableError({ file: path, reason: reasons[error.code] ?? error.reason }, error);
  }
}

/**
 * The secret that a reference stands for, as it may be sent: never the key of
 * the session store, and where an untrusted file names it only with consent.
 * Throws `client_secret_unavailable` (facts: variable, file or source, and
 * reason) where there is none, or an empty one, `store_key_as_secret`, and
 * `config_untrusted`.
 */
export async function readClientSecret(reference: SecretReference, deps: SecretDeps): Promise<string> {
  await refuseStoreKeyName(reference, deps);
  if (isUntrusted(reference)) {
    if (deps.consent === undefined) throw untrustedError(reference.untrusted, referenceName(reference));
    await deps.consent([reference]);
  }
  const value = await referredValue(reference, deps);
  await refuseStoreKeyValue(value, deps);
  return value;
}

/** Whether a file that came with a folder names the secret. */
export function isUntrusted(reference: SecretReference): reference is UntrustedSecret {
  return 'untrusted' in reference && reference.untrusted !== undefined;
}

/** The variable or the file of a secret, as the facts of an error. */
export function referenceName(reference: UntrustedSecret): FactsOf<'config_untrusted'> {
  return reference.kind === 'env' ? { variable: reference.name } : { path: reference.path };
}

/**
 * Refuses, before anybody is asked, what is never sent: the store's key, and a
 * file whose content is a key, or settings with tokens in them. What is not
 * there is no mistake yet. Throws `config_untrusted` (facts: path, reason) and
 * `store_key_as_secret`.
 */
export async function checkUntrustedValue(reference: UntrustedSecret, deps: StoreKeyDeps): Promise<void> {
  if (reference.kind === 'env') return refuseStoreKeyValue(deps.env[reference.name] ?? '', deps);
  try {
    await refuseStoreKeyValue(await fromUntrustedFile(reference), deps);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
  }
}

async function fromUntrustedFile(reference: Extract<UntrustedSecret, { readonly kind: 'file' }>): Promise<string> {
  const text = oneLine(await fromFile(reference.path));
  const reason = refusedFileContent(text);
  if (reason !== undefined) throw untrustedError(reference.untrusted, { path: reference.path, reason });
  return text;
}

async function referredValue(reference: SecretReference, deps: SecretDeps): Promise<string> {
  switch (reference.kind) {
    case 'value':
      return reference.value;
    case 'env': {
      noteSecretVariable(deps.env, reference.name);
      const value = deps.env[reference.name];
      // A CI server sets a secret that it does not hand on to nothing.
      const reason = value === undefined ? 'it is not set' : 'it is empty';
      if (!value) throw unavailableError({ variable: reference.name, reason });
      return value;
    }
    case 'file': {
      const value = isUntrusted(reference)
        ? await fromUntrustedFile(reference)
        : oneLine(await fromFile(reference.path));
      if (value === '') throw unavailableError({ file: reference.path, reason: 'it is empty' });
      return value;
    }
    case 'stdin': {
      const value = oneLine((await deps.stdin?.()) ?? '');
      if (value === '') throw unavailableError({ source: 'stdin', reason: 'it is empty' });
      return value;
    }
    case 'stored': {
      const value = await deps.stored?.();
      if (!value) throw unavailableError({ source: 'session store', reason: 'none is kept for this issuer' });
      return value;
    }
  }
}

/**
 * The first line of a terminal, which does not show it, or all of a pipe.
 * `timeout` is in milliseconds. Throws `client_secret_unavailable` when nothing
 * came in time or too much came, and `interrupted` when `signal` aborts or
 * Ctrl-C is typed.
 */
export async function readSecretFromStdin(
  input: Input,
  { signal, timeout = 300_000 }: { signal: AbortSignal; timeout?: number },
): Promise<string> {
  const limit = AbortSignal.timeout(timeout);
  const ends = AbortSignal.any([signal, limit]);
  try {
    return await (input.isTTY ? hiddenLine(input, ends) : wholeStream(input, ends));
  } catch (error) {
    if (signal.aborted) throw new OidcCliError('interrupted', {}, { cause: error });
    if (limit.aborted) {
      throw unavailableError({ source: 'stdin', reason: `nothing came within ${timeout / 1000} seconds` });
    }
    throw error;
  }
}

function hiddenLine(input: Input, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // A terminal interface switches the echo off; what it would write instead goes nowhere.
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  return new Promise<string>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    lines.once('line', resolve);
    lines.once('SIGINT', () => reject(new OidcCliError('interrupted')));
    lines.once('close', () => resolve(''));
  }).finally(() => {
    lines.close();
    input.pause();
  });
}

async function wholeStream(input: Input, signal: AbortSignal): Promise<string> {
  try {
    return (await readBoundedStream(input, MAX_LENGTH, signal)).toString('utf8');
  } catch (error) {
    if (!(error instanceof FileReadError)) throw error;
    throw unavailableError({ source: 'stdin', reason: 'it is too large to be a secret' });
  }
}
