import type { FaultName } from '../../src/idp/faults.js';
import type { IdentityProvider, IdentityProviderOptions } from '../../src/idp/identity-provider.js';
import { identityProvider } from '../support/identity-provider.js';
import { createMachine, type Finished, type Machine, type RunWorld } from '../support/run.js';

/** A probe as `--json` has it, as far as tests look. */
export interface ProbedResult {
  readonly name: string;
  readonly verdict: 'met' | 'violated' | 'not applicable' | 'not testable';
  readonly actual: string;
  readonly repair: string | null;
  readonly exchanges: readonly { readonly step: string }[];
}

/** The document of `--json`. */
export interface ProbeDocument {
  readonly issuer: string;
  readonly counts: Readonly<Record<'met' | 'violated' | 'notApplicable' | 'notTestable', number>>;
  readonly tokens: { readonly revoked: number; readonly left: number; readonly reasons: readonly string[] };
  readonly probes: readonly ProbedResult[];
}

const APP_SECRET = 'app-secret+0123456789/and=more';
const OTHER_SECRET = 'other-secret-0123456789';

/** What the commands find in their environment. */
export const ENV = { APP_SECRET, OTHER_SECRET, ALICE: 'alice-password' };

/** Two confidential clients and a public one, each with one redirect URI, as a sound registration has it. */
export function provider(
  faults: readonly FaultName[] = [],
  extend?: NonNullable<IdentityProviderOptions['extend']>,
): Promise<IdentityProvider> {
  const redirectUris = ['http://localhost:8484/callback'];
  const postLogoutRedirectUris = ['http://localhost:8484/signed-out'];
  const uris = { redirectUris, postLogoutRedirectUris };
  return identityProvider({
    faults,
    ...(extend ? { extend } : {}),
    clients: [
      { clientId: 'app', clientSecret: APP_SECRET, ...uris },
      { clientId: 'other', clientSecret: OTHER_SECRET, ...uris },
      { clientId: 'public-app', ...uris },
    ],
  });
}

/** The flags of a confidential client, with another one beside it. */
export const CONFIDENTIAL = [
  ...['--client-id', 'app', '--client-secret-env', 'APP_SECRET'],
  ...['--other-client-id', 'other', '--other-client-secret-env', 'OTHER_SECRET'],
];

/** The flags by which Alice signs in without a person. */
export const BY_HTTP = ['--with', 'http', '--user', 'alice', '--password-env', 'ALICE'];

/** The command line of a probe of this provider. */
export function probeArgv(issuer: string, flags: readonly string[]): readonly string[] {
  return ['probe', '--issuer', issuer, '--scope', 'openid profile email offline_access', ...flags];
}

/** Works on a machine of its own. */
export async function onMachine<T>(work: (machine: Machine) => Promise<T>): Promise<T> {
  const machine = await createMachine();
  try {
    return await work(machine);
  } finally {
    await machine.remove();
  }
}

/** Runs `probe --json` to its end; the document is undefined where the command wrote none. */
export async function probed(
  { issuer }: Pick<IdentityProvider, 'issuer'>,
  flags: readonly string[] = [...CONFIDENTIAL, ...BY_HTTP, '--yes'],
  deps: RunWorld = {},
): Promise<Finished & { readonly document: ProbeDocument }> {
  const argv = [...probeArgv(issuer, flags), '--json'];
  const finished = await onMachine((machine) => machine.run(argv, { env: ENV, ...deps }));
  return { ...finished, document: JSON.parse(finished.stdout) as ProbeDocument };
}

/** The names of the probes that ended so. */
export function namesOf({ probes }: ProbeDocument, verdict: ProbedResult['verdict']): readonly string[] {
  return probes.filter((one) => one.verdict === verdict).map(({ name }) => name);
}
