import { resolve } from 'node:path';
import type { Context } from '../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../errors.js';
import { BASELINE_FILE, baselineText, type Metadata, readBaseline } from '../smoke/baseline-file.js';
import { differences } from '../smoke/expectations/baseline.js';
import { createProviders } from '../smoke/providers.js';
import { printable, type Terminal } from '../terminal.js';
import { type PlanFlags, readyPlan } from './smoke-plan.js';

/** What `smoke baseline` was asked. */
export interface SmokeBaselineOptions extends Pick<PlanFlags, 'files' | 'filter' | 'trustProject'> {
  /** Where it is written; relative to the current folder. */
  readonly output?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `oidc-cli smoke baseline`: writes down what each provider of the checks says of itself, for `expect: {discovery: FILE}`. */
export async function smokeBaseline(
  options: SmokeBaselineOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = resolve(context.cwd, options.output ?? BASELINE_FILE);
  const { files, filter, trustProject } = options;
  const checks = await readyPlan({ files, filter, trustProject }, context, terminal);
  const providers = createProviders(context);
  const issuers: Record<string, Metadata> = {};
  try {
    for (const { profile, issuer } of checks) {
      if (!profile || issuers[issuer]) continue;
      const job = providers.job(profile, context.signal, issuer);
      const { provider } = await providers.meet(profile, job);
      issuers[issuer] = { ...provider.metadata };
    }
  } finally {
    providers.close();
  }
  const before = await readBaseline(file).catch((error: unknown) => {
    if (error instanceof OidcCliError) return undefined;
    throw error;
  });
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const failed = (error: NodeJS.ErrnoException) => {
    throw new OidcCliError('report_unwritable', { file, reason: error.code ?? error.message }, { cause: error });
  };
  await writeFileAtomic(file, baselineText({ issuers })).catch(failed);
  const changes = Object.entries(issuers).map(([issuer, metadata]) => {
    const known = before?.issuers[issuer];
    return { issuer, new: known === undefined, changes: known === undefined ? [] : differences(known, metadata) };
  });
  if (options.json) {
    terminal.json({ file, issuers: changes });
    return EXIT.done;
  }
  for (const { issuer, new: isNew, changes: words } of changes) {
    terminal.say(`${printable(issuer)}: ${isNew ? 'new' : words.length === 0 ? 'unchanged' : 'changed'}`);
    for (const change of words) terminal.say(`  ${printable(change)}`);
  }
  terminal.say(`Baseline written to ${printable(file)}`);
  return EXIT.done;
}
