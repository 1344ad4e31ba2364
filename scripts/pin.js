// `npm run pin`: fills in, at release, what the names in our CI files stand for: the commit of each action, and the
// digest of each base image. A tag can be moved by whoever owns it; a commit and a digest can't. Nothing is written
// that was not read from where the name is kept, so this needs a network, git, and docker for the images.
//
//   npm run pin              fills in every pin, and renews those whose tag has moved
//   npm run pin -- --check   changes nothing; exit 1 when a pin is missing or its tag stands for something else now
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** From the top of the project, where npm runs this. */
const FILES = ['action.yml', 'docs/ci.md', 'Dockerfile'];
/** `uses: owner/repository@ref`, and behind the commit of a pinned one its ref as a comment. */
const ACTION = /(?<=uses: )([\w.-]+\/[\w.-]+)((?:\/[\w.-]+)*)@([\w./-]+)(?: # (\S+))?/g;
/** `FROM image:tag@digest`. */
const IMAGE = /(?<=^FROM )([\w./-]+:[\w.-]+)(?:@(sha256:[0-9a-f]{64}))?/gm;
const COMMIT = /^[0-9a-f]{40}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LIMIT_MS = 60_000;

const check = process.argv.includes('--check');
const seen = new Map();
const wrong = [];

for (const file of FILES) {
  const text = readFileSync(file, 'utf8');
  const pinned = text
    .replace(ACTION, (whole, repository, inside, ref, tag) => {
      const name = tag ?? ref;
      if (COMMIT.test(name)) throw new Error(`${file}: ${whole} has no tag beside its commit: write "# v4", say.`);
      return `${repository}${inside}@${once(`${repository}@${name}`, () => commitOf(repository, name))} # ${name}`;
    })
    .replace(IMAGE, (_, image) => `${image}@${once(image, () => digestOf(image))}`);
  if (pinned === text) continue;
  wrong.push(file);
  if (!check) writeFileSync(file, pinned);
}

for (const [name, value] of seen) console.log(`${name} is ${value}`);
if (check && wrong.length > 0) {
  console.error(`Not pinned to that: ${wrong.join(', ')}. Run npm run pin.`);
  process.exitCode = 1;
}

function once(name, read) {
  if (!seen.has(name)) seen.set(name, read());
  return seen.get(name);
}

/** The commit that a tag or branch of a repository at GitHub stands for; of an annotated tag, the one it points to. */
function commitOf(repository, ref) {
  const names = [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  const lines = run('git', ['ls-remote', `https://github.com/${repository}`, ...names]).split('\n');
  const commits = new Map(lines.map((line) => line.split('\t').reverse()));
  const found = names.map((name) => commits.get(name)).find((commit) => commit !== undefined);
  if (!COMMIT.test(found ?? '')) throw new Error(`${repository} has no tag or branch "${ref}".`);
  return found;
}

/** The digest of an image's manifest: of the list of all platforms where it has one. */
function digestOf(image) {
  const digest = run('docker', ['buildx', 'imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}']).trim();
  if (!DIGEST.test(digest)) throw new Error(`docker gave no digest for ${image}, but: ${digest.slice(0, 100)}`);
  return digest;
}

function run(program, words) {
  return execFileSync(program, words, { encoding: 'utf8', timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'inherit'] });
}
