import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { planJsonSchema } from '../../src/smoke/json-schema.js';
import { expectSchema, planSchema } from '../../src/smoke/plan.js';
import { codeRows, docsPage, sectionOf } from '../support/markdown-table.js';

const PAGE = docsPage('smoke');
const FILE = new URL('../../schema/oidc-smoke.schema.json', import.meta.url);

/** The rows of the table under a heading: what the first cell names, and the rest. */
function rowsUnder(heading: string): Map<string, string> {
  const rows = codeRows(sectionOf(PAGE, heading));
  return new Map(rows.map(([first = '', ...rest]) => [/^`([^`]+)`/.exec(first)?.[1] ?? '', rest.join(' ')]));
}

test('the JSON Schema in the package is the one the tool checks with (npm run build writes it)', () => {
  expect(readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n')).toBe(planJsonSchema());
});

describe('docs/smoke.md', () => {
  const { defaults, checks } = planSchema.shape;
  const check = checks.element.shape;

  test('has every key of the file, of a check and of an expectation, and no other', () => {
    expect([...rowsUnder('Keys of the file').keys()].sort()).toEqual(Object.keys(planSchema.shape).sort());
    expect([...rowsUnder('Keys of a check').keys()].sort()).toEqual(Object.keys(check).sort());
    expect([...rowsUnder('Expectations').keys()].sort()).toEqual(Object.keys(expectSchema.shape).sort());
  });

  test('says what defaults leave out', () => {
    const without = Object.keys(check).filter((key) => !(key in defaults.unwrap().shape));
    expect(without.sort()).toEqual(['connector', 'name']);
  });

  test('names every word that a choice has, and every key of an expectation that is a mapping', () => {
    const rows = rowsUnder('Expectations');
    for (const [key, schema] of Object.entries(expectSchema.shape)) {
      const inner = schema.unwrap();
      if (!(inner instanceof z.ZodObject)) continue;
      for (const word of Object.keys(inner.shape)) expect(rows.get(key), key).toContain(`\`${word}`);
    }
    for (const driver of check.with.unwrap().options)
      expect(rowsUnder('Keys of a check').get('with')).toContain(`\`${driver}\``);
  });

  test('every key is described for editors', () => {
    for (const shape of [planSchema.shape, check, expectSchema.shape]) {
      for (const [key, schema] of Object.entries(shape)) {
        const own =
          schema.description ??
          (schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType).description : undefined);
        expect(own, key).toMatch(/^[A-Z].+\.$/);
      }
    }
  });

  test('has every flag of the command', async () => {
    const { createMachine } = await import('../support/run.js');
    const machine = await createMachine();
    const { stdout } = await machine.run(['smoke', '--help']);
    const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help');
    expect(flags.length).toBeGreaterThan(10);
    for (const flag of flags) expect(PAGE).toContain(`--${flag}`);
    await machine.remove();
  });
});
