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

/** Settings of a sign-in without a person. */
interface Automation {
  readonly driver: SignInDriver;
  readonly credentials: Credentials;
  /** The destinations that the credentials may be sent to. */
  readonly credentialPolicy?: CredentialPolicy;
  readonly steps?: readonly SignInStep[];
  /** Folder for the screenshot and text of a failed sign-in. */
  readonly evidenceFolder?: string;
  /** Sign-ins with the same object share one browser, which keeps its user signed in. */
  readonly session?: object;
  /** Requests the pages instead of the driver's own fetch. */
  readonly fetch?: PageFetch;
  /** Milliseconds left for the pages. */
  readonly timeLeft: () => number;
}

/** An address that the browser is sent to after the sign-in. */
type Visit = Pick<PageSignIn, 'url' | 'redirectUri' | 'state' | 'steps'>;

/** Dependencies of an automated sign-in. */
interface AutomatedDeps extends StepDeps {
  readonly signal: AbortSignal;
}

/**
 * A driver in place of a person. Any redirect URI works, as registered: the driver
 * intercepts the response before the browser requests that address.
 */
export class Automated implements UserAgent {
  private redirectUri = '';
  private state = '';
  private credentialsSent: SentCredentials | undefined;
  /** The driver that made the sign-in. */
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

  /** Throws the errors of the driver, and `interrupted` once the signal is aborted. */
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
   * Sends the same browser to another address of the provider, with steps of its
   * own. Undefined after a sign-in by a command, whose browser is out of reach.
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

/** The values that a driver types. They are masked, because a page may repeat them. */
function automationSecrets({ credentials, steps }: Pick<Automation, 'credentials' | 'steps'>): (string | undefined)[] {
  const typed = (steps ?? []).map((step) => ('value' in step ? step.value : undefined));
  return [credentials.password, credentials.totp, ...typed];
}
