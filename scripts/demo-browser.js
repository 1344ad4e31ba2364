// The demo's browser where there is none: signs in as alice on the built-in provider's pages, over HTTP.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Milliseconds that the browser may take to end after the command that started it. */
const END_LIMIT = 5_000;

/**
 * A browser that keeps its cookies and a list of its pages in a folder.
 * `command` is for the BROWSER variable; `pages` waits until the browser that
 * was started last has ended, and says to which pages it came since the last
 * time it was asked.
 */
export function headlessBrowser(folder) {
  let told = 0;
  let runs = 0;
  return {
    command: [process.execPath, fileURLToPath(import.meta.url), folder].map(quoted).join(' '),
    async pages() {
      runs += 1;
      const deadline = Date.now() + END_LIMIT;
      for (;;) {
        const lines = readLog(folder);
        if (lines.filter(({ ended }) => ended).length >= runs || Date.now() > deadline) {
          const fresh = lines.slice(told).filter(({ title }) => title !== undefined);
          told = lines.length;
          return fresh;
        }
        await wait(20);
      }
    },
  };
}

/** A word as the BROWSER variable takes it, where it holds spaces. On Windows a path holds no quotes, and its backslashes stay. */
function quoted(word) {
  if (process.platform === 'win32') return `"${word}"`;
  return `"${word.replace(/["\\$`]/g, '\\$&')}"`;
}

function readLog(folder) {
  try {
    const whole = readFileSync(join(folder, 'pages.log'), 'utf8');
    return whole
      .slice(0, whole.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** What the command does that `headlessBrowser` names: goes to `url`, signs in, and ends where there is nothing left to do. */
async function visit(folder, url) {
  const [{ signInOverHttp }, { CookieJar }] = await Promise.all([
    import('../test/support/http-browser.js'),
    import('tough-cookie'),
  ]);
  const cookies = join(folder, 'cookies.json');
  const log = (line) => appendFileSync(join(folder, 'pages.log'), `${JSON.stringify(line)}\n`);
  let jar = new CookieJar();
  try {
    jar = CookieJar.deserializeSync(readFileSync(cookies, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    const page = await signInOverHttp(url, {
      username: 'alice',
      password: 'alice-password',
      jar,
      // Titles alone: addresses of pages may hold a code.
      onStep: ({ title, action }) => log({ title, action }),
    });
    writeFileSync(cookies, JSON.stringify(jar.serializeSync()), { mode: 0o600 });
    return page.status < 400 ? 0 : 1;
  } finally {
    log({ ended: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder, url] = process.argv;
  process.exitCode = await visit(folder, url);
}
