import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OidcCliError } from '../src/errors.js';
import { withLock } from '../src/lock.js';
import { ownIdentity } from '../src/process-identity.js';
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

/** Longer than any test: with it nobody loses a lock for want of a sign of life. */
const NEVER_STALE = { timeoutMs: 5_000, staleMs: 600_000 };
const SOON_STALE = { timeoutMs: 20_000, staleMs: 200 };
const YEAR_MS = 365 * 86_400_000;

describe.runIf(process.platform === 'linux')('a lock on one machine', () => {
  test('goes at once from a holder whose process has ended, to one of many', async () => {
    const file = join(folder(), 'file');
    const holder = program('hold-lock.mjs', [file, 'wait']);
    expect(await holder.line()).toBe('held');
    await kill(holder.child);
    const inside: number[] = [];
    const turn = (number: number) => async () => {
      inside.push(number);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(inside.at(-1)).toBe(number);
    };
    await Promise.all([1, 2, 3, 4].map((number) => withLock(file, turn(number), NEVER_STALE)));
    expect(inside).toHaveLength(4);
  });

  test('goes at once where the process of that number is a later one, or a zombie', async () => {
    const file = join(folder(), 'file');
    const own = await ownIdentity();
    // A shell that becomes a program which waits for no child.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = Number(String(line));
    const stat = () => readFileSync(`/proc/${zombie}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
    process.kill(zombie, 'SIGKILL');
    await expect.poll(() => stat()[0]).toBe('Z');
    for (const owner of [
      { ...own, start: '1' },
      { ...own, pid: zombie, start: stat()[19] },
    ]) {
      writeFileSync(`${file}.lock`, JSON.stringify({ token: 'another', ...owner }));
      expect(await withLock(file, async () => 'in', NEVER_STALE)).toBe('in');
    }
  });

  test('stays with a holder that was stopped, whatever the date of the lock', async () => {
    const file = join(folder(), 'file');
    const holder = program('hold-lock.mjs', [file, 'ask', JSON.stringify(SOON_STALE)]);
    expect(await holder.line()).toBe('held');
    holder.child.kill('SIGSTOP');
    for (const date of [Date.now() - YEAR_MS, Date.now() + YEAR_MS]) {
      utimesSync(`${file}.lock`, new Date(date), new Date(date));
      const waiting = withLock(file, async () => 'in', { ...SOON_STALE, timeoutMs: 600 });
      await expect(waiting).rejects.toMatchObject({ code: 'store_timeout', facts: { pid: holder.child.pid } });
    }
    holder.child.kill('SIGCONT');
    holder.child.kill('SIGUSR2');
    expect(await holder.ended()).toMatchObject({ code: 0, stdout: 'still held\n' });
  });
});

describe('a lock of a different machine', () => {
  const here = { ...SOON_STALE, host: 'here' };

  test('stays with a holder that gives signs of life', async () => {
    const file = join(folder(), 'file');
    const options = { timeoutMs: 20_000, staleMs: 1_000 };
    const holder = program('hold-lock.mjs', [file, 'ask', JSON.stringify({ ...options, host: 'there' })]);
    expect(await holder.line()).toBe('held');
    let inside = false;
    const waiting = withLock(
      file,
      async () => {
        inside = true;
      },
      { ...options, host: 'here' },
    );
    for (let signs = 0; signs < 8; signs += 1) {
      const before = statSync(`${file}.lock`).mtimeMs;
      await expect.poll(() => statSync(`${file}.lock`).mtimeMs).toBeGreaterThan(before);
    }
    expect(inside).toBe(false);
    holder.child.kill('SIGUSR2');
    expect(await holder.ended()).toMatchObject({ code: 0, stdout: 'still held\n' });
    await waiting;
  });

  test('is taken from a holder that gives none, which finds out and waits for its turn anew', async () => {
    const file = join(folder(), 'file');
    const holder = program('hold-lock.mjs', [file, 'ask', JSON.stringify({ ...SOON_STALE, host: 'there' })]);
    expect(await holder.line()).toBe('held');
    holder.child.kill('SIGSTOP');
    const letOut = await new Promise<() => void>((taken, failed) => {
      withLock(file, () => new Promise<void>((out) => taken(out)), here).catch(failed);
    });
    holder.child.kill('SIGCONT');
    holder.child.kill('SIGUSR2');
    // It has lost the lock, and does not release the one that is here now.
    await expect.poll(() => readFileSync(`/proc/${holder.child.pid}/stat`, 'utf8')).not.toContain(') T ');
    expect(readFileSync(`${file}.lock`, 'utf8')).toContain('"here"');
    letOut();
    expect(await holder.line()).toBe('held');
    holder.child.kill('SIGUSR2');
    expect(await holder.ended()).toMatchObject({ code: 0, stdout: 'still held\n' });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test.each([
    ['of a holder that is gone', (path: string) => writeFileSync(path, '{"host":"there","pid":1,"start":"1"}')],
    ['that says nothing of its holder', (path: string) => writeFileSync(path, '')],
    ['that is nothing of ours', (path: string) => symlinkSync('nowhere', path)],
    ['of oidc-cli 0.1.0', (path: string) => mkdirSync(path)],
  ])('%s is taken, also when it is dated in the future', async (_, make) => {
    const file = join(folder(), 'file');
    make(`${file}.lock`);
    try {
      utimesSync(`${file}.lock`, new Date(Date.now() + YEAR_MS), new Date(Date.now() + YEAR_MS));
    } catch {
      // A link that leads nowhere has no date to be set.
    }
    expect(await withLock(file, async () => 'in', here)).toBe('in');
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('of oidc-cli 0.1.0 stays with a holder that gives signs of life in its way', async () => {
    const file = join(folder(), 'file');
    mkdirSync(`${file}.lock`);
    const signs = setInterval(() => utimesSync(`${file}.lock`, new Date(), new Date()), 20);
    const waiting = withLock(file, async () => 'in', { timeoutMs: 1_500, staleMs: 1_000 });
    await expect(waiting).rejects.toMatchObject({ code: 'store_timeout' });
    clearInterval(signs);
  });
});
