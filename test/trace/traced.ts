import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Finished, Machine, RunWorld } from '../support/run.js';
import { formsOf } from '../support/secret-forms.js';

/** What a traced command left behind: what `--trace` said, and its three files. */
export interface Traced extends Finished {
  readonly har: string;
  readonly json: string;
  readonly html: string;
  /** All that may be handed on. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The parts of a JSON trace that tests look at. */
export interface TraceJson {
  readonly command: string;
  readonly exitCode: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly personsMasked: boolean;
  readonly names: readonly { readonly name: string; readonly places: readonly string[] }[];
  readonly events: readonly {
    readonly kind: 'exchange' | 'step';
    readonly number: number;
    readonly step: string;
    readonly about?: string;
    readonly from: string;
    readonly to: string;
    readonly query?: readonly Parameter[];
    readonly parameters?: readonly Parameter[];
    readonly checks?: readonly { readonly name: string; readonly verdict: string }[];
    readonly request?: { readonly headers: readonly Parameter[]; readonly body: Body | null };
    readonly response?: { readonly status: number; readonly headers: readonly Parameter[]; readonly body: Body | null };
    readonly failure?: unknown;
    readonly verdict?: string;
  }[];
}

interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly why?: string;
}

interface Body {
  readonly type: string;
  readonly parameters?: readonly Parameter[];
  readonly value?: Record<string, unknown>;
  readonly text?: string;
  readonly tokens?: readonly { readonly member: string; readonly claims?: Record<string, unknown> }[];
}

/** Runs one command line with `--trace` and every kind of file. */
export async function traced(machine: Machine, argv: readonly string[], deps: RunWorld = {}): Promise<Traced> {
  const files = ['har', 'json', 'html'].map((kind) => join(machine.home, `trace.${kind}`));
  const finished = await machine.run([...argv, '--trace', ...files.flatMap((file) => ['--trace-file', file])], deps);
  const [har = '', json = '', html = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  // The command itself prints the authorization URL, so that a person can open it, and why it failed.
  const stderr = finished.stderr
    .replaceAll(/^https?:\/\/\S+\/auth(orize)?\?\S+$/gm, '')
    .replace(/^✗ [\s\S]*?\(\w+, exit code \d+\)$/m, '');
  return { ...finished, har, json, html, outputs: { stderr, har, json, html } };
}

/** Fails when an output holds a secret, or the middle of one. */
export function expectNoSecret(outputs: Readonly<Record<string, string>>, secrets: Iterable<string>): void {
  let looked = 0;
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      const middle = form.slice(Math.floor(form.length / 3), Math.floor((form.length * 2) / 3));
      for (const [name, output] of Object.entries(outputs)) {
        expect(output.includes(form), `${name} holds ${form}`).toBe(false);
        if (middle.length > 12)
          expect(output.includes(middle), `${name} holds a part of ${form}: ${lineWith(output, middle)}`).toBe(false);
        looked += 1;
      }
    }
  }
  expect(looked).toBeGreaterThan(0);
}

function lineWith(output: string, part: string): string | undefined {
  return output
    .split('\n')
    .find((line) => line.includes(part))
    ?.slice(0, 300);
}

/** A JSON trace. */
export function traceJson(text: string): TraceJson {
  return JSON.parse(text) as TraceJson;
}
