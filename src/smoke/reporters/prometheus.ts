import { Counter, Gauge, Registry } from 'prom-client';
import type { CheckResult, CheckVerdict, SmokeRun } from '../result.js';
import { fileFrom, hasSignIn, safeCheckText } from './check-text.js';
import type { Reporter, ReporterDeps } from './reporters.js';

/**
 * The text format of Prometheus, for the textfile collector of the node exporter:
 * the results of the last run. The file itself stores the last key set of each
 * issuer, and how often it has changed, for the next run.
 */
export function prometheusReporter({ context: deps, file }: ReporterDeps): Reporter {
  const safe = (text: string) => safeCheckText(text, deps.printable);
  return {
    end: async (run) => metrics(run, keySetsIn((await file?.read()) ?? ''), safe, deps.cwd),
  };
}

type Safe = (text: string) => string;

/** Verdicts from best to worst: of several runs of a check the worst counts. */
const SEVERITY: readonly CheckVerdict[] = ['passed', 'flaky', 'failed'];

async function metrics(
  run: SmokeRun,
  before: ReadonlyMap<string, KnownKeySet>,
  safe: Safe,
  cwd: string,
): Promise<string> {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name: `oidc_smoke_${name}`, help, labelNames: [...labelNames], registers: [registry] });

  gauge('last_run_timestamp_seconds', 'When the last run ended.').set((run.startedAt + run.durationMs) / 1000);
  gauge('last_run_duration_seconds', 'How long the last run took.').set(run.durationMs / 1000);
  gauge('last_run_success', 'Whether the last run ended with exit code 0.').set(run.exitCode === 0 ? 1 : 0);

  const each = ['file', 'check'] as const;
  const success = gauge('check_success', 'Whether the check passed, at once or when it was run again.', each);
  const flaky = gauge('check_flaky', 'Whether the check failed and passed when it was run again.', each);
  const attempts = gauge('check_attempts', 'How often the check was run until it passed or was given up.', each);
  const duration = gauge('check_duration_seconds', "How long the check's last attempt took.", each);
  const phases = gauge('check_phase_duration_seconds', 'How long a part of the check took.', [...each, 'phase']);
  const info = gauge('check_info', 'How the check got its tokens; signed_in="false": nobody signed in.', [
    ...each,
    'profile',
    'issuer',
    'way',
    'signed_in',
  ]);
  const verdicts = gauge('checks', 'Checks of the last run by how they ended.', ['verdict']);
  for (const verdict of ['passed', 'flaky', 'failed', 'not run']) {
    verdicts.set({ verdict }, run.results.filter((result) => result.verdict === verdict).length);
  }

  for (const result of worstOfEach(run.results)) {
    const labels = { file: safe(fileFrom(cwd, cwd, result.where.file)), check: safe(result.name) };
    success.set(labels, result.verdict === 'failed' ? 0 : 1);
    flaky.set(labels, result.verdict === 'flaky' ? 1 : 0);
    attempts.set(labels, result.attempts.length);
    duration.set(labels, result.durationMs / 1000);
    for (const { phase, ms } of result.phases) phases.set({ ...labels, phase }, ms / 1000);
    const signedIn = String(hasSignIn(result));
    const { profile, issuer, way: driver = '' } = result;
    info.set({ ...labels, profile: safe(profile), issuer: safe(issuer), way: driver, signed_in: signedIn }, 1);
  }

  const expiry = gauge(
    'certificate_expiry_timestamp_seconds',
    "When the provider's TLS certificate expires; the earliest that was seen.",
    ['issuer'],
  );
  for (const [issuer, seconds] of earliestExpiry(run.results)) expiry.set({ issuer: safe(issuer) }, seconds);

  const keySets = gauge('key_set_info', 'The key set that was seen last, as a hash of its public keys.', [
    'issuer',
    'key_set',
  ]);
  const changes = new Counter({
    name: 'oidc_smoke_key_set_changes_total',
    help: "How often the issuer's key set was another than the time before, since this file was begun.",
    labelNames: ['issuer'],
    registers: [registry],
  });
  for (const [issuer, known] of keySetsAfter(before, run.results, safe)) {
    keySets.set({ issuer, key_set: known.keySet }, 1);
    changes.inc({ issuer }, known.changes);
  }
  return registry.metrics();
}

/** One result for each check that ran. */
function worstOfEach(results: readonly CheckResult[]): Iterable<CheckResult> {
  const worst = new Map<string, CheckResult>();
  for (const result of results) {
    if (result.verdict === 'not run') continue;
    const key = `${result.where.file}\n${result.name}`;
    const other = worst.get(key);
    if (other === undefined || SEVERITY.indexOf(result.verdict) > SEVERITY.indexOf(other.verdict)) {
      worst.set(key, result);
    }
  }
  return worst.values();
}

function earliestExpiry(results: readonly CheckResult[]): ReadonlyMap<string, number> {
  const earliest = new Map<string, number>();
  for (const { issuer, certificateExpiresAt } of results) {
    if (certificateExpiresAt === undefined) continue;
    earliest.set(issuer, Math.min(certificateExpiresAt, earliest.get(issuer) ?? Number.POSITIVE_INFINITY));
  }
  return earliest;
}

/** The state of an issuer's key set from run to run. */
interface KnownKeySet {
  readonly keySet: string;
  readonly changes: number;
}

/** The new state. Issuers without a request in this run (another shard, a filter) keep their state. */
function keySetsAfter(
  before: ReadonlyMap<string, KnownKeySet>,
  results: readonly CheckResult[],
  safe: Safe,
): ReadonlyMap<string, KnownKeySet> {
  const after = new Map(before);
  for (const result of results.toSorted((a, b) => a.startedAt - b.startedAt)) {
    if (result.keySet === undefined) continue;
    const issuer = safe(result.issuer);
    const keySet = safe(result.keySet);
    const known = after.get(issuer);
    const changed = known !== undefined && known.keySet !== keySet;
    after.set(issuer, { keySet, changes: (known?.changes ?? 0) + (changed ? 1 : 0) });
  }
  return after;
}

/** Reads the two metrics that persist from run to run; skips lines of any other form. */
function keySetsIn(text: string): ReadonlyMap<string, KnownKeySet> {
  const value = String.raw`"((?:[^"\\\n]|\\.)*)"`;
  const infos = new RegExp(String.raw`^oidc_smoke_key_set_info\{issuer=${value},key_set=${value}\} 1$`, 'gm');
  const counts = new RegExp(String.raw`^oidc_smoke_key_set_changes_total\{issuer=${value}\} (\d+)$`, 'gm');
  const changes = new Map<string, number>();
  for (const [, issuer = '', count] of text.matchAll(counts)) changes.set(unescaped(issuer), Number(count));
  const known = new Map<string, KnownKeySet>();
  for (const [, issuer = '', keySet = ''] of text.matchAll(infos)) {
    known.set(unescaped(issuer), { keySet: unescaped(keySet), changes: changes.get(unescaped(issuer)) ?? 0 });
  }
  return known;
}

function unescaped(label: string): string {
  return label.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
