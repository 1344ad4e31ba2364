// Takes a lock, says so, and does as told: hold-lock.mjs <file> wait | handle-sigterm | exit | ask [lock options as JSON].
// `ask` asks at SIGUSR2 whether the lock is still held, and says so.

import { once } from 'node:events';
import { withLock } from '../../../dist/lock.js';
import { writeAtomically } from '../../../dist/sessions/atomic-file.js';

const [file, then, options = '{}'] = process.argv.slice(2);
// This library watches for the end of the process as well.
await writeAtomically(`${file}.written`, '');
if (then === 'handle-sigterm') process.on('SIGTERM', () => process.exit(9));
await withLock(
  file,
  async (stillHeld) => {
    const asked = then === 'ask' ? once(process, 'SIGUSR2') : undefined;
    console.log('held');
    if (then === 'exit') process.exit(9);
    const timer = setTimeout(() => {}, 60_000);
    await (asked ?? new Promise(() => {}));
    clearTimeout(timer);
    await stillHeld();
    console.log('still held');
  },
  { timeoutMs: 10_000, ...JSON.parse(options) },
);
