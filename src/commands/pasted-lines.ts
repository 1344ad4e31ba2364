import { createInterface } from 'node:readline';
import type { Context } from '../context.js';

/** The lines a person pastes while a sign-in waits, until `signal` aborts or stdin ends. */
export async function* pastedLines(context: Context, signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: context.stdin, signal, terminal: false });
  try {
    yield* lines;
  } finally {
    lines.close();
    context.stdin.pause();
  }
}
