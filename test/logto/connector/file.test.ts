// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of references
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OidcCliError } from '../../../src/errors.js';
import { readConnectorFile } from '../../../src/logto/connector/file.js';
import { parseConnectorJson } from '../../../src/logto/connector/parse.js';
import { connectorSecret, connectorSecretReference } from '../../../src/logto/connector/secret.js';
import { connectorJson, SECRET } from '../connectors.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const deps = (stdin = new PassThrough(), signal = new AbortController().signal) => ({ cwd, stdin, signal, env: {} });
const piped = (text: string) => {
  const stdin = new PassThrough();
  stdin.end(text);
  return deps(stdin);
};
const read = (value: unknown) =>
  readConnectorFile('-', piped(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)));
const failure = async (work: Promise<unknown>): Promise<OidcCliError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OidcCliError) return error;
  throw new Error('it did not fail as it should', { cause: error });
};

describe('the forms of a connector', () => {
  it("is the console's fields, from a file or from stdin", async () => {
    await writeFile(join(cwd, 'c.json'), JSON.stringify(connectorJson()));
    const fromFile = await readConnectorFile('c.json', deps());
    expect(fromFile).toMatchObject({ name: 'c.json', config: connectorJson() });
    expect(fromFile.whole).toBe(fromFile.config);
    expect(await read(connectorJson())).toMatchObject({ name: 'stdin', config: connectorJson() });
  });

  it('may begin with a byte order mark', async () => {
    const text = `\uFEFF${JSON.stringify(connectorJson())}`;
    expect(await read(text)).toMatchObject({ config: connectorJson() });
  });

  it('is an answer of the Management API', async () => {
    const around = { id: 'abc', connectorId: 'oidc', metadata: { target: 'x' }, syncProfile: true };
    const file = await read({ ...around, enableTokenStorage: false, config: connectorJson() });
    expect(file).toMatchObject({
      config: connectorJson(),
      whole: { ...around, enableTokenStorage: false, config: connectorJson() },
      connectorId: 'abc',
      syncProfile: true,
      tokenStorage: false,
    });
    // Paths and lines are those of the whole.
    expect(file.pathOf(['scope'])).toBe('config.scope');
    expect(file.lineOf(['scope'])).toBe(14);
    expect(await read({ connectorId: 'oidc', config: connectorJson() })).not.toHaveProperty('connectorId');
  });

  it('is only a configuration, where config is one of its unknown keys', async () => {
    const flat = { ...connectorJson(), config: {}, id: 'x', metadata: 'y' };
    const file = await read(flat);
    expect(file.config).toEqual(flat);
    expect(file.pathOf(['scope'])).toBe('scope');
  });
});

describe('paths and lines', () => {
  const text =
    '{\n"clientId": "a",\n"idTokenVerificationConfig":\n{ "jwksUri": "j",\r\n"issuer": ["a", "b"]},\r"a b": {"0": 1}}';

  it('are those of the file, and of the nearest key for one that is missing', async () => {
    const file = await read(text);
    const at = (...path: string[]) => [file.pathOf(path), file.lineOf(path)];
    expect(at('clientId')).toEqual(['clientId', 2]);
    expect(at('idTokenVerificationConfig', 'issuer', '1')).toEqual(['idTokenVerificationConfig.issuer[1]', 5]);
    expect(at('a b', '0')).toEqual(['["a b"]["0"]', 6]);
    expect(at('idTokenVerificationConfig', 'typ')).toEqual(['idTokenVerificationConfig.typ', 3]);
    expect(at('scope')).toEqual(['scope', 1]);
    expect(at()).toEqual(['', 1]);
  });

  it('never name what may be a value, where the text is broken', async () => {
    for (const broken of [
      `{"clientSecret", "${SECRET}": 1, "${SECRET}" x}`,
      `{"customConfig": {"${SECRET}": x}}`,
      `{"clientSecret" "${SECRET}"}`,
    ]) {
      const { facts } = await failure(read(broken));
      expect(JSON.stringify(facts)).not.toContain(SECRET);
    }
  });
});

