import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseReporter } from '../src/smoke/reporters/reporters.js';
import { identityProvider } from './support/identity-provider.js';
import { requirement } from './support/requirement.js';
import { createMachine } from './support/run.js';

const run = promisify(execFile);
const top = new URL('../', import.meta.url);
const read = (name: string) => readFile(new URL(name, top), 'utf8');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** The flags of `oidc-cli smoke` as its help lists them. */
async function smokeFlags(): Promise<ReadonlySet<string>> {
  const machine = await createMachine();
  try {
    const { stdout } = await machine.run(['smoke', '--help']);
    return new Set(stdout.match(/(?<=^\s+)--[a-z-]+/gm));
  } finally {
    await machine.remove();
  }
}

describe('action.yml', () => {
  let folder: string;
  let action: Action;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
    action = parse(await read('action.yml'));
    // Programs that say how they were called; the script that fetches a release is tried by itself.
    await mkdir(join(folder, 'bin'));
    const fetched = 'case "$1" in *released-package.js) echo "$3/oidc-cli-$2.tgz"; exit;; esac';
    for (const name of ['npx', 'node']) {
      await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${fetched}\nprintf '%s\\n' ${name} "$@"\n`);
      await chmod(join(folder, 'bin', name), 0o755);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs the script of the step that signs in, with inputs as a workflow gives them: the command that it comes to. */
  const signIn = async (inputs: Readonly<Record<string, string>>) => {
    const step = action.runs.steps.find(({ name }) => name === 'Sign in');
    const variables = Object.entries(step?.env ?? {}).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1] ?? '';
      return [name, inputs[input] ?? action.inputs[input]?.default ?? 'no such input'];
    });
    const PATH = `${join(folder, 'bin')}${delimiter}${process.env.PATH}`;
    const env = {
      PATH,
      GITHUB_ACTION_PATH: '/actions/oidc cli',
      RUNNER_TEMP: '/runner temp',
      ...Object.fromEntries(variables),
    };
    const { stdout } = await run('bash', ['--noprofile', '--norc', '-c', step?.run ?? 'exit 1'], { env, cwd: folder });
    return stdout.trimEnd().split('\n');
  };
  const own = ['node', '/actions/oidc cli/bin/oidc-cli.js', 'smoke'];

  test('runs the code that it came with', async () => {
    expect(await signIn({})).toEqual([...own, '--']);
  });

  test('hands on every input as it is, one a line, and none of it to the shell', async () => {
    expect(
      await signIn({
        files: 'a b.yaml\r\n\n  --help\n$(touch pwned)',
        reporters: 'junit=out/j x.xml\ntap=`id`.tap\n',
        filter: 'staging\nnightly',
        shard: '1/4',
        evidence: 'pages; exit 1',
      }),
    ).toEqual([
      ...own,
      '--reporter=junit=out/j x.xml',
      '--reporter=tap=`id`.tap',
      '--filter=staging',
      '--filter=nightly',
      '--shard=1/4',
      '--evidence=pages; exit 1',
      '--',
      'a b.yaml',
      '--help',
      '$(touch pwned)',
    ]);
    await expect(access(join(folder, 'pwned'))).rejects.toThrow('ENOENT');
  });

  test('runs the tarball of a released version when asked', async () => {
    const words = 'npx --yes --package=FILE --package=playwright-core@1 -- oidc-cli smoke --shard=2/2 --'.split(' ');
    words[2] = '--package=/runner temp/oidc-cli-0.1.0.tgz';
    expect(await signIn({ version: '0.1.0', shard: '2/2' })).toEqual(words);
  });

  test('runs nothing where the release is refused', async () => {
    const node = join(folder, 'bin', 'node');
    const program = await readFile(node, 'utf8');
    await writeFile(node, '#!/bin/sh\nexit 1\n');
    try {
      await expect(signIn({ version: 'npm:stranger@1' })).rejects.toMatchObject({ code: 1, stdout: '' });
    } finally {
      await writeFile(node, program);
    }
  });

  test('fails as the command does', async () => {
    await writeFile(join(folder, 'bin', 'npx'), '#!/bin/sh\nexit 5\n');
    await expect(signIn({ version: '0.1.0' })).rejects.toMatchObject({ code: 5 });
  });

  test('is a composite action whose scripts hold no expression of the workflow, and whose flags exist', async () => {
    expect(action.runs.using).toBe('composite');
    const flags = await smokeFlags();
    for (const { run: script = '', shell, uses } of action.runs.steps) {
      expect(script).not.toContain('${{');
      expect(shell).toBe(uses === undefined ? 'bash' : undefined);
      for (const [flag] of script.matchAll(/(?<=\(")--[a-z]+(?==)/g)) expect(flags).toContain(flag);
    }
    const used = (await read('action.yml')).match(/(?<=inputs\.)\w+/g);
    expect(new Set(used)).toEqual(new Set(Object.keys(action.inputs)));
  });

  test('the folder that the command starts from has what the step needs', async () => {
    await access(new URL('bin/oidc-cli.js', top));
    const { scripts } = JSON.parse(await read('package.json'));
    expect(scripts.prepare).toBe('npm run build');
  });
});

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of a Dockerfile, continued lines joined and comments left out. */
function instructionsOf(text: string): readonly Instruction[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf(' ');
      return { name: line.slice(0, at), text: line.slice(at + 1) };
    });
}

/** Where Debian's archive has a package, by the lists of `apt-get update`; empty where it has none, or there are no lists. */
const inArchive = async (name: string) =>
  (await run('apt-cache', ['madison', name]).catch(() => ({ stdout: '' }))).stdout.trim();

const listsPresent = (await inArchive('bash')) !== '';

describe('The Dockerfile', () => {
  test('is made of instructions that Docker knows, as a user without rights, with the command as its entrance', async () => {
    const instructions = instructionsOf(await read('Dockerfile'));
    const known = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'USER', 'ENV', 'ENTRYPOINT', 'CMD'];
    expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
    const last = (wanted: string) => instructions.findLast(({ name }) => name === wanted)?.text ?? '';
    expect(last('USER')).toMatch(/^[1-9]\d*$/);
    const { bin, engines } = JSON.parse(await read('package.json'));
    expect(Object.keys(bin)).toContain(JSON.parse(last('ENTRYPOINT'))[0]);
    expect(JSON.parse(last('CMD'))).toEqual(['smoke']);
    for (const { text } of instructions.filter(({ name }) => name === 'FROM')) {
      const version = Number(/^node:(\d+)-bookworm-slim/.exec(text)?.[1]);
      expect(version).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]));
    }
  });

  test('copies what is there, and what .dockerignore lets through', async () => {
    const instructions = instructionsOf(await read('Dockerfile'));
    const ignore = (await read('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const allowed = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(ignore[0]).toBe('*');
    for (const name of allowed) await access(new URL(name, top));
    const needed = [
      'package.json',
      'package-lock.json',
      'src',
      'scripts',
      'bin',
      'tsconfig.build.json',
      'tsconfig.json',
    ];
    expect(allowed).toEqual(expect.arrayContaining(needed));
    const copies = instructions.filter(({ name }) => name === 'COPY').map(({ text }) => text.split(' '));
    expect(copies[0]).toEqual(['.', '.']);
    // Of the build they are what it was given, and what npm and the compiler make of it.
    for (const [from, source = '', target] of copies.slice(1)) {
      expect([from, target]).toEqual(['--from=build', source]);
      const name = source.replace('/oidc-cli/', '');
      expect([...allowed, 'node_modules', 'dist/bundle']).toContain(name);
    }
    // What the package ships, but for its pages.
    const { files } = JSON.parse(await read('package.json'));
    const shipped = copies.map(([, source = '']) => source.replace('/oidc-cli/', ''));
    const run = files.filter((name: string) => name !== 'docs' && !name.endsWith('.md'));
    expect(shipped).toEqual(expect.arrayContaining(run));
  });

  test('its scripts are a shell script each', async () => {
    for (const { name, text } of instructionsOf(await read('Dockerfile'))) {
      if (name === 'RUN') await run('sh', ['-n', '-c', text]);
    }
  });

  test('makes Chromium start without its own sandbox', async () => {
    const step = instructionsOf(await read('Dockerfile')).find(({ text }) => text.includes('/etc/chromium.d/'));
    const folder = await mkdtemp(join(tmpdir(), 'oidc-cli-test-'));
    try {
      await run('sh', ['-c', (step?.text ?? 'exit 1').replace('/etc/chromium.d', folder)]);
      const script = `CHROMIUM_FLAGS=--before; for file in ${folder}/*; do . "$file"; done; sh -c 'echo $CHROMIUM_FLAGS'`;
      expect((await run('sh', ['-c', script])).stdout).toBe('--before --no-sandbox\n');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test.runIf(requirement('the list of Debian packages', listsPresent, 'apt-get update fetches it'))(
    'installs packages that Debian has',
    async () => {
      const [, list = ''] =
        /apt-get install --yes --no-install-recommends ([a-z -]+) &&/.exec(
          (await read('Dockerfile')).replace(/\\\n/g, ''),
        ) ?? [];
      const names = list.trim().split(/\s+/);
      expect(names).toContain('chromium');
      for (const name of names) {
        expect(await inArchive(name)).not.toBe('');
      }
    },
  );
});

describe('docs/ci.md', () => {
  /** What stands in the page's blocks of one language. */
  const blocks = async (language: string) =>
    [...(await read('docs/ci.md')).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
      ([, text = '']) => text,
    );

  test('every example is YAML, and each file of checks is one', async () => {
    const examples = await blocks('yaml');
    expect(examples).toHaveLength(5);
    const documents = examples.flatMap((text) => parseAllDocuments(text));
    expect(documents.flatMap((document) => ('errors' in document ? document.errors : []))).toEqual([]);
    const contents = documents.map((document) => document.toJS());
    const config = contents.find(({ kind }) => kind === 'ConfigMap');
    const machine = await createMachine();
    try {
      for (const text of [examples[0] ?? '', config.data['oidc-smoke.yaml']]) {
        await writeFile(join(machine.home, 'oidc-smoke.yaml'), text);
        // The file is read whole before the first check is chosen.
        const { code, stderr } = await machine.run(['smoke', '--filter', 'no such check']);
        expect(stderr).toContain('(smoke_nothing_selected, ');
        expect(code).not.toBe(0);
      }
    } finally {
      await machine.remove();
    }
  });

  test('its first example, and that of the README, pass at a provider that has what they name', async () => {
    const provider = await identityProvider({
      clients: [
        {
          clientId: 'my-app',
          clientSecret: 'app-secret',
          redirectUris: ['https://app.staging.example.com/callback'],
        },
      ],
      users: [
        {
          username: 'smoke-test@example.com',
          password: 'smoke-password',
          claims: { sub: 'smoke', email: 'smoke-test@example.com' },
        },
      ],
    });
    const readmePlan = /^```yaml\n# oidc-smoke\.yaml\n(.*?)^```/ms.exec(await read('README.md'))?.[1];
    const env = { OIDC_CLI_PASSWORD: 'smoke-password', OIDC_CLI_CLIENT_SECRET: 'app-secret' };
    const machine = await createMachine();
    try {
      for (const text of [(await blocks('yaml'))[0], readmePlan]) {
        const here = String(text).replaceAll('https://id.staging.example.com', provider.issuer);
        await writeFile(join(machine.home, 'oidc-smoke.yaml'), here);
        const { code, stdout } = await machine.run(['smoke'], { env });
        expect(code, stdout).toBe(0);
      }
    } finally {
      await machine.remove();
    }
  });

  test('every command uses flags and reporters that exist', async () => {
    const flags = await smokeFlags();
    const page = await read('docs/ci.md');
    const cron = parseAllDocuments((await blocks('yaml')).find((text) => text.includes('kind: CronJob')) ?? '')
      .map((document) => document.toJS())
      .find(({ kind }) => kind === 'CronJob');
    const [container] = cron.spec.jobTemplate.spec.template.spec.containers;
    const commands = [...page.matchAll(/oidc-cli smoke( .*)/g)].map(([, rest = '']) => rest.trim().split(/\s+/));
    const words = [...commands.flat(), ...container.args.slice(1)];
    const used = words.filter((word) => /^--[a-z]/.test(word));
    expect(used).toEqual(expect.arrayContaining(['--shard', '--reporter', '--evidence', '--timeout-all']));
    for (const flag of used) expect(flags).toContain(flag);
    words.forEach((word, index) => {
      if (word === '--reporter') parseReporter(words[index + 1]);
    });
  });

  test('a secret belongs to the step that needs it, and to no whole job', async () => {
    const workflow = (await blocks('yaml')).map((text) => parseAllDocuments(text)[0]?.toJS()).find(({ jobs }) => jobs);
    expect(JSON.stringify([workflow.env, workflow.jobs.smoke.env])).not.toContain('secrets.');
    const withSecrets = workflow.jobs.smoke.steps.filter((step: Step) => JSON.stringify(step).includes('secrets.'));
    expect(withSecrets.map(({ uses }: Step) => uses)).toEqual(['./oidc-cli']);
  });

  test('the workflow uses inputs that the action has, and its reporters', async () => {
    const workflow = (await blocks('yaml')).map((text) => parseAllDocuments(text)[0]?.toJS()).find(({ jobs }) => jobs);
    const step = workflow.jobs.smoke.steps.find(({ uses }: { uses: string }) => uses === './oidc-cli');
    const { inputs } = parse(await read('action.yml')) as Action;
    for (const name of Object.keys(step.with)) expect(Object.keys(inputs)).toContain(name);
    for (const line of step.with.reporters.trim().split('\n')) parseReporter(line);
    const table = [...(await read('docs/ci.md')).matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name);
    expect(table).toEqual(expect.arrayContaining(Object.keys(inputs)));
  });

  test('what the CronJob refers to is defined, and it runs as the image does', async () => {
    const text = (await blocks('yaml')).find((one) => one.includes('kind: CronJob')) ?? '';
    const [config, cron] = parseAllDocuments(text).map((document) => document.toJS());
    expect([cron.apiVersion, cron.kind, config.apiVersion]).toEqual(['batch/v1', 'CronJob', 'v1']);
    const pod = cron.spec.jobTemplate.spec.template.spec;
    const [container] = pod.containers;
    expect(pod.volumes.map(({ name }: { name: string }) => name)).toEqual(
      container.volumeMounts.map(({ name }: { name: string }) => name),
    );
    expect(pod.volumes[0].configMap.name).toBe(config.metadata.name);
    const user = /^USER (\d+)$/m.exec(await read('Dockerfile'))?.[1];
    expect(String(pod.securityContext.runAsUser)).toBe(user);
    const checks = container.args.at(-1).split('/').at(-1);
    expect(Object.keys(config.data)).toContain(checks);
    // The page names the secret that the job reads, with the variables of the checks.
    const page = await read('docs/ci.md');
    const secret = container.envFrom[0].secretRef.name;
    expect(page).toContain(`kubectl create secret generic ${secret} `);
    for (const [, variable] of config.data[checks].matchAll(/\$\{(\w+)\}/g)) {
      expect(page).toContain(`--from-literal=${variable}=`);
    }
  });

  test('every metric that the page names is one that is written', async () => {
    const source = await read('src/smoke/reporters/prometheus.ts');
    const names = new Set((await read('docs/ci.md')).match(/(?<=oidc_smoke_)\w+/g));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(source).toMatch(new RegExp(`['_]${name}'`));
  });
});
