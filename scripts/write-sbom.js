// `npm run sbom`: the software bill of materials of the package as CycloneDX, on stdout. `npm sbom` lists what gets
// installed with it; the packages that were copied into dist/bundle run as well and are installed nowhere, so each of
// them is added, with its licence and the hash of the tarball from the lock file, and marked.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IN_BUNDLE = { name: 'oidc-cli:in-bundle', value: 'true' };

const installed = npmSbom('--omit=dev');
const everything = npmSbom();
const bundled = JSON.parse(readFileSync(new URL('../dist/bundle/packages.json', import.meta.url), 'utf8'));

const components = new Map(installed.components.map((component) => [keyOf(component), component]));
for (const each of bundled) {
  const component = components.get(keyOf(each)) ?? everything.components.find((one) => keyOf(one) === keyOf(each));
  if (!component) throw new Error(`${keyOf(each)} is in dist/bundle but not in package-lock.json. Run npm ci again.`);
  components.set(keyOf(each), { ...component, scope: 'required', properties: [...component.properties, IN_BUNDLE] });
}

const root = installed.metadata.component['bom-ref'];
const dependencies = new Map(installed.dependencies.map((each) => [each.ref, each]));
dependencies.set(root, {
  ref: root,
  dependsOn: [...new Set([...(dependencies.get(root)?.dependsOn ?? []), ...bundled.map(keyOf)])],
});
for (const { ref, dependsOn } of everything.dependencies) {
  // A bundled package's own dependencies, as far as they are here: what the bundler left out does not run.
  if (!dependencies.has(ref) && bundled.some((each) => keyOf(each) === ref)) {
    dependencies.set(ref, { ref, dependsOn: dependsOn.filter((other) => [...components.values()].some(refIs(other))) });
  }
}

const sbom = { ...installed, components: [...components.values()], dependencies: [...dependencies.values()] };
// npm takes the folder's name, which is whatever somebody cloned into.
sbom.metadata.component.name = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).name;
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`);

function npmSbom(...flags) {
  const text = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', ...flags], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  return JSON.parse(text);
}

function keyOf({ name, version }) {
  return `${name}@${version}`;
}

function refIs(ref) {
  return (component) => component['bom-ref'] === ref;
}
