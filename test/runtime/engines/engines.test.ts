import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OpenOptions } from '../../../runtime/engines/engine.js';
import { engines, openedEngines, openModel, tensorCount } from '../../../runtime/engines/index.js';
import { tfjsNode } from '../../../runtime/engines/tfjs-node.js';
import { fromHalf, toHalf } from '../../../runtime/images/half.js';
import { pixels, saved, savedGraph, tinyLayers } from './tiny-models.js';

const onnxFolder = join(import.meta.dirname, '../../reference/engines');
const SHAPE = [1, 8, 8, 3];
let folder: string;
let layers: string;
let graph: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'katonic-engines-'));
  layers = await saved(tinyLayers(), join(folder, 'layers'), 3);
  graph = await savedGraph(join(folder, 'graph'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const native = await tfjsNode.available();
if (!native.ok) console.warn(`without tfjs-node, whose tests need: ${native.reason}`);

it('has tfjs-node where it must not be missing', () => {
  if (process.env.CI === 'true') expect(native).toMatchObject({ ok: true });
});

describe.each(['tfjs-node', 'wasm', 'cpu'] as const)('%s', (engine) => {
  const test = engine === 'tfjs-node' && !native.ok ? it.skip : it;

  test('opens a layers model of several shards, and gives what TensorFlow.js computes', async () => {
    const model = await openModel(layers, { engine });
    expect(model.inputs).toMatchObject([{ shape: [-1, 8, 8, 3], dtype: 'float32' }]);
    expect(model.outputs).toMatchObject([{ shape: [-1, 3], dtype: 'float32' }]);
    const output = await model.run(pixels(), SHAPE);
    await tf.setBackend('cpu');
    const expected = (tinyLayers().predict(tf.tensor(pixels(), SHAPE as [1, 8, 8, 3])) as tf.Tensor).dataSync();
    expect(output.shape).toEqual([1, 3]);
    expectClose(output.data, expected);
    await model.dispose();
  });

  test('opens a graph model', async () => {
    const model = await openModel(graph, { engine });
    expect(model.inputs).toEqual([{ name: 'pixels', shape: [-1, 8, 8, 3], dtype: 'float32' }]);
    const { data } = await model.run(new Float32Array(192).fill(0.5), SHAPE);
    for (const value of data) expect(value as number).toBeCloseTo(1 / 3, 6);
    await model.dispose();
  });

  test('takes several pictures at once', async () => {
    const model = await openModel(layers, { engine });
    const alone = await model.run(pixels(2).slice(192), SHAPE);
    const both = await model.run(pixels(2), [2, 8, 8, 3]);
    expect(both.shape).toEqual([2, 3]);
    expectClose(both.data.slice(3), alone.data);
    await model.dispose();
  });

  test('leaks no tensor in 300 runs, nor in refused ones, nor after it is disposed', async () => {
    const before = tf.memory().numTensors;
    const model = await openModel(layers, { engine });
    await model.run(pixels(), SHAPE);
    const held = tensorCount();
    for (let run = 0; run < 300; run++) await model.run(pixels(), SHAPE);
    await expect(model.run(pixels(), [1, 3, 8, 8])).rejects.toThrow();
    expect(tensorCount()).toBe(held);
    await model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('runs two engines in one process at the same time, each on its own backend', async () => {
  const options: OpenOptions['engine'][] = ['wasm', 'cpu'];
  const models = await Promise.all(options.map((engine) => openModel(layers, { engine: engine as 'wasm' })));
  const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => models[index % 2]?.run(pixels(), SHAPE)));
  const [first] = runs;
  for (const output of runs) expectClose(output?.data ?? [], first?.data ?? [0]);
  const opened = openedEngines().map(({ engine }) => engine);
  expect(opened).toHaveLength(2);
  // Whichever was open first.
  expect(opened).toContainEqual(expect.stringMatching(/^tfjs-wasm .*SIMD/));
  expect(opened).toContainEqual(expect.stringMatching(/plain JavaScript/));
  await Promise.all(models.map((model) => model.dispose()));
  expect(openedEngines()).toEqual([]);
});

it('prints nothing of TensorFlow.js', async () => {
  const spies = (['log', 'warn', 'error', 'info'] as const).map((name) => vi.spyOn(console, name));
  const model = await openModel(layers, { engine: 'cpu' });
  await model.run(pixels(), SHAPE);
  await model.dispose();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

describe('weights of a TensorFlow.js model', () => {
  const broken = async (
    name: string,
    change: (json: { weightsManifest: { paths: string[] }[] }, at: string) => unknown,
  ) => {
    const at = join(folder, name);
    const path = await saved(tinyLayers(), at);
    const json = JSON.parse(await readFile(path, 'utf8'));
    await change(json, at);
    await writeFile(path, JSON.stringify(json));
    return openModel(path, { engine: 'cpu' }).then(
      () => {
        throw new Error('it was opened');
      },
      (error: unknown) => error,
    );
  };
  const group = (json: { weightsManifest: { paths: string[] }[] }) => json.weightsManifest[0] as { paths: string[] };

  it('names the shard that is missing', async () => {
    const error = await broken('missing', (_, at) => rm(join(at, 'group1-shard1of1.bin')));
    expect(error).toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/"group1-shard1of1.bin".*is not there/),
    });
  });

  it('counts the bytes of a short one', async () => {
    const error = await broken('short', (_, at) => writeFile(join(at, 'group1-shard1of1.bin'), Buffer.alloc(100)));
    expect(error).toMatchObject({ message: expect.stringMatching(/holds 100 bytes; model.json counts 508/) });
  });

  it.each(['../layers/group1-shard1of3.bin', '/etc/passwd', '..', '.'])('does not read %s', async (path) => {
    const error = await broken('outside', (json) => group(json).paths.splice(0, 1, path));
    expect(error).toMatchObject({ code: 'engine', message: expect.stringMatching(/lies outside its folder/) });
  });

  it('does not follow a link out of the folder', async () => {
    const error = await broken('link', async (_, at) => {
      await rm(join(at, 'group1-shard1of1.bin'));
      await symlink('/etc/passwd', join(at, 'group1-shard1of1.bin'));
    });
    expect(error).toMatchObject({ message: expect.stringMatching(/lies outside its folder/) });
  });

  it('names a layer that TensorFlow.js does not know', async () => {
    const error = await broken('layer', (json) => {
      const text = JSON.stringify(json).replaceAll('GlobalAveragePooling2D', 'Lambda');
      Object.assign(json, JSON.parse(text));
    });
    expect(error).toMatchObject({ code: 'engine', message: expect.stringMatching(/Unknown layer: Lambda/) });
  });
});

describe('ONNX Runtime', () => {
  const colours = (layout: 'nchw' | 'nhwc') =>
    Float32Array.from({ length: 48 }, (_, index) => (layout === 'nchw' ? Math.floor(index / 16) : index % 3) + 1);

  it('runs float32 in both layouts', async () => {
    for (const [name, layout, shape] of [
      ['nchw', 'nchw', [1, 3, 4, 4]],
      ['nhwc-fixed', 'nhwc', [1, 4, 4, 3]],
    ] as const) {
      const model = await openModel(join(onnxFolder, `${name}.onnx`));
      const output = await model.run(colours(layout), shape);
      expect(output).toEqual({ name: 'logits', data: Float32Array.of(1, 2, 3), shape: [1, 3] });
      expect(model.tensorCount()).toBeUndefined();
      await model.dispose();
    }
  });

  it('takes bytes where the graph does', async () => {
    const model = await openModel(join(onnxFolder, 'bytes.onnx'));
    expect(model.inputs).toEqual([{ name: 'pixels', shape: [1, 4, 4, 3], dtype: 'uint8' }]);
    expect((await model.run(Uint8Array.from(colours('nhwc')), [1, 4, 4, 3])).data).toEqual(Float32Array.of(1, 2, 3));
    await expect(model.run(colours('nhwc'), [1, 4, 4, 3])).rejects.toThrow(
      /expects uint8; float32 \(Float32Array\) came/,
    );
    await model.dispose();
  });

  it('takes and gives half floats as their bits', async () => {
    const model = await openModel(join(onnxFolder, 'half.onnx'));
    const { data } = await model.run(Uint16Array.from(colours('nchw'), toHalf), [1, 3, 4, 4]);
    expect(data).toBeInstanceOf(Uint16Array);
    expect(Array.from(data as Uint16Array, fromHalf)).toEqual([1, 2, 3]);
    await model.dispose();
  });

  it('gives every output', async () => {
    const model = await openModel(join(onnxFolder, 'two-outputs.onnx'));
    const outputs = await model.runAll(colours('nchw'), [1, 3, 4, 4]);
    expect(outputs).toEqual([
      { name: 'label', data: BigInt64Array.of(2n), shape: [1] },
      { name: 'scores', data: Float32Array.of(1, 2, 3), shape: [1, 3] },
    ]);
    await model.dispose();
  });

  it.each([
    ['two-inputs.onnx', /one input; this model has 2: a, b/],
    ['double.onnx', /is float64, which is not supported/],
  ])('refuses %s', async (name, message) => {
    await expect(openModel(join(onnxFolder, name))).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(message),
    });
  });

  it('says that a file is damaged', async () => {
    const path = join(folder, 'damaged.onnx');
    await writeFile(path, 'no protobuf');
    await expect(openModel(path)).rejects.toMatchObject({
      code: 'engine',
      where: { file: path },
      message: expect.stringMatching(/cannot open the model/),
    });
  });
});

describe('execution providers', () => {
  const model = join(onnxFolder, 'nchw.onnx');
  const cuda = join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
    'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
  );

  it('takes the next one where one is not known, and says so', async () => {
    const opened = await openModel(model, { providers: ['abacus', 'cpu'] });
    expect(opened.engine).toMatch(/\(CPU, without ABACUS\)$/);
    expect(opened.why).toMatch(/not on ABACUS, which is not there \(this build of ONNX Runtime has cpu/);
    await opened.dispose();
  });

  it.skipIf(existsSync(cuda))('takes the next one where the library of one is not there', async () => {
    const opened = await openModel(model, { providers: ['cuda', 'cpu'] });
    expect(opened.engine).toMatch(/\(CPU, without CUDA\)$/);
    expect(opened.why).toMatch(/not on CUDA, which is not there/);
    await opened.dispose();
  });

  it.skipIf(existsSync(cuda))('says what to do where no other is named', async () => {
    await expect(openModel(model, { providers: ['cuda'] })).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/^ONNX Runtime cannot use cuda: /),
      remedy: expect.stringContaining('cuda12'),
    });
  });

  it('still says of a damaged file that it is damaged', async () => {
    const path = join(folder, 'broken.onnx');
    await writeFile(path, 'no protobuf');
    await expect(openModel(path, { providers: ['abacus', 'cpu'] })).rejects.toMatchObject({
      message: expect.stringMatching(/cannot open the model/),
    });
  });
});

