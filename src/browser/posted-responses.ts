import { randomName } from './browser-binding.js';

/** Form posts that are held at one time; of more, the oldest is dropped. */
const MAX_POSTED = 8;

/**
 * Answers that came as a form post without the cookie. A browser sends no Lax
 * cookie with a post from another site, but with the GET that it is redirected
 * to: each is held under a one-time path until that GET takes it.
 */
export class PostedResponses<Answer> {
  private readonly byPath = new Map<string, Answer>();

  /** Holds an answer and returns the path that takes it. */
  hold(response: Answer): string {
    for (const oldest of this.byPath.keys()) {
      if (this.byPath.size < MAX_POSTED) break;
      this.byPath.delete(oldest);
    }
    const path = `/response/${randomName()}`;
    this.byPath.set(path, response);
    return path;
  }

  has(path: string): boolean {
    return this.byPath.has(path);
  }

  /** The answer, which is held no longer. */
  take(path: string): Answer | undefined {
    const response = this.byPath.get(path);
    this.byPath.delete(path);
    return response;
  }
}
