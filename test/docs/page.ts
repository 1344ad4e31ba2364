/** A page of the documentation, taken apart at its fenced blocks. */
export interface Page {
  readonly parts: readonly PagePart[];
}

export type PagePart =
  | { readonly kind: 'text'; readonly text: string }
  /** ```` ```json connector.json ````: a file of the reader's. */
  | { readonly kind: 'file'; readonly language: string; readonly name: string; readonly text: string }
  /** ```` ```sh ````: what is typed elsewhere, such as in another terminal. */
  | { readonly kind: 'sh'; readonly commands: readonly string[] }
  /** ```` ```console ````: what is typed after each `$`, and what comes. */
  | { readonly kind: 'console'; readonly entries: readonly ConsoleEntry[] };

/** One command line with the lines that it writes to stdout and stderr. */
export interface ConsoleEntry {
  readonly command: string;
  readonly output: string;
}

/** Takes a page apart; `rendered` puts it together again. */
export function parsePage(markdown: string): Page {
  const parts: PagePart[] = [];
  let rest = markdown;
  for (;;) {
    const block = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```\n/m.exec(rest);
    if (!block) break;
    const [whole, language = '', name, text = ''] = block;
    if (block.index > 0) parts.push({ kind: 'text', text: rest.slice(0, block.index) });
    if (name !== undefined) parts.push({ kind: 'file', language, name, text });
    else if (language === 'sh') parts.push({ kind: 'sh', commands: text.trimEnd().split(/(?<!\\)\n/) });
    else if (language === 'console') parts.push({ kind: 'console', entries: entriesOf(text) });
    else parts.push({ kind: 'text', text: whole });
    rest = rest.slice(block.index + whole.length);
  }
  return { parts: [...parts, { kind: 'text', text: rest }] };
}

function entriesOf(text: string): ConsoleEntry[] {
  const [before, ...entries] = text.split(/^\$ /m);
  if (before !== '') throw new Error(`a console block begins without a command: ${before}`);
  return entries.map((entry) => {
    const command = /^(?:.*\\\n)*.*\n/.exec(entry)?.[0] ?? '';
    return { command: command.trimEnd(), output: entry.slice(command.length) };
  });
}

/** The page as Markdown. */
export function rendered({ parts }: Page): string {
  return parts.map(renderedPart).join('');
}

function renderedPart(part: PagePart): string {
  if (part.kind === 'text') return part.text;
  if (part.kind === 'file') return fenced(`${part.language} ${part.name}`, part.text);
  if (part.kind === 'sh') return fenced('sh', part.commands.map((command) => `${command}\n`).join(''));
  return fenced('console', part.entries.map(({ command, output }) => `$ ${command}\n${output}`).join(''));
}

function fenced(info: string, text: string): string {
  return `\`\`\`${info}\n${text}\`\`\`\n`;
}

/** The words of a command line: `\` joins lines, quotes hold words together. */
export function wordsOf(command: string): string[] {
  const words = command.replaceAll('\\\n', ' ').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
  return [...words].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

/** Whether a page shows this very output, but for what each of its lines `…` stands for. */
export function isShortened(shown: string, output: string): boolean {
  const pieces = `\n${shown}`.split('\n…\n').map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pieces.join('\\n(?:.*\\n)+')}$`).test(`\n${output}`);
}
