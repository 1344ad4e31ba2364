import { checkPath, checkSecretReference, untrustedError } from '../profiles/trust.js';
import type { PlannedCheck, PlannedText } from './planned-check.js';

/**
 * Refuses the parts of a plan from a cloned repository that need a trusted folder:
 * programs to run, other hosts for credentials, secrets as in
 * `checkSecretReference`, and any other file outside its folder. Returns the
 * check, the files that it names with their links resolved, and its secrets marked
 * as named by an untrusted file. A profile in the plan is checked at its use, like
 * those of `oidc-cli.yaml`.
 *
 * Throws `config_untrusted` (facts: file, line, key, folder, how, and `path` or
 * `variable`).
 */
export async function checkPlanTrust(check: PlannedCheck, userFile: string): Promise<PlannedCheck> {
  const { plan, index, connector, expect } = check;
  const place = (key: string) => {
    const inCheck = ['checks', String(index), ...key.split('.')];
    const line = plan.lineOf(inCheck);
    return { file: plan.path, line, key: inCheck.join('.'), folder: plan.folder, userFile };
  };
  if (check.command !== undefined) throw untrustedError(place('command'));
  // The key would send a password to a host of the file's choice.
  if (check.allowCredentialsTo?.length) throw untrustedError(place('allowCredentialsTo'));
  const checked = async <T extends PlannedText | undefined>(key: string, text: T): Promise<T> =>
    text && checkSecretReference(text, place(key));
  const steps = check.steps?.map(async (step) =>
    'fill' in step ? { ...step, value: await checked('steps', step.value) } : step,
  );
  const { discovery } = expect;
  return {
    ...check,
    connector: connector && (await checkPath(connector, place('connector'))),
    expect:
      discovery === undefined
        ? expect
        : { ...expect, discovery: await checkPath(discovery, place('expect.discovery')) },
    user: await checked('user', check.user),
    password: await checked('password', check.password),
    totp: await checked('totp', check.totp),
    refreshToken: await checked('refreshToken', check.refreshToken),
    steps: steps && (await Promise.all(steps)),
  };
}
