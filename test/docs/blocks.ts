/**
 * The fenced code blocks of the documentation, and what each kind of them promises.
 *
 * ```` ```sh TAG ````: the first word is the language, the second says how the block is tested. Nothing is left out: a
 * language or tag that is not in {@link KINDS} fails the tests, and so does code that is indented instead of fenced.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.js';

export interface Block {
  /** Relative to the project. */
  readonly file: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly tag: string;
  readonly code: string;
}

/** Language to tag to how it is tested. */
export const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sh: {
    '': 'runs against the served example, and every request in it succeeds',
    refused: 'runs against the served example, and the request is refused',
    serve: 'starts a server',
    slow: 'runs in the slow tests, where npm install and a scaffold are at hand',
    ci: 'stands in .ci/run, which runs it',
    'by-hand': 'takes what a test has not (hours, Docker): its syntax and its npm scripts are checked',
  },
  ts: { '': 'compiles; a launch module or schema in it is loaded as by a server' },
  json: {
    '': 'parses',
    lines: 'parses line by line',
    answer: 'has the form of what the sh block before it prints',
  },
  python: { '': 'compiles' },
  yaml: { '': 'parses' },
  text: { '': 'is shown, not run', answer: 'is what the sh block before it prints' },
};

/** Every page that users read, in reading order. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(packageRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
  'examples/shapes/README.md',
  'CONTRIBUTING.md',
];

export function readPage(file: string): string {
  return readFileSync(join(packageRoot, file), 'utf8');
}

/** Splits a page into its blocks and the prose around them; in the prose, lines of code are empty, so that lines still count. */
export function parsePage(file: string, text: string): { blocks: Block[]; prose: string[] } {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { fence: string; indent: number; block: Block; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^( *)(`{3,}|~{3,})(.*)$/.exec(line);
    if (open !== undefined) {
      if (fence?.[2]?.startsWith(open.fence) && fence[3]?.trim() === '') {
        blocks.push({ ...open.block, code: open.lines.join('\n') });
        open = undefined;
      } else {
        open.lines.push(line.slice(Math.min(open.indent, line.length)));
      }
      prose.push('');
    } else if (fence !== null) {
      const [language = '', ...tag] = (fence[3] ?? '').trim().split(/\s+/);
      const block = { file, line: index + 1, language, tag: tag.join(' '), code: '' };
      open = { fence: fence[2] as string, indent: (fence[1] as string).length, block, lines: [] };
      prose.push('');
    } else {
      prose.push(line);
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.block.line}: the code block is not closed`);
  return { blocks, prose };
}

export const blocks: readonly Block[] = pages.flatMap((file) => parsePage(file, readPage(file)).blocks);

/** `docs/http.md:39`, for the name of a test. */
export function placeOf(block: Block): string {
  return `${block.file}:${block.line}`;
}

export function blocksOf(language: string, ...tags: readonly string[]): Block[] {
  return blocks.filter((block) => block.language === language && (tags.length === 0 || tags.includes(block.tag)));
}

/** The block that stands right above this one on its page. */
export function above(block: Block): Block | undefined {
  return blocks[blocks.indexOf(block) - 1]?.file === block.file ? blocks[blocks.indexOf(block) - 1] : undefined;
}
