// Spends a refresh token that is good for one use, as a refresh does: refresh.mjs <data folder> <log> [hang].
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createSessions } from '../../../dist/sessions/sessions.js';

const [dataFolder, log, hang] = process.argv.slice(2);
const sessions = createSessions({ dataFolder, env: {}, platform: process.platform, clock: Date });
const entry = await sessions.find({});
console.log('waiting');
await sessions.exclusively(entry, async () => {
  const session = await sessions.read(entry);
  console.log('in');
  if (hang) await pause(60_000);
  appendFileSync(log, `${session.refreshToken}\n`);
  await pause(30);
  const number = Number(session.refreshToken.split('-')[1]) + 1;
  await sessions.update(
    { ...session, refreshToken: `refresh-${number}`, refreshedAt: session.signedInAt + number },
    entry,
  );
});
