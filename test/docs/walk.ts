import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { type LogtoProvider, startLogtoProvider } from '../support/logto-provider.js';
import { aliceSignsIn, createMachine, type Machine } from '../support/run.js';
import { type ConsoleEntry, isShortened, type Page, type PagePart, wordsOf } from './page.js';

/** What a page calls the things that are elsewhere, or called otherwise, in a test. */
const ON_PAGE = {
  logto: 'https://tenant.logto.app',
  idp: 'http://127.0.0.1:9400',
  application: 'http://localhost:3000',
  listener: 'http://localhost:8484',
  folder: '/home/you/bookstore',
  home: '/home/you/.oidc-cli',
} as const;

/** When the page's walk takes place, seconds since the epoch. */
const PAGE_TIME = Date.parse('2026-11-24T01:45:00Z') / 1000;

const KID_ON_PAGE = 'U36Oliz_iKUcmxG5aYSofMbP7Ooj4wAiSsik9nUaHWE';

/** A walk through a page: its commands run one after the other, each sees what those before it left behind. */
export interface Walk {
  /** The page with the output that its commands have now. */
  follow(page: Page): Promise<Page>;
  /** Everything that was written so far, as it was. */
  written(): string;
  readonly logto: LogtoProvider;
  end(): Promise<void>;
}

/** Starts the stand-in for Logto, and makes a machine for the walk. */
export async function startWalk(): Promise<Walk> {
  const machine = await createMachine();
  const folder = join(machine.home, 'bookstore');
  await mkdir(folder);
  const application = `http://localhost:${await freePort()}`;
  const listener = `http://localhost:${await freePort()}`;
  const logto = await startLogtoProvider({
    redirectUris: [`${application}/callback`],
    postLogoutRedirectUris: [`${application}/`],
  });
  // As long as the page's, so that columns stand as they do there.
  const port = await freePort(9401, 9999);
  const idp = `http://127.0.0.1:${port}`;
  const hereOf = { logto: logto.endpoint, idp, application, listener, folder, home: machine.home };
  const state: State = { machine, env: {}, lastCode: 0, written: '', hereOf };
  let stopIdp = async (): Promise<unknown> => undefined;

  const startIdp = async (command: string): Promise<void> => {
    await stopIdp();
    const [program, ...argv] = wordsOf(toHere(command, state));
    if (program !== 'oidc-cli' || argv[0] !== 'idp') throw new Error(`only oidc-cli idp runs elsewhere: ${command}`);
    const stopped = new AbortController();
    await new Promise<void>((listening, failed) => {
      const ended = machine.run([...argv, '--port', String(port)], {
        signal: stopped.signal,
        onOutput: (text) => text.startsWith('Listening ') && listening(),
      });
      void ended.then(({ stderr }) => failed(new Error(stderr)));
      stopIdp = () => {
        stopped.abort();
        return ended;
      };
    });
  };
  const followPart = async (part: PagePart): Promise<PagePart> => {
    if (part.kind === 'sh') for (const command of part.commands) await startIdp(command);
    if (part.kind === 'file') await writeFile(join(folder, part.name), toHere(part.text, state));
    if (part.kind !== 'console') return part;
    const entries: ConsoleEntry[] = [];
    for (const entry of part.entries) {
      const output = await outputOf(entry.command, state);
      entries.push({ ...entry, output: isShortened(entry.output, output) ? entry.output : output });
    }
    return { kind: 'console', entries };
  };
  return {
    logto,
    written: () => state.written,
    follow: async (page) => {
      const parts: PagePart[] = [];
      for (const part of page.parts) parts.push(await followPart(part));
      return { parts };
    },
    end: async () => {
      await Promise.all([logto.close(), stopIdp(), machine.remove()]);
    },
  };
}

interface State {
  readonly machine: Machine;
  readonly env: Record<string, string>;
  lastCode: number;
  written: string;
  /** What `ON_PAGE` names, as it is in this test. */
  readonly hereOf: Readonly<Record<keyof typeof ON_PAGE, string>>;
}

/** What a command line of a page writes, in the page's words. */
async function outputOf(command: string, state: State): Promise<string> {
  if (command === 'echo $?') return `${state.lastCode}\n`;
  const [program, ...argv] = wordsOf(toHere(command, state));
  if (program === 'export') {
    const [name = '', value = ''] = argv[0]?.split(/=(.*)/s) ?? [];
    state.env[name] = value;
    return '';
  }
  if (program !== 'oidc-cli') throw new Error(`no command of this walk: ${command}`);
  let output = '';
  const { code } = await state.machine.run([...argv, ...portOf(argv, state)], {
    cwd: state.hereOf.folder,
    env: state.env,
    openUrl: aliceSignsIn,
    // A sign-in that fails at the provider would wait for its person. A busy machine may take long.
    signal: AbortSignal.timeout(60_000),
    onOutput: (text) => (output += text),
  });
  state.lastCode = code;
  state.written += output;
  return toPage(output, state);
}

/** The redirect URI of a sign-in has a port of its own in each run: Logto's application has another than all else. */
function portOf([command, profile]: readonly string[], { hereOf }: State): string[] {
  if (command !== 'login') return [];
  const redirectUri = profile === 'bookstore' ? hereOf.application : hereOf.listener;
  return ['--port', new URL(redirectUri).port];
}

function places({ hereOf }: State): [here: string, onPage: string][] {
  const entries = Object.entries(hereOf) as [keyof typeof ON_PAGE, string][];
  return entries.map(([place, here]) => [here, ON_PAGE[place]]);
}

function toHere(text: string, state: State): string {
  return places(state).reduce((changed, [here, onPage]) => changed.replaceAll(onPage, here), text);
}

/** What differs from run to run, as the page has it: addresses, folders, times, keys, tokens. */
function toPage(output: string, state: State): string {
  const now = Date.now() / 1000;
  return places(state)
    .reduce((changed, [here, onPage]) => changed.replaceAll(here, onPage), output)
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) => timeOnPage(Date.parse(time) / 1000 - now))
    .replaceAll(/\bin (5[5-9]|60) minutes\b/g, 'in 59 minutes')
    .replaceAll(/\b\d+ seconds? ago\b/g, '2 seconds ago')
    .replaceAll(
      /\bkid ([\w-]{43}(?![\w-])|[\w-]{31}(?=…))/g,
      (_kid, id: string) => `kid ${KID_ON_PAGE.slice(0, id.length)}`,
    )
    .replaceAll(/\/interaction\/[\w-]{43}(?![\w-])/g, '/interaction/…')
    .replaceAll(/\b(eyJ[\w-]{17})[\w-]+\.[\w-]+\.[\w-]+/g, '$1…');
}

/** A time that is so many seconds away, told from the page's time, to ten minutes. */
function timeOnPage(away: number): string {
  const time = PAGE_TIME + Math.round(away / 600) * 600;
  return new Date(time * 1000).toISOString().replace('.000Z', 'Z');
}
