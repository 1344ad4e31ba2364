import { type FactsOf, OidcCliError } from '../errors.js';
import { isCredentialName } from '../masking/secret-names.js';
import type { FileClient } from './client-schema.js';
import type { ClientRegistration } from './clients.js';

/**
 * Reads a list of client registrations, in YAML or JSON, under the names of
 * OIDC Dynamic Client Registration 2 (`client_id`, `redirect_uris`, …).
 * `file` is for messages. Throws `config_file_invalid` for the first mistake,
 * with the facts file, line (from 1), key, found (never a secret) and allowed.
 */
export async function parseClientFile(file: string, content: string): Promise<ClientRegistration[]> {
  const [yaml, { clientListSchema: schema, CLIENT_MEMBERS }] = await Promise.all([
    import('yaml'),
    import('./client-schema.js'),
  ]);
  const counter = new yaml.LineCounter();
  const document = yaml.parseDocument(content, { lineCounter: counter, prettyErrors: false, logLevel: 'silent' });
  const invalid = (offset: number, facts: FactsOf<'config_file_invalid'>) =>
    new OidcCliError('config_file_invalid', { file, line: Math.max(1, counter.linePos(offset).line), ...facts });

  const mistake = document.errors[0];
  if (mistake) {
    // The parser's own message may quote the file, and with it a secret.
    throw invalid(mistake.pos[0], {
      key: '',
      found: `a mistake in the YAML (${mistake.code})`,
      allowed: 'YAML or JSON',
    });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw invalid(0, { key: '', found: 'more aliases than is reasonable', allowed: 'YAML or JSON' });
  }
  const offsetOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (yaml.isNode(node)) return node.range?.[0] ?? 0;
    }
    return 0;
  };

  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const path = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])];
    throw invalid(offsetOf(path), {
      key: memberName(path),
      found: unknown === undefined ? describe(valueAt(value, path), path) : 'an unknown key',
      allowed: unknown === undefined ? (issue?.message ?? '') : CLIENT_MEMBERS.join(', '),
    });
  }
  const seen = new Set<string>();
  result.data.forEach(({ client_id: id }, index) => {
    const key = memberName([index, 'client_id']);
    if (seen.has(id)) throw invalid(offsetOf([index, 'client_id']), { key, found: id, allowed: 'each client_id once' });
    seen.add(id);
  });
  return result.data.map(registration);
}

/** Under the names that the built-in provider's flags and tests use. */
function registration(client: FileClient): ClientRegistration {
  const entries = Object.entries(client).map(([name, value]) => [camelCase(name), value]);
  return Object.fromEntries(entries);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], root);
}

/** A path as people write it: `[0].redirect_uris[1]`. */
function memberName(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

function describe(value: unknown, path: readonly PropertyKey[]): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const secret = path.some((key) => key === 'jwks' || isCredentialName(String(key)));
  return secret ? `a ${typeof value}` : JSON.stringify(value).slice(0, 120);
}