describe('any text', () => {
  const fragment = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      "'",
      '\\',
      '/',
      '//',
      '/*',
      '\n',
      '\r',
      '\t',
      ' ',
      '\u00a0',
      '\u201c',
      'a',
      '1',
    ],
    ...[
      '-',
      '.',
      'e',
      'true',
      'null',
      'None',
      '#',
      '=',
      ';',
      '"a"',
      '"a":',
      '\u0000',
      '\u001b',
      '__proto__',
      '\\u',
      '${A}',
    ],
  );

  it('is read as JSON.parse reads it, or refused in words', () => {
    const property = fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      let expected: { value: unknown } | undefined;
      try {
        expected = { value: JSON.parse(text) as unknown };
      } catch {
        expected = undefined;
      }
      try {
        expect({ value: parseConnectorJson('f', text, []).value }).toEqual(expected);
      } catch (error) {
        if (!(error instanceof OidcCliError)) throw error;
        expect(error.code).toBe('connector_file_invalid');
        expect(String(error.facts.reason)).toMatch(/^\S.*\S$/s);
        // What JSON.parse takes is refused for these reasons alone.
        if (expected) expect(error.facts.reason).toMatch(/the key is there twice|this key means|it has a character/);
      }
    });
    fc.assert(property, { numRuns: 5000, seed: 7 });
  });
});

describe('stdin', () => {
  it('that says nothing ends by the time limit', async () => {
    const { code, facts } = await failure(readConnectorFile('-', deps(), { timeout: 20 }));
    expect([code, facts.reason]).toEqual(['connector_file_unreadable', 'its end did not come within 0.02 seconds']);
  });

  it('ends when the person does not want to wait', async () => {
    const { code } = await failure(readConnectorFile('-', deps(new PassThrough(), AbortSignal.abort())));
    expect(code).toBe('interrupted');
  });
});

describe("a connector's secret", () => {
  const secretOf = async (clientSecret: unknown, flags = {}, env: Record<string, string> = {}, stdin = '') => {
    const file = { ...(await read(connectorJson({ clientSecret }))), name: 'c.json' };
    const deps = { ...piped(stdin), env, folders: { config: '/no/such/folder', data: '/no/such/folder' } };
    const trust = { trusted: true, folder: '/', userFile: '/no/such/folder/config.yaml' };
    const reference = await connectorSecretReference(file, flags, deps, trust);
    return connectorSecret(file, reference, { ...deps, consent: async () => {} });
  };

  it('is as the file has it, or in the variable that the file names', async () => {
    expect(await secretOf('a ${B}')).toBe('a ${B}');
    expect(await secretOf('${B}', {}, { B: 'b' })).toBe('b');
    expect(await secretOf(undefined)).toBeUndefined();
    expect(await secretOf(5)).toBeUndefined();
  });

  it('comes from a flag before that', async () => {
    await writeFile(join(cwd, 'secret'), 'in a file\n');
    expect(await secretOf('x', { clientSecret: 'given' })).toBe('given');
    expect(await secretOf('x', { clientSecretEnv: 'B' }, { B: 'b' })).toBe('b');
    expect(await secretOf('x', { clientSecretFile: 'secret' })).toBe('in a file');
    expect(await secretOf('x', { clientSecretStdin: true }, {}, 'piped\n')).toBe('piped');
    const { code } = await failure(secretOf('x', { clientSecret: 'a', clientSecretEnv: 'B' }));
    expect(code).toBe('config_value_invalid');
  });

  it('that is not there is said with its place', async () => {
    const { code, facts } = await failure(secretOf('${B}'));
    expect(code).toBe('client_secret_unavailable');
    expect(facts).toMatchObject({ variable: 'B', where: 'c.json:5' });
    expect((await failure(secretOf('<client-secret>'))).facts.file).toBe('c.json:5');
  });
});
