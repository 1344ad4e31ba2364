// Makes dist/bundle of what tsc wrote to dist: the command and the packages it uses, in one file for each part that is
// loaded at once. A command then reads a handful of files in place of a hundred, as CommonJS, which starts sooner than
// ES modules do. It is not a single file, since V8 parses all of a file that it loads; and it is not minified, which
// gains nothing that can be measured and would leave no line numbers.
import { writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { noticesOf, packagesOf, versionsOf } from './notices.js';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const BUNDLE = resolve(DIST, 'bundle');

/** What bin/oidc-cli.js loads. */
const ENTRIES = ['context', 'main'];
/** What the first of them is made of: it stays by itself, since after it the rest comes faster. */
const FIRST = /[\\/](dist[\\/]context\.js|node_modules[\\/](env-paths|is-safe-filename)[\\/].*)$/;

/** Packages that stay outside and are installed beside it. */
const EXTERNAL = [
  // The binding of the operating system's keychain; the probe of it, a process of its own, loads it as well.
  'keytar',
  // Starts the xdg-open that lies in its own folder.
  'open',
  // Large, and for `idp` and `--demo` alone.
  'oidc-provider',
  // An optional peer.
  'playwright-core',
];
/** What bundled packages try to load and do without: proxy-agent-negotiate the one, debug the other. */
const DONE_WITHOUT = ['kerberos', 'supports-color'];

/** The verb of a file of src/commands/VERB, whose own name is the same for every verb, with a hyphen. */
const verb = (id) => {
  const [, name] = /[\\/]dist[\\/]commands[\\/]([^\\/]+)[\\/]/.exec(id ?? '') ?? [];
  return name === undefined ? '' : `${name}-`;
};

const isExternal = (id) => EXTERNAL.some((name) => id === name || id.startsWith(`${name}/`));

/** A module of ours that asks for its own address is told the one it has in dist, from where its paths go out. */
const ownAddress = {
  name: 'own-address',
  transform: {
    filter: { code: 'import.meta.url' },
    handler(code, id) {
      const path = relative(DIST, id).split(sep).join('/');
      if (path.startsWith('../')) return undefined;
      return code.replaceAll('import.meta.url', `new URL('../${path}', import.meta.url).href`);
    },
  },
};

const bundle = await rolldown({
  cwd: dirname(DIST),
  input: Object.fromEntries(ENTRIES.map((name) => [name, resolve(DIST, `${name}.js`)])),
  platform: 'node',
  // ES modules first: of the others some load their parts by ways that a bundler can't follow (jsonc-parser).
  resolve: { mainFields: ['module', 'main'] },
  external: isExternal,
  plugins: [ownAddress],
  onLog: (level, log, handle) => {
    // save-profile needs the check of files at once, and others on occasion: that is as it should be.
    if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') handle(level, log);
  },
});
const { output } = await bundle.write({
  dir: BUNDLE,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: ({ facadeModuleId }) => `${verb(facadeModuleId)}[name].cjs`,
  codeSplitting: {
    // Left alone it makes a file of whatever the same commands need. Files cost too: these are needed together.
    groups: [
      { name: 'start', tags: ['$initial'], test: (id) => !FIRST.test(id), priority: 2 },
      { name: 'sessions', test: /[\\/]commands[\\/](open-sessions|session-access|session-text)\.js$/, priority: 1 },
    ],
  },
  // Whoever reads a stack trace, and the tests, see from it what a file is made of.
  postBanner: ({ modules }) => `// Of ${['oidc-cli', ...packagesOf(copiedOf(modules))].join(', ')}`,
  comments: { legal: false, annotation: false, jsdoc: false },
});
await bundle.close();

// What could not be found is left outside as well, without an error.
const files = new Set(output.map(({ fileName }) => fileName));
for (const id of output.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])) {
  if (files.has(id) || isBuiltin(id) || isExternal(id) || DONE_WITHOUT.includes(id)) continue;
  throw new Error(`"${id}" is not in the bundle: is it installed?`);
}

const copied = output.flatMap(({ modules }) => copiedOf(modules));
writeFileSync(resolve(BUNDLE, 'THIRD_PARTY_NOTICES.txt'), noticesOf(copied));
// What an SBOM and a scanner need to know: these run from here, whatever is installed beside the package.
writeFileSync(resolve(BUNDLE, 'packages.json'), `${JSON.stringify(versionsOf(copied), undefined, 2)}\n`);

/** The paths of those modules of a file of which something is left in it. */
function copiedOf(modules) {
  return Object.keys(modules).filter((path) => modules[path].renderedLength > 0);
}
