import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readErrorText } from '../src/explain/error-text.js';
import { parseJson } from '../src/json.js';
import { parseConnectorJson } from '../src/logto/connector/parse.js';
import { decodeToken } from '../src/oidc/decode-token.js';
import { indistinguishableKeys } from '../src/oidc/key-facts.js';
import { readMetadata } from '../src/oidc/metadata.js';
import { parseInput } from '../src/oidc/parse-input.js';
import { checkFile } from '../src/profiles/file-check.js';
import { nearest } from '../src/profiles/nearest.js';
import { parseYaml } from '../src/profiles/placed-yaml.js';
import { runCommand } from './support/built-command.js';
import { expectLinear } from './support/growth.js';
import { createMachine, type Machine } from './support/run.js';

/*
 * Text from outside comes in any size: a reader's work grows with the size,
 * and not with its square. Pages have a test of their own.
 */

const many = (size: number, line: (index: number) => string) => Array.from({ length: size }, (_, at) => line(at));
const object = (size: number) => Object.fromEntries(many(size, (at) => `member${at}`).map((name) => [name, [name, 1]]));
const jwt = (claims: object) =>
  `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const profiles = (size: number, line: (index: number) => string) => `profiles:\n${many(size, line).join('\n')}\n`;

const YAML: Readonly<Record<string, (size: number) => string>> = {
  profiles: (size) => profiles(size, (at) => `  p${at}: { issuer: "https://id.example.com/${at}", clientId: app }`),
  'profiles that are wrong': (size) => profiles(size, (at) => `  p${at}: { issuer: nowhere, clientId: ${at} }`),
  'unknown keys': (size) => `profiles:\n  one:\n${many(size, (at) => `    key${at}: 1`).join('\n')}\n`,
  'one key again and again': (size) => profiles(size, () => '  same: { clientId: app }'),
  'mistakes in the YAML': (size) => profiles(size, (at) => `  p${at}: "x" y`),
  anchors: (size) => profiles(size, (at) => `  p${at}: &a${at} { clientId: app }\n  q${at}: *a${at}`),
  'aliases of aliases': (size) =>
    `a0: &a0 [x, x]\n${many(size, (at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`).join('\n')}\n`,
  brackets: (size) => `${'['.repeat(size)}${']'.repeat(size)}`,
  'one long text': (size) => `default: ${'x'.repeat(size * 20)}\n`,
};

test.each(Object.entries(YAML))('YAML with %s', async (_what, make) => {
  await expectLinear(make, (text) => checkFile('oidc-cli.yaml', text), { smallest: 4 });
});

test('a place of each key in YAML', async () => {
  await expectLinear(
    (size) => ({ size, text: YAML.profiles?.(size) ?? '' }),
    async ({ size, text }) => {
      const { place } = await parseYaml('oidc-cli.yaml', text);
      for (let at = 0; at < size; at += 1) place(['profiles', `p${at}`, 'clientId'], 'key');
    },
    { smallest: 4 },
  );
});

const READERS: Readonly<Record<string, readonly [(size: number) => string, (text: string) => unknown]>> = {
  'JSON that is nested': [(size) => `${'[{"a":'.repeat(size)}1${'}]'.repeat(size)}`, parseJson],
  'JSON with many members': [(size) => JSON.stringify(object(size)), parseJson],
  'a connector with many members': [
    (size) => JSON.stringify(object(size), undefined, 2),
    (text) => parseConnectorJson('connector.json', text, ['clientId']),
  ],
  'a connector that is nested': [
    (size) => `${'{"a":'.repeat(size)}1${'}'.repeat(size)}`,
    (text) => parseConnectorJson('connector.json', text, ['clientId']),
  ],
  'a connector with one member again and again': [
    (size) => `{${many(size, () => '"a":1').join(',\n')}}`,
    (text) => parseConnectorJson('connector.json', text, ['clientId']),
  ],
  'a connector that breaks off': [
    (size) => JSON.stringify(object(size)).slice(0, -3),
    (text) => parseConnectorJson('connector.json', text, ['clientId']),
  ],
  'a token with many claims': [(size) => jwt(object(size)), decodeToken],
  'a token of many parts': [(size) => 'eyJ.'.repeat(size), decodeToken],
  'a pasted token answer': [(size) => JSON.stringify({ id_token: jwt(object(size)), ...object(size) }), parseInput],
  'a pasted address': [(size) => `http://localhost/callback?${'a=b&'.repeat(size)}`, parseInput],
  'pasted spaces': [(size) => `${' \n'.repeat(size)}x${' '.repeat(size)}`, parseInput],
  'an error text': [
    (size) => 'AADSTS ERR- a_b= '.repeat(size),
    (text) => readErrorText(text, (word) => word === 'none'),
  ],
  'a mistyped word': [(size) => 'profile'.repeat(size), (text) => nearest(text, [`x${text}`, `${text.slice(1)}`])],
};

test.each(Object.entries(READERS))('%s', async (_what, [make, read]) => {
  await expectLinear(make, read, { smallest: 16 });
});

test('metadata and key sets', async () => {
  await expectLinear(object, readMetadata);
  await expectLinear(
    (size) => many(size, (at) => `key${at % 7}`).map((kid) => ({ kty: 'RSA', kid })),
    indistinguishableKeys,
  );
});

let machine: Machine;
beforeAll(async () => {
  machine = await createMachine();
});
afterAll(() => machine.remove());

test('a message names the first of thousands of profiles, and how many more there are', async () => {
  await writeFile(join(machine.home, 'config.yaml'), YAML.profiles?.(3_000) ?? '');
  const { code, stderr } = await machine.run(['doctor', 'another']);
  expect(code).toBe(3);
  expect(stderr).toContain(' and 2970 more');
  expect(stderr.length).toBeLessThan(1_500);
});

test.each<[string, (levels: number) => string]>([
  ['brackets', (levels) => `profiles: ${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`],
  ['indentation', (levels) => Array.from({ length: levels }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
  ['lists in lists', (levels) => `${'- '.repeat(levels)}1`],
])('YAML that is nested without end by %s is refused, in a process of its own too', async (_by, text) => {
  for (const levels of [150, 1_000, 3_000]) {
    await writeFile(join(machine.home, 'config.yaml'), text(levels).slice(0, 900_000));
    const { code, stdout } = await machine.run(['profile', 'list', '--json']);
    expect([code, JSON.parse(stdout).error.code], `${levels} levels`).toEqual([3, 'config_file_invalid']);
  }
  const spawned = await runCommand(['profile', 'list', '--json'], { OIDC_CLI_HOME: machine.home });
  expect([spawned.code, spawned.signal, spawned.stderr]).toEqual([3, null, '']);
});
