import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it } from 'vitest';
import { openConverted } from '../../../runtime/convert/open.js';
import { prepareConversion, preparedBefore } from '../../../runtime/convert/prepare.js';
import { beside, keep } from '../../../runtime/convert/verdict.js';
import type { OpenModel } from '../../../runtime/engines/engine.js';
import { save, temporaryFolder } from './files.js';
import { modelFrom, tf } from './tfjs.js';

let folder: string;
let cache: string;
let path: string;

const classifier = () =>
  modelFrom([4, 4, 3], (x) => {
    const features = tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }).apply(x) as tf.SymbolicTensor;
    return tf.layers
      .dense({ units: 3, activation: 'softmax' })
      .apply(tf.layers.flatten().apply(features)) as tf.SymbolicTensor;
  });

beforeEach(async () => {
  folder = await temporaryFolder();
  cache = join(folder, 'cache');
  path = await save(classifier(), folder);
});

async function opened(options = { cacheDir: cache }): Promise<OpenModel> {
  const model = await openConverted(path, options);
  if ('reason' in model) throw new Error(model.reason);
  return model;
}

async function ok(place = path) {
  const prepared = await prepareConversion(place, cache);
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared;
}

describe('a new model', () => {
  it('is converted, compared and kept; opening it again changes nothing', async () => {
    expect(await preparedBefore(path, cache)).toBeUndefined();
    const { verdict, onnx } = await ok();
    expect(verdict.check).toMatchObject({ ok: true, reference: expect.stringMatching(/^tfjs/) });
    expect(verdict.check!.difference).toBeLessThanOrEqual(1e-6);
    const before = await readdir(cache);
    expect(before).toHaveLength(2);
    const bytes = await readFile(onnx);
    await ok();
    expect(await readdir(cache)).toEqual(before);
    expect(await readFile(onnx)).toEqual(bytes);
    expect(await preparedBefore(path, cache)).toMatchObject({ ok: true, onnx });
  });

  it('is the same whoever made it, when several work at once', async () => {
    const all = await Promise.all([ok(), ok(), ok()]);
    expect(new Set(all.map(({ verdict }) => verdict.sha256)).size).toBe(1);
    expect((await readdir(cache)).map((name) => name.replace(/.*\./, '')).sort()).toEqual(['json', 'onnx']);
    expect(await preparedBefore(path, cache)).toMatchObject({ ok: true, onnx: all[0]!.onnx });
  });

  it('gives the same bytes each time', async () => {
    const bytes = await readFile((await ok()).onnx);
    await rm(cache, { recursive: true });
    expect((await readFile((await ok()).onnx)).equals(bytes)).toBe(true);
  });

  it('does not wait for a process that was stopped in the middle of it', async () => {
    await mkdir(cache);
    const { onnx } = await ok();
    const stem = onnx.replace(/\.onnx$/, '');
    await rm(`${stem}.json`);
    // What earlier versions locked with: an own number that a container gives out again, and an empty file.
    await writeFile(`${stem}.json.lock`, String(process.pid));
    await ok();
    await rm(`${stem}.json`);
    await writeFile(`${stem}.json.lock`, '');
    await ok();
  });

  it('takes the place of what was kept of it before, and of what was never finished', async () => {
    await ok();
    const other = await temporaryFolder();
    await ok(await save(classifier(), other));
    const [left, fresh] = [join(cache, 'left.tmp'), join(cache, 'fresh.tmp')];
    await writeFile(left, '');
    await writeFile(fresh, '');
    await utimes(left, new Date(0), new Date(0));
    path = await save(classifier(), folder);
    const { onnx } = await ok();
    const names = await readdir(cache);
    expect(names.filter((name) => name.endsWith('.onnx'))).toHaveLength(2);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual(['fresh.tmp']);
    expect(names).toContain(basename(onnx));
    expect(await preparedBefore(join(other, 'model.json'), cache)).toMatchObject({ ok: true });
  });

  it('is another model when a weight, the graph or the engine changes', async () => {
    const first = (await ok()).verdict.key;
    const weights = await readFile(join(folder, 'weights.bin'));
    weights[5]! ^= 1;
    await writeFile(join(folder, 'weights.bin'), weights);
    expect((await ok()).verdict.key).not.toBe(first);
  });
});

