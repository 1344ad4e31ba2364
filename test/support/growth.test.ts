import { expect, test } from 'vitest';
import { expectLinear } from './growth.js';

const list = (size: number) => Array.from({ length: size }, (_, index) => index);

test('a reader whose work grows with the size is let pass, whether it is given a list or a text, sorts it or refuses it', async () => {
  await expectLinear(list, (numbers) => numbers.map((number) => number + 1));
  await expectLinear(list, (numbers) => numbers.toSorted((one, other) => other - one));
  await expectLinear(
    (size) => 'a'.repeat(size),
    async (text) => {
      for (const _letter of text) await undefined;
      throw new Error('refused');
    },
  );
});

test('a reader whose work grows with the square of the size is told', async () => {
  const byCallback = expectLinear(list, (numbers) => numbers.filter((one) => !numbers.some((other) => other > one)));
  await expect(byCallback).rejects.toThrow('operations per unit at size');
  const byLoop = expectLinear(
    list,
    (numbers) => {
      let pairs = 0;
      for (const one of numbers) for (const other of numbers) if (one < other) pairs += 1;
      return pairs;
    },
    { smallest: 4 },
  );
  await expect(byLoop).rejects.toThrow('operations per unit at size');
  // V8 counts nothing inside of a regular expression.
  const inside = expectLinear(
    (size) => 'a'.repeat(size),
    (text) => /a+b/.test(text),
    { smallest: 32, cpuMs: 20 },
  );
  await expect(inside).rejects.toThrow('milliseconds of CPU');
});
