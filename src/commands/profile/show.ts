import { stat } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { type CollectedProfile, collectProfile } from '../../profiles/collect-profile.js';
import { LOGTO_KEYS } from '../../profiles/logto-kind.js';
import type { ProfileFlags, SecretReference, Source } from '../../profiles/profile.js';
import { profileNames } from '../../profiles/profile-choice.js';
import { SETTING_KEYS, SETTINGS } from '../../profiles/settings.js';
import { cutForTable, printable, type Terminal, table } from '../../terminal.js';
import { chosenByText } from '../session-access.js';

export interface ProfileShowOptions {
  readonly profile?: string;
  readonly flags?: ProfileFlags;
  /** The profile last signed in to, for when nothing names one. */
  readonly lastSignedIn?: string;
  readonly json?: boolean;
}

/** Where a secret comes from and whether it is there; never the secret. */
async function secretState(reference: SecretReference, context: Context) {
  switch (reference.kind) {
    case 'env': {
      const there = Boolean(context.env[reference.name]);
      const text = `from $${reference.name} (${there ? 'set' : 'not set'})`;
      return { text, json: { kind: 'env', name: reference.name, set: there } };
    }
    case 'file': {
      const there = await stat(reference.path).then(
        (about) => about.isFile(),
        () => false,
      );
      const text = `from the file ${printable(reference.path)} (${there ? 'there' : 'not there'})`;
      return { text, json: { kind: 'file', path: reference.path, set: there } };
    }
    case 'stored':
      return { text: 'in the session store', json: { kind: 'stored' } };
    case 'stdin':
      return { text: 'from stdin', json: { kind: 'stdin' } };
    case 'value':
      return { text: 'hidden', json: { kind: 'value' } };
  }
}

function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => printable(String(one))).join(' ');
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function shownSource(source: Source): string {
  return source.layer === 'default' ? 'default' : `${source.layer} (${printable(source.where)})`;
}

/** What Logto calls a key of ours; undefined where it is called the same. */
function logtoName(key: string): string | undefined {
  return Object.entries(LOGTO_KEYS).find(([, ordinary]) => ordinary === key)?.[0];
}

/** What is kept of a connector is too much for one line. */
function jsonMembers({ key, json, source }: { readonly key: string; readonly json: unknown; readonly source: Source }) {
  return Object.entries(json ?? {}).map(([name, value]) => ({
    key: `${key}.${name}`,
    text: shownValue(value),
    source,
  }));
}

/** A value longer than this many characters is cut in the table; `--json` has it whole. */
const MAX_LENGTH = 120;

/** One line of `profile show`: a key, what it holds, and where that comes from. */
async function shownRows(collected: CollectedProfile, context: Context) {
  const rows: { key: string; text: string; json: unknown; source: Source }[] = [];
  const kind = collected.sources.kind;
  // First, since all else is read by it.
  if (kind) rows.push({ key: 'kind', text: 'logto', json: 'logto', source: kind });
  const push = (key: string, value: unknown) => {
    const source = collected.sources[key];
    if (source) rows.push({ key, text: shownValue(value), json: value, source });
  };
  for (const key of SETTING_KEYS) {
    if (key === 'clientSecret') {
      const { secret } = collected;
      if (secret) rows.push({ key, ...(await secretState(secret.reference, context)), source: secret.source });
    } else if (key === 'parameters') {
      for (const [name, value] of Object.entries(collected.values.parameters)) push(`parameters.${name}`, value);
    } else if (key in collected.values && key !== 'kind') {
      const value = collected.values[key as keyof CollectedProfile['values']];
      if (value !== undefined && !(Array.isArray(value) && value.length === 0)) push(key, value);
    }
  }
  return rows;
}

/**
 * `profile show [profile]`: every value of the profile that would be used, and
 * where it comes from; of a client secret only where it is. Throws as
 * `collectProfile`, and `config_missing` where nothing names a profile.
 */
export async function profileShow(
  options: ProfileShowOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const { profile: name, flags, lastSignedIn } = options;
  const collected = await collectProfile({ name, flags, lastSignedIn }, context);
  if (collected.name === undefined) {
    throw new OidcCliError('config_missing', {
      key: 'profile',
      flag: 'an argument',
      variable: 'OIDC_CLI_PROFILE',
      known: collected.files && profileNames(collected.files),
      files: collected.files?.searched,
    });
  }
  const rows = await shownRows(collected, context);
  const isLogto = collected.values.kind === 'logto';
  const missing = (['issuer', 'clientId'] as const)
    .filter((key) => collected.values[key] === undefined)
    .map((key) => (isLogto ? ({ issuer: 'endpoint', clientId: 'appId' } as const)[key] : key));
  if (options.json) {
    const values = Object.fromEntries(
      rows.map(({ key, json, source }) => {
        const logtoKey = isLogto ? logtoName(key) : undefined;
        return [key, { value: json, ...source, logtoKey }];
      }),
    );
    const { chosenBy, warnings } = collected;
    terminal.json({ profile: collected.name, chosenBy, values, missing, warnings });
  } else {
    const { strong, dim } = terminal.style;
    terminal.say(`Profile ${printable(collected.name)} (${chosenByText(collected.chosenBy)})`);
    const head = ['KEY', 'VALUE', 'SOURCE'].map((title) => strong(title));
    const shownKey = (key: string) => (isLogto && logtoName(key) ? `${logtoName(key)} (${key})` : printable(key));
    const lines = rows
      .flatMap((row) => (row.key === 'connector' ? jsonMembers(row) : [row]))
      .map(({ key, text, source }) => [shownKey(key), cutForTable(text, MAX_LENGTH), dim(shownSource(source))]);
    for (const line of table([head, ...lines], '', terminal.style.columns)) terminal.out(line);
  }
  for (const text of collected.warnings) terminal.say(`${terminal.talk.warn('Warning:')} ${printable(text)}`);
  for (const key of missing) {
    const { flag, variable } = SETTINGS[key];
    terminal.say(`${terminal.talk.warn('Missing:')} ${key} (${flag}, ${variable}, or ${key} in the profile)`);
  }
  return EXIT.done;
}
