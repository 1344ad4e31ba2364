import { type DestinationRefusal, destinationRefusal, isSecureDestination } from './credential-destination.js';
import type { CredentialKind, CredentialPolicy } from './credential-policy.js';
import { kindsInContent, kindsInUrl, type TypedCredential } from './credential-values.js';
import type { SentCredentials } from './sent-credentials.js';

/** A request of a sign-in, before it is sent. */
interface GuardedRequest {
  readonly to: URL;
  /** The page that sends it. */
  readonly page: URL | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The kinds that the driver itself typed into the fields of this request. */
  readonly known?: { readonly inUrl: ReadonlySet<CredentialKind>; readonly inBody: ReadonlySet<CredentialKind> };
}

/** Joins kinds for a sentence: "a, b and c". */
const LIST = new Intl.ListFormat('en-GB');

/** A shorter value would be found in every request. */
const MIN_LENGTH = 3;

/** Watches over the credentials of one sign-in: which were typed, and to which origins they were sent. */
export class CredentialGuard {
  private readonly typed: TypedCredential[] = [];
  private readonly pages = new Map<CredentialKind, URL[]>();
  private readonly sentTo = new Map<string, Set<CredentialKind>>();

  constructor(
    private readonly policy: CredentialPolicy,
    private readonly username: string,
    /** The origin of the authorization request. */
    private readonly startOrigin: string,
  ) {}

  /** Whether anything was typed that a request could carry away. */
  get active(): boolean {
    return this.pages.size > 0;
  }

  /** Whether a body holds the user name as one of its values. */
  holdsUserName(body: string | undefined): boolean {
    const user = { kind: 'user name', value: this.username } as const;
    return this.username !== '' && kindsInContent({}, body, [user], 'whole values').size > 0;
  }

  /** Whether nobody on the way can read what is sent there. */
  isSecureDestination(url: URL): boolean {
    return isSecureDestination(url, this.policy);
  }

  /** Notes a value that is about to be typed, so that every later request is searched for it. */
  add(kind: CredentialKind, value: string): void {
    // A user name is in many requests of a provider's own, and so is a password that is the same.
    if (kind === 'user name' || value.length < MIN_LENGTH || value === this.username) return;
    if (this.typed.some((one) => one.kind === kind && one.value === value)) return;
    const wholeOnly = this.username.toLowerCase().includes(value.toLowerCase());
    this.typed.push({ kind, value, wholeOnly });
  }

  /**
   * Notes that these kinds are about to be typed on a page. Returns why they
   * may not be: it came unencrypted, and anybody on the way could have changed it.
   */
  typeOn(page: URL, kinds: Iterable<CredentialKind>): DestinationRefusal | undefined {
    const all = [...new Set(kinds)];
    if (all.length === 0) return undefined;
    const refusal = this.refusePage(page, all);
    if (refusal) return refusal;
    for (const kind of all) this.pages.set(kind, [...(this.pages.get(kind) ?? []), page]);
    return undefined;
  }

  /** Why nothing of these kinds may be typed on a page, or inside of one. */
  refusePage(page: URL, kinds: readonly CredentialKind[]): DestinationRefusal | undefined {
    return this.isSecureDestination(page) ? undefined : { problem: 'plain http', kinds, to: page, page };
  }

  /** Why a request may not be sent; undefined where it may. */
  refuse(request: GuardedRequest): DestinationRefusal | undefined {
    const typedOn = (kind: CredentialKind) => this.pages.get(kind) ?? [];
    const { to, page } = request;
    return destinationRefusal({ to, page, typedOn, ...this.carried(request) }, this.policy);
  }

  /** Notes that a request was sent. */
  note(request: GuardedRequest): void {
    const { inUrl, inBody } = this.carried(request);
    const kinds = [...inUrl, ...inBody];
    if (kinds.length === 0) return;
    const sent = this.sentTo.get(request.to.origin) ?? new Set();
    for (const kind of kinds) sent.add(kind);
    this.sentTo.set(request.to.origin, sent);
  }

  /** The credentials that were sent so far, and to which origins. */
  get sent(): SentCredentials {
    return {
      lines: [...this.sentTo].map(([origin, kinds]) => `${LIST.format(kinds)} to ${origin}`),
      elsewhere: [...this.sentTo.keys()].some(
        (origin) => origin !== this.startOrigin && origin !== this.policy.issuerOrigin,
      ),
    };
  }

  /** Whether `--allow-http` would change a refusal. */
  allowHttpHelps({ problem, to }: DestinationRefusal): boolean {
    return problem === 'plain http' && this.policy.allowHttp !== true && to.origin === this.policy.issuerOrigin;
  }

  private carried({ to, headers, body, known }: GuardedRequest) {
    return {
      inUrl: new Set([...(known?.inUrl ?? []), ...kindsInUrl(to, this.typed)]),
      inBody: new Set([...(known?.inBody ?? []), ...kindsInContent(headers, body, this.typed)]),
    };
  }
}
