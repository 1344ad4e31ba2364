// What action.yml runs for `version`: fetches a released package of ours, and prints the path of its tarball. The name
// alone proves nothing, since whoever owns it in the registry decides what it holds, and a version such as
// "npm:other@1" names another package. So only what released.json lists is taken, and only with the hash listed there:
// each release adds its own.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [version = '', folder = '.'] = process.argv.slice(2);
const released = JSON.parse(readFileSync(new URL('../released.json', import.meta.url), 'utf8'));
const integrity = Object.hasOwn(released, version) ? released[version] : undefined;
const listed = Object.keys(released).join(', ') || 'none yet';

if (integrity === undefined) {
  fail(
    `"${version.slice(0, 60)}" is not a released version that this action knows (${listed}). Leave version out to run the code that the action came with.`,
  );
} else {
  const words = ['pack', `oidc-cli@${version}`, '--json', '--ignore-scripts', `--pack-destination=${folder}`];
  const output = execFileSync('npm', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const tarball = join(folder, JSON.parse(output)[0].filename);
  const actual = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (actual === integrity) console.log(tarball);
  else
    fail(
      `oidc-cli ${version} of the registry is not the package that was released: expected ${integrity}, got ${actual}. It was not run.`,
    );
}

function fail(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
