// A browser that is slow to start: opens its last argument when the file that it waits for is there, and signs Alice in.
// With "visit" before the address, it opens that at once, writes another file, and goes on when the first is there.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CookieJar } from 'tough-cookie';
import { signInOverHttp } from '../../support/http-browser.js';

const [file, when, url] = process.argv.slice(2);
const jar = new CookieJar();
if (when === 'visit') {
  const reply = await fetch(url, { redirect: 'manual' });
  await jar.setCookie(reply.headers.get('set-cookie') ?? '', url);
  writeFileSync(`${file}.visited`, '');
}
// The test may have ended, and its folder be gone.
while (!existsSync(file) && existsSync(dirname(file))) await wait(20);
await signInOverHttp(url, { username: 'alice', password: 'alice-password', jar });
