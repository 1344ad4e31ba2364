import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { OidcCliError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { safeText } from '../safe-text.js';
import { writeWholeFile } from '../write-file.js';
import { controlName, type PageDescription } from './page-description.js';
import type { SignInEvidence } from './sign-in-driver.js';

/**
 * Keeps what was seen when a sign-in failed, in files of their own that only
 * this user can read. The text is masked here; a screenshot comes masked.
 * `folder` is a path without links. Never throws: the failure itself is what counts. A file that could not be
 * written whole is not there and not named.
 */
export async function saveEvidence(
  folder: string,
  seen: { readonly page: PageDescription | undefined; readonly screenshot?: Buffer },
  mask: (text: string) => string,
): Promise<SignInEvidence> {
  const { page, screenshot } = seen;
  const stem = join(folder, `sign-in-${randomBytes(4).toString('hex')}`);
  const saved = async (file: string, content: string | Buffer) => {
    try {
      await makeFolder(folder, 0o700);
      // A link by this name came with a repository, and may lead anywhere.
      if ((await lstat(folder)).isSymbolicLink()) return undefined;
      await writeWholeFile(file, content, { mode: 0o600 });
      return file;
    } catch {
      return undefined;
    }
  };
  // The text first: it is short, and says more.
  const text = page && (await saved(`${stem}.txt`, mask(pageText(page))));
  const picture = screenshot && (await saved(`${stem}.png`, screenshot));
  return { ...(picture === undefined ? {} : { screenshot: picture }), ...(text === undefined ? {} : { text }) };
}

/** An error that names the files kept of it. */
export function withEvidence(error: unknown, evidence: SignInEvidence): unknown {
  if (!(error instanceof OidcCliError) || Object.keys(evidence).length === 0) return error;
  return error.with({ details: { evidence } });
}

/** A page as text: where it was, what it said, what could be done on it. */
function pageText(page: PageDescription): string {
  const status = page.status === undefined ? [] : [`status ${page.status}`];
  const controls = page.controls
    .filter(({ visible }) => visible)
    .map((control) => `- ${controlName(control)}${control.disabled ? ' (disabled)' : ''}`);
  const alerts = page.alerts.map((text) => `! ${text}`);
  const lines = [page.url, page.title, ...status, '', ...alerts, ...page.lines, '', ...controls, ''];
  // Whoever looks at the file may do so on a terminal.
  return lines.map(safeText).join('\n');
}
