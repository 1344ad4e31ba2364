import type { z } from 'zod';
import { LOGTO_KEYS } from './logto-kind.js';

const SELECT_ACCOUNT = /^(?:.* )?select_account(?: .*)?$/;

/** What is wrong with a prompt in a profile of kind logto, and what to write instead; undefined for a good one. */
export function promptFault(prompt: string | undefined): { found: string; allowed: string } | undefined {
  if (prompt === undefined || !SELECT_ACCOUNT.test(prompt)) return undefined;
  return { found: 'a prompt that Logto refuses (select_account)', allowed: 'consent, login or none' };
}

/** Of the keys that a profile may have, those that one of this kind may. */
export function kindKeys(keys: readonly string[], kind: unknown): string[] {
  const others: readonly string[] = kind === undefined ? Object.keys(LOGTO_KEYS) : Object.values(LOGTO_KEYS);
  return keys.filter((key) => !others.includes(key));
}

/** Which keys go with which kind, for editors, in JSON Schema: as `refuseOtherKinds` has it. */
export function kindsForEditors(keys: readonly string[]) {
  const only = (allowed: readonly string[]) => Object.fromEntries(keys.map((key) => [key, allowed.includes(key)]));
  const ordinary = kindKeys(keys, undefined).filter((key) => key !== 'kind');
  const prompt = { type: 'string', pattern: '^(?!(?:.* )?select_account(?: |$)).*$' };
  return {
    anyOf: [
      { type: 'object', properties: only(ordinary), additionalProperties: false },
      {
        type: 'object',
        properties: { ...only(kindKeys(keys, 'logto')), kind: { const: 'logto' }, prompt },
        required: ['kind'],
        additionalProperties: false,
      },
    ],
  };
}

/** One thing has one name in a profile: Logto's in a profile of kind logto, ours in any other. */
export function refuseOtherKinds(values: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const refuse = (key: string, actual: string, message: string) =>
    context.addIssue({ code: 'custom', message, path: [key], params: { reserved: true, found: actual } });
  for (const [own, ordinary] of Object.entries(LOGTO_KEYS)) {
    if (values.kind === 'logto' && values[ordinary] !== undefined) {
      refuse(ordinary, `${ordinary} beside kind: logto`, `the key ${own} instead`);
    } else if (values.kind === undefined && values[own] !== undefined) {
      refuse(own, `${own} without kind: logto`, `kind: logto beside it, or the key ${ordinary} instead`);
    }
  }
  const fault = values.kind === 'logto' ? promptFault(String(values.prompt)) : undefined;
  if (!fault) return;
  context.addIssue({ code: 'custom', message: fault.allowed, path: ['prompt'], params: { found: fault.found } });
}
