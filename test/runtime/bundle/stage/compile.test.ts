import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectSources } from '../../../../runtime/bundle/sources/allow-list.js';
import { compileSources } from '../../../../runtime/bundle/stage/compile.js';

/** Prints where a module believes it is; `words.txt` lies at the root of the package. */
const LOOK = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
`;

describe('compiled code', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'katonic-compile-'));
    folder = join(root, 'package');
    put('schema.js', 'export const PredictSchema = undefined;');
    put('package.json', '{"name":"x","type":"module"}');
    write(join(root, 'upload', 'words.txt'), 'words');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const put = (path: string, text: string) => write(join(folder, path), text);
  const app = () => join(root, 'upload', 'app');
  const compile = async () => {
    const type = compileSources(await collectSources(folder), app());
    write(join(app(), 'package.json'), JSON.stringify({ type }));
    return type;
  };
  const run = (file: string) => {
    const args = [
      '--enable-source-maps',
      '--input-type=module',
      '-e',
      `await import(${JSON.stringify(join(app(), file))})`,
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { stdout: stdout.trim(), stderr };
  };

  it('in TypeScript finds its data and its imports, whatever the type of the package', async () => {
    put(
      'launch.ts',
      `${LOOK}import { name } from './lib/deep.ts';\nimport labels from './labels.json';\nconsole.log(readFileSync(join(__dirname, 'words.txt'), 'utf8'), name, labels.one);`,
    );
    put(
      'lib/deep.ts',
      `${LOOK}import { other } from './other.js';\nexport const name = readFileSync(join(__dirname, '..', 'words.txt'), 'utf8') + other;`,
    );
    put('lib/other.js', 'export const other = 1;');
    put('labels.json', '{"one":1}');
    expect(await compile()).toBe('commonjs');
    expect(run('launch.js')).toEqual({ stdout: 'words words1 1', stderr: '' });
    expect(readFileSync(join(app(), 'src', 'lib', 'deep.ts'), 'utf8')).toContain('readFileSync');
  });

  it('names the TypeScript line of an error', async () => {
    put('launch.ts', '// one\n// two\n\ninterface A { a: string }\n\nthrow new Error("here");');
    await compile();
    expect(run('launch.js').stderr).toContain('launch.ts:6:');
  });

  it('in ES modules finds its data', async () => {
    put(
      'launch.mjs',
      `${LOOK}import { at } from './lib/at.js';\nconsole.log(readFileSync(join(import.meta.dirname, 'words.txt'), 'utf8'), readFileSync(new URL('./words.txt', import.meta.url), 'utf8'), at);`,
    );
    put('lib/at.js', `${LOOK}export const at = readFileSync(join(import.meta.dirname, '../words.txt'), 'utf8');`);
    expect(await compile()).toBe('module');
    expect(run('launch.mjs')).toEqual({ stdout: 'words words words', stderr: '' });
  });

  it('in CommonJS stays strict where it was', async () => {
    put('package.json', '{"name":"x"}');
    put('schema.js', 'exports.PredictSchema = undefined;');
    put(
      'launch.js',
      `// a comment\n'use strict';\nconst fs = require('node:fs');\nconsole.log(fs.readFileSync(require('node:path').join(__dirname, 'words.txt'), 'utf8'), (function () { return this === undefined; })());`,
    );
    expect(await compile()).toBe('commonjs');
    expect(run('launch.js')).toEqual({ stdout: 'words true', stderr: '' });
  });

  it('must be placed: imported TypeScript ends in .ts', async () => {
    put('launch.ts', "import './other.mjs';");
    put('other.mts', 'export const x = 1;');
    await expect(compile()).rejects.toMatchObject({ code: 'package', where: { file: 'other.mts' } });
  });
});
