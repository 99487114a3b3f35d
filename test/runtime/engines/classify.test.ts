import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classify, classifyBatch, readClasses, sigmoid, softmax, topK } from '../../../runtime/engines/classify.js';
import { toHalf } from '../../../runtime/images/half.js';

const pets = [
  { name: 'cat', code: 1 },
  { name: 'dog', code: 2 },
  { name: 'bird', code: 3 },
];

describe('classify', () => {
  it('takes probabilities as they are', () => {
    expect(classify(Float32Array.of(0.25, 0.5, 0.25), { classes: pets })).toEqual({
      predicted_label: 2,
      predicted_class: 'dog',
      confidence: 0.5,
      probabilities: { cat: 0.25, dog: 0.5, bird: 0.25 },
    });
  });

  it('applies softmax to logits, from an output, from half floats, from bytes', () => {
    const expected = classify(Float32Array.of(1, 2, 3), { classes: pets, form: 'logits' });
    expect(expected.predicted_label).toBe(3);
    expect(expected.confidence).toBeCloseTo(Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3)), 12);
    for (const data of [Uint16Array.from([1, 2, 3], toHalf), Uint8Array.of(1, 2, 3), BigInt64Array.of(1n, 2n, 3n)]) {
      expect(classify({ name: 'scores', data, shape: [1, 3] }, { classes: pets, form: 'logits' })).toEqual(expected);
    }
  });

  it('makes two classes of one value', () => {
    const classes = pets.slice(0, 2);
    expect(classify(Float32Array.of(0.75), { classes, form: 'probability' })).toMatchObject({
      predicted_class: 'dog',
      probabilities: { cat: 0.25, dog: 0.75 },
    });
    const { probabilities } = classify(Float32Array.of(-2), { classes, form: 'logit' });
    expect(probabilities.dog).toBeCloseTo(1 / (1 + Math.exp(2)), 12);
    expect((probabilities.cat as number) + (probabilities.dog as number)).toBeCloseTo(1, 12);
  });

  it('leaves independent probabilities alone', () => {
    expect(classify(Float32Array.of(0.75, 1, 0), { classes: pets, form: 'independent' }).probabilities).toEqual({
      cat: 0.75,
      dog: 1,
      bird: 0,
    });
  });

  it('keeps the best k, best first', () => {
    const { probabilities } = classify(Float32Array.of(0.25, 0.125, 0.625), { classes: pets, top: 2 });
    expect(Object.entries(probabilities)).toEqual([
      ['bird', 0.625],
      ['cat', 0.25],
    ]);
  });

  it('loses no probability to equal names, nor to names that objects treat in their own way', () => {
    const classes = ['cat', 'cat', '__proto__', '7', 'constructor'].map((name, code) => ({ name, code }));
    const answer = classify(Float32Array.of(0.125, 0.5, 0.125, 0.125, 0.125), { classes });
    expect(answer.predicted_class).toBe('cat (1)');
    expect(Object.keys(answer.probabilities).sort()).toEqual(['7', '__proto__', 'cat (0)', 'cat (1)', 'constructor']);
    expect(JSON.parse(JSON.stringify(answer)).predicted_label).toBe(1);
  });

  it('answers for each picture of a batch', () => {
    const output = { name: '', data: Float32Array.of(1, 0, 0, 0, 0, 1), shape: [2, 3] };
    expect(classifyBatch(output, { classes: pets }).map((answer) => answer.predicted_class)).toEqual(['cat', 'bird']);
  });

  it.each([
    [Float32Array.of(0.5, 0.5), {}, /gives 2 values for one picture; there are 3 classes/],
    [Float32Array.of(1), { form: 'logit' }, /gives 2 values/],
    [Float32Array.of(1, Number.NaN, 0), {}, /no number/],
    [Float32Array.of(1, Number.POSITIVE_INFINITY, 0), {}, /no number/],
  ] as const)('refuses %o', (values, rest, message) => {
    expect(() => classify(values, { classes: pets, ...rest })).toThrow(message);
  });
});

describe('softmax, sigmoid, topK', () => {
  const logits = fc.array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 });

  it('gives a distribution that keeps the order, whatever the size of the logits', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const result = softmax(values);
        expect(result.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        const best = values.indexOf(Math.max(...values));
        expect(result[best]).toBe(Math.max(...result));
      }),
    );
  });

  it('agrees with sigmoid for two', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -500, max: 500 }), (x) => {
        expect(softmax([0, x])[1]).toBeCloseTo(sigmoid(x), 12);
      }),
    );
  });

  it('sorts, equal values in their order', () => {
    expect(topK([1, 3, 3, 2], 3)).toEqual([1, 2, 3]);
    expect(topK([1], 5)).toEqual([0]);
  });
});

describe('readClasses', () => {
  let folder: string;
  const write = (content: unknown) =>
    writeFile(join(folder, 'katonic.json'), typeof content === 'string' ? content : JSON.stringify(content));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'katonic-classes-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('reads the list form, in its order, whatever the names', async () => {
    const classes = [
      { name: '10', code: 0 },
      { name: '2', code: 7 },
    ];
    await write({ classes });
    expect(await readClasses(folder)).toEqual(classes);
  });

  it('reads codes that are text, which are then the predicted labels', async () => {
    await write({ classes: { cat: 'C', dog: 'D' } });
    const classes = await readClasses(folder);
    expect(classify(Float32Array.of(0.25, 0.75), { classes }).predicted_label).toBe('D');
  });

  it('reads the object form', async () => {
    await write({ classes: { cat: 1, dog: 2, bird: 3 } });
    expect(await readClasses(folder)).toEqual(pets);
  });

  it.each([
    ['{', /cannot be read/],
    [{}, /none is listed/],
    [{ classes: [] }, /none is listed/],
    [{ classes: [{ name: 'cat' }] }, /entry 0 is \{"name":"cat"\}/],
    [
      {
        classes: [
          { name: 'cat', code: 1 },
          { name: 'dog', code: 1.5 },
        ],
      },
      /entry 1/,
    ],
    [{ classes: { cat: '' } }, /entry 0 is \{"name":"cat","code":""\}/],
    [{ classes: { 2: 0, 10: 1 } }, /"2" is a whole number/],
  ])('refuses %o', async (content, message) => {
    await write(content);
    await expect(readClasses(folder)).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(message),
    });
  });

  it('names the file that is missing', async () => {
    await expect(readClasses(join(folder, 'no'))).rejects.toMatchObject({
      where: { file: join(folder, 'no', 'katonic.json') },
    });
  });
});
