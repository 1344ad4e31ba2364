// Calls the real keychain and says what came of it: keychain-calls.mjs [call [hang limit in milliseconds]].
import { writeSync } from 'node:fs';
import { nativeCallPending } from '../../../dist/sessions/hang-guard.js';
import { createKeychainStore } from '../../../dist/sessions/keychain.js';

const [only, hangLimitMs] = process.argv.slice(2);
const store = createKeychainStore({
  platform: process.platform,
  ...(hangLimitMs ? { hangLimitMs: Number(hangLimitMs) } : {}),
  onHang: (error) => {
    writeSync(1, `pending ${nativeCallPending()}\n`);
    writeSync(2, `${error.code} ${JSON.stringify(error.facts)}\n`);
  },
});
for (const call of only ? [only] : ['get', 'set', 'delete']) {
  try {
    await store[call]('one', 'value');
    console.log(call, 'done');
  } catch (error) {
    console.log(call, error.code);
  }
}
