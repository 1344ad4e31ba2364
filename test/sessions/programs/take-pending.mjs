// Takes a pending sign-in when told to and says whether it got it: take-pending.mjs <data folder> <state>.
import { createSessions } from '../../../dist/sessions/sessions.js';

const [dataFolder, state] = process.argv.slice(2);
const sessions = createSessions({ dataFolder, env: {}, platform: process.platform, clock: Date });
const idle = setInterval(() => {}, 1_000);
process.once('SIGUSR2', async () => {
  clearInterval(idle);
  const pending = await sessions.takePending(state);
  console.log(pending ? `got ${pending.codeVerifier}` : 'nothing');
});
console.log('loaded');
