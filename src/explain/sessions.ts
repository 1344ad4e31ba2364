import type { Facts } from '../errors.js';
import { shellWord } from '../safe-text.js';
import {
  causes,
  type ExplainTable,
  type Given,
  hasScope,
  listText,
  ORGANIZATIONS_SCOPE,
  providerQuote,
  quote,
  secondsText,
  signInAgain,
} from './explanation.js';
import { describeReason } from './system-reasons.js';
import { WHY_REFRESH_REFUSED } from './tokens.js';

/** The scope that most providers give refresh tokens for (OIDC Core §11). */
const OFFLINE = 'offline_access';

function loginCommand(facts: Given<'issuer' | 'unnamedClient' | 'profile'>): string {
  const { issuer, unnamedClient } = facts;
  if (unnamedClient !== undefined) return signInAgain({ issuer, unnamedClient });
  return facts.profile === undefined ? 'oidc-cli login' : `oidc-cli login ${shellWord(String(facts.profile))}`;
}

function sessionPurpose(facts: Given<'reason'>): string {
  return facts.reason === undefined ? '' : `: ${describeReason(facts.reason)}`;
}

/** Why a file system refuses, by the system's own code. */
function whyStoreFailed(reason: Facts[string]): string[] {
  switch (reason) {
    case 'EEXIST':
    case 'ENOTDIR':
      return ['A file stands where the folder should be.'];
    case 'EACCES':
    case 'EPERM':
      return ['The folder belongs to another user: to root, for instance, after a run with sudo.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['The disk is full, or the quota of this user is used up.'];
    case 'EROFS':
      return ['The disk is read-only, as in many containers.'];
    default:
      return ['The disk is full or read-only, or the folder belongs to another user.'];
  }
}

/** The advice for a store that fails because of the file system. */
function storeRepair(facts: Given<'reason' | 'file' | 'lost' | 'issuer' | 'unnamedClient' | 'profile'>): string {
  const full = facts.reason === 'ENOSPC' || facts.reason === 'EDQUOT';
  if (typeof facts.file === 'string' && OBSTACLES.has(String(facts.reason))) {
    return `Move it away: mv ${fileWord(facts)} ${fileWord(facts)}.old. Then sign in again with: ${loginCommand(facts)}`;
  }
  if (full && facts.lost !== undefined) return 'Make room on the disk.';
  if (full) return 'Make room on the disk, or set OIDC_CLI_HOME to a folder on a different disk.';
  return 'Check the folder, or set OIDC_CLI_HOME to a different one. config.yaml is then read from there too.';
}

/** Reasons where something else is in the place of a file or folder, and can be moved away. */
const OBSTACLES = new Set(['EEXIST', 'EISDIR', 'ENOTREG', 'EFBIG']);

/** The file as a word of a shell. */
function fileWord(facts: Given<'file'>): string {
  return facts.file === undefined ? 'FILE' : shellWord(String(facts.file));
}

/** The way on without data that cannot be read any more. */
function startOverFix(facts: Given<'value' | 'profile' | 'issuer' | 'unnamedClient'>): string {
  if (facts.value === 'client secret') {
    const name = facts.profile === undefined ? 'NAME' : shellWord(String(facts.profile));
    return `Give the secret again, and save it: oidc-cli login ${name} --client-secret-stdin --save ${name}`;
  }
  if (facts.value === 'unfinished sign-in') return 'Begin it again with: oidc-cli login --start';
  const profile = facts.profile === undefined ? '--all' : shellWord(String(facts.profile));
  return `Forget the session: oidc-cli logout ${profile} --local. Then sign in again with: ${loginCommand(facts)}`;
}

/** Codes of kept sessions, their stores, and of the process itself. */
export const sessions = {
  not_signed_in: (f) => ({
    message: `Nobody is signed in${f.profile === undefined ? '' : ` with the profile "${f.profile}"`}${f.issuer === undefined ? '' : ` at ${f.issuer}`}.`,
    causes: causes(
      Array.isArray(f.others) && f.others.length > 0 && `Somebody is with another profile: ${f.others.join(', ')}.`,
    ),
    fix:
      f.known === false
        ? 'Sign in with: oidc-cli login --issuer URL --client-id ID'
        : `Sign in with: ${loginCommand(f)}`,
  }),
  session_expired: (f) => ({
    message: 'The session has expired, and there is no refresh token to renew it with.',
    causes: [
      hasScope(f.scope, OFFLINE)
        ? 'The provider gave none, though offline_access was asked for: most give one only with --prompt consent.'
        : 'No refresh token was asked for or given: that takes the scope offline_access at most providers.',
    ],
    fix: `Sign in again with: ${signInAgain(f, [OFFLINE])}`,
  }),
  no_refresh_token: (f) => {
    const { resource, organization } = f;
    const target = organization === undefined ? resource : organization;
    return {
      message:
        target === undefined
          ? 'The session has no refresh token, so nothing can be refreshed.'
          : `The session has no refresh token, and a token for ${quote(target)} is given for one.`,
      causes: causes(
        !hasScope(f.scope, OFFLINE) && 'The scope offline_access was not asked for.',
        'The provider gives refresh tokens only with --prompt consent.',
        'The refresh token grant is not switched on for the application.',
      ),
      fix:
        target === undefined
          ? `Sign in again with: ${signInAgain(f, [OFFLINE])}`
          : `Sign in again with: ${signInAgain(f, organization === undefined ? [OFFLINE] : [OFFLINE, ORGANIZATIONS_SCOPE])}`,
    };
  },
  refresh_refused: (f) => ({
    message: `The provider refuses the refresh token.${providerQuote(f)}`,
    causes: causes(
      f.organization !== undefined &&
        !hasScope(f.granted, ORGANIZATIONS_SCOPE) &&
        `The scope ${ORGANIZATIONS_SCOPE} was not granted at sign-in, and the token was to be for an organization.`,
      ...WHY_REFRESH_REFUSED,
    ),
    fix: `Sign in again with: ${loginCommand(f)}`,
  }),
  store_unavailable: (f) => ({
    message: `The session store is not available${sessionPurpose(f)}.`,
    causes: ['There is no keychain service here (a container, CI, or a session without a desktop).'],
    fix: `Start the keychain service (on Linux: gnome-keyring or KWallet), or sign in with the encrypted file: ${loginCommand(f)} --store file.`,
  }),
  store_locked: (f) => ({
    message: `The keychain is locked, and was not unlocked${sessionPurpose(f)}.`,
    causes: ['The prompt was dismissed, or could not be shown.'],
    fix: `Unlock the keychain and try again, or sign in with the encrypted file: ${loginCommand(f)} --store file.`,
  }),
  store_timeout: (f) => ({
    message:
      f.file === undefined
        ? 'The keychain did not answer in time.'
        : `Another oidc-cli process${f.pid === undefined ? '' : ` (PID ${f.pid})`} holds ${f.file} and did not release it within ${secondsText(f.timeoutSeconds)}.`,
    causes: causes(
      f.file === undefined && 'A prompt to unlock it waits behind another window.',
      f.file !== undefined && 'That process is waiting for a slow provider.',
      f.pid !== undefined && 'That process is stopped (Ctrl-Z).',
    ),
    fix:
      f.file === undefined
        ? `Answer that prompt and try again, or sign in with the encrypted file: ${loginCommand(f)} --store file.`
        : `Try again when it has ended${f.pid === undefined ? '' : `, or end it: kill -9 ${f.pid}`}.`,
  }),
  store_key_invalid: (f) => {
    if (f.variable !== undefined) {
      return {
        message: `The key in ${f.variable} cannot be used${sessionPurpose(f)}.`,
        causes: ['Only a part of it was copied.'],
        fix: `Set ${f.variable} to 32 random bytes in base64 (openssl rand -base64 32), or to a passphrase of at least 8 characters. Without it the key file is used: unset ${f.variable}.`,
      };
    }
    if (f.mode !== undefined) {
      return {
        message: `The key file${f.file === undefined ? '' : ` ${f.file}`} cannot be used${sessionPurpose(f)} (mode ${f.mode}).`,
        causes: ['It was copied or restored by another program.'],
        fix: `Make it readable for you alone: chmod 600 ${fileWord(f)}.`,
      };
    }
    if (f.reason !== undefined) {
      return {
        message: `The key file${f.file === undefined ? '' : ` ${f.file}`} cannot be used${sessionPurpose(f)}.`,
        causes: ['It was copied, edited or restored by another program, or cut off by a full disk.'],
        fix: `Restore it from a backup. Without one, what was encrypted with it is lost. Move the file away: mv ${fileWord(f)} ${fileWord(f)}.old. ${startOverFix(f)}`,
      };
    }
    return {
      message: `The ${f.value ?? 'session'} was encrypted with a different key${f.file === undefined ? '' : ` (${f.file})`}.`,
      causes: causes(
        f.keySource !== 'key file' &&
          'OIDC_CLI_STORE_KEY is not set here, or not to the key that was used then. A variable that was set in another shell is not set in this one.',
        f.keySource !== 'environment' && 'The key file was replaced.',
      ),
      fix: `${f.keySource === 'key file' ? 'Restore the key file' : 'Set OIDC_CLI_STORE_KEY to that key'}. Without the key: ${startOverFix(f)}`,
    };
  },
  store_corrupt: (f) => ({
    message: `The ${f.value ?? 'session'}${f.file === undefined ? ' in the keychain' : ` file ${f.file}`} is damaged${sessionPurpose(f)}; it was left as it is.`,
    causes: ['It was edited, or cut off by a full disk.'],
    fix: startOverFix(f),
  }),
  store_version_newer: (f) => ({
    message: `A newer version of oidc-cli wrote ${f.file ?? 'the sessions'}, and this one does not know its format.`,
    causes: ['Two versions are installed, for example one with npx and one globally.'],
    fix:
      f.list === true
        ? `Use the newer version. To go on with this one, move the file away: mv ${fileWord(f)} ${fileWord(f)}.newer. Then sign in again with: ${loginCommand(f)}`
        : `Use the newer version. To go on with this one: ${startOverFix(f)}`,
  }),
  store_failed: (f) => ({
    message: [
      `The session store failed${f.operation === undefined ? '' : ` to ${f.operation}`}${f.file === undefined ? '' : ` ${f.file}`}${f.reason === undefined ? '' : `: ${describeReason(f.reason)}`}.`,
      f.sessionSaved === true && 'The session itself was saved.',
    ]
      .filter(Boolean)
      .join(' '),
    causes: whyStoreFailed(f.reason),
    fix: storeRepair(f),
  }),
  output_unwritable: (f) => ({
    message: `The output cannot be written to stdout${sessionPurpose(f)}. The rest of the command was done.`,
    causes: [],
    fix: 'Send the output to a file on a disk with room, or to a terminal.',
  }),
  interrupted: (f) => ({
    message:
      Array.isArray(f.done) && f.done.length > 0
        ? `Interrupted. Done before that: ${listText(f.done, 'nothing')}.`
        : 'Interrupted.',
    causes: [],
    fix: 'Nothing was kept of what was not finished.',
  }),
  internal: (f) => ({
    message: `oidc-cli itself failed${sessionPurpose(f)}.`,
    causes: ['This is a fault in oidc-cli, not in your configuration.'],
    fix: 'Please report it with the command you typed (without its secrets).',
  }),
} satisfies Partial<ExplainTable>;
