import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { EXIT, type ExitCode, OidcCliError } from '../../errors.js';
import { environmentTimeout } from '../../profiles/layers.js';
import { BASELINE_FILE, baselineText, type Metadata, readBaseline } from '../../smoke/baseline-file.js';
import { checkError } from '../../smoke/check-error.js';
import { differences } from '../../smoke/expectations/baseline.js';
import { createProviders } from '../../smoke/providers.js';
import { writeOutputFile } from '../../smoke/reporters/report-file.js';
import type { ResolvedCheck } from '../../smoke/resolve.js';
import { printable, type Terminal } from '../../terminal.js';
import { type PlanFlags, resolvePlan } from './plan.js';

/** What `smoke baseline` was asked. */
export interface SmokeBaselineOptions extends Pick<PlanFlags, 'files' | 'filter' | 'trustProject'> {
  /** Where it is written; relative to the current folder. */
  readonly output?: string;
  /** Seconds to wait for each response of a provider. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** `oidc-cli smoke baseline`: writes down what each provider of the checks says of itself, for `expect: {discovery: FILE}`. */
export async function smokeBaseline(
  options: SmokeBaselineOptions,
  context: Context,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = resolve(context.cwd, options.output ?? BASELINE_FILE);
  const { files, filter, trustProject } = options;
  const checks = await resolvePlan({ files, filter, trustProject }, context, terminal);
  const timeout = options.timeout ?? (await environmentTimeout(context.env));
  const providers = createProviders({ ...context, timeoutMs: timeout && timeout * 1000 });
  const issuers: Record<string, Metadata> = {};
  const failures = new Map<string, OidcCliError>();
  const without = new Map<string, OidcCliError>();
  const before = await readBaseline(file).catch((error: unknown) => {
    if (error instanceof OidcCliError) return undefined;
    throw error;
  });
  try {
    // What a check expects first, so that no other one of the same issuer decides whether a failure counts.
    for (const { discovery, issuer, planned } of checks.toSorted(
      (a, b) => Number(needsBaseline(b)) - Number(needsBaseline(a)),
    )) {
      if (!discovery || issuers[issuer] || failures.has(issuer) || without.has(issuer)) continue;
      const job = providers.job(discovery, context.signal, issuer);
      try {
        issuers[issuer] = { ...(await job.discoverProvider(discovery, job)).document };
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof OidcCliError)) throw error;
        (needsBaseline({ planned }) ? failures : without).set(issuer, error);
      }
    }
  } finally {
    providers.close();
  }
  const [failure] = failures.values();
  // Nothing to write down: what was known before is worth more than an empty file.
  if (failure && Object.keys(issuers).length === 0) throw failure;
  // A provider that is away today keeps what was known of it.
  const saved = Object.fromEntries(
    [...failures.keys()].flatMap((issuer) => {
      const known = before?.issuers[issuer];
      return known === undefined ? [] : [[issuer, known] as const];
    }),
  );
  await writeOutputFile(file, context.cwd, baselineText({ issuers: { ...saved, ...issuers } }));
  const changes = Object.entries(issuers).map(([issuer, metadata]) => {
    const known = before?.issuers[issuer];
    return { issuer, new: known === undefined, changes: known === undefined ? [] : differences(known, metadata) };
  });
  const unreached = [...failures].map(([issuer, error]) => ({ issuer, error: checkError(error) }));
  if (options.json) {
    terminal.json({ file, issuers: changes, failed: unreached });
    return failure?.exitCode ?? EXIT.done;
  }
  for (const { issuer, new: isNew, changes: words } of changes) {
    terminal.say(`${printable(issuer)}: ${isNew ? 'new' : words.length === 0 ? 'unchanged' : 'changed'}`);
    for (const change of words) terminal.say(`  ${printable(change)}`);
  }
  for (const { issuer, error } of unreached) {
    const rest = saved[issuer] === undefined ? 'it is not in the baseline' : 'the baseline keeps what it said before';
    terminal.say(terminal.talk.bad(`${printable(issuer)}: ${printable(error.message)} (${error.code}); ${rest}`));
  }
  for (const [issuer, { code }] of without) {
    terminal.say(`${printable(issuer)}: no discovery to write down (${code}); its connector works without`);
  }
  for (const { discovery, planned, failure: unready } of checks) {
    if (discovery || unready) continue;
    terminal.say(`${printable(planned.name)}: its connector names no issuer, so there is no discovery to write down`);
  }
  terminal.say(`Baseline written to ${printable(file)}`);
  return failure?.exitCode ?? EXIT.done;
}

/** Whether a sign-in needs discovery, or the check expects something of it: Logto's connectors do without. */
function needsBaseline({ planned }: Pick<ResolvedCheck, 'planned'>): boolean {
  return planned.connector === undefined || planned.expect.discovery !== undefined;
}
