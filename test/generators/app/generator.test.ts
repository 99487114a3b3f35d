import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../runtime/package-root.js';
import { scaffold } from '../scaffolding.js';

let root: string;
/** A scaffold as an earlier run left it; each test works on a copy. */
let before: string;
let dir: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'generator-'));
  before = join(root, 'pets');
  mkdirSync(before);
  await run(before, { yes: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  dir = join(mkdtempSync(join(root, 'copy-')), 'pets');
  cpSync(before, dir, { recursive: true });
});

/** `actions` answer conflicts, one after the other. */
async function run(cwd: string, options: Record<string, unknown>, actions: string[] = []) {
  const typed = { action: 'in turn', content: '// edited\n' };
  const questions = await scaffold(cwd, options, typed, (name, answer) =>
    name === 'action' ? actions.shift() : answer,
  );
  return { questions };
}

const read = (file: string) => readFileSync(join(dir, file), 'utf8');
const mine = '// mine\n';

describe('a first run', () => {
  it('writes a package, its answers, and the tarball it depends on', () => {
    const { dependencies } = JSON.parse(readFileSync(join(before, 'package.json'), 'utf8'));
    const spec = dependencies['generator-katonic-classifier'];
    expect(spec).toMatch(/^file:vendor\/generator-katonic-classifier-[\d.]+-[\da-f]{8}\.tgz$/);
    expect(existsSync(join(before, spec.slice('file:'.length)))).toBe(true);
    for (const file of [
      'launch.ts',
      'schema.ts',
      '.gitignore',
      '.npmrc',
      'model/model.json',
      'test/launch.test.ts',
      'samples/circle.jpg',
    ]) {
      expect(existsSync(join(before, file)), file).toBe(true);
    }
    const stored = JSON.parse(readFileSync(join(before, '.yo-rc.json'), 'utf8'));
    expect(stored['generator-katonic-classifier']).toMatchObject({ name: 'pets', model: 'example', codes: '1' });
  });

  it('asks when it may', async () => {
    const { questions } = await run(join(dir, '..'), { folder: 'new' });
    expect(questions).toEqual(['name', 'description', 'model', 'type', 'classes', 'codes']);
    expect(existsSync(join(dir, '..', 'new', 'launch.ts'))).toBe(true);
  });

  it('refuses a folder with other things in it, and writes nothing', async () => {
    const other = join(dir, '..', 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.tex'), '');
    await expect(run(other, { yes: true, folder: '.' })).rejects.toThrow(
      '--folder: the folder . is not empty (thesis.tex)',
    );
    expect(existsSync(join(other, 'package.json'))).toBe(false);
  });

  it('makes no folder when an answer is refused', async () => {
    await expect(run(join(dir, '..'), { yes: true, folder: 'new', codes: '1,1' })).rejects.toThrow('--codes: ');
    expect(existsSync(join(dir, '..', 'new'))).toBe(false);
  });

  it('keeps the path of a model relative to the package', async () => {
    const model = join(packageRoot, 'test/fixtures/exports/tfjs-layers');
    cpSync(model, join(dir, '..', 'model'), { recursive: true });
    await run(join(dir, '..'), { yes: true, folder: 'new', model: 'model' });
    const stored = JSON.parse(readFileSync(join(dir, '..', 'new', '.yo-rc.json'), 'utf8'));
    expect(stored['generator-katonic-classifier'].model).toBe('../model');
    await run(join(dir, '..', 'new'), { yes: true });
    expect(existsSync(join(dir, '..', 'new', 'model', 'model.json'))).toBe(true);
  });
});

describe('running again', () => {
  it('with nothing changed asks for no overwriting', async () => {
    const { questions } = await run(dir, { yes: true }, ['abort']);
    expect(questions).toEqual([]);
  });

  it('begins with the answers of the last run', async () => {
    await run(dir, { yes: true, classes: 'cat,dog', description: 'Pets', force: true });
    await run(dir, { yes: true, force: true });
    expect(JSON.parse(read('katonic.json')).classes.map(({ name }: { name: string }) => name)).toEqual(['cat', 'dog']);
    expect(JSON.parse(read('package.json')).description).toBe('Pets');
  });
});

describe('a file that was changed', () => {
  beforeEach(() => writeFileSync(join(dir, 'launch.ts'), mine));
  const again = (...action: string[]) => run(dir, { yes: true }, action);
  const theirs = () => readFileSync(join(before, 'launch.ts'), 'utf8');

  it('is overwritten on "write"', async () => {
    const { questions } = await again('write');
    expect(questions).toEqual(['action']);
    expect(read('launch.ts')).toBe(theirs());
  });

  it('is kept on "skip"', async () => {
    await again('skip');
    expect(read('launch.ts')).toBe(mine);
  });

  it('is overwritten with all others on "force"', async () => {
    writeFileSync(join(dir, 'schema.ts'), mine);
    writeFileSync(join(dir, 'README.md'), mine);
    const { questions } = await again('force');
    expect(questions).toEqual(['action']);
    for (const file of ['launch.ts', 'schema.ts', 'README.md']) expect(read(file)).not.toBe(mine);
  });

  it('is shown on "diff", and asked about again', async () => {
    const { questions } = await again('diff', 'skip');
    expect(questions).toEqual(['action', 'action']);
    expect(read('launch.ts')).toBe(mine);
  });

  it('stops the run on "abort"', async () => {
    rmSync(join(dir, 'tsconfig.json'));
    await expect(again('abort')).rejects.toThrow('Process aborted by user');
    expect(read('launch.ts')).toBe(mine);
  });

  it('is remembered on "ignore", and left alone from then on', async () => {
    await again('ignore');
    expect(read('.yo-resolve')).toContain('launch.ts skip');
    const { questions } = await again('write');
    expect(questions).toEqual([]);
    expect(read('launch.ts')).toBe(mine);
  });

  it('is asked about again on "reload" while it differs', async () => {
    const { questions } = await again('reload', 'write');
    expect(questions).toEqual(['action', 'action']);
    expect(read('launch.ts')).toBe(theirs());
  });

  it('takes what was edited on "edit"', async () => {
    const { questions } = await again('edit', 'write');
    expect(questions).toEqual(['action', 'content', 'action']);
    expect(read('launch.ts')).toBe('// edited\n');
  });

  it('is overwritten by --force without a question', async () => {
    const { questions } = await run(dir, { yes: true, force: true }, ['abort']);
    expect(questions).toEqual([]);
    expect(read('launch.ts')).toBe(theirs());
  });

  it('is kept by --skip-existing without a question, while missing files are written', async () => {
    rmSync(join(dir, 'tsconfig.json'));
    const { questions } = await run(dir, { yes: true, 'skip-existing': true }, ['abort']);
    expect(questions).toEqual([]);
    expect(read('launch.ts')).toBe(mine);
    expect(existsSync(join(dir, 'tsconfig.json'))).toBe(true);
  });
});
