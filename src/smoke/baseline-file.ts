import { OidcCliError } from '../errors.js';
import { isObject, parseJson } from '../json.js';
import { FileReadError, readBoundedFile } from '../read-file.js';

/** A provider's metadata (OIDC Discovery §3). */
export type Metadata = Readonly<Record<string, unknown>>;

/** The providers' metadata at the time of the baseline. */
export interface Baseline {
  readonly issuers: Readonly<Record<string, Metadata>>;
}

/** The default name of a baseline. */
export const BASELINE_FILE = 'oidc-baseline.json';

/** Bytes. Metadata is a few KiB per provider, so a larger file is not a baseline. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Reads a baseline. Throws `smoke_baseline_unreadable` (facts: file, reason). */
export async function readBaseline(file: string): Promise<Baseline> {
  const refuse = (reason: string, cause?: unknown) =>
    new OidcCliError('smoke_baseline_unreadable', { file, reason }, { cause });
  let text: string;
  try {
    text = (await readBoundedFile(file, MAX_BYTES)).bytes.toString('utf8');
  } catch (error) {
    throw refuse(error instanceof FileReadError ? error.reason : 'it cannot be read', error);
  }
  let content: unknown;
  try {
    content = parseJson(text);
  } catch {
    throw refuse('it is no JSON');
  }
  const issuers = isObject(content) ? content.issuers : undefined;
  if (!isObject(issuers) || !Object.values(issuers).every(isObject))
    throw refuse('it is no baseline of smoke baseline');
  return { issuers: issuers as Baseline['issuers'] };
}

/** A baseline as file content: keys in order, so that version control shows only real differences. */
export function baselineText({ issuers }: Baseline): string {
  const sorted = (value: Metadata) => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  const each = Object.fromEntries(Object.entries(issuers).map(([issuer, metadata]) => [issuer, sorted(metadata)]));
  return `${JSON.stringify({ issuers: sorted(each) }, undefined, 2)}\n`;
}
