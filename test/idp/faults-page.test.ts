import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULT_NAMES, FAULTS } from '../../src/idp/faults.js';

const PAGE = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');

test('docs/faults.md lists every fault, in the words of oidc-cli idp --faults', () => {
  const rows = PAGE.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(FAULT_NAMES.map((name) => [`\`${name}\``, FAULTS[name].does, FAULTS[name].clause]));
});
