import type { VerifiedTokens } from '../checks/verified-tokens.js';
import { OidcCliError } from '../errors.js';
import type { ProviderDeps } from '../oidc/provider.js';
import type { TokenClient } from '../oidc/token-requests.js';
import type { SignInRequest } from '../sign-in/client.js';
import type { Evidence } from './evidence.js';
import type { ProbeName, ProbeResult, ProbeVerdict } from './probe.js';
import type { RawClient } from './raw-requests.js';
import type { SignIns } from './sign-ins.js';
import type { TokenLedger } from './token-ledger.js';

/** Another client at the same provider. */
export type OtherClient = Pick<TokenClient, 'clientId' | 'authentication'>;

/** A code's tokens and the user they are for. */
export interface Tokens extends VerifiedTokens {
  readonly subject: string;
}

/** The state that the probes of one run share. */
export interface Probing extends RawClient {
  readonly request: SignInRequest;
  /** The redirect URI of authorization requests whose response is not received. */
  readonly unusedRedirectUri: string;
  readonly deps: ProviderDeps & { readonly signal: AbortSignal };
  readonly otherClient: OtherClient | undefined;
  readonly signIns: SignIns;
  readonly ledger: TokenLedger;
  readonly evidence: Evidence;
  readonly results: Results;
}

/** The results so far, for the wanted probes. */
export class Results {
  private readonly found = new Map<ProbeName, ProbeResult>();

  constructor(
    private readonly wanted: ReadonlySet<ProbeName>,
    private readonly evidence: Pick<Evidence, 'since' | 'mark'>,
    private readonly on: (result: ProbeResult) => void,
  ) {}

  /** Whether at least one of these is wanted. */
  wants(...names: readonly ProbeName[]): boolean {
    return names.some((name) => this.wanted.has(name));
  }

  /** Records the result of a wanted probe; `events` are those that prove it. */
  add(name: ProbeName, verdict: ProbeVerdict, actual: string, events: readonly number[] = []): void {
    if (!this.wanted.has(name)) return;
    const result = { name, verdict, actual, events };
    this.found.set(name, result);
    this.on(result);
  }

  /** As `add`, with all events since a mark. */
  addSince(mark: number, name: ProbeName, verdict: ProbeVerdict, actual: string): void {
    this.add(name, verdict, actual, this.evidence.since(mark));
  }

  /**
   * Runs probes without sign-ins. If a request fails, it records that for the probes
   * that are left without a verdict.
   */
  async guard(names: readonly ProbeName[], work: () => Promise<void>): Promise<void> {
    const mark = this.evidence.mark;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof OidcCliError) || error.code === 'interrupted') throw error;
      for (const name of names) {
        if (!this.found.has(name)) this.addSince(mark, name, 'not testable', `a request failed (${error.code})`);
      }
    }
  }

  /** The result of a probe, or undefined. */
  of(name: ProbeName): ProbeResult | undefined {
    return this.found.get(name);
  }

  all(): readonly ProbeResult[] {
    return [...this.found.values()];
  }
}
