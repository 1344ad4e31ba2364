import type { z } from 'zod';
import { describeValue } from './describe-value.js';
import { kindKeys } from './kind-check.js';
import { nearest } from './nearest.js';
import { invalid, parseYaml, valueAt } from './placed-yaml.js';
import type { fileSchema } from './schema.js';
import { SECRET_KEYS } from './settings.js';

/** A file's content that passed the schema, and the way back to its lines. */
export interface CheckedFile {
  readonly content: z.infer<typeof fileSchema>;
  lineOf(path: readonly string[]): number;
}

function keysOf(path: readonly string[], keys: { file: readonly string[]; profile: readonly string[] }) {
  return path.length === 0 ? keys.file : keys.profile;
}

/**
 * Parses the text of a configuration file and checks it with the schema.
 * Throws `config_file_invalid` for the first mistake, with the facts file,
 * line and column (from 1), key (`profiles.staging.clientAuth`), found (never
 * a secret), allowed, and suggestion for a mistyped key.
 */
export async function checkFile(file: string, text: string): Promise<CheckedFile> {
  const [{ content, place }, { fileSchema, profileSchema }] = await Promise.all([
    parseYaml(file, text),
    import('./schema.js'),
  ]);
  const result = fileSchema.safeParse(content);
  if (!result.success) {
    const issue = result.error.issues[0];
    const path = (issue?.path ?? []).map(String);
    if (issue?.code === 'unrecognized_keys') {
      const key = issue.keys[0] ?? '';
      const profileKeys = kindKeys(Object.keys(profileSchema.shape), valueAt(content, [...path, 'kind']));
      const connectorKeys = Object.keys(profileSchema.shape.connector.unwrap().shape);
      const allowedKeys = path[2] === 'connector' ? connectorKeys : profileKeys;
      const known = keysOf(path, { file: Object.keys(fileSchema.shape), profile: allowedKeys });
      const suggestion = nearest(key, known);
      throw invalid(file, {
        ...place([...path, key], 'key'),
        key: [...path, key].join('.'),
        found: 'an unknown key',
        allowed: known.join(', '),
        suggestion,
      });
    }
    if (issue?.code === 'invalid_key') {
      throw invalid(file, {
        ...place(path, 'key'),
        key: path.join('.'),
        found: JSON.stringify(path.at(-1) ?? ''),
        allowed: issue.issues[0]?.message ?? issue.message,
      });
    }
    const value = valueAt(content, issue?.path ?? []);
    throw invalid(file, {
      ...place(path, issue?.code === 'custom' && issue.params?.reserved ? 'key' : 'value'),
      key: path.join('.'),
      found:
        issue?.code === 'custom' && typeof issue.params?.found === 'string'
          ? issue.params.found
          : describeValue(value, path[0] === 'profiles' ? (path[2] ?? '') : (path[0] ?? '')),
      allowed: issue?.message ?? '',
    });
  }
  const lineOf = (path: readonly string[]) => place(path, 'key').line;
  for (const [name, values] of Object.entries(result.data.profiles ?? {})) {
    const given = SECRET_KEYS.filter((key) => ![undefined, false].includes(valueAt(values, [key]) as undefined));
    const [first, second] = given;
    if (first === undefined || second === undefined) continue;
    throw invalid(file, {
      ...place(['profiles', name, second], 'key'),
      key: `profiles.${name}.${second}`,
      found: `a second place for the client secret, beside ${first}`,
      allowed: second.startsWith('app')
        ? 'one of appSecret, appSecretFile and appSecretStored'
        : 'one of clientSecret, clientSecretFile and clientSecretStored',
    });
  }
  return { content: result.data, lineOf };
}
