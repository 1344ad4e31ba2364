// Takes a lock and notes when it is in and out: take-turns.mjs <file> <log> <times> <milliseconds inside>.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { withLock } from '../../../dist/lock.js';

const [file, log, times, inside] = process.argv.slice(2);
console.log('waiting');
for (let turn = 0; turn < Number(times); turn += 1) {
  await withLock(
    file,
    async () => {
      appendFileSync(log, `in ${process.pid}\n`);
      await pause(Number(inside));
      appendFileSync(log, `out ${process.pid}\n`);
    },
    { timeoutMs: 20_000 },
  );
}
