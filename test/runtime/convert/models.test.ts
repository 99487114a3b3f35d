import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { convert, convertedGraph, convertModel } from '../../../runtime/convert/convert.js';
import { decodeModel, readModelFiles } from '../../../runtime/convert/read/model.js';
import { architectures } from './architectures.js';
import { temporaryFolder } from './files.js';
import { answersOf, expectAnswers, expectSame, modelOf, operatorsOf, picture, runOnnx, tf } from './tfjs.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures/convert');
const fixtures = readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, 'model.json')));
const foreign =
  process.env.KATONIC_TEST_DATA === undefined
    ? undefined
    : join(process.env.KATONIC_TEST_DATA, 'teachable-machine/model.json');

/** Any export, opened by TensorFlow.js on its plain backend. */
async function load(path: string): Promise<tf.LayersModel | tf.GraphModel> {
  const { parsed, groups, shards } = await readModelFiles(path);
  const handler = tf.io.fromMemory({
    ...(parsed as object),
    modelTopology: parsed.modelTopology as object,
    weightSpecs: groups.flatMap((group) => group.weights) as tf.io.WeightsManifestEntry[],
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  });
  return parsed.format === 'graph-model' ? tf.loadGraphModel(handler) : tf.loadLayersModel(handler);
}

/** NHWC becomes NCHW once, where the picture comes in. */
const ONE_TRANSPOSE = 1;

describe.each(Object.entries(architectures))('a model %s', (_name, make) => {
  it('answers like TensorFlow.js and transposes the picture once', async () => {
    const model = make();
    const side = (axis: number) => model.inputs[0]!.shape[axis]!;
    await expectSame(model, picture([2, side(1), side(2), 3]));
    const counts = operatorsOf(await modelOf(model));
    expect(counts.Transpose).toBe(ONE_TRANSPOSE);
    expect(counts.Pad).toBeUndefined();
  });
});

describe.each(fixtures)('Keras application %s, through tensorflowjs_converter', (name) => {
  const path = join(FIXTURES, name, 'model.json');

  it('answers like TensorFlow.js and transposes the picture once', async () => {
    const model = await load(path);
    const { graph, notes } = convertedGraph(decodeModel(await readModelFiles(path)));
    expect(graph.nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(ONE_TRANSPOSE);
    expect(graph.nodes.filter(({ op }) => op === 'BatchNormalization' || op === 'Pad')).toEqual([]);
    expect(notes).toEqual([]);
    const x = tf.randomUniform([2, 32, 32, 3], 0, name.includes('v3') ? 255 : 1);
    // More than 50 layers, but small ones: no wider tolerance is needed.
    expectAnswers(await runOnnx(await convert(path), x), answersOf(model.predict(x) as tf.Tensor), 1e-4);
  });
});

it.skipIf(foreign === undefined)('a Teachable Machine export answers like TensorFlow.js', async () => {
  const model = await load(foreign!);
  const converted = await convert(foreign!);
  expect(converted.report.operators).toMatchObject({ Transpose: 1, Conv: 52, Gemm: 2 });
  const x = picture([1, 224, 224, 3]);
  expectAnswers(await runOnnx(converted, x), answersOf(model.predict(x) as tf.Tensor), 1e-4);
});

it.skipIf(foreign === undefined)(
  'a Teachable Machine export puts the same class first for every real picture',
  async () => {
    const model = await load(foreign!);
    const converted = await convert(foreign!);
    const folder = join(process.env.KATONIC_TEST_DATA!, 'images');
    const tops: number[][] = [];
    for (const name of readdirSync(folder)) {
      const bytes = await sharp(join(folder, name))
        .resize(224, 224, { fit: 'cover' })
        .flatten()
        .toColourspace('srgb')
        .raw()
        .toBuffer();
      const x = tf.tensor(
        Float32Array.from(bytes, (value) => value / 127.5 - 1),
        [1, 224, 224, 3],
      );
      const [expected] = answersOf(model.predict(x) as tf.Tensor);
      const [actual] = await runOnnx(converted, x);
      tops.push([top(expected!.data), top(actual!.data)]);
    }
    expect(tops.length).toBeGreaterThan(0);
    for (const [expected, actual] of tops) expect(actual).toBe(expected);
  },
);

const top = (data: Float32Array) => data.indexOf(Math.max(...data));

it('every converted model opens in ONNX Runtime without a warning', async () => {
  const folder = await temporaryFolder();
  const files: string[] = [];
  for (const [i, make] of Object.values(architectures).entries()) {
    files.push(join(folder, `${i}.onnx`));
    await writeFile(files.at(-1)!, convertModel(await modelOf(make())).bytes);
  }
  for (const name of fixtures) {
    files.push(join(folder, `${name}.onnx`));
    await writeFile(files.at(-1)!, (await convert(join(FIXTURES, name, 'model.json'))).bytes);
  }
  // ONNX Runtime warns on the terminal of its process, so it gets one of its own.
  const script = `const ort = require('onnxruntime-node');
    (async () => { for (const file of process.argv.slice(1)) {
      await ort.InferenceSession.create(file, { logSeverityLevel: 2, graphOptimizationLevel: 'all' });
    } console.log('opened'); })();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, ...files], {
    encoding: 'utf8',
    cwd: process.cwd(),
  });
  expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: 'opened', stderr: '' });
});

it('writes the file that it describes', async () => {
  const { bytes, report } = await convert(join(FIXTURES, fixtures[0]!, 'model.json'));
  expect(report.bytes).toBe(bytes.length);
  const weights = await readFile(join(FIXTURES, fixtures[0]!, 'group1-shard1of1.bin'));
  // The fixtures hold half floats; constants of shapes and folded moments make the difference.
  expect(report.parameters).toBeGreaterThan(weights.length / 2 / 1.1);
});
