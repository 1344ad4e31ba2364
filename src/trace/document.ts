import type { Check } from '../check.js';
import type { Actor, RequestTimes, StepFailure } from './recorder.js';

/*
 * A trace as it may be shown: redacted, and ready for every renderer. Text in
 * it may still hold what drives a terminal or is markup: a renderer escapes it
 * in its own way.
 */

/** A parameter, header or member with what it is for. */
export interface ShownParameter {
  readonly name: string;
  readonly value: string;
  /** Why it was sent, with its section. */
  readonly why?: string;
  /** What is in it, where it is a JWT. */
  readonly token?: ShownToken;
}

/** A JWT's header and claims; never its signature. A JWE has a header alone. */
export interface ShownToken {
  readonly header: unknown;
  readonly claims?: unknown;
}

/** An address in its parts. */
export interface ShownUrl {
  /** Scheme to path. */
  readonly base: string;
  readonly query: readonly ShownParameter[];
  readonly fragment: readonly ShownParameter[];
}

/** A body, decoded. */
export type ShownBody =
  | { readonly type: 'form'; readonly parameters: readonly ShownParameter[] }
  | {
      readonly type: 'json';
      readonly value: unknown;
      /** The JWTs among its members. */
      readonly tokens: readonly (ShownToken & { readonly member: string })[];
    }
  | { readonly type: 'jwt'; readonly value: string; readonly token: ShownToken }
  /** Anything else as its readable text, perhaps cut off. */
  | { readonly type: 'text'; readonly text: string };

/** A request of ours and its answer. */
export interface ShownExchange {
  readonly kind: 'exchange';
  /** From 1, in the order of their beginnings. */
  readonly number: number;
  readonly step: string;
  /** The browser, where a sign-in is driven in its place. */
  readonly from: Actor;
  readonly to: Actor;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds; absent while it is under way. */
  readonly durationMs?: number;
  /** The parts of `durationMs`. */
  readonly times?: RequestTimes;
  /** The IP address that was asked. */
  readonly serverAddress?: string;
  readonly method: string;
  readonly url: ShownUrl;
  readonly requestHeaders: readonly ShownParameter[];
  readonly requestBody?: ShownBody;
  readonly status?: number;
  readonly responseHeaders?: readonly ShownParameter[];
  readonly responseBody?: ShownBody;
  /** Bytes of the answer's body, decoded. */
  readonly responseSize?: number;
  readonly failure?: string;
  /** Which of several jobs asked. */
  readonly about?: string;
}

/** Something beside our own exchanges. */
export interface ShownStep {
  readonly kind: 'step';
  readonly number: number;
  readonly step: string;
  readonly from: Actor;
  readonly to: Actor;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly note?: string;
  readonly url?: ShownUrl;
  /** Whether the parameters were a form in the body. */
  readonly posted?: true;
  readonly parameters?: readonly ShownParameter[];
  readonly checks?: readonly Check[];
  /** How it ended, where it is an end: `pass`, `fail`, `warn` or `skip`. */
  readonly verdict?: string;
  readonly failure?: ShownFailure;
  /** Which of several jobs it belongs to. */
  readonly about?: string;
}

export type ShownEvent = ShownExchange | ShownStep;

/** How a command or one of its jobs failed, in the words of its explanation. */
export type ShownFailure = StepFailure;

/** A replaced value, and where it was seen: equal values have one name. */
export interface ShownName {
  /** `secret#3`, `person#1`. */
  readonly name: string;
  readonly places: readonly string[];
}

/** The trace of one command. */
export interface TraceDocument {
  readonly version: string;
  /** `login`: without its flags, which may hold secrets. */
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly exitCode: number;
  readonly failure?: ShownFailure;
  /** Whether names, e-mail addresses and other personal claims are replaced too. */
  readonly personsMasked: boolean;
  readonly events: readonly ShownEvent[];
  readonly names: readonly ShownName[];
}

/** An address as one readable line: a replaced value stands in it as `secret#3`. */
export function urlText({ base, query, fragment }: ShownUrl): string {
  const part = (sign: string, parameters: readonly ShownParameter[]) =>
    parameters.length === 0
      ? ''
      : sign + parameters.map(({ name, value }) => `${encode(name)}=${encode(value)}`).join('&');
  return base + part('?', query) + part('#', fragment);
}

function encode(text: string): string {
  // By way of bytes: half of a surrogate pair cannot be encoded.
  return encodeURIComponent(Buffer.from(text).toString()).replace(/(secret|person)%23(\d+)/g, '$1#$2');
}
