import type { CredentialPolicy } from '../browser/credential-policy.js';
import { withUnusedPort } from '../browser/loopback-redirect-uri.js';
import { type SentCredentials, withCredentialsSent } from '../browser/sent-credentials.js';
import type {
  Credentials,
  DriverKind,
  PageFetch,
  PageSignIn,
  PageSignInResult,
  SignInDriver,
  SignInStep,
} from '../browser/sign-in-driver.js';
import { OidcCliError } from '../errors.js';
import type { AuthorizationUrl, Redirect } from './application.js';
import { noteAuthorizationRequest, noteProgress, noteStep, type StepDeps } from './steps.js';
import type { AuthorizationResponse, UserAgent } from './user-agent.js';

/** How a sign-in is made without a person. */
interface Automation {
  readonly driver: SignInDriver;
  readonly credentials: Credentials;
  /** The destinations that the credentials may be sent to. */
  readonly credentialPolicy?: CredentialPolicy | undefined;
  readonly steps?: readonly SignInStep[] | undefined;
  /** Where a failed sign-in's screenshot and text go. */
  readonly evidenceFolder?: string | undefined;
  /** Sign-ins with the same object are made in one browser: who is signed in there stays so. */
  readonly session?: object | undefined;
  /** Asks for the pages in place of the driver's own fetch. */
  readonly fetch?: PageFetch | undefined;
  /** Milliseconds that the pages may take from now on. */
  readonly timeLeft: () => number;
}

/** An address that the browser is sent to after the sign-in. */
type Visit = Pick<PageSignIn, 'url' | 'redirectUri' | 'state' | 'steps'>;

/** What an automated sign-in needs of the world. */
interface AutomatedDeps extends StepDeps {
  readonly signal: AbortSignal;
}

/**
 * A driver in place of a person. The redirect URI may be anywhere, as it is
 * registered: the response is taken off before it gets there.
 */
export class Automated implements UserAgent {
  private redirectUri = '';
  private state = '';
  private credentialsSent: SentCredentials | undefined;
  /** Who made the sign-in in the end. */
  private usedDriver: DriverKind | undefined;

  constructor(
    private readonly automation: Automation,
    private readonly deps: AutomatedDeps,
  ) {
    deps.recorder.hideCredentials(...automationSecrets(automation));
  }

  async open({ redirectUri }: Redirect, state: string): Promise<string> {
    this.state = state;
    this.redirectUri = await withUnusedPort(redirectUri);
    return this.redirectUri;
  }

  /** Throws what the driver throws, and `interrupted` once the signal is aborted. */
  async authorize({ url }: AuthorizationUrl, renew: () => Promise<AuthorizationUrl>): Promise<AuthorizationResponse> {
    const { deps, redirectUri, state } = this;
    const { driver, credentials, credentialPolicy, steps, evidenceFolder, session, fetch, timeLeft } = this.automation;
    const sentAt = deps.clock.now();
    noteAuthorizationRequest(deps, url);
    const note = `signs in without a person, by ${driver.name}`;
    noteStep(deps, 'driver started', { driver: driver.name, redirectUri }, { to: 'browser', note });
    try {
      const response = await driver.signIn({
        ...{ credentials, credentialPolicy, steps, evidenceFolder, session, fetch },
        ...{ url, redirectUri, state, signal: deps.signal },
        masking: deps.recorder,
        again: async () => {
          const another = await renew();
          noteAuthorizationRequest(deps, another.url);
          return another.url;
        },
        timeoutMs: timeLeft(),
      });
      const { parameters, via, way: driverName, pages } = response;
      this.credentialsSent = response.credentialsSent;
      this.usedDriver = driverName;
      noteProgress(deps, 'driver finished', { driver: driverName, pages });
      const seconds = Math.round((deps.clock.now() - sentAt) / 1000);
      return { parameters, mode: via, delivery: { via: 'driver', afterSeconds: seconds } };
    } catch (error) {
      if (deps.signal.aborted) throw new OidcCliError('interrupted', {}, { cause: error });
      throw error;
    }
  }

  /**
   * Sends the same browser to another address of the provider, with steps of
   * its own. Undefined where a command signed in: its browser is not ours.
   */
  get visit(): ((next: Visit) => Promise<PageSignInResult>) | undefined {
    if (this.usedDriver === 'command') return undefined;
    const { driver, credentials, credentialPolicy, session, fetch, timeLeft } = this.automation;
    const { signal, recorder } = this.deps;
    const shared = { credentials, credentialPolicy, session, fetch, signal, masking: recorder };
    return (next) => driver.signIn({ ...shared, timeoutMs: timeLeft(), ...next });
  }

  confirm(): void {}

  async conclude(): Promise<void> {}

  async fail(error: unknown): Promise<unknown> {
    return withCredentialsSent(error, this.credentialsSent);
  }
}

/** What a driver types: a page may repeat it. */
function automationSecrets({ credentials, steps }: Pick<Automation, 'credentials' | 'steps'>): (string | undefined)[] {
  const typed = (steps ?? []).map((step) => ('value' in step ? step.value : undefined));
  return [credentials.password, credentials.totp, ...typed];
}
