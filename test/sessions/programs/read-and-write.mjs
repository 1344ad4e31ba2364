// Asks the real keychain for an entry that others save and remove, and joins in: read-and-write.mjs <times>. Says what it saw.
import { createKeychainStore } from '../../../dist/sessions/keychain.js';

const store = createKeychainStore({ platform: process.platform });
const seen = new Set();
for (let round = 0; round < Number(process.argv[2]); round += 1) {
  seen.add((await store.get('contested')) ?? 'nothing');
  for (const { key, value } of await store.values()) seen.add(`${key} ${value}`);
  await store.delete('contested');
  await store.set('contested', 'mine');
}
console.log(JSON.stringify([...seen]));
