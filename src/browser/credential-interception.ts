import type { BrowserContext, CDPSession, Page, Route, WebSocketRoute } from 'playwright-core';

/** A request of a page, before the browser sends it. */
export interface BrowserRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** It loads a document, in the window or in a frame. */
  readonly navigation: boolean;
}

/** Whether a request may be sent. */
type Decide = (request: BrowserRequest) => Promise<boolean>;

/** A connection to a page, or to a frame in a process of its own, over the browser's protocol. */
interface Target {
  send(method: string, params?: object): void;
  readonly children: Map<string, Target>;
}

const ALL_REQUESTS = { patterns: [{ urlPattern: '*', requestStage: 'Request' }] };

/** Frames and workers wait until they are watched as well. Messages to them are sent through their page's session. */
const CHILDREN = { autoAttach: true, waitForDebuggerOnStart: true, flatten: false };

/** Who decides about the WebSockets of a context; its sign-ins follow one another. */
const webSockets = new WeakMap<BrowserContext, { decide?: Decide }>();

/**
 * Asks about every request of a browser context before it is sent, from
 * `begin` on. The protocol's `Fetch` domain sees redirects and frames in
 * processes of their own, which `context.route` does not; `context.route` sees
 * the first request of a new window, which no session is fast enough for.
 * Neither sees WebRTC, WebTransport, WebSockets of workers and the look-up of
 * host names.
 */
export class CredentialInterception {
  private readonly sessions = new Set<CDPSession>();
  private begun: Promise<void> | undefined;

  constructor(
    private readonly context: BrowserContext,
    private readonly decide: Decide,
  ) {}

  /** Watches the WebSockets of pages that are opened from now on. */
  async prepare(): Promise<void> {
    const known = webSockets.get(this.context);
    const gate = known ?? {};
    gate.decide = this.decide;
    if (known) return;
    webSockets.set(this.context, gate);
    await this.context.routeWebSocket(/.*/, (socket) =>
      passWebSocket(socket, async (request) => (await gate.decide?.(request)) ?? true),
    );
  }

  /** Takes a new window in. */
  async watch(window: Page): Promise<void> {
    const session = await this.context.newCDPSession(window);
    this.sessions.add(session);
    window.once('close', () => this.sessions.delete(session));
    if (this.begun) await this.intercept(session);
  }

  /** To be awaited before the first credential is typed. */
  begin(): Promise<void> {
    this.begun ??= (async () => {
      await this.context.route('**/*', this.onRoute);
      await Promise.all([...this.sessions].map((session) => this.intercept(session)));
    })();
    return this.begun;
  }

  /** Ends it: the context may live on. */
  async leave(): Promise<void> {
    const gate = webSockets.get(this.context);
    if (gate?.decide === this.decide) gate.decide = undefined;
    if (this.begun) await this.context.unroute('**/*', this.onRoute);
  }

  private readonly onRoute = async (route: Route) => {
    const request = route.request();
    const allowed = await this.decide({
      url: request.url(),
      headers: request.headers(),
      body: request.postDataBuffer()?.toString(),
      navigation: request.isNavigationRequest(),
    });
    await (allowed ? route.fallback() : route.abort('aborted'));
  };

  private async intercept(session: CDPSession): Promise<void> {
    const send = session.send.bind(session) as (method: string, params?: object) => Promise<unknown>;
    const target: Target = {
      send: (method, params) => void send(method, params).catch(() => undefined),
      children: new Map(),
    };
    for (const name of EVENTS) {
      session.on(name, (params) => this.onEvent(target, name, params as EventParameters));
    }
    await Promise.all([send('Fetch.enable', ALL_REQUESTS), send('Target.setAutoAttach', CHILDREN)]);
  }

  private onEvent(target: Target, name: string, params: EventParameters): void {
    const { sessionId = '' } = params;
    switch (name) {
      case 'Fetch.requestPaused':
        void this.onPaused(target, params as unknown as Paused);
        return;
      case 'Target.attachedToTarget': {
        let id = 0;
        const child: Target = {
          send: (method, more = {}) => {
            id += 1;
            const message = JSON.stringify({ id, method, params: more });
            target.send('Target.sendMessageToTarget', { sessionId, message });
          },
          children: new Map(),
        };
        target.children.set(sessionId, child);
        child.send('Fetch.enable', ALL_REQUESTS);
        child.send('Target.setAutoAttach', CHILDREN);
        child.send('Runtime.runIfWaitingForDebugger');
        return;
      }
      case 'Target.receivedMessageFromTarget': {
        const child = target.children.get(sessionId);
        const { method, params: more } = JSON.parse(params.message ?? '{}') as {
          method?: string;
          params?: EventParameters;
        };
        if (child && method !== undefined && more) this.onEvent(child, method, more);
        return;
      }
      case 'Target.detachedFromTarget':
        target.children.delete(sessionId);
    }
  }

  private async onPaused(target: Target, { requestId, request, resourceType }: Paused): Promise<void> {
    const { headers } = request;
    // A fragment is not sent, but the next page can read it.
    const url = request.url + (request.urlFragment ?? '');
    const allowed = await this.decide({ url, headers, body: bodyOf(request), navigation: resourceType === 'Document' });
    if (allowed) target.send('Fetch.continueRequest', { requestId });
    else target.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
  }
}

const EVENTS = [
  'Fetch.requestPaused',
  'Target.attachedToTarget',
  'Target.receivedMessageFromTarget',
  'Target.detachedFromTarget',
] as const;

interface EventParameters {
  readonly sessionId?: string;
  readonly message?: string;
}

/** `Fetch.requestPaused`, as far as it is used here and by the redirect capture. */
interface Paused {
  readonly requestId: string;
  readonly resourceType: string;
  readonly request: PausedRequest & {
    readonly url: string;
    /** With its `#`. */
    readonly urlFragment?: string;
    readonly headers: Readonly<Record<string, string>>;
  };
}

/** The body of a paused request. */
interface PausedRequest {
  readonly postData?: string;
  readonly postDataEntries?: readonly { readonly bytes?: string }[];
}

/** The body of a paused request as text; empty where it has none. */
export function bodyOf({ postData, postDataEntries = [] }: PausedRequest): string {
  if (postData !== undefined) return postData;
  return Buffer.concat(postDataEntries.map(({ bytes = '' }) => Buffer.from(bytes, 'base64'))).toString();
}

/** Connects a WebSocket of a page to its server, message by message. */
async function passWebSocket(socket: WebSocketRoute, decide: Decide): Promise<void> {
  const url = socket.url();
  const ask = (body?: string) => decide({ url, headers: {}, body, navigation: false });
  if (!(await ask())) return socket.close();
  const server = socket.connectToServer();
  socket.onMessage(async (message) => {
    if (await ask(message.toString())) server.send(message);
    else await Promise.all([socket.close(), server.close()]);
  });
}