describe('what does not fit', () => {
  it.each([
    [[1, 3, 8, 8], 192, /expects the shape \[\?, 8, 8, 3\]; \[1, 3, 8, 8\] came/, /layout: 'nhwc'/],
    [[1, 9, 9, 3], 243, /\[1, 9, 9, 3\] came/, /width, height, channels/],
    [[1, 8, 8, 3], 191, /has 192 values; the array holds 191/, /readImage/],
    [[8, 8, 3], 192, /\[8, 8, 3\] came/, /width, height/],
  ])('%o', async (shape, length, message, remedy) => {
    const model = await openModel(layers, { engine: 'cpu' });
    const run = model.run(new Float32Array(length), shape);
    await expect(run).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
    await model.dispose();
  });

  it('says that a fixed batch takes one picture at a time', async () => {
    const model = await openModel(join(onnxFolder, 'nhwc-fixed.onnx'));
    await expect(model.run(new Float32Array(96), [2, 4, 4, 3])).rejects.toMatchObject({
      remedy: expect.stringMatching(/1 picture\(s\) at a time/),
    });
    await model.dispose();
  });
});

describe('openModel', () => {
  it('tells what is at the path instead of a model', async () => {
    const text = join(folder, 'labels.txt');
    const json = join(folder, 'other.json');
    const nothing = join(folder, 'nothing.json');
    await writeFile(text, 'cat');
    await writeFile(json, '{"a": 1}');
    await writeFile(nothing, '{"a": ');
    for (const [path, message] of [
      [join(folder, 'no.onnx'), /no model file at/],
      [folder, /is a folder/],
      [text, /is a \.txt file/],
      [json, /no TensorFlow.js model/],
      [nothing, /is no JSON/],
    ] as const) {
      await expect(openModel(path, { engine: 'cpu' })).rejects.toMatchObject({
        code: 'engine',
        where: { file: path },
        message: expect.stringMatching(message),
      });
    }
  });

  it('takes engine and threads from the environment, an option first', async () => {
    vi.stubEnv('KATONIC_ENGINE', 'wasm');
    const model = await openModel(layers);
    expect(model).toMatchObject({ engine: expect.stringMatching(/^tfjs-wasm/), why: 'wasm was asked for' });
    await model.dispose();
    const chosen = await openModel(layers, { engine: 'cpu' });
    expect(chosen.engine).toMatch(/plain JavaScript/);
    await chosen.dispose();
    await expect(openModel(join(onnxFolder, 'nchw.onnx'))).rejects.toThrow(
      /runs on ONNX Runtime; the engine wasm was asked for/,
    );
    vi.stubEnv('KATONIC_ENGINE', 'gpu');
    await expect(openModel(layers)).rejects.toThrow(
      /must be one of auto, tfjs, onnx, tfjs-node, wasm, cpu; "gpu" came/,
    );
    vi.stubEnv('KATONIC_ENGINE', '');
    vi.stubEnv('KATONIC_THREADS', 'many');
    await expect(openModel(layers)).rejects.toThrow(/whole number from 1; many came/);
    vi.unstubAllEnvs();
  });

  it('chooses by itself, and says why', async () => {
    const model = await openModel(layers, { cacheDir: join(folder, 'cache') });
    expect(model.engine).toMatch(/^onnxruntime/);
    expect(model.why).toMatch(/converted from TensorFlow.js and found equal/);
    await model.dispose();
    const tfjs = await openModel(layers, { engine: 'tfjs' });
    expect(tfjs.engine).toMatch(native.ok ? /^tfjs-node/ : /^tfjs-wasm/);
    if (!native.ok) expect(tfjs.why).toMatch(/install-tfjs-node/);
    await tfjs.dispose();
  });

  it('leaves a model that WebAssembly cannot run to plain JavaScript, where there is no tfjs-node', async () => {
    const found = vi.spyOn(tfjsNode, 'available').mockResolvedValue({ ok: false, reason: 'tfjs-node is not here' });
    try {
      const path = join(import.meta.dirname, '../../fixtures/convert/mobilenet-v3-graph/model.json');
      const model = await openModel(path, { engine: 'tfjs' });
      expect(model.engine).toMatch(/plain JavaScript/);
      expect(model.why).toMatch(/tfjs-node is not here; tfjs-wasm cannot run it \(.+\)$/);
      await model.dispose();
    } finally {
      found.mockRestore();
    }
  });

  it('knows every engine by name', () => {
    expect(engines.map(({ name }) => name)).toEqual(['onnx', 'tfjs-node', 'wasm', 'cpu']);
  });
});

function expectClose(ours: ArrayLike<number | bigint>, theirs: ArrayLike<number | bigint>) {
  expect(ours.length).toBe(theirs.length);
  for (let index = 0; index < ours.length; index++) expect(Number(ours[index])).toBeCloseTo(Number(theirs[index]), 5);
}
