// Another user of the machine: looks for the browser among the running programs, and uses the address in its arguments.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const [mode, marker] = process.argv.slice(2);

function browserArguments() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
      if (words.includes(marker) && words.some((word) => word.endsWith('waiting-browser.mjs'))) return words;
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

let words = browserArguments();
while (words === undefined) {
  await wait(20);
  words = browserArguments();
}
const address = new URL(words.at(-1));
const steps = [];
const ask = async (url, headers = {}) => {
  const reply = await fetch(url, { redirect: 'manual', headers }).catch(() => undefined);
  steps.push(reply?.status ?? 'no answer');
  return reply;
};
/** Answers the sign-in in place of its browser, by the state of the authorization request. */
const answer = async (request, headers) => {
  const { redirect_uri: redirectUri, state } = Object.fromEntries(request.searchParams);
  if (redirectUri === undefined) return;
  for (const parameters of [
    { code: 'of-another-user', state },
    { error: 'access_denied', state },
  ]) {
    await ask(`${redirectUri}?${new URLSearchParams(parameters)}`, headers);
  }
};

if (mode === 'answer') await answer(address, {});
if (mode === 'open' || mode === 'open and answer') {
  const reply = await ask(address);
  const location = reply?.headers.get('location');
  const cookie = reply?.headers.get('set-cookie')?.split(';')[0];
  if (mode === 'open and answer' && location) await answer(new URL(location), cookie ? { cookie } : {});
}
console.log(JSON.stringify({ words, steps }));
