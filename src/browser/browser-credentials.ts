import type { BrowserContext, Frame, Page } from 'playwright-core';
import type { OidcCliError } from '../errors.js';
import { type BrowserRequest, CredentialInterception } from './credential-interception.js';
import type { CredentialKind } from './credential-policy.js';
import type { PageDescription } from './page-description.js';
import { redirectTarget } from './redirect-target.js';
import type { SignInProgress } from './sign-in-progress.js';

/** Keeps the credentials of one sign-in in a browser to where they may go. */
export class BrowserCredentials {
  /** The first request that was stopped. */
  refusal: OidcCliError | undefined;
  private readonly interception: CredentialInterception;
  /** The frames with the documents that the user name was typed on. */
  private readonly userNameIn = new Set<Frame>();

  constructor(
    private readonly context: BrowserContext,
    private readonly progress: SignInProgress,
    redirectUri: string,
    /** What is in sight. */
    private readonly current: () => { readonly window: Page | undefined; readonly page: PageDescription | undefined },
  ) {
    const target = redirectTarget(redirectUri);
    this.interception = new CredentialInterception(
      context,
      // A request for the redirect URI never leaves the browser.
      async (request) => target.matches(request.url) || (await this.maySend(request)),
    );
  }

  /** To be awaited before the first window is opened. */
  prepare(): Promise<void> {
    return this.interception.prepare();
  }

  /** To be awaited for a window before it goes anywhere. */
  watch(window: Page): Promise<void> {
    window.on('framenavigated', (frame) => this.userNameIn.delete(frame));
    return this.interception.watch(window);
  }

  /** To be awaited before a credential is typed in a frame. Throws `sign_in_unsafe_destination`. */
  async beforeTyping(kind: CredentialKind, frame: Frame | null | undefined): Promise<void> {
    const { guard } = this.progress;
    const { window, page } = this.current();
    const place = frame ?? window?.mainFrame();
    for (const [index, url] of documentUrls(place).entries()) {
      // Whoever can change an outer document can put another one in place of the inner.
      const refusal = index === 0 ? guard.typeOn(url, [kind]) : guard.refusePage(url, [kind]);
      if (refusal) throw this.progress.refused(refusal, page);
    }
    if (kind === 'user name' && place) this.userNameIn.add(place);
    await this.interception.begin();
  }

  /** Ends it: the context may live on. */
  leave(): Promise<void> {
    return this.interception.leave();
  }

  private async maySend({ url, headers, body, navigation }: BrowserRequest): Promise<boolean> {
    const { guard } = this.progress;
    if (!guard.active || !/^(https?|wss?):/.test(url) || !URL.canParse(url)) return true;
    const to = new URL(url);
    const mask = guard.isSecureDestination(to);
    // Cookies of an https page may be sent over http too; the browser adds them last.
    const cookies = mask ? [] : await this.context.cookies(to.href).catch(() => []);
    const cookie = cookies.map(({ value }) => value).join('; ');
    const named = guard.holdsUserName(body);
    // A provider may repeat the user name elsewhere; what the page sends on that it was typed on is a credential.
    const typedHere = named && ((navigation && this.userNameIn.size > 0) || !mask);
    const knowing = (userName: boolean) => ({
      inUrl: new Set<CredentialKind>(),
      inBody: new Set<CredentialKind>(userName ? ['user name'] : []),
    });
    const { window, page: description } = this.current();
    const page = [headers.origin, window?.url()].find((text) => URL.canParse(text ?? ''));
    const guarded = {
      to,
      page: page === undefined ? undefined : new URL(page),
      headers: cookie === '' ? headers : { ...headers, cookie },
      body,
    };
    const refusal = guard.refuse({ ...guarded, known: knowing(typedHere) });
    if (!refusal) {
      guard.note({ ...guarded, known: knowing(named) });
      return true;
    }
    this.refusal ??= this.progress.refused(refusal, description);
    return false;
  }
}

/** The addresses of a frame's document and of those around it, the innermost first; not of those without one, such as `about:srcdoc`. */
function documentUrls(frame: Frame | undefined): URL[] {
  const urls: URL[] = [];
  for (let at: Frame | null | undefined = frame; at; at = at.parentFrame()) {
    const address = at.url();
    if (/^https?:/.test(address) && URL.canParse(address)) urls.push(new URL(address));
  }
  return urls;
}
