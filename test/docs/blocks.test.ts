import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { packageRoot } from '../../runtime/package-root.js';
import { programsOrSkip } from '../support/programs.js';
import { above, type Block, blocks, blocksOf, KINDS, pages, parsePage, placeOf, readPage } from './blocks.js';

const named = (list: readonly Block[]) => list.map((block) => [placeOf(block), block] as const);

it('every code block has a language and a tag that say how it is tested', () => {
  const strange = blocks.filter(({ language, tag }) => KINDS[language]?.[tag] === undefined);
  expect(strange.map((block) => `${placeOf(block)}: ${block.language} ${block.tag}`)).toEqual([]);
});

it('no code is indented instead of fenced, where no test would see it', () => {
  const indented = pages.flatMap((file) =>
    parsePage(file, readPage(file)).prose.flatMap((line, index, lines) =>
      /^( {4}|\t)\s*\S/.test(line) && (lines[index - 1] ?? '').trim() === '' ? [`${file}:${index + 1}`] : [],
    ),
  );
  expect(indented).toEqual([]);
});

it('finds fences within fences, tags and lines', () => {
  const { blocks: found, prose } = parsePage('x.md', 'a\n````sh slow\n```\nls\n```\n````\n  ```json\n  {}\n  ```\nb');
  expect(found).toEqual([
    { file: 'x.md', line: 2, language: 'sh', tag: 'slow', code: '```\nls\n```' },
    { file: 'x.md', line: 7, language: 'json', tag: '', code: '{}' },
  ]);
  expect(prose.filter((line) => line !== '')).toEqual(['a', 'b']);
  expect(() => parsePage('x.md', '```sh\nls')).toThrow('x.md:1: the code block is not closed');
});

describe('json parses', () => {
  it.each(named(blocksOf('json', '', 'answer')))('%s', (_, { code }) => {
    expect(() => JSON.parse(code)).not.toThrow();
  });
  it.each(named(blocksOf('json', 'lines')))('%s', (_, { code }) => {
    for (const line of code.split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  });
});

it.each(named(blocks.filter(({ tag }) => tag === 'answer')))('%s stands below what prints it', (_, block) => {
  expect(above(block)?.language).toBe('sh');
});

describe('yaml parses', () => {
  it.each(named(blocksOf('yaml')))('%s', (_, { code }) => {
    expect(parseDocument(code).errors).toEqual([]);
  });
});

const python = programsOrSkip(['python3'], 'the Python examples of the documentation');
const bash = programsOrSkip(['bash'], 'the syntax of the shell examples');
describe.skipIf(!python)('python compiles', () => {
  it.each(named(blocksOf('python')))('%s', (_, { code }) => {
    execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: code });
  });
});

it('one block starts the server that all the others ask', () => {
  expect(blocksOf('sh', 'serve').map(({ file }) => file)).toEqual(['README.md']);
});

describe.skipIf(!bash)('every shell block is a shell script', () => {
  it.each(named(blocksOf('sh')))('%s', (_, { code }) => {
    execFileSync('bash', ['-n'], { input: code, stdio: ['pipe', 'inherit', 'pipe'] });
  });
});

describe('what CI runs stands in .ci/run', () => {
  const script = readFileSync(join(packageRoot, '.ci/run'), 'utf8')
    .replaceAll('node dist/runtime/cli/cli.js', 'npx katonic-classifier')
    .split('\n');
  it.each(named(blocksOf('sh', 'ci')))('%s', (_, { code }) => {
    for (const line of code.split('\n')) expect(script).toContain(line.trim());
  });
});
