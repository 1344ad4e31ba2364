// `npm run bench`: what a command costs, as ratios. Absolute times drift from machine to machine and hour to hour;
// each ratio is the median over pairs of runs that took turns.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CookieJar } from 'tough-cookie';
import { startIdp } from './idp-process.js';
import { compare, measure } from './measure.js';
import { answerFor, signInOnce } from './person.js';

const PROGRAM = fileURLToPath(new URL('../bin/oidc-cli.js', import.meta.url));
const BARE = fileURLToPath(new URL('./bare-openid-client.js', import.meta.url));
const SCOPE = 'openid profile email offline_access';

const home = await mkdtemp(join(tmpdir(), 'oidc-cli-bench-'));
const env = { ...process.env, OIDC_CLI_HOME: home, NODE_OPTIONS: '' };
const provider = await startIdp(PROGRAM, env);
try {
  await bench(provider.issuer);
} finally {
  provider.child.kill();
  await rm(home, { recursive: true, force: true });
}

async function bench(issuer) {
  const jar = new CookieJar();
  const person = answerFor(jar);
  const login = (...more) => {
    const flags = ['--issuer', issuer, '--client-id', 'demo', '--scope', SCOPE, '--port', '0', '--no-browser', ...more];
    return { args: [PROGRAM, 'login', ...flags], person };
  };
  // The first sign-in fills in the pages; from then on the provider knows the person and answers at once.
  await measure({ ...login('--store', 'file'), person: signInOnce(jar) }, env);

  console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
  report(
    'Start-up, against node -e 0',
    await compare(
      {
        'node -e 0': { args: ['-e', '0'] },
        'oidc-cli --version': { args: [PROGRAM, '--version'] },
        'oidc-cli whoami --json': { args: [PROGRAM, 'whoami', '--json'] },
      },
      { env, rounds: 21 },
    ),
  );
  report(
    'A whole login, from start to exit, against a bare openid-client script; wall without the time at the provider’s pages',
    await compare(
      {
        'bare openid-client': { args: [BARE, issuer, SCOPE], person },
        'oidc-cli login': login('--store', 'file'),
        '  the same --no-userinfo': login('--store', 'file', '--no-userinfo'),
        '  the same --store auto': login('--store', 'auto'),
      },
      { env, rounds: 15 },
    ),
  );
}

/** Prints one comparison: the floor absolutely, everything else as a ratio to it. */
function report(title, { floor, others }) {
  const row = (name, ...cells) => console.log(`  ${name.padEnd(30)}${cells.map((cell) => cell.padStart(11)).join('')}`);
  console.log(`\n${title}`);
  row('', 'wall', 'CPU', 'max RSS');
  row(floor.name, `${floor.wall.toFixed(0)} ms`, `${floor.cpu.toFixed(0)} ms`, `${floor.rss.toFixed(0)} MiB`);
  for (const { name, wall, cpu, rss } of others) row(name, ...[wall, cpu, rss].map((ratio) => `× ${ratio.toFixed(2)}`));
}
