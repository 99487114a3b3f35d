import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Asker, type Prompt } from '../../../generators/app/asker.js';
import type { Texts } from '../../../generators/app/flags.js';
import { askAll } from '../../../generators/app/questions.js';
import { sentence } from '../../../generators/app/refusal.js';
import { packageRoot } from '../../../runtime/package-root.js';

const exportsFolder = join(packageRoot, 'test', 'fixtures', 'exports');

/** Runs the questions; what is typed answers those that are asked, in turn. */
async function run(flags: Texts, options: { stored?: Texts; typed?: Texts } = {}) {
  const said: string[] = [];
  const asked: Prompt[] = [];
  const prompt = async (question: Prompt) => {
    asked.push(question);
    const text = options.typed?.[question.name as keyof Texts] ?? question.default;
    const verdict = await question.validate?.(text);
    if (typeof verdict === 'string') throw new Error(`${question.name}: ${verdict}`);
    return text;
  };
  const asker = new Asker({
    flags,
    stored: options.stored ?? {},
    yes: options.typed === undefined,
    prompt: options.typed === undefined ? undefined : prompt,
    say: (line) => said.push(line),
  });
  const answers = await askAll(asker, '/packages/pets', exportsFolder);
  await answers.model.reading.dispose();
  return { answers, said, asked: asked.map(({ name }) => name), texts: asker.texts };
}

const refused = async (flags: Texts) =>
  sentence(
    await run(flags).then(
      () => 'not refused',
      (thrown) => thrown,
    ),
  );

describe('with the example model', () => {
  it('takes every default', async () => {
    const { answers, texts } = await run({});
    expect(answers).toMatchObject({ name: 'pets', description: 'Image classifier', type: 'multi-class' });
    expect(answers.classes.map(({ name, code }) => `${name} ${code}`).join(' ')).toBe(
      'circle 1 square 2 triangle 3 star 4 heart 5 cross 6',
    );
    expect(answers.model).toMatchObject({ source: 'example', standIn: false });
    expect(texts).toEqual({
      name: 'pets',
      description: 'Image classifier',
      model: 'example',
      type: 'multi-class',
      classes: 'circle, square, triangle, star, heart, cross',
      codes: '1',
    });
  });

  it('asks each question once, in order', async () => {
    const { asked } = await run({}, { typed: {} });
    expect(asked).toEqual(['name', 'description', 'model', 'type', 'classes', 'codes']);
  });

  it('asks nothing that a flag has said', async () => {
    const flags = { name: 'a', description: 'b', model: 'example', type: 'binary', classes: 'x,y', codes: '0' };
    const { asked, answers } = await run(flags, { typed: {} });
    expect(asked).toEqual([]);
    expect(answers).toMatchObject({
      type: 'binary',
      classes: [
        { name: 'x', code: 0 },
        { name: 'y', code: 1 },
      ],
      model: { standIn: true },
    });
  });

  it('lets the first shapes be two classes', async () => {
    const { answers } = await run({ type: 'binary' });
    expect(answers.classes.map(({ name }) => name)).toEqual(['circle', 'square']);
  });

  it('takes the type from the number of classes', async () => {
    expect((await run({ classes: 'cat,dog' })).answers.type).toBe('binary');
    expect((await run({ classes: 'cat,dog,bird' }, { stored: { type: 'binary' } })).answers.type).toBe('multi-class');
  });

  it('begins with the answers of the last run', async () => {
    const stored = { name: 'old', description: 'Old', model: 'example', type: 'binary', classes: 'x, y', codes: '5,6' };
    const { answers, texts } = await run({}, { stored });
    expect(answers).toMatchObject({
      name: 'old',
      classes: [
        { name: 'x', code: 5 },
        { name: 'y', code: 6 },
      ],
    });
    expect(texts).toEqual(stored);
  });

  it.each<[Texts, string]>([
    [{ name: 'A' }, '--name: npm refuses "A"'],
    [{ type: 'three' }, '--type: expected binary or multi-class; got "three"'],
    [{ classes: 'cat' }, '--classes: a classifier needs at least two classes'],
    [{ classes: 'a,b,c', type: 'binary' }, '--classes: a binary classifier has two classes; got 3'],
    [
      { classes: 'a,b,c,d,e,f,g' },
      '--classes: the example model tells 6 shapes apart: at most 6 classes; got 7. Bring a model',
    ],
    [{ codes: '1,1,2,3,4,5' }, '--codes: the code 1 stands for "circle" and for "square"'],
    [{ size: '224' }, '--size: the example model takes 64 x 64 pixels; got 224'],
    [{ size: 'big' }, '--size: expected a size in pixels'],
    [{ range: '0..1' }, '--range: the example model has its own preprocessing'],
    [{ layout: 'x' }, '--layout: expected nhwc, nchw; got "x"'],
    [{ model: '/no/such/model' }, '--model: '],
  ])('refuses %j, naming the flag', async (flags, reason) => {
    expect(await refused(flags)).toContain(reason);
  });
});

