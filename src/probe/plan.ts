import { PROBE_NAMES, type ProbeName, probeDefinition } from './probe.js';

/** The sign-ins and requests that a run of probes will make. */
export interface ProbePlan {
  readonly names: readonly ProbeName[];
  /** The number of sign-ins at a correct provider, and the maximum. */
  readonly signIns: { readonly least: number; readonly most: number };
  /** Approximate number of requests, without those of the sign-ins. */
  readonly requests: number;
  /** Events that an operator of the provider may notice, each once. */
  readonly noticed: readonly string[];
}

const OTHER_WRONG_REQUESTS: readonly ProbeName[] = [
  'code-verifier-missing',
  'code-verifier-plain',
  'redirect-uri-at-token',
  'client-secret-wrong',
];

/** Probes that need the first sign-in, for its tokens or for its signed-in user. */
export const WITH_FIRST_TOKENS: readonly ProbeName[] = [
  'code-verifier-wrong',
  'iss-in-answer',
  'userinfo-foreign-token',
  'refresh-other-client',
  'refresh-reuse',
  'refresh-reuse-revokes',
  'max-age',
  'end-session-redirect',
];

/** Probes of a refresh token that only this client has spent. */
export const WITH_REFRESH_TOKEN: readonly ProbeName[] = ['refresh-reuse', 'refresh-reuse-revokes'];

/** Probes of the sign-in with hostile characters, or of its tokens. */
export const WITH_HOSTILE_SIGN_IN: readonly ProbeName[] = [
  'state-unchanged',
  'nonce-unchanged',
  'revoked-refresh-token',
];

/** Probes of the sign-in with max_age=0, or of its tokens. */
export const WITH_LAST_SIGN_IN: readonly ProbeName[] = ['max-age', 'revoked-access-token'];

/** Probes that need a code of their own. */
export const WITH_MORE_CODES: readonly ProbeName[] = [...OTHER_WRONG_REQUESTS, 'code-reuse', 'code-reuse-revokes'];

/** The chosen probes: those of `only`, or all, without those of `skip`. */
export function chooseProbes(only: readonly ProbeName[], skip: readonly ProbeName[]): readonly ProbeName[] {
  return PROBE_NAMES.filter((name) => (only.length === 0 || only.includes(name)) && !skip.includes(name));
}

/** The plan for the chosen probes. `isPublic`: the client has no secret. */
export function planProbes(
  names: readonly ProbeName[],
  { isPublic, otherClient }: { readonly isPublic: boolean; readonly otherClient: boolean },
): ProbePlan {
  const sent = names.filter(
    (name) => !(isPublic && name === 'client-secret-wrong') && (otherClient || name !== 'refresh-other-client'),
  );
  const wants = (...some: readonly ProbeName[]) => some.some((name) => sent.includes(name));
  const one = (wanted: boolean) => (wanted ? 1 : 0);
  const others = OTHER_WRONG_REQUESTS.filter((name) => sent.includes(name)).length;
  const reuse = one(wants('code-reuse', 'code-reuse-revokes'));
  const learnt = wants('code-verifier-wrong');
  const shared = learnt ? one(others + reuse > 0) : Math.min(2, others) + (others === 1 ? reuse : 0);
  const codes = learnt || others > 0 ? shared : reuse;
  const ordinary =
    one(wants(...WITH_FIRST_TOKENS)) + one(wants(...WITH_HOSTILE_SIGN_IN)) + one(wants(...WITH_LAST_SIGN_IN));
  const unsound =
    one(learnt) +
    one(wants('plain-challenge')) +
    one(wants('state-unchanged', 'nonce-unchanged')) +
    one(wants('refresh-other-client'));
  const most = ordinary + others + reuse + unsound;
  const definitions = sent.map(probeDefinition);
  return {
    names,
    signIns: { least: ordinary + codes, most: Math.max(most, ordinary + codes) },
    requests: definitions.reduce((sum, { requests }) => sum + requests, 0),
    noticed: [...new Set(definitions.flatMap(({ noticed }) => noticed ?? []))],
  };
}
