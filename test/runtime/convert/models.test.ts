import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { convert, convertedGraph, convertModel } from '../../../runtime/convert/convert.js';
import { decodeModel, readModelFiles } from '../../../runtime/convert/read/model.js';
import { architectures } from './architectures.js';
import { temporaryFolder } from './files.js';
import { picturePaths, readPictures } from './pictures.js';
import { answersOf, expectAnswers, expectSame, modelOf, operatorsOf, picture, runOnnx, tf, topsOf } from './tfjs.js';
import { openAll } from './warnings.js';

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

const EXPORTS = join(import.meta.dirname, '../../fixtures/exports');
const classifiers = [FIXTURES, EXPORTS]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'model.json')))
  .filter((path) => existsSync(path))
  .concat(foreign ?? [])
  .map((path) => [basename(dirname(path)), path] as const);

it.each(classifiers)('%s puts the same class first for every real picture', async (_name, path) => {
  const model = await load(path);
  const [, height = 0, width = 0, channels = 0] = model.inputs[0]!.shape!;
  // These scale their input themselves.
  const white = /v3|scaled-inside|rescaling/.test(path) ? 255 : 1;
  const x = await readPictures([height!, width!, channels!], white);
  const [expected] = answersOf(model.predict(x) as tf.Tensor);
  const [actual] = await runOnnx(await convert(path), x);
  expect(expected!.shape[0]).toBe(picturePaths.length);
  expect(topsOf(actual!)).toEqual(topsOf(expected!));
});

it('every whole model opens in ONNX Runtime without a warning', async () => {
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
  expect(openAll(files)).toEqual({ stdout: `opened ${files.length}`, stderr: '' });
});

it('writes the file that it describes', async () => {
  const { bytes, report } = await convert(join(FIXTURES, fixtures[0]!, 'model.json'));
  expect(report.bytes).toBe(bytes.length);
  const weights = await readFile(join(FIXTURES, fixtures[0]!, 'group1-shard1of1.bin'));
  // The fixtures hold half floats; constants of shapes and folded moments make the difference.
  expect(report.parameters).toBeGreaterThan(weights.length / 2 / 1.1);
});