describe('with an export', () => {
  it('asks only what the export does not say, and names the default aloud', async () => {
    const { asked, said, answers } = await run(
      { model: 'pytorch-any-size' },
      { typed: { size: '96', fit: 'stretch' } },
    );
    expect(asked).toEqual(['name', 'description', 'codes', 'size', 'range', 'fit', 'order', 'kernel']);
    expect(said).toContain('Read as: ONNX model (pytorch 1.13.0)');
    expect(said.find((line) => line.includes('--size'))).toContain('input 224 x 224 is assumed');
    expect(answers.model.reading.recipe).toMatchObject({ width: 96, height: 96, fit: 'stretch', layout: 'nchw' });
    expect(answers.model.chosen).toEqual(['size', 'range', 'fit', 'order', 'kernel']);
    expect(answers).toMatchObject({
      type: 'multi-class',
      classes: [{ name: 'a', code: 0 }, { name: 'b' }, { name: 'c' }],
    });
  });

  it('takes the same from flags', async () => {
    const flags = {
      model: 'pytorch-any-size',
      size: '96x64',
      range: '0..1',
      fit: 'pad',
      order: 'bgr',
      kernel: 'cubic',
      codes: '1',
    };
    const { answers, texts } = await run(flags);
    expect(answers.model.reading.recipe).toMatchObject({
      width: 96,
      height: 64,
      fit: 'pad',
      order: 'bgr',
      kernel: 'cubic',
      mean: 0,
      std: 1,
    });
    expect(texts).toMatchObject(flags);
  });

  it('asks nothing about a model that says everything', async () => {
    const { asked, answers } = await run({ model: 'huggingface-vit' }, { typed: {} });
    expect(asked).toEqual(['name', 'description', 'codes']);
    expect(answers.classes[0]).toEqual({ name: 'tench, Tinca tinca', code: 0 });
    expect(answers.model.chosen).toEqual([]);
  });

  it('tells classes with one name apart, aloud', async () => {
    const { answers, said } = await run({ model: 'pytorch-duplicate-names' });
    const names = answers.classes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(said.join('\n')).toMatch(/is called ".* \(2\)"/);
  });

  it('gives two classes to a model with one output', async () => {
    const { answers } = await run({ model: 'pytorch-one-logit', classes: 'no,yes' });
    expect(answers).toMatchObject({
      type: 'binary',
      classes: [
        { name: 'no', code: 0 },
        { name: 'yes', code: 1 },
      ],
    });
  });

  it('keeps the answers of a run that asked', async () => {
    const first = await run({ model: 'pytorch-any-size' }, { typed: { size: '96', range: '-1..1' } });
    const second = await run({}, { stored: first.texts });
    expect(second.answers.model.reading.recipe).toEqual(first.answers.model.reading.recipe);
  });

  it.each<[Texts, string]>([
    [{ model: 'pytorch-any-size', type: 'binary' }, '--type: the model tells 3 classes apart, which is multi-class'],
    [{ model: 'pytorch-any-size', classes: 'a,b' }, '--classes'],
    [{ model: 'pytorch-any-size', range: '0..2' }, '--range: expected 0..1, -1..1, 0..255, imagenet; got "0..2"'],
    [{ model: 'pictures' }, '--model: '],
  ])('refuses %j, naming the flag', async (flags, reason) => {
    expect(await refused(flags)).toContain(reason);
  });

  it('refuses a damaged file with what was expected', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'damaged-'));
    writeFileSync(join(folder, 'model.json'), '{"format": "layers-model"');
    expect(await refused({ model: folder })).toMatch(/^--model: .*model\.json/);
  });
});
