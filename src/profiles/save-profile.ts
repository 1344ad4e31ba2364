import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Document, YAMLMap } from 'yaml';
import { OidcCliError } from '../errors.js';
import { lookup } from '../json.js';
import { type StillHeld, withLock } from '../lock.js';
import { writeWholeFile } from '../write-file.js';
import { describeValue } from './describe-value.js';
import { checkFile } from './file-check.js';
import { LOGTO_KEYS } from './logto-kind.js';
import { isInside } from './paths.js';
import { readConfigFile } from './profile-file.js';
import type { ProfileValues } from './schema.js';
import { SECRET_VALUE_KEYS, SETTING_KEYS, type SettingKey } from './settings.js';

type Yaml = typeof import('yaml');

/** How `saveProfile` goes about it. */
export interface SaveOptions {
  /** Replaces a profile of this name, whole; without it such a profile is `profile_exists`. */
  readonly replace?: boolean;
  /** Makes it the file's `default` too. */
  readonly makeDefault?: boolean;
  /** Of a file that is new. An existing one keeps its own, unless this is 0o600, which is always put in place. */
  readonly mode?: number;
  /** Ends the wait for another process that is changing the file. */
  readonly signal?: AbortSignal;
  /**
   * Run last before the file is replaced, when nothing stands in the way any
   * more; what it throws is thrown, and the file stays as it was.
   */
  readonly before?: Step;
  /** Run once the file is replaced; what it throws is thrown. */
  readonly after?: Step;
  /** Run where `before` failed or the file could not be replaced, before that is thrown. */
  readonly undo?: Step;
}

/**
 * What belongs to a change of the file: no other process changes the file
 * meanwhile. Given is the profile of this name as the file has it before the
 * change.
 */
export type Step = (old: ProfileValues | undefined) => Promise<void>;

/** What `removeProfile` did. */
export interface Removal {
  readonly removed: boolean;
  /** The profile was the file's default, which now has none. */
  readonly defaultRemoved: boolean;
}

const PRIVATE = 0o600;

/** As long as for the list of sessions: on a busy machine a change takes a while, and many may be waiting. */
const LOCK_TIMEOUT_MS = 40_000;

/** The order in which keys are written: those of Logto, which tell what the profile is, before all others. */
const WRITTEN: ReadonlySet<SettingKey> = new Set([
  'kind',
  ...(Object.keys(LOGTO_KEYS) as (keyof typeof LOGTO_KEYS)[]),
  ...SETTING_KEYS,
]);

/**
 * Writes one profile into a configuration file and leaves all else in it as it
 * is: comments, order, line endings. The file and its folder are made where
 * there are none; the file is replaced in one step, or not at all.
 *
 * A client secret itself is refused (`config_value_invalid`): it may be named
 * as `${NAME}`. Throws `profile_exists` (facts: name, file), and
 * `config_file_invalid` or `config_file_unreadable` for a file that can't be
 * read or written, or a project's file that is a link to outside of its folder.
 * The file then stays as it was.
 */
export async function saveProfile(
  file: string,
  name: string,
  values: ProfileValues,
  options: SaveOptions = {},
): Promise<void> {
  await checkProfile(name, values);
  await change(file, name, options, (yaml, document, content) => {
    const present = profileIn(content, name);
    if (present !== undefined && !options.replace) {
      throw new OidcCliError('profile_exists', { name, file });
    }
    const profiles = mapIn(yaml, document, documentMap(yaml, document), 'profiles');
    const last = profiles.items.at(-1)?.key;
    const profile = mapIn(yaml, document, profiles, name);
    const added = profiles.items.at(-1)?.key;
    // Where blank lines stand between the profiles, one stands before the new one too.
    if (added !== last && yaml.isNode(last) && last.spaceBefore && yaml.isNode(added)) added.spaceBefore = true;
    for (const key of WRITTEN) {
      const value = values[key];
      if (value === undefined) profile.delete(key);
      else if (!isDeepStrictEqual(present?.[key], value)) setValue(document, profile, key, value);
    }
    if (options.makeDefault) setDefault(yaml, document, name);
    const { default: byDefault, ...rest } = content;
    return {
      ...(options.makeDefault ? { default: name } : byDefault === undefined ? {} : { default: byDefault }),
      ...rest,
      profiles: { ...content.profiles, [name]: withoutUndefined(values) },
    };
  });
}

