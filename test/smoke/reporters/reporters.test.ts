import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OidcCliError } from '../../../src/errors.js';
import { parseReporter } from '../../../src/smoke/reporters/reporters.js';
import { allPassed, everyVerdict, report } from '../../support/smoke-run.js';

/** What a refusal knows. */
async function refusal(doing: () => unknown): Promise<Pick<OidcCliError, 'code' | 'facts'> | undefined> {
  try {
    await doing();
  } catch (error) {
    if (error instanceof OidcCliError) return { code: error.code, facts: error.facts };
    throw error;
  }
  return undefined;
}

describe('--reporter', () => {
  test('is a name, or a name and a file', () => {
    expect(parseReporter('tap')).toEqual({ name: 'tap' });
    expect(parseReporter('junit=out/a=b.xml')).toEqual({ name: 'junit', file: 'out/a=b.xml' });
  });

  test.each([
    ['juint', 'There is no reporter "juint".', 'Did you mean junit? The reporters are: '],
    ['XUNIT', 'There is no reporter "XUNIT".', 'Did you mean junit? The reporters are: '],
    ['', 'There is no reporter "".', 'The reporters are: terminal, json, junit, tap, github, prometheus.'],
    ['tap=', 'The reporter tap has no file name after the =.', 'Name one (--reporter tap=FILE)'],
  ])('refuses %j', async (text, reason, fix) => {
    expect(await refusal(() => parseReporter(text))).toEqual({
      code: 'usage',
      facts: { reason, fix: expect.stringContaining(fix) },
    });
  });
});

describe('Reports', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('go to several places at once; the folders are made, and the terminal has its report too', async () => {
    const { stdout } = await report(
      ['junit=out/deep/junit.xml', 'tap=out/smoke.tap', 'json=out/smoke.json'],
      everyVerdict,
      {
        cwd: folder,
      },
    );
    expect(stdout).toMatch(/^6 checks, 2 at once\n/);
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['deep', 'smoke.json', 'smoke.tap']);
    expect(await readdir(join(folder, 'out/deep'))).toEqual(['junit.xml']);
    expect(await readFile(join(folder, 'out/smoke.tap'), 'utf8')).toMatch(/^TAP version 14\n/);
  });

  test('a file of the terminal report is plain, and stdout is free for another', async () => {
    const { stdout } = await report(['terminal=log.txt', 'json'], everyVerdict, { cwd: folder, tty: true });
    expect(JSON.parse(stdout).counts.failed).toBe(2);
    const log = await readFile(join(folder, 'log.txt'), 'utf8');
    expect(log).toMatch(/^6 checks, 2 at once\n✓ staging/);
    expect(log).not.toContain('\u001b');
  });

  test.each([
    [['json', 'tap'], 'The reporters json and tap both write to stdout.'],
    [['terminal', 'junit'], 'The reporters terminal and junit both write to stdout.'],
    [['tap', 'tap'], 'The reporter tap is named twice without a file.'],
    [['tap=a/../x', 'json=x'], 'The reporters tap and json have the same file: x.'],
  ])('%j are refused', async (reporters, reason) => {
    expect(await refusal(() => report(reporters, allPassed, { cwd: folder }))).toMatchObject({
      code: 'usage',
      facts: { reason },
    });
  });

  test('a file that cannot be written is found out before anything is run, and what stands there stays', async () => {
    await mkdir(join(folder, 'taken'));
    await writeFile(join(folder, 'plain'), 'kept');
    const outcome = await Promise.all(
      ['taken', 'plain/below.xml'].map((file) => refusal(() => report([`junit=${file}`], allPassed, { cwd: folder }))),
    );
    expect(outcome).toEqual([
      { code: 'report_unwritable', facts: { file: 'taken', reason: 'it is a folder' } },
      {
        code: 'report_unwritable',
        facts: { file: 'plain/below.xml', reason: expect.stringMatching(/^E(EXIST|NOTDIR)$/) },
      },
    ]);
    expect(await readFile(join(folder, 'plain'), 'utf8')).toBe('kept');
    expect((await readdir(folder)).sort()).toEqual(['plain', 'taken']);
  });

  test('what a killed run of the same process id left beside a file is in nobody’s way', async () => {
    await writeFile(join(folder, `report.xml.${process.pid}-trial`), '');
    await report(['junit=report.xml'], allPassed, { cwd: folder });
    expect(await readFile(join(folder, 'report.xml'), 'utf8')).toContain('<testsuites');
  });

  test('a report that can no longer be written fails the run, and the others are written', async () => {
    const meanwhile = async () => {
      await rm(join(folder, 'gone'), { recursive: true });
      await writeFile(join(folder, 'gone'), 'a file by now');
    };
    const outcome = await refusal(() =>
      report(['junit=gone/x.xml', 'tap=y.tap'], allPassed, { cwd: folder, meanwhile }),
    );
    expect(outcome).toEqual({ code: 'report_unwritable', facts: { file: 'gone/x.xml', reason: 'ENOTDIR' } });
    expect(await readFile(join(folder, 'y.tap'), 'utf8')).toMatch(/^TAP version 14\n/);
  });

  test('a pipe or device is written to, not replaced', async () => {
    await report(['tap=/dev/null', 'json'], allPassed, { cwd: folder });
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test('what was there is replaced whole', async () => {
    await writeFile(join(folder, 'x.tap'), 'x'.repeat(100_000));
    await report(['tap=x.tap'], allPassed, { cwd: folder });
    expect(await readFile(join(folder, 'x.tap'), 'utf8')).not.toContain('xxx');
  });
});
