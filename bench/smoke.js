// `node bench/smoke.js` (after npm run build): what 1,000 smoke checks by http cost in one process, against a provider
// in another. The marginal cost is that between a small run and a large one: start-up is in neither.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startIdp } from './idp-process.js';
import { measure } from './measure.js';

const PROGRAM = process.env.BENCH_PROGRAM ?? fileURLToPath(new URL('../bin/oidc-cli.js', import.meta.url));
const SIZES = [100, 400, 1000];

const home = await mkdtemp(join(tmpdir(), 'oidc-cli-bench-'));
const env = { ...process.env, OIDC_CLI_HOME: home, NODE_OPTIONS: '', OIDC_CLI_ALICE: 'alice-password' };
const provider = await startIdp(PROGRAM, env);
try {
  const runs = [];
  // The first run fills the disk cache and is not counted.
  for (const size of [10, ...SIZES]) runs.push(await run(size, provider.issuer));
  const [, small, , large] = runs;
  console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
  for (const { size, wall, cpu, rss } of runs.slice(1)) {
    console.log(
      `${String(size).padStart(5)} checks  ${(wall / 1000).toFixed(1)} s  CPU ${(cpu / 1000).toFixed(2)} s  peak ${rss.toFixed(0)} MiB`,
    );
  }
  const more = large.size - small.size;
  console.log(
    `one more sign-in: ${((large.wall - small.wall) / more).toFixed(1)} ms, of our CPU ${((large.cpu - small.cpu) / more).toFixed(2)} ms`,
  );
  console.log(
    `memory from ${small.size} to ${large.size} checks: ${(((large.rss - small.rss) * 1024) / more).toFixed(0)} KiB a check`,
  );
} finally {
  provider.child.kill();
  await rm(home, { recursive: true, force: true });
}

/** Runs so many checks; all must pass. */
async function run(size, issuer) {
  const file = join(home, `${size}.json`);
  const profile = { issuer, clientId: 'demo' };
  const checks = Array.from({ length: size }, (_, index) => ({ name: `check ${index + 1}`, profile }));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the plan's own notation
  const defaults = { user: 'alice', password: '${OIDC_CLI_ALICE}', with: 'http' };
  await writeFile(file, JSON.stringify({ defaults, checks }));
  const args = [
    PROGRAM,
    'smoke',
    file,
    '--concurrency',
    '8',
    '--reporter',
    `json=${join(home, 'report.json')}`,
    '--reporter',
    `terminal=${join(home, 'report.txt')}`,
  ];
  // A busy machine takes its time; what is counted is our share of it.
  return { size, ...(await measure({ args, limit: 600_000 }, env)) };
}
