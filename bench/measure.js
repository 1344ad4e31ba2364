import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const USAGE = fileURLToPath(new URL('./usage.cjs', import.meta.url));
/** Milliseconds after which a run is given up, where nobody says. */
const LIMIT = 60_000;

/**
 * Runs Node once. `person`, where there is one, is called with the
 * authorization URL as soon as the program prints it, and resolves to the
 * milliseconds that the provider's pages took; they are not counted.
 *
 * @returns wall and CPU time in milliseconds and the largest RSS in MiB, of that process alone
 */
export async function measure({ args, person, limit = LIMIT }, env) {
  const started = performance.now();
  const child = spawn(process.execPath, ['--require', USAGE, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), limit);
  let text = '';
  let usage = '';
  let atPages = Promise.resolve(0);
  let asked = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => {
      text += part;
      const url = person && !asked && /^(http\S+)\r?\n/m.exec(text)?.[1];
      if (!url) return;
      asked = true;
      atPages = person(url);
      // A failed run says more than the pages that were left: both are reported below.
      atPages.catch(() => child.kill());
    });
  }
  child.stdio[3].setEncoding('utf8').on('data', (part) => {
    usage += part;
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const ended = performance.now();
  clearTimeout(tooLong);
  const pages = await atPages;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${text}`);
  const { cpuMicroseconds, maxRssKib } = JSON.parse(usage);
  return { wall: ended - started - pages, cpu: cpuMicroseconds / 1000, rss: maxRssKib / 1024 };
}

/**
 * Runs programs in turn, `rounds` times, in a changing order.
 *
 * @returns the first one's medians, and for each other one the medians of its ratios to the first in the same round
 */
export async function compare(programs, { env, rounds }) {
  const names = Object.keys(programs);
  const runs = new Map(names.map((name) => [name, []]));
  // The first runs fill the disk cache and are not counted.
  for (const name of names) await measure(programs[name], env);
  for (let round = 0; round < rounds; round++) {
    const shift = round % names.length;
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      runs.get(name).push(await measure(programs[name], env));
    }
  }
  const [first, ...rest] = names;
  const base = runs.get(first);
  const figure = (name, of) => ({ name, wall: of('wall'), cpu: of('cpu'), rss: of('rss') });
  return {
    floor: figure(first, (kind) => median(base.map((run) => run[kind]))),
    others: rest.map((name) =>
      figure(name, (kind) => median(runs.get(name).map((run, round) => run[kind] / base[round][kind]))),
    ),
  };
}

/** The middle one; of an even number the mean of the two. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
