import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OidcCliError } from '../src/errors.js';
import { withLock } from '../src/lock.js';
import { folder, kill, program } from './sessions/fixtures.js';

/** Fails where two were inside at once. */
function expectTurns(log: string, turns: number) {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(turns * 2);
  for (let at = 0; at < lines.length; at += 2) {
    expect(lines[at]).toMatch(/^in /);
    expect(lines[at + 1]).toBe(lines[at]?.replace('in', 'out'));
  }
}

/** Makes a lock look as it does when its holder has given no sign of life for a minute. */
function age(file: string) {
  const then = new Date(Date.now() - 60_000);
  utimesSync(`${file}.lock`, then, then);
}

describe('a lock', () => {
  test('lets one in at a time, in this process and in others', async () => {
    const file = join(folder(), 'not', 'there', 'yet');
    const log = join(folder(), 'log');
    const programs = [1, 2].map(() => program('take-turns.mjs', [file, log, '8', '5']));
    let inside = 0;
    const own = [1, 2, 3].map(() =>
      withLock(
        file,
        async () => {
          inside += 1;
          expect(inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside -= 1;
        },
        { timeoutMs: 20_000 },
      ),
    );
    for (const { ended } of programs) expect(await ended()).toMatchObject({ code: 0 });
    await Promise.all(own);
    expectTurns(log, 16);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('is released when the work fails, and the failure is passed on', async () => {
    const file = join(folder(), 'file');
    const failing = withLock(file, () => Promise.reject(new Error('work failed')), { timeoutMs: 1_000 });
    await expect(failing).rejects.toThrow('work failed');
    expect(await withLock(file, async () => 'next', { timeoutMs: 1_000 })).toBe('next');
  });

  test('held too long by another is an error that names it', async () => {
    const file = join(folder(), 'file');
    const holder = program('hold-lock.mjs', [file, 'wait']);
    expect(await holder.line()).toBe('held');
    let ran = false;
    const work = async () => {
      ran = true;
    };
    await expect(withLock(file, work, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'store_timeout',
      facts: { file },
    });
    const failure = (reason: string | undefined, cause: unknown) =>
      new OidcCliError('config_file_unreadable', { reason }, { cause });
    await expect(withLock(file, work, { timeoutMs: 200, failure })).rejects.toMatchObject({
      code: 'config_file_unreadable',
      facts: { reason: 'ELOCKED' },
    });
    expect(ran).toBe(false);
    expect(existsSync(`${file}.lock`)).toBe(true);
  });

  test('an abort ends the wait', async () => {
    const file = join(folder(), 'file');
    const controller = new AbortController();
    await withLock(
      file,
      async () => {
        const waiting = withLock(file, async () => 'in', { timeoutMs: 20_000, signal: controller.signal });
        controller.abort();
        await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
      },
      { timeoutMs: 1_000 },
    );
    const late = withLock(file, async () => 'in', { timeoutMs: 20_000, signal: controller.signal });
    await expect(late).rejects.toMatchObject({ name: 'AbortError' });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('of a killed holder passes to the next, and of many waiters still one is in at a time', async () => {
    const file = join(folder(), 'file');
    const log = join(folder(), 'log');
    const holder = program('hold-lock.mjs', [file, 'wait']);
    expect(await holder.line()).toBe('held');
    const waiters = [1, 2, 3].map(() => program('take-turns.mjs', [file, log, '1', '50']));
    for (const { line } of waiters) expect(await line()).toBe('waiting');
    await kill(holder.child);
    age(file);
    for (const { ended } of waiters) expect(await ended()).toMatchObject({ code: 0, stderr: '' });
    expectTurns(log, 3);
  });

  test('of a holder that lives stays fresh, however long it holds', async () => {
    const file = join(folder(), 'file');
    const holder = program('hold-lock.mjs', [file, 'wait']);
    expect(await holder.line()).toBe('held');
    // A lock counts as left behind 5 s after its last sign of life: there are several in that time.
    for (let signs = 0; signs < 2; signs += 1) {
      const before = statSync(`${file}.lock`).mtimeMs;
      await expect.poll(() => statSync(`${file}.lock`).mtimeMs).toBeGreaterThan(before);
    }
  });

  test.runIf(process.platform !== 'win32')('does not change how a process ends, and does not outlive it', async () => {
    const file = join(folder(), 'file');

    const byDefault = program('hold-lock.mjs', [file, 'wait']);
    expect(await byDefault.line()).toBe('held');
    byDefault.child.kill('SIGTERM');
    expect(await byDefault.ended()).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(existsSync(`${file}.lock`)).toBe(false);

    const handled = program('hold-lock.mjs', [file, 'handle-sigterm']);
    expect(await handled.line()).toBe('held');
    handled.child.kill('SIGTERM');
    expect(await handled.ended()).toMatchObject({ code: 9, signal: null });
    expect(existsSync(`${file}.lock`)).toBe(false);

    const exiting = program('hold-lock.mjs', [file, 'exit']);
    expect(await exiting.ended()).toMatchObject({ code: 9, signal: null });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });
});
