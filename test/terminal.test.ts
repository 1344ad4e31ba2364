import { describe, expect, it } from 'vitest';
import { createTerminal, printable, table } from '../src/terminal.js';

async function terminalOn(stream: { isTTY?: boolean; columns?: number }, env: Record<string, string> = {}) {
  let out = '';
  let err = '';
  const terminal = await createTerminal({
    stdout: { ...stream, write: (text: string) => (out += text) },
    stderr: { ...stream, write: (text: string) => (err += text) },
    env,
  });
  return { terminal, out: () => out, err: () => err };
}

describe('colour', () => {
  it.each([
    ['on a terminal', { isTTY: true }, {}, true],
    ['in a pipe', {}, {}, false],
    ['with NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['with an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, true],
    ['in CI', { isTTY: true }, { CI: 'true' }, false],
    ['on a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
    ['in a pipe with FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
    ['on a terminal with FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, false],
  ])('%s', async (_where, stream, env, coloured) => {
    const { terminal } = await terminalOn(stream, env as unknown as Record<string, string>);
    expect(terminal.style.good('yes') !== 'yes').toBe(coloured);
    expect(terminal.talk.bad('no') !== 'no').toBe(coloured);
  });
});

describe('a status line', () => {
  it('is replaced by what follows, on a terminal', async () => {
    const { terminal, err } = await terminalOn({ isTTY: true });
    terminal.status('waiting');
    terminal.say('done');
    expect(err()).toBe('waiting\r\u001b[2Kdone\n');
  });

  it.each([
    [20, 'waiting for 名前 …', 'waiting for 名前 …'],
    [18, 'waiting for 名前 …', 'waiting for 名前…'],
    [16, 'waiting for 名前 …', 'waiting for 名…'],
    [8, 'waiting', 'waiting'],
    [7, 'waiting', 'waiti…'],
  ])('stays on one row of %i columns', async (columns, line, shown) => {
    const { terminal, err } = await terminalOn({ isTTY: true, columns });
    terminal.status(line);
    expect(err()).toBe(shown);
  });

  it('is a line as any other in a log', async () => {
    const { terminal, err } = await terminalOn({});
    terminal.status('waiting');
    terminal.status(undefined);
    terminal.say('done');
    expect(err()).toBe('waiting\ndone\n');
  });
});

describe('text from outside', () => {
  it('cannot drive the terminal or change the order of what is read', () => {
    expect(printable('a\u001b[31mb\u009bc\u202ed\u2066e\u061cf\u{e0041}g\nh')).toBe(
      'a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\u{2066}e\\u{61c}f\\u{e0041}g\\u{a}h',
    );
    expect(printable('山田 太郎, Zoë 👍')).toBe('山田 太郎, Zoë 👍');
  });

  it('is the same data in JSON, and harmless', async () => {
    const { terminal, out } = await terminalOn({});
    const value = { name: 'a\u001b[31m\u009b2J\u202etxt', list: ['山田'] };
    terminal.json(value);
    expect(JSON.parse(out())).toEqual({ schemaVersion: 1, ...value });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
    expect(out()).not.toMatch(/[\u001b\u0080-\u009f\u202e]/);
  });
});

describe('a table', () => {
  it('lines up columns of Latin, Japanese and coloured text', async () => {
    const { terminal } = await terminalOn({}, { FORCE_COLOR: '1' });
    const rows = table([
      ['name', 'Alice', 'x'],
      ['名前', '山田太郎', 'y'],
      ['e\u0301', terminal.style.good('green'), 'z'],
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with ESC
    const plain = rows.map((row) => row.replace(/\u001b\[\d+m/g, ''));
    expect(plain).toEqual(['name  Alice     x', '名前  山田太郎  y', 'e\u0301     green     z']);
  });

  const rows = [
    ['iss', 'https://id.example.com/realms/main', 'compared to the letter'],
    ['名前', '山田 太郎', 'any text'],
  ];

  it('is as wide as its cells where there is room, or no terminal', () => {
    const whole = [
      'iss   https://id.example.com/realms/main  compared to the letter',
      '名前  山田 太郎                           any text',
    ];
    expect(table(rows)).toEqual(whole);
    expect(table(rows, '', 64)).toEqual(whole);
  });

  it('takes more lines on a narrow terminal, and stays in columns', async () => {
    expect(table(rows, '  ', 40)).toEqual([
      '  iss   https://id.exam  compared to the',
      '        ple.com/realms/  letter',
      '        main',
      '  名前  山田 太郎        any text',
    ]);
    const { terminal } = await terminalOn({}, { FORCE_COLOR: '1' });
    const red = table([['a', terminal.style.bad('one two three four')]], '', 12);
    expect(red).toEqual(
      ['one two', 'three', 'four'].map((text, at) => `${at === 0 ? 'a' : ' '}  ${terminal.style.bad(text)}`),
    );
  });

  it.each([80, 60, 36])('is never wider than %i columns, and loses no character', (width) => {
    const wide = [['a', 'one two three four five '.repeat(9).trim(), 'x'.repeat(150), 'しろいうさぎ'.repeat(9)]];
    const lines = table(wide, '', width);
    const columns = (text: string) => [...text].reduce((sum, one) => sum + (/[ぁ-ん]/.test(one) ? 2 : 1), 0);
    expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(width);
    expect(lines.join('').replaceAll(/\s/g, '').length).toBe(wide.join('').replaceAll(/[\s,]/g, '').length);
  });

  it('knows the width of a terminal, and that a pipe has none', async () => {
    const at = async (stream: object) => (await terminalOn(stream)).terminal.style.columns;
    expect(await at({ isTTY: true, columns: 80 })).toBe(80);
    expect([await at({ isTTY: true, columns: 0 }), await at({ isTTY: true }), await at({ columns: 80 })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
