import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Fault } from '../../src/idp/fault.js';
import { FAULT_NAMES, FAULTS } from '../../src/idp/faults.js';
import { identityProvider } from '../support/identity-provider.js';
import { codeRows, docsPage, sectionOf } from '../support/markdown-table.js';

const PAGE = docsPage('faults');
const BIN = fileURLToPath(new URL('../../bin/oidc-cli.js', import.meta.url));

test('docs/faults.md lists every fault, in the words of oidc-cli idp --faults', () => {
  const listed = FAULT_NAMES.map((name) => {
    const { does, clause, client }: Fault = FAULTS[name];
    return [`\`${name}\``, does, clause, client ?? 'decides'];
  });
  expect(codeRows(sectionOf(PAGE, 'The list'))).toEqual(listed);
});

test('every fault that the chapter names exists', () => {
  const named = [...PAGE.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(
    ([, cell = '']) => cell.match(/[a-z][a-z0-9-]+/g) ?? [],
  );
  expect(named.filter((name) => !FAULT_NAMES.some((known) => known === name))).toEqual([]);
});

test('the script of the chapter finds out an application that takes what it should refuse', {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const program = async (name: string, lines: readonly string[]) => {
    const file = join(folder, name);
    await writeFile(file, ['#!/usr/bin/env bash', ...lines, ''].join('\n'));
    await chmod(file, 0o755);
  };
  // Of the list no more than a test has time for.
  const saved = '["no-email", "wrong-audience"].includes(f.name)';
  await program('oidc-cli', [
    `if [ "$2" = --faults ]; then '${process.execPath}' '${BIN}' idp --faults --json |`,
    `  '${process.execPath}' -p 'const l = JSON.parse(fs.readFileSync(0)); JSON.stringify({ faults: l.faults.filter((f) => ${saved}) })'`,
    `else exec '${process.execPath}' '${BIN}' "$@"; fi`,
  ]);
  // This application does not mind for whom an ID token was made.
  await program('sign-in-test', [
    `oidc-cli login --issuer http://127.0.0.1:${port} --client-id demo --port 0 --with http --user alice \\`,
    `  --password-env ALICE --store memory --json | grep -Eq '"code": ?"id_token_audience_mismatch"|"subject"'`,
  ]);
  const script = /```bash\n([\s\S]+?)```/.exec(PAGE)?.[1]?.replaceAll('9400', String(port)) ?? '';
  await program('all-faults', [script]);
  const env = { ...process.env, PATH: folder + delimiter + process.env.PATH, ALICE: 'alice-password', HOME: folder };
  const ended = await new Promise<{ code: unknown; stdout: string }>((done) => {
    const options = { cwd: folder, env, timeout: 170_000 };
    execFile(join(folder, 'all-faults'), options, (error, stdout) => done({ code: error?.code ?? 0, stdout }));
  });
  expect(ended).toEqual({ code: 1, stdout: 'wrong-audience: signs in, should be: refuses\n' });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const idp = await identityProvider();
  await idp.close();
  return idp.port;
}
