// Saves ten values of its own and one that others save too: set-many.mjs <data folder> <name>.
import { createEncryptedFileStore } from '../../../dist/sessions/encrypted-file.js';

const [dataFolder, name] = process.argv.slice(2);
const store = createEncryptedFileStore({ dataFolder, env: {}, platform: process.platform });
const idle = setInterval(() => {}, 1_000);
process.once('SIGUSR2', async () => {
  clearInterval(idle);
  for (let at = 0; at < 10; at += 1) {
    await store.set(`${name}-${at}`, `${name} ${at}`);
    await store.set('contested', name.repeat(5_000));
  }
});
console.log('loaded');
