import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectNoSecret } from '../trace/traced.js';
import { BY_HTTP, CONFIDENTIAL, ENV, onMachine, probeArgv, provider } from './probed.js';

/** Parameters and members that are secrets, wherever they are sent. */
const SECRET = [
  'code',
  'code_verifier',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'state',
  'nonce',
  'token',
];

/** Everything secret that goes to the provider and comes from it, and what may stand beside it. */
async function withSecrets<T>(work: (issuer: string, secrets: ReadonlySet<string>) => Promise<T>): Promise<T> {
  const secrets = new Set(Object.values(ENV));
  /** Public, also where one is sent in place of its verifier. */
  const challenges = new Set<string>();
  const idp = await provider(['refresh-reuse-unnoticed', 'code-reusable', 'nonce-decoded-twice'], (op) => {
    op.use(async (ctx, next) => {
      const authorization = /^bearer (.+)$/i.exec(ctx.get('authorization'))?.[1];
      await next();
      const { oidc } = ctx as unknown as { oidc?: { params?: object; body?: object; route?: string } };
      const all = [ctx.query, oidc?.params, oidc?.body, ctx.type === 'application/json' ? ctx.body : undefined];
      const location = ctx.response.get('location');
      if (URL.canParse(location)) all.push(Object.fromEntries(new URL(location).searchParams));
      for (const [name, value] of all.flatMap((one) => Object.entries((one as object | undefined) ?? {}))) {
        if (name === 'code_challenge') challenges.add(String(value));
        if (SECRET.includes(name) && typeof value === 'string' && value.length > 12) secrets.add(value);
      }
      for (const challenge of challenges) secrets.delete(challenge);
      if (authorization) secrets.add(authorization);
    });
  });
  return work(idp.issuer, secrets);
}

describe.concurrent('no output of a probe holds a secret of the run', () => {
  test('as a table, with --trace and a file', () =>
    withSecrets((issuer, secrets) =>
      onMachine(async (machine) => {
        // One of each kind of request: a trace of all of them takes long to search.
        const kinds = ['client-secret-wrong', 'code-reuse', 'refresh-other-client', 'refresh-reuse', 'nonce-unchanged'];
        const only = [...kinds, 'userinfo-foreign-token', 'end-session-redirect'].flatMap((name) => ['--only', name]);
        const file = join(machine.home, 'trace.json');
        const flags = [...CONFIDENTIAL, ...BY_HTTP, '--yes', ...only, '--trace', '--trace-file', file];
        const { code, stdout, stderr } = await machine.run(probeArgv(issuer, flags), { env: ENV });
        expect(code).toBe(1);
        expect(stdout).toContain('secret#');
        expect(secrets.size).toBeGreaterThan(20);
        expectNoSecret({ stdout, stderr, file: await readFile(file, 'utf8') }, secrets);
      }),
    ));

  test('as JSON, which names no person either', () =>
    withSecrets((issuer, secrets) =>
      onMachine(async (machine) => {
        const argv = probeArgv(issuer, [...CONFIDENTIAL, ...BY_HTTP, '--yes', '--json']);
        const { code, stdout, stderr } = await machine.run(argv, { env: ENV });
        expect(code).toBe(1);
        expect(secrets.size).toBeGreaterThan(30);
        expectNoSecret({ stdout, stderr }, secrets);
        for (const personal of ['Alice Example', 'alice@example.com', 'user-2bd806c97f0e00af']) {
          expect(stdout).not.toContain(personal);
        }
      }),
    ));
});