/**
 * Takes a profile out of a configuration file, and the file's `default` with
 * it where that names the profile; all else stays as it is. A file that is
 * not there, or does not know the profile, is left alone. Throws as
 * `saveProfile`.
 */
export async function removeProfile(
  file: string,
  name: string,
  options: Pick<SaveOptions, 'mode' | 'signal' | 'before'> = {},
): Promise<Removal> {
  let removal: Removal = { removed: false, defaultRemoved: false };
  await change(file, name, options, (yaml, document, content) => {
    if (profileIn(content, name) === undefined) return undefined;
    const root = documentMap(yaml, document);
    const map = mapIn(yaml, document, root, 'profiles');
    removeFrom(yaml, map, name);
    const defaultRemoved = content.default === name;
    if (defaultRemoved) removeDefault(yaml, root);
    removal = { removed: true, defaultRemoved };
    const { [name]: _, ...profiles } = content.profiles ?? {};
    const { default: byDefault, ...rest } = content;
    return { ...rest, ...(defaultRemoved || byDefault === undefined ? {} : { default: byDefault }), profiles };
  });
  return removal;
}

/**
 * Refuses what `saveProfile` would refuse before it touches the file: a name
 * or a value that is not allowed, and a client secret itself. Throws
 * `config_value_invalid` (facts: where, found, allowed).
 */
export async function checkProfile(name: string, values: ProfileValues): Promise<void> {
  const { profileNameSchema, profileSchema, SECRET_VARIABLE } = await import('./schema.js');
  const validName = profileNameSchema.safeParse(name);
  if (!validName.success) {
    const allowed = validName.error.issues[0]?.message ?? '';
    throw new OidcCliError('config_value_invalid', { where: 'profile', found: describeValue(name, 'name'), allowed });
  }
  for (const key of SECRET_VALUE_KEYS) {
    const secret = values[key];
    if (secret === undefined || SECRET_VARIABLE.test(secret)) continue;
    throw new OidcCliError('config_value_invalid', {
      where: key,
      found: describeValue(secret, key),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own notation
      allowed: '${NAME}: no secret is written to a file',
    });
  }
  const valid = profileSchema.safeParse(values);
  if (valid.success) return;
  const issue = valid.error.issues[0];
  const key = String(issue?.path[0] ?? '');
  throw new OidcCliError('config_value_invalid', {
    where: key,
    found:
      issue?.code === 'custom' && typeof issue.params?.found === 'string'
        ? issue.params.found
        : describeValue(values[key as keyof ProfileValues], key),
    allowed: issue?.message ?? '',
  });
}

type Content = Awaited<ReturnType<typeof checkFile>>['content'];

/** The profile in the file's content; null where its key has no value, undefined where there is none. */
function profileIn(content: Content, name: string) {
  return content.profiles ? lookup(content.profiles, name) : undefined;
}

type Edit = (yaml: Yaml, document: Document.Parsed, content: Content) => unknown;

/**
 * Changes a file under a lock, so that of two processes at once neither undoes
 * what the other saved, in one step and with the steps that belong to it.
 */
async function change(file: string, name: string, options: SaveOptions, edit: Edit): Promise<void> {
  const { mode = PRIVATE, signal, before, after, undo } = options;
  if (mode !== PRIVATE) await refuseLinkOut(file);
  const work = async (stillHeld: StillHeld) => {
    const edited = await withWriteError(file, () => editedText(file, edit));
    if (edited === undefined) return;
    const old = profileIn(edited.content, name) ?? undefined;
    try {
      await before?.(old);
      await stillHeld();
      await withWriteError(file, () => writeWholeFile(file, edited.text, mode === PRIVATE ? { mode } : {}));
    } catch (error) {
      await undo?.(old);
      throw error;
    }
    await after?.(old);
  };
  await withLock(file, work, {
    timeoutMs: LOCK_TIMEOUT_MS,
    signal,
    failure: (reason, cause) => unwritable(file, reason ?? 'unknown', cause),
  });
}

/**
 * Refuses to change a project's file that is a link to outside of its folder:
 * the link came with the folder, and may lead to the user's own file. Throws
 * `config_file_unreadable`.
 */
async function refuseLinkOut(file: string): Promise<void> {
  const [target, folder] = await Promise.all([file, dirname(file)].map((path) => realpath(path).catch(() => path)));
  if (target === undefined || folder === undefined || isInside(target, folder)) return;
  throw unwritable(file, `a link leads out of its folder, to ${target}`);
}