describe('what is kept', () => {
  it('is not used when the verdict is about other bytes than those beside it', async () => {
    const { onnx, verdict } = await ok();
    await keep(beside(path), { ...verdict, sha256: '0'.repeat(64) }, await readFile(onnx));
    await rm(cache, { recursive: true });
    expect(await preparedBefore(path, cache)).toBeUndefined();
  });

  it('is not used when the converted file was changed or cut short', async () => {
    const { onnx } = await ok();
    const whole = await readFile(onnx);
    await writeFile(onnx, whole.subarray(0, 100));
    expect(await preparedBefore(path, cache)).toBeUndefined();
    expect((await ok()).onnx).toBe(onnx);
    expect(await readFile(onnx)).toEqual(whole);
  });

  it('is not used when the verdict is damaged', async () => {
    const { onnx } = await ok();
    await writeFile(onnx.replace(/onnx$/, 'json'), '{"key": ');
    expect(await preparedBefore(path, cache)).toBeUndefined();
  });

  it('travels with an upload: the copy opens without a cache and without TensorFlow.js', async () => {
    const upload = await temporaryFolder();
    await writeFile(join(upload, 'model.json'), await readFile(path));
    await writeFile(join(upload, 'weights.bin'), await readFile(join(folder, 'weights.bin')));
    const copy = join(upload, 'model.json');
    const { verdict, onnx } = await ok();
    await keep(beside(copy), verdict, await readFile(onnx));
    expect(beside(copy).verdict).toBe(join(upload, 'model.converted.json'));
    expect(await preparedBefore(copy, join(upload, 'no-cache'))).toMatchObject({
      ok: true,
      onnx: join(upload, 'model.converted.onnx'),
    });
  });

  it('beside another model is not believed', async () => {
    const { verdict, onnx } = await ok();
    await keep(beside(path), verdict, await readFile(onnx));
    expect(await preparedBefore(path, join(folder, 'elsewhere'))).toMatchObject({ ok: true });
    await save(classifier(), folder);
    expect(await preparedBefore(path, join(folder, 'elsewhere'))).toBeUndefined();
  });
});

describe('a model that does not convert', () => {
  it('has a verdict too, with the layer in the way', async () => {
    path = await save(
      modelFrom([4, 3], (x) => tf.layers.lstm({ units: 2, name: 'memory' }).apply(x) as tf.SymbolicTensor),
      folder,
    );
    const reason = 'LSTM "memory" has no counterpart in this converter';
    expect(await prepareConversion(path, cache)).toEqual({ ok: false, reason });
    expect(await preparedBefore(path, cache)).toEqual({ ok: false, reason });
    expect(await openConverted(path, { cacheDir: cache })).toEqual({ reason });
  });

  it('is left to TensorFlow.js when it is like nothing that the converter knows', async () => {
    const json = JSON.parse(await readFile(path, 'utf8'));
    json.modelTopology.config.layers[0].config.batch_input_shape = [null, 4];
    await writeFile(path, JSON.stringify(json));
    const prepared = await prepareConversion(path, cache);
    expect(prepared).toMatchObject({ ok: false, reason: expect.any(String) });
    expect(await preparedBefore(path, cache)).toEqual(prepared);
  });

  it('is left to TensorFlow.js to refuse when its files are not whole', async () => {
    await rm(join(folder, 'weights.bin'));
    expect(await openConverted(path, { cacheDir: cache })).toEqual({
      reason: 'the weights file "weights.bin" that the model names cannot be read',
    });
  });
});

describe('opened', () => {
  it('answers like TensorFlow.js, any number of pictures at once', async () => {
    const source = await tf.loadLayersModel(tf.io.fromMemory(await artifacts()));
    const model = await opened();
    for (const pictures of [1, 3]) {
      const x = tf.randomUniform([pictures, 4, 4, 3]);
      const expected = (source.predict(x) as tf.Tensor).dataSync();
      const { data, shape } = await model.run(x.dataSync() as Float32Array, x.shape);
      expect(shape).toEqual([pictures, 3]);
      for (const [i, value] of expected.entries()) expect(Number(data[i])).toBeCloseTo(value, 5);
    }
    expect(model.engine).toMatch(/^onnxruntime /);
    expect(model.why).toMatch(/^converted from TensorFlow\.js and found equal to tfjs.* \(largest difference /);
    await model.dispose();
  });

  it.each<readonly [string, () => string]>([
    ['a folder that cannot be made', () => join(path, 'cache')],
    ...(process.platform === 'linux'
      ? [['a folder on a file system that takes no files', () => '/sys/kernel'] as const]
      : []),
  ])('with %s serves all the same, and says that nothing was kept', async (_name, folderOf) => {
    const cacheDir = folderOf();
    const model = await opened({ cacheDir });
    expect(model.engine).toMatch(/^onnxruntime /);
    expect(model.why).toMatch(/^converted from TensorFlow\.js and found equal to tfjs/);
    expect(model.why).toContain(`; not kept, since ${cacheDir} cannot be written (E`);
    await model.dispose();
  });

  it('without a cache folder leaves no files', async () => {
    const model = await openConverted(path);
    expect(model).not.toHaveProperty('reason');
    await (model as OpenModel).dispose();
    expect(await readdir(folder)).toEqual(['model.json', 'weights.bin']);
  });
});

async function artifacts(): Promise<tf.io.ModelArtifacts> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(path, 'utf8'));
  const bytes = await readFile(join(folder, 'weights.bin'));
  return { modelTopology, weightSpecs: weightsManifest[0].weights, weightData: new Uint8Array(bytes).buffer };
}
