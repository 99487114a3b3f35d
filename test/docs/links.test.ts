import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../runtime/package-root.js';
import { pages, parsePage, readPage } from './blocks.js';

const prose = new Map(pages.map((file) => [file, parsePage(file, readPage(file)).prose]));

interface Found {
  readonly place: string;
  readonly file: string;
  readonly text: string;
}

/** Everything that the pattern finds in the prose; group 1 is the text. */
function find(pattern: RegExp, file: string): Found[] {
  return (prose.get(file) ?? []).flatMap((line, index) =>
    [...line.matchAll(pattern)].map(([, text = '']) => ({ place: `${file}:${index + 1}`, file, text })),
  );
}

/** As GitHub makes them: lower case, spaces to hyphens, no other punctuation. */
function anchors(file: string): string[] {
  return (parsePage(file, readPage(file)).prose ?? [])
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    );
}

const links = pages.flatMap((file) => find(/\]\(([^)\s]+)\)/g, file)).filter(({ text }) => !/^[a-z]+:/.test(text));

describe('links', () => {
  it.each(pages)('of %s lead to files and headings that are there', (page) => {
    for (const { place, text } of links.filter(({ file }) => file === page)) {
      const [path = '', anchor] = text.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      expect(existsSync(join(packageRoot, target)), `${place}: ${text}`).toBe(true);
      if (anchor !== undefined) expect(anchors(target), `${place}: ${text}`).toContain(anchor);
    }
  });

  it('from the README reach every page', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const { text } of links.filter(({ file }) => file === page)) {
        const target = normalize(join(dirname(page), text.split('#')[0] ?? ''));
        if (pages.includes(target)) reached.add(target);
      }
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
    const direct = links.filter(({ file }) => file === 'README.md').map(({ text }) => text.split('#')[0]);
    expect(pages.filter((page) => page.startsWith('docs/') && !direct.includes(page))).toEqual([]);
  });
});

const scripts = (file: string): string[] =>
  Object.keys(JSON.parse(readFileSync(join(packageRoot, file), 'utf8')).scripts);
const known = ['package.json', 'templates/base/package.json', 'examples/shapes/package.json'].flatMap(scripts);
const code = pages.flatMap((file) => [
  ...find(/`([^`]+)`/g, file),
  ...parsePage(file, readPage(file)).blocks.map((block) => ({
    place: `${file}:${block.line}`,
    file,
    text: block.code,
  })),
]);

describe('code in the text', () => {
  it('names npm scripts that a checkout or a scaffold has', () => {
    const named = code.flatMap(({ place, text }) =>
      [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => ({ place, script })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(({ script }) => !known.includes(script))).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = code.flatMap(({ place, text }) =>
      [...text.matchAll(/\bvitest run ([^\n#]+)/g)].flatMap(([, paths = '']) =>
        paths
          .split(/\s+/)
          .filter((path) => path.startsWith('test/'))
          .map((path) => ({ place, path })),
      ),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ path }) => !existsSync(join(packageRoot, path)))).toEqual([]);
  });

  it('names files of this project that are there', () => {
    const folder = /^(\.\.\/)*((?:runtime|generators|templates|test|bench|examples|scripts|docs)\/[\w./-]+\.\w+)$/;
    const named = code.flatMap(({ place, text }) => {
      const [, , path] = folder.exec(text) ?? [];
      return path === undefined ? [] : [{ place, path }];
    });
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ path }) => !existsSync(join(packageRoot, path)) && path !== 'test/golden.json')).toEqual([]);
  });
});