async function withWriteError<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OidcCliError) throw error;
    throw unwritable(file, (error as NodeJS.ErrnoException).code ?? 'unknown', error);
  }
}

/**
 * Reads a file and lets `edit` change its document. Returns what was in it and
 * its new text, if what is then in the text is what `edit` says should be in
 * it; undefined where there is nothing to change.
 */
async function editedText(file: string, edit: Edit): Promise<{ content: Content; text: string } | undefined> {
  const yaml = await import('yaml');
  const before = (await readConfigFile(file)) ?? '';
  const { content } = await checkFile(file, before);
  const document = yaml.parseDocument(before, { prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const expected = edit(yaml, document, content);
  if (expected === undefined) return undefined;
  let text: string;
  try {
    // Folding a long line would change it for no reason.
    text = document.toString({ lineWidth: 0 });
  } catch {
    // An alias elsewhere stands for what was replaced.
    throw unwritable(file, 'an alias (*) in it would lose what it stands for');
  }
  if (before.includes('\r\n')) text = text.replace(/\r?\n/g, '\r\n');
  const written = await checkFile(file, text);
  if (!isDeepStrictEqual(written.content, expected)) throw unwritable(file, 'its other content would change');
  return { content, text };
}

function unwritable(file: string, reason: string, cause?: unknown): OidcCliError {
  return new OidcCliError('config_file_unreadable', { file, reason, doing: 'write' }, { cause });
}

function withoutUndefined(values: ProfileValues): ProfileValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The key as the map has it: `1` may be a number there. */
function keyIn(yaml: Yaml, map: YAMLMap, key: string): unknown {
  return map.items.find((pair) => yaml.isScalar(pair.key) && String(pair.key.value) === key)?.key ?? key;
}

function documentMap(yaml: Yaml, document: Document.Parsed): YAMLMap {
  if (yaml.isMap(document.contents)) return document.contents;
  const map = document.createNode({}) as YAMLMap;
  (document as Document).contents = map;
  return map;
}

/** The mapping under a key, made where there is none; a key without a value becomes one. */
function mapIn(yaml: Yaml, document: Document.Parsed, parent: YAMLMap, key: string): YAMLMap {
  const at = keyIn(yaml, parent, key);
  const present = parent.get(at, true);
  if (yaml.isMap(present)) {
    // An empty mapping can only be written as {}: what is added to it need not be.
    if (present.items.length === 0) present.flow = false;
    return present;
  }
  const map = document.createNode({}) as YAMLMap;
  parent.set(yaml.isNode(at) ? at : document.createNode(at), map);
  return map;
}

/** Sets a key, keeping the comment that follows its old value. */
function setValue(document: Document.Parsed, map: YAMLMap, key: string, value: unknown): void {
  const old = map.get(key, true);
  const node = document.createNode(value);
  if (old?.comment) node.comment = old.comment;
  map.set(key, node);
}

/** Sets the file's `default`; a new one stands first, below the comment that heads the file. */
function setDefault(yaml: Yaml, document: Document.Parsed, name: string): void {
  const root = documentMap(yaml, document);
  if (root.has('default')) {
    setValue(document, root, 'default', name);
    return;
  }
  const first = root.items[0]?.key;
  const key = document.createNode('default');
  if (yaml.isNode(first)) {
    key.commentBefore = first.commentBefore ?? null;
    first.commentBefore = null;
  }
  root.items.unshift(document.createPair(key, name) as (typeof root.items)[number]);
}

/** Takes the file's `default` out, but not the comment that heads the file. */
function removeDefault(yaml: Yaml, root: YAMLMap): void {
  const [first, second] = root.items.map((pair) => pair.key);
  const header = yaml.isScalar(first) && first.value === 'default' ? first.commentBefore : undefined;
  root.delete('default');
  if (!yaml.isNode(second) || !header) return;
  second.commentBefore = [header, second.commentBefore].filter(Boolean).join('\n');
  second.spaceBefore = false;
}

/** Takes a profile out, with the comment above it. */
function removeFrom(yaml: Yaml, profiles: YAMLMap, name: string): void {
  const key = keyIn(yaml, profiles, name);
  const isFirst = profiles.items[0]?.key === key;
  profiles.delete(key);
  if (!isFirst) return;
  // The comment above the first entry is the mapping's own, and would pass to the next.
  profiles.commentBefore = null;
  const next = profiles.items[0]?.key;
  if (yaml.isNode(next)) next.spaceBefore = false;
}
