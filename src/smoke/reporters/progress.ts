import type { SmokeEvent } from '../result.js';
import type { ReporterContext } from './reporters.js';

/** Maximum of running checks that are shown. */
const EVENT_TYPES = 3;

/** The progress line on stderr of a terminal; without a terminal it does nothing. */
export function createProgress(deps: Pick<ReporterContext, 'stderr' | 'terminal' | 'printable'>): {
  on(event: SmokeEvent): void;
  end(): void;
} {
  const { terminal } = deps;
  const running: string[] = [];
  let planned = 0;
  let done = 0;
  let failed = 0;

  const line = () => {
    const parts = [`${done} of ${planned} done`];
    if (failed > 0) parts.push(`${failed} failed`);
    const names = running.slice(0, EVENT_TYPES).map((name) => deps.printable(name));
    if (running.length > EVENT_TYPES) names.push(`${running.length - EVENT_TYPES} more`);
    if (names.length > 0) parts.push(`running: ${names.join(', ')}`);
    return cut(parts.join(' · '), (deps.stderr.columns ?? 80) - 1);
  };

  return {
    on(event) {
      if (!terminal.interactive) return;
      if (event.type === 'planned') planned = event.checks;
      if (event.type === 'started') running.push(event.name);
      if (event.type === 'finished') {
        const at = running.indexOf(event.result.name);
        if (at !== -1) running.splice(at, 1);
        done += 1;
        if (event.result.verdict === 'failed') failed += 1;
      }
      terminal.status(terminal.talk.dim(line()));
    },
    end() {
      if (terminal.interactive) terminal.status(undefined);
    },
  };
}

/** The text shortened to one row, since only one row can be erased. A character beyond Latin counts as two columns. */
function cut(text: string, columns: number): string {
  let used = 0;
  let saved = '';
  for (const character of text) {
    used += (character.codePointAt(0) ?? 0) < 0x300 ? 1 : 2;
    if (used > columns) return saved;
    saved += character;
  }
  return saved;
}
