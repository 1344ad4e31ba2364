// Writes docs/errors.md from the error codes and their words. With --check it writes nothing and fails if the page is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import { ERROR_EXIT_CODES } from '../dist/errors.js';
import { explain } from '../dist/explain/explain.js';

const PAGE = new URL('../docs/errors.md', import.meta.url);

const HEAD = `# Errors

<!-- Written by scripts/write-errors-page.js from src/errors.ts and src/explain: \`npm run build\` keeps it current. -->

Every failure has a code that stays the same from release to release, and an exit code. With \`--json\` it is
\`error.code\` in the document on stdout, beside \`message\`, \`causes\`, \`fix\` and \`exitCode\`; for people the words come
first and the code stands in the last line. Compare codes, never words.

In the table, words in capitals stand for what was found in that run. Codes of a provider's refusal also show the
provider's own words, and codes that begin with \`id_token_\` what was expected and what was found.

| Code | Exit | What it says |
| --- | --- | --- |
`;

/** Facts whose every value is its own name in capitals. */
const placeholders = new Proxy({}, { get: (_facts, name) => String(name).replace(/[A-Z]/g, '_$&').toUpperCase() });

function words(code) {
  const { message: filled } = explain(code, placeholders);
  const message = filled === 'REASON' ? explain(code, {}).message : filled;
  return message
    .replace(/ (Expected: EXPECTED\. Found: ACTUAL|It says: ERROR: "DESCRIPTION")\.$/, '')
    .replaceAll('|', '\\|');
}

const rows = Object.entries(ERROR_EXIT_CODES).map(([code, exit]) => `| \`${code}\` | ${exit} | ${words(code)} |`);
const page = `${HEAD}${rows.join('\n')}\n`;

if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8').replaceAll('\r\n', '\n') !== page) {
    console.error('docs/errors.md is not current: npm run build writes it.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(PAGE, page);
}
