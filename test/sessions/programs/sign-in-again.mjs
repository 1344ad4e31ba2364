// Saves one sign-in after the other in place of the last until it is killed; starts, after the last number, when told to:
// sign-in-again.mjs <data folder> <file with the last number> <store kind> [another store kind to take turns with].
import { readFileSync } from 'node:fs';
import { createSessions } from '../../../dist/sessions/sessions.js';

const [dataFolder, last, ...kinds] = process.argv.slice(2);
const sessions = createSessions({ dataFolder, env: process.env, platform: process.platform, clock: Date });
const stores = [];
for (const kind of kinds) stores.push((await sessions.choose(kind)).store);
const idle = setInterval(() => {}, 1_000);
const told = new Promise((resolve) => process.once('SIGUSR2', resolve));
process.stdout.write('loaded\n');
await told;
clearInterval(idle);
for (let number = Number(readFileSync(last, 'utf8')) + 1; ; number += 1) {
  await sessions.save(
    {
      version: 1,
      profile: 'staging',
      issuer: 'https://login.example.org',
      clientId: 'app-1',
      clientAuth: 'none',
      redirectUri: 'http://127.0.0.1:8765/callback',
      subject: `user-${number}`,
      claims: { sub: `user-${number}` },
      idToken: `id-${number}-${'i'.repeat(2_000)}`,
      accessToken: `access-${number}-${'a'.repeat(2_000)}`,
      tokenType: 'Bearer',
      refreshToken: `refresh-${number}-${'r'.repeat(500)}`,
      scope: { requested: ['openid'], granted: ['openid'] },
      clockTolerance: 30,
      strict: false,
      signedInAt: number,
    },
    stores[number % stores.length],
  );
  process.stdout.write(`${number}\n`);
}
