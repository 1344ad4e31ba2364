import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import type { Fault } from '../../idp/fault.js';
import { FAULT_NAMES, FAULTS, type FaultName } from '../../idp/faults.js';
import { nearest } from '../../profiles/nearest.js';
import { type Terminal, table } from '../../terminal.js';

/** `idp --faults`: every fault that `--fault` takes, on stdout. Starts nothing. */
export function listFaults(json: boolean | undefined, terminal: Terminal): ExitCode {
  if (json) {
    const faults = FAULT_NAMES.map((name) => {
      const { does, clause, client }: Fault = FAULTS[name];
      return { name, does, clause, client: client ?? null };
    });
    terminal.json({ faults });
  } else {
    for (const line of faultLines(FAULT_NAMES, terminal)) terminal.out(line);
  }
  return EXIT.done;
}

/** Faults as lines for a person: name, what the provider does, and under it what the standard says of that. */
export function faultLines(names: readonly FaultName[], { style }: Terminal, indent = ''): string[] {
  const rows = names.flatMap((name) => [
    [style.strong(name), FAULTS[name].does],
    ['', style.dim(FAULTS[name].clause)],
  ]);
  return table(rows, indent);
}

/** The faults named by `--fault`. Throws `usage` for one that does not exist, with the nearest that does. */
export function faultsFromFlags(flags: readonly string[]): FaultName[] {
  return flags.map((flag) => {
    const known = FAULT_NAMES.find((name) => name === flag);
    if (known !== undefined) return known;
    const meant = nearest(flag, FAULT_NAMES);
    throw new OidcCliError('usage', {
      flag: '--fault',
      reason: `There is no fault ${JSON.stringify(flag)}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
      fix: 'List them with: oidc-cli idp --faults',
    });
  });
}
