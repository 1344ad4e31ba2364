import type { CallbackFault, ResponseVia } from './callback-response.js';

/** Why a request was not the answer. */
export type StrayReason =
  | CallbackFault
  /** A visit to the address itself, without any parameter. */
  | 'empty'
  | 'no state'
  | 'wrong state'
  /** The right state, without the cookie of the browser that opened the one-time address. */
  | 'other browser'
  /** The one-time address, opened by a program of another user of this machine. */
  | 'other user'
  | 'answered already'
  | 'foreign host'
  | 'other path'
  | 'malformed';

/** A request that was refused and changed nothing. */
export interface StrayRequest {
  readonly reason: StrayReason;
  readonly method: string;
  /** Without the query, which may hold anything. A stranger's words. */
  readonly path: string;
  /** How many there have been, this one included. */
  readonly count: number;
}

/** A request that looked like an answer, but without the right state: what it carried, never a value but `error`'s. */
export interface RefusedResponse {
  readonly reason: 'no state' | 'wrong state';
  readonly via: ResponseVia;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly parameterNames: readonly string[];
  /** The `error` code it named. A stranger's word: to be shown, not believed. */
  readonly error: string | undefined;
  /** Its state has the form of this tool's own: that of an earlier sign-in, most likely. */
  readonly likeOurs: boolean;
}

/** Everything that came and was not the answer. */
export interface StrayCounts {
  readonly count: number;
  readonly byReason: Readonly<Partial<Record<StrayReason, number>>>;
  /** The newest request that looked like an answer to another sign-in, or to none. */
  readonly lastWrongState: RefusedResponse | undefined;
}

/** The HTTP status that a stray request gets. */
export const STRAY_STATUS: Readonly<Record<StrayReason, number>> = {
  empty: 400,
  'no state': 400,
  'wrong state': 400,
  'own parameter missing': 400,
  'broken off': 400,
  malformed: 400,
  'other browser': 403,
  'other user': 403,
  'other path': 404,
  method: 405,
  'answered already': 409,
  'too large': 413,
  'content type': 415,
  'foreign host': 421,
};

/** Counts stray requests and reports each to `onStray`. */
export class StrayCounter {
  lastWrongState: RefusedResponse | undefined;
  private readonly counts: Partial<Record<StrayReason, number>> = {};
  private total = 0;

  constructor(private readonly onStray: ((stray: StrayRequest) => void) | undefined) {}

  get strays(): StrayCounts {
    return { count: this.total, byReason: { ...this.counts }, lastWrongState: this.lastWrongState };
  }

  count(reason: StrayReason, method: string, path: string): void {
    this.total += 1;
    this.counts[reason] = (this.counts[reason] ?? 0) + 1;
    this.onStray?.({ reason, method, path: path.slice(0, 200), count: this.total });
  }
}
