import { OidcCliError } from '../errors.js';
import { readClientSecret, type SecretDeps } from '../profiles/client-secret.js';
import type { PlannedText } from './planned-check.js';

/**
 * Reads the text of a plan's reference. `what` names it for people. Throws
 * `smoke_secret_unavailable` (facts: what, variable, file or source, reason), and
 * otherwise the errors of `readClientSecret`.
 */
export async function readPlannedText(place: PlannedText, what: string, deps: SecretDeps): Promise<string> {
  if (place.kind === 'text') return place.value;
  try {
    return await readClientSecret(place, deps);
  } catch (error) {
    if (!(error instanceof OidcCliError) || error.code !== 'client_secret_unavailable') throw error;
    throw new OidcCliError('smoke_secret_unavailable', { what, ...error.facts }, { cause: error.cause });
  }
}
