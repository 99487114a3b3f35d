import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeModel, readModelFiles } from '../../../../runtime/convert/read/model.js';
import { decodeWeights, type WeightSpec } from '../../../../runtime/convert/read/weights.js';
import { KatonicError } from '../../../../runtime/errors.js';
import { temporaryFolder } from '../files.js';
import { runs, tf } from '../tfjs.js';

const spec = (rest: Partial<WeightSpec>): WeightSpec => ({ name: 'w', shape: [4], dtype: 'float32', ...rest });

describe('quantised weights are what TensorFlow.js makes of them', () => {
  const stored = fc.constantFrom('uint8', 'uint16', 'float16', 'float32', 'int32');
  it('for every way of storing them', async () => {
    await fc.assert(
      fc.property(
        stored,
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.float({ min: -2, max: 2, noNaN: true }),
        (how, bytes, min) => {
          const width = { uint8: 1, uint16: 2, float16: 2, float32: 4, int32: 4 }[how];
          const shape = [16 / width];
          const quantization =
            how === 'float32' || how === 'int32' ? {} : { quantization: { dtype: how, scale: 0.0125, min } };
          const entry = spec({ shape, dtype: how === 'int32' ? 'int32' : 'float32', ...quantization });
          const expected = tf.io.decodeWeights(bytes.slice().buffer, [entry as tf.io.WeightsManifestEntry]).w!;
          expect(decodeWeights(bytes, [entry], 'memory').get('w')!.data).toEqual(expected.dataSync());
        },
      ),
      runs(60),
    );
  });

  it('several in one file, wherever they start', () => {
    const bytes = Uint8Array.of(7, 0, 0, 128, 63, 1);
    const weights = decodeWeights(
      bytes,
      [
        spec({ name: 'code', shape: [1], quantization: { dtype: 'uint8', scale: 2, min: 1 } }),
        spec({ name: 'one', shape: [] }),
        spec({ name: 'yes', shape: [1], dtype: 'bool' }),
      ],
      'memory',
    );
    expect([...weights].map(([name, { data }]) => [name, ...data])).toEqual([
      ['code', 15],
      ['one', 1],
      ['yes', 1],
    ]);
  });
});

describe('refused', () => {
  const refusal = async (make: () => unknown): Promise<KatonicError> => {
    try {
      await make();
    } catch (error) {
      expect(error).toBeInstanceOf(KatonicError);
      return error as KatonicError;
    }
    throw new Error('it was read');
  };

  it('a file that is too short', async () => {
    const error = await refusal(() => decodeWeights(new Uint8Array(15), [spec({})], 'model.json'));
    expect(error.message).toBe('the weights end after 15 bytes, "w" reaches to 16');
    expect(error.where?.file).toBe('model.json');
  });

  it('text weights', async () => {
    const error = await refusal(() => decodeWeights(new Uint8Array(15), [spec({ dtype: 'string' })], 'model.json'));
    expect(error.message).toMatch(/"w" is of type string/);
  });

  const model = (paths: string[]) =>
    JSON.stringify({ modelTopology: { class_name: 'Sequential' }, weightsManifest: [{ paths, weights: [] }] });

  it.each(['../secret.bin', '/etc/hostname', 'a/../../secret.bin', 'a\\..\\b.bin', '.'])(
    'a shard outside the folder: %s',
    async (path) => {
      const folder = await temporaryFolder();
      await writeFile(join(folder, 'model.json'), model([path]));
      const error = await refusal(() => readModelFiles(join(folder, 'model.json')));
      expect(error.message).toContain('a weights file lies beside the model');
      expect(error.code).toBe('package');
    },
  );

  it('a shard that is a link out of the folder', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'inner'));
    await writeFile(join(folder, 'outer.bin'), 'x');
    await symlink(join(folder, 'outer.bin'), join(folder, 'inner/weights.bin'));
    await writeFile(join(folder, 'inner/model.json'), model(['weights.bin']));
    expect((await refusal(() => readModelFiles(join(folder, 'inner/model.json')))).message).toContain(
      'a weights file lies beside',
    );
  });

  it.each([
    ['no JSON', '{', 'a TensorFlow.js model is JSON; this file is not'],
    ['no model', '{"labels": []}', 'this is no TensorFlow.js model: it has no modelTopology'],
    [
      'a topology that is none',
      '{"modelTopology": "binary"}',
      'this is no TensorFlow.js model: its modelTopology is no object',
    ],
    [
      'a manifest that is none',
      '{"modelTopology": {}, "weightsManifest": {"paths": []}}',
      'its weightsManifest is no list',
    ],
    [
      'a shard that is not there',
      model(['gone.bin']),
      'the weights file "gone.bin" that the model names cannot be read',
    ],
  ])('%s', async (_name, json, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'model.json'), json);
    expect((await refusal(() => readModelFiles(join(folder, 'model.json')))).message).toContain(message);
  });

  it('a model that is not there', async () => {
    expect((await refusal(() => readModelFiles('/nowhere/model.json'))).message).toBe('the model file cannot be read');
  });
});

it('joins the shards of a group, and the groups', async () => {
  const folder = await temporaryFolder();
  const floats = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  await writeFile(join(folder, 'a.bin'), floats.subarray(0, 5));
  await writeFile(join(folder, 'b.bin'), floats.subarray(5, 8));
  await writeFile(join(folder, 'c.bin'), floats.subarray(8));
  const weightsManifest = [
    { paths: ['a.bin', 'b.bin'], weights: [{ name: 'first', shape: [2], dtype: 'float32' }] },
    { paths: ['c.bin'], weights: [{ name: 'second', shape: [1], dtype: 'float32' }] },
  ];
  await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology: { node: [] }, weightsManifest }));
  const { weights, format } = decodeModel(await readModelFiles(join(folder, 'model.json')));
  expect(format).toBe('graph-model');
  expect([...weights.values()].map(({ data }) => [...data])).toEqual([[1, 2], [3]]);
});
