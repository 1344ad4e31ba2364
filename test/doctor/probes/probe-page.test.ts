import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { definitionOf, PROBE_NAMES } from '../../../src/doctor/probes/probe.js';

const PAGE = readFileSync(new URL('../../../docs/probe.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');

test('docs/probe.md lists every probe, in the words of oidc-cli probe --list', () => {
  const rows = PAGE.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  const listed = PROBE_NAMES.map((name) => {
    const { tries, expected, clause, level } = definitionOf(name);
    return [`\`${name}\``, tries, expected, level === 'should' ? `${clause} (should)` : clause];
  });
  expect(rows).toEqual(listed);
});
