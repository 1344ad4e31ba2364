declare module 'har-validator' {
  /** Resolves when the value is an HTTP Archive 1.2, and rejects with what is wrong. */
  export function har(value: unknown): Promise<unknown>;
}
