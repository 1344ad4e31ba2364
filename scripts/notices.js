import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD =
  'The files of this folder contain copies of the packages below, each under the licence that stands there.\n';

/** The names of the packages, in order, that modules belong to; `paths` are absolute, and those outside of node_modules our own. */
export function packagesOf(paths) {
  return [...new Set(foldersOf(paths).map((folder) => manifestOf(folder).name))].sort();
}

/** Name and version, in order, of the packages that modules belong to; `paths` as for `packagesOf`. */
export function versionsOf(paths) {
  return foldersOf(paths)
    .map((folder) => manifestOf(folder))
    .map(({ name, version }) => ({ name, version }))
    .sort((one, other) => `${one.name}@${one.version}`.localeCompare(`${other.name}@${other.version}`, 'en'));
}

/**
 * What the licences of packages ask to be passed on with copies of them, as one text. `paths` are the absolute paths of
 * the modules that were copied; those outside of node_modules are our own. Throws for a package without a licence.
 */
export function noticesOf(paths) {
  return [HEAD, ...foldersOf(paths).map(notice).sort()].join(`\n${'-'.repeat(80)}\n\n`);
}

function foldersOf(paths) {
  const folders = paths.map((path) => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0]);
  return [...new Set(folders)].filter((folder) => folder !== undefined);
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function notice(folder) {
  const { name, version, license, author } = manifestOf(folder);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file));
  if (!license) throw new Error(`${name} ${version} does not state its licence: it may not be copied.`);
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  // Some state a licence by name alone; then the name of who wrote it belongs beside it.
  if (texts.length === 0) texts.push(`Copyright (c) ${typeof author === 'object' ? author.name : (author ?? name)}`);
  return `${[`${name} ${version}\nLicence: ${license}`, ...texts].join('\n\n')}\n`;
}
