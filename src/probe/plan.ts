import { PROBE_NAMES, type ProbeName, probeDefinition } from './probe.js';

/** What a run of probes is about to do at the provider. */
export interface ProbePlan {
  readonly names: readonly ProbeName[];
  /** Sign-ins where the provider is sound, and at most. */
  readonly signIns: { readonly least: number; readonly most: number };
  /** Requests beside those of the sign-ins, about. */
  readonly requests: number;
  /** What somebody who watches the provider may see, each once. */
  readonly noticed: readonly string[];
}

const OTHER_WRONG_REQUESTS: readonly ProbeName[] = [
  'code-verifier-missing',
  'code-verifier-plain',
  'redirect-uri-at-token',
  'client-secret-wrong',
];

/** Probes that need the first sign-in, for its tokens or because somebody has to be signed in. */
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

/** Probes of a refresh token that this client alone has spent. */
export const WITH_REFRESH_TOKEN: readonly ProbeName[] = ['refresh-reuse', 'refresh-reuse-revokes'];

/** Probes of the sign-in with odd characters, or of its tokens. */
export const WITH_HOSTILE_SIGN_IN: readonly ProbeName[] = [
  'state-unchanged',
  'nonce-unchanged',
  'revoked-refresh-token',
];

/** Probes of the sign-in with max_age=0, or of its tokens. */
export const WITH_LAST_SIGN_IN: readonly ProbeName[] = ['max-age', 'revoked-access-token'];

/** Probes of a code that has to be got for them. */
export const WITH_MORE_CODES: readonly ProbeName[] = [...OTHER_WRONG_REQUESTS, 'code-reuse', 'code-reuse-revokes'];

/** The probes that are chosen: those of `only`, or all, without those of `skip`. */
export function chooseProbes(only: readonly ProbeName[], skip: readonly ProbeName[]): readonly ProbeName[] {
  return PROBE_NAMES.filter((name) => (only.length === 0 || only.includes(name)) && !skip.includes(name));
}

/** What the chosen probes will do. `isPublic`: the client has no secret. */
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
