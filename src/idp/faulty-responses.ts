import type { KoaContextWithOIDC } from 'oidc-provider';

/** Milliseconds; Logto waits 5 s for a key set. */
export const SLOW_MS = 6_000;

/** Megabytes: more than any answer of a provider has reason to hold. */
export const HUGE_BYTES = 8;

/** So long a text that an answer with it is huge. */
export function hugeText(): string {
  return 'x'.repeat(HUGE_BYTES * 1_000_000);
}

/** Answers with a page in place of what was asked for. */
export function page(ctx: KoaContextWithOIDC, status: number, title: string): void {
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = `<!doctype html><title>${title}</title><p>This is a page, not an answer.`;
}

/** Waits, but no longer than somebody waits for the answer: a provider that stops must not be held up. */
export function pause(ctx: KoaContextWithOIDC, milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    ctx.res.once('close', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Never answers: whoever asks waits until it has enough, or the provider stops. */
export function sendNothing(ctx: KoaContextWithOIDC): Promise<void> {
  return new Promise((done) => ctx.res.once('close', () => done()));
}

/** Sends the first half of the answer, where the whole was promised, and closes the connection. */
export function closeConnection(ctx: KoaContextWithOIDC): void {
  const whole = Buffer.from(JSON.stringify(ctx.body));
  ctx.respond = false;
  ctx.res.writeHead(ctx.status, { 'content-type': 'application/json', 'content-length': whole.length });
  ctx.res.write(whole.subarray(0, whole.length / 2), () => ctx.res.destroy());
}

/** The first half of the answer, as if it were the whole. */
export function truncateBody(ctx: KoaContextWithOIDC): void {
  const whole = JSON.stringify(ctx.body);
  ctx.type = 'json';
  ctx.body = whole.slice(0, whole.length / 2);
}

/** Sends whoever asks elsewhere on this provider. */
export function redirect(ctx: KoaContextWithOIDC, path: string): void {
  ctx.status = 302;
  ctx.set('location', `${ctx.oidc.provider.issuer}${path}`);
  ctx.body = '';
}
