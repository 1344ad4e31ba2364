import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEFT_OUT } from './requirement.js';

/** vitest's global setup: at the end one line says which tests were left out, and why. Returns what runs then. */
export default function gatherWhatIsLeftOut(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'oidc-cli-left-out-'));
  const file = join(folder, 'requirements');
  process.env[LEFT_OUT] = file;
  return () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    rmSync(folder, { recursive: true, force: true });
    if (lines.length === 0) return;
    const missing = new Map<string, Set<string>>();
    for (const line of lines) {
      const [name = '', why = ''] = line.split('\t');
      missing.set(name, (missing.get(name) ?? new Set()).add(why));
    }
    const named = [...missing].map(([name, whys]) => `${name} (${[...whys].join(', ')})`).join('; ');
    process.stderr.write(`Some tests were left out. Missing on this machine: ${named}.\n`);
  };
}
