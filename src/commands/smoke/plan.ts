import type { Context } from '../../context.js';
import { readSecretFromStdin } from '../../profiles/client-secret.js';
import { loadProfileFiles } from '../../profiles/profile-file.js';
import { chooseChecks, type Shard } from '../../smoke/choose-checks.js';
import { readPlans } from '../../smoke/plan-file.js';
import { type ResolvedCheck, resolveChecks } from '../../smoke/resolve.js';
import { printable, type Terminal } from '../../terminal.js';
import { openSessions } from '../open-sessions.js';
import { secretConsent } from '../secret-consent.js';

/** Which checks a command is about. */
export interface PlanFlags {
  readonly files: readonly string[];
  readonly filter?: readonly string[];
  readonly shard?: Shard;
  readonly trustProject?: boolean;
  /** The checks run next: the person is asked about the secrets that they send. */
  readonly sends?: boolean;
}

/**
 * Reads the files of checks, chooses, and resolves the profiles; says the
 * warnings on stderr, each once. Throws `plan_missing`, `config_*`,
 * `profile_*`, `connector_file_*` and `smoke_nothing_selected`.
 */
export async function resolvePlan(
  flags: PlanFlags,
  context: Context,
  terminal: Terminal,
): Promise<readonly ResolvedCheck[]> {
  const profileFiles = await loadProfileFiles(context);
  const request = { files: flags.files, trustProject: flags.trustProject === true, profileFiles };
  const planned = await readPlans(request, context);
  const chosen = chooseChecks(planned, { filters: flags.filter ?? [], shard: flags.shard });
  let fromStdin: Promise<string> | undefined;
  const sessions = openSessions(context, terminal);
  const consent = secretConsent(context, terminal);
  const ready = await resolveChecks(chosen, {
    ...context,
    profileFiles,
    consent,
    readStdin: () => {
      if (context.stdin.isTTY && !fromStdin) terminal.say('Secret of the checks (what you type is not shown):');
      fromStdin ??= readSecretFromStdin(context.stdin, context);
      return fromStdin;
    },
    storedClientSecret: (profile, issuer) => sessions.readClientSecret(profile, issuer),
  });
  const warnings = new Set(ready.flatMap((check) => check.warnings));
  for (const text of warnings) terminal.say(terminal.talk.warn(`Warning: ${printable(text)}`));
  for (const { profile, profileName } of ready) {
    if (!profile?.insecure || warnings.has(profileName)) continue;
    warnings.add(profileName);
    const words = `WARNING: TLS certificates of ${printable(profile.issuer)} are not verified (insecure). Anybody on the way can read and change everything.`;
    terminal.say(terminal.talk.warn(words));
  }
  if (flags.sends) await consent(ready.flatMap((check) => check.untrusted));
  return ready;
}
