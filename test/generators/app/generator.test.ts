import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

it('never removes a model that its owner put into model/', async () => {
  const model = join(packageRoot, 'test/fixtures/exports/onnx-uint8-nhwc');
  const [file] = readdirSync(model).filter((name) => name.endsWith('.onnx'));
  mkdirSync(join(dir, 'model'), { recursive: true });
  for (const name of ['a.onnx', 'b.onnx']) cpSync(join(model, file as string), join(dir, 'model', name));
  await run(dir, { yes: true, force: true, model: 'model/a.onnx' });
  await run(dir, { yes: true, force: true, model: 'model/b.onnx' });
  expect(readdirSync(join(dir, 'model')).sort()).toEqual(['a.onnx', 'b.onnx']);
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

describe('bringing another model', () => {
  const fixtures = join(packageRoot, 'test/fixtures/exports');
  const names = () => JSON.parse(read('katonic.json')).classes.map(({ name }: { name: string }) => name);
  const models = () => readdirSync(join(dir, 'model')).sort();
  const record = () => JSON.parse(read('.yo-rc.json'))['generator-katonic-classifier'];
  const pytorch = join(fixtures, 'pytorch-log-softmax/model.onnx');

  it('leaves nothing of the model before', async () => {
    expect(models()).toEqual(['model.json', 'weights.bin']);
    await run(dir, { yes: true, force: true, model: pytorch });
    expect(models()).toEqual(['model.onnx']);
    expect(Object.keys(record().written)).toEqual(expect.arrayContaining(['launch.ts', 'model/model.onnx']));
  });

  it("keeps what is not the generator's own, or no longer", async () => {
    writeFileSync(join(dir, 'model', 'notes.txt'), mine);
    writeFileSync(join(dir, 'model', 'weights.bin'), mine);
    await run(dir, { yes: true, force: true, model: pytorch });
    expect(models()).toEqual(['model.onnx', 'notes.txt', 'weights.bin']);
  });

  it('keeps all of it with --skip-existing, and while launch.ts still opens it', async () => {
    await run(dir, { yes: true, 'skip-existing': true, model: pytorch });
    expect(models()).toEqual(['model.json', 'model.onnx', 'weights.bin']);
    writeFileSync(join(dir, 'launch.ts'), mine);
    await run(
      dir,
      { yes: true },
      Array.from({ length: 20 }, () => 'skip'),
    );
    expect(models()).toContain('weights.bin');
    await run(dir, { yes: true, force: true });
    expect(models()).toEqual(['model.onnx']);
  });

  it('does not give it the names of the shapes, nor of a model before', async () => {
    await run(dir, { yes: true, force: true, model: join(fixtures, 'tfjs-layers-logits') });
    expect(names()).toEqual(['class 0', 'class 1', 'class 2']);
    await run(dir, { yes: true, force: true, classes: 'cat,dog,owl', model: join(fixtures, 'tfjs-layers-logits') });
    await run(dir, { yes: true, force: true });
    expect(names()).toEqual(['cat', 'dog', 'owl']);
    await run(dir, { yes: true, force: true, model: join(fixtures, 'tfjs-layers-shards') });
    expect(names()).toEqual(['class 0', 'class 1', 'class 2']);
    expect(record().classes).toBe('class 0, class 1, class 2');
  });

  it('does not give it the six shapes where it has six outputs', async () => {
    const six = join(dir, '..', 'six');
    cpSync(join(packageRoot, 'examples/shapes/model'), six, { recursive: true });
    await run(dir, { yes: true, force: true, model: six });
    expect(names()).toEqual(Array.from({ length: 6 }, (_, index) => `class ${index}`));
  });

  it('gives it the classes that the example stood in for', async () => {
    await run(dir, { yes: true, force: true, classes: 'cat,dog,owl' });
    await run(dir, { yes: true, force: true, model: join(fixtures, 'tfjs-layers-logits') });
    expect(names()).toEqual(['cat', 'dog', 'owl']);
  });

  it('keeps names that came from a file, not its path', async () => {
    const list = join(dir, '..', 'names.txt');
    writeFileSync(list, 'cat\ncrane, grey\nowl\n');
    await run(dir, { yes: true, force: true, classes: `@${list}`, model: join(fixtures, 'tfjs-layers-logits') });
    rmSync(list);
    await run(dir, { yes: true, force: true });
    expect(names()).toEqual(['cat', 'crane, grey', 'owl']);
  });

  it('makes golden answers anew where the export at the same path changed', async () => {
    const model = join(dir, '..', 'export');
    cpSync(join(fixtures, 'tfjs-layers-logits'), model, { recursive: true });
    await run(dir, { yes: true, force: true, model });
    standInForInstall();
    const golden = join(dir, 'test/golden.json');
    writeFileSync(golden, mine);
    await run(dir, { yes: true, force: true });
    expect(readFileSync(golden, 'utf8')).toBe(mine);
    const weights = readdirSync(model).find((name) => name.endsWith('.bin')) as string;
    const bytes = readFileSync(join(model, weights));
    bytes.writeFloatLE(0.5, 0);
    writeFileSync(join(model, weights), bytes);
    await run(dir, { yes: true, force: true });
    expect(readFileSync(golden, 'utf8')).not.toBe(mine);
  });

  /** The runtime where npm install puts it: this checkout. */
  function standInForInstall(): void {
    mkdirSync(join(dir, 'node_modules'));
    symlinkSync(packageRoot, join(dir, 'node_modules', 'generator-katonic-classifier'));
  }
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
