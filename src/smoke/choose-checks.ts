import { createHash } from 'node:crypto';
import { OidcCliError } from '../errors.js';
import type { PlannedCheck } from './planned-check.js';

/** A part of a plan: `1/4` is the first of four. */
export interface Shard {
  readonly part: number;
  readonly of: number;
}

/** Reads `1/4`. Throws `usage`. */
export function parseShard(text: string): Shard {
  const [, part = '', of = ''] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { part: Number(part), of: Number(of) };
  if (shard.part < 1 || shard.part > shard.of) {
    const reason = `"${text}" is no part of a run: 1/4 is the first of four.`;
    throw new OidcCliError('usage', { reason });
  }
  return shard;
}

/**
 * The checks of a run: those that match a filter by a part of the name (`*`
 * matches anything) or a tag, and of those the ones of this part. A check is
 * always in the same part for a given number of parts, independent of other
 * checks. Throws `smoke_nothing_selected` if no check matches.
 */
export function chooseChecks(
  checks: readonly PlannedCheck[],
  { filters, shard }: { readonly filters: readonly string[]; readonly shard?: Shard },
): readonly PlannedCheck[] {
  const wanted = filters.map(matcher);
  const chosen = wanted.length === 0 ? checks : checks.filter((check) => wanted.some((matches) => matches(check)));
  if (chosen.length === 0) {
    const known = checks.slice(0, 20).map(({ name }) => name);
    throw new OidcCliError('smoke_nothing_selected', { filter: filters, known });
  }
  return shard ? chosen.filter(({ name }) => partOf(name, shard.of) === shard.part) : chosen;
}

function matcher(filter: string): (check: PlannedCheck) => boolean {
  const words = filter.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const name = new RegExp(words.join('.*'), 'is');
  return (check) => name.test(check.name) || check.tags.includes(filter);
}

/** The part that a name belongs to, from 1. */
function partOf(name: string, of: number): number {
  return (createHash('sha256').update(name).digest().readUInt32BE() % of) + 1;
}
