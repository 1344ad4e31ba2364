// Takes a lock, says so, and does as told: hold-lock.mjs <file> wait | handle-sigterm | exit.

import { withLock } from '../../../dist/lock.js';
import { writeAtomically } from '../../../dist/sessions/atomic-file.js';

const [file, then] = process.argv.slice(2);
// This library watches for the end of the process as well.
await writeAtomically(`${file}.written`, '');
if (then === 'handle-sigterm') process.on('SIGTERM', () => process.exit(9));
await withLock(
  file,
  async () => {
    console.log('held');
    if (then === 'exit') process.exit(9);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  { timeoutMs: 10_000 },
);
