import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { convertedGraph, convertModel } from '../../../runtime/convert/convert.js';
import type { RawNode } from '../../../runtime/convert/ops/attributes.js';
import { kerasGraph, kerasGraphs } from './keras-graphs.js';
import { readPictures } from './pictures.js';
import { type Answer, answersOf, runOnnx, tf, topsOf } from './tfjs.js';

/** After more than 50 layers the order of float additions shows: of the largest answer, where that exceeds 1. */
const ALLOWED = 1e-3;
/** What single precision leaves of the sums of one network, of the largest number of each layer. */
const ROUNDING = 1e-4;

beforeAll(() => {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${sep}`);
});

describe.each(kerasGraphs)('%s, through tensorflowjs_converter', (name) => {
  // WebAssembly is ten times as fast as the plain backend, but takes no bias of another rank than 1.
  beforeAll(() => tf.setBackend(/mobilenet-v3|resnet50-v2/.test(name) ? 'cpu' : 'wasm'));

  it('answers like TensorFlow.js, puts the same class first, and transposes the picture once', async () => {
    const { model, artifacts } = kerasGraph(name);
    const operators = convertedGraph(model).graph.nodes.map(({ op }) => op);
    expect(operators.filter((op) => op === 'Transpose')).toHaveLength(1);
    const reference = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
    const x = tf.concat([
      await readPictures([80, 80, 3], white(name)),
      tf.randomUniform([2, 80, 80, 3], 0, white(name), 'float32', 3),
    ]);
    const [expected] = answersOf(reference.predict(x) as tf.Tensor);
    const [actual] = await runOnnx(convertModel(model), x);
    const { difference, largest } = compare(actual!, expected!);
    console.log(`${name}: difference ${difference.toExponential(1)}, largest answer ${largest.toPrecision(3)}`);
    expect(difference).toBeLessThanOrEqual(ALLOWED * Math.max(1, largest));
    // An answer that were the same for all pictures would hide a difference.
    expect(spread(expected!)).toBeGreaterThan(100 * difference);
    expect(topsOf(actual!)).toEqual(topsOf(expected!));
    reference.dispose();
  });

  it('differs by rounding alone in each layer', async () => {
    const { model, artifacts } = kerasGraph(name);
    const reference = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
    const layers = (model.topology as { node: RawNode[] }).node
      .filter(({ op }) => /Conv2|Pool|Concat|MatMul|^Add/.test(op) && op !== 'Const')
      .map((node) => node.name);
    const outputs = Object.fromEntries(layers.map((layer) => [layer, { name: `${layer}:0` }]));
    const x = tf.randomUniform([1, 80, 80, 3], 0, white(name), 'float32', 5);
    const expected = answersOf(reference.execute(x, layers) as tf.Tensor[]);
    const actual = await runOnnx(convertModel({ ...model, signature: { ...model.signature, outputs } }), x);
    expect(layers.length).toBeGreaterThan(20);
    const found = layers.map((layer, i) => {
      const { difference, largest } = compare(actual[i]!, expected[i]!);
      return { layer, relative: difference / largest };
    });
    found.sort((a, b) => b.relative - a.relative);
    console.log(`${name}: ${layers.length} layers, ${JSON.stringify(found[0])}`);
    expect(found.filter(({ relative }) => !(relative <= ROUNDING))).toEqual([]);
    reference.dispose();
  });
});

/** The number of a white pixel: these scale their input themselves. */
const white = (name: string) => (/efficientnet|mobilenet-v3/.test(name) ? 255 : 1);

function compare(actual: Answer, expected: Answer): { difference: number; largest: number } {
  expect(actual.shape).toEqual(expected.shape);
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.data.entries()) {
    // Once NaN, Math.max stays NaN.
    difference = Math.max(difference, Math.abs(value - actual.data[i]!));
    largest = Math.max(largest, Math.abs(value));
  }
  return { difference, largest };
}

/** How far the answers to different pictures lie apart, at least in one class. */
function spread({ shape, data }: Answer): number {
  const classes = shape.at(-1)!;
  const column = (k: number) => data.filter((_, i) => i % classes === k);
  return Math.max(...Array.from({ length: classes }, (_, k) => Math.max(...column(k)) - Math.min(...column(k))));
}
