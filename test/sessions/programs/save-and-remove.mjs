// Saves an entry of the real keychain and removes it, until it is killed: save-and-remove.mjs <value>.
import { createKeychainStore } from '../../../dist/sessions/keychain.js';

const [value] = process.argv.slice(2);
const store = createKeychainStore({ platform: process.platform });
for (let round = 0; ; round += 1) {
  await store.set('contested', value);
  await store.delete('contested');
  if (round === 0) console.log('under way');
}
