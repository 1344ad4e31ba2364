// `node bench/smoke.js [ROUNDS]` (after npm run build): what 1,000 smoke checks by http cost in one process, against a
// provider in another, beside the same sign-ins by the libraries alone (bare-smoke.js). The marginal cost is that
// between a small run and a large one: start-up is in neither. Absolute times drift; the ratios are of runs that took turns.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startIdp } from './idp-process.js';
import { measure, median } from './measure.js';

const PROGRAM = process.env.BENCH_PROGRAM ?? fileURLToPath(new URL('../bin/oidc-cli.js', import.meta.url));
const BARE = fileURLToPath(new URL('./bare-smoke.js', import.meta.url));
const SIZES = [100, 400, 1000];
const AT_ONCE = '8';
const ROUNDS = Number(process.argv[2] ?? 3);
/** Milliseconds: a busy machine takes its time, and what is counted is our share of it. */
const LIMIT = 600_000;

const home = await mkdtemp(join(tmpdir(), 'oidc-cli-bench-'));
const env = { ...process.env, OIDC_CLI_HOME: home, NODE_OPTIONS: '', OIDC_CLI_ALICE: 'alice-password' };
const provider = await startIdp(PROGRAM, env);
const programs = {
  'the libraries alone': async (size) => [BARE, provider.issuer, String(size), AT_ONCE],
  'oidc-cli smoke': (size) => smoke(size, provider.issuer),
};
try {
  const rounds = [];
  // The first runs fill the disk cache and are not counted.
  for (const args of Object.values(programs)) await measure({ args: await args(10), limit: LIMIT }, env);
  for (let round = 0; round < ROUNDS; round++) {
    const figures = {};
    for (const [name, args] of Object.entries(programs)) figures[name] = await marginal(args);
    rounds.push(figures);
  }
  console.log(`Node ${process.version}, ${process.platform} ${process.arch}, medians of ${ROUNDS} rounds`);
  for (const name of Object.keys(programs)) {
    const of = (figure) => median(rounds.map((round) => figure(round[name])));
    console.log(name);
    for (const [index, size] of SIZES.entries()) {
      const [wall, cpu, rss] = ['wall', 'cpu', 'rss'].map((kind) => of(({ runs }) => runs[index][kind]));
      console.log(
        `  ${String(size).padStart(5)} sign-ins  ${(wall / 1000).toFixed(1)} s  CPU ${(cpu / 1000).toFixed(2)} s  peak ${rss.toFixed(0)} MiB`,
      );
    }
    console.log(
      `  one more: ${of(({ wall }) => wall).toFixed(1)} ms, CPU ${of(({ cpu }) => cpu).toFixed(2)} ms, ${of(({ kib }) => kib).toFixed(0)} KiB`,
    );
  }
  const [bare, ours] = Object.keys(programs);
  const ratio = (kind) => median(rounds.map((round) => round[ours][kind] / round[bare][kind])).toFixed(2);
  console.log(`one more sign-in of ours to one of the libraries alone: wall × ${ratio('wall')}, CPU × ${ratio('cpu')}`);
} finally {
  provider.child.kill();
  await rm(home, { recursive: true, force: true });
}

/** Runs of every size, and what one more sign-in costs between the smallest and the largest. */
async function marginal(args) {
  const runs = [];
  for (const size of SIZES) runs.push(await measure({ args: await args(size), limit: LIMIT }, env));
  const [small, large] = [runs[0], runs.at(-1)];
  const more = SIZES.at(-1) - SIZES[0];
  const each = (kind) => (large[kind] - small[kind]) / more;
  return { runs, wall: each('wall'), cpu: each('cpu'), kib: each('rss') * 1024 };
}

/** So many checks; all must pass. */
async function smoke(size, issuer) {
  const file = join(home, `${size}.json`);
  const profile = { issuer, clientId: 'demo' };
  const checks = Array.from({ length: size }, (_, index) => ({ name: `check ${index + 1}`, profile }));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the plan's own notation
  const defaults = { user: 'alice', password: '${OIDC_CLI_ALICE}', with: 'http' };
  await writeFile(file, JSON.stringify({ defaults, checks }));
  const reports = ['json', 'terminal'].flatMap((name) => ['--reporter', `${name}=${join(home, `report.${name}`)}`]);
  return [PROGRAM, 'smoke', file, '--concurrency', AT_ONCE, ...reports];
}
