import { expect, test } from 'vitest';
import { PROBE_NAMES, probeDefinition } from '../../src/probe/probe.js';
import { codeRows, docsPage } from '../support/markdown-table.js';

test('docs/probe.md lists every probe, in the words of oidc-cli probe --list', () => {
  const listed = PROBE_NAMES.map((name) => {
    const { tries, expected, clause, level } = probeDefinition(name);
    return [`\`${name}\``, tries, expected, level === 'should' ? `${clause} (should)` : clause];
  });
  expect(codeRows(docsPage('probe'))).toEqual(listed);
});
