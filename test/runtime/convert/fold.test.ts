import { describe, expect, it } from 'vitest';
import { emit } from '../../../runtime/convert/emit.js';
import { fold } from '../../../runtime/convert/fold.js';
import { type Constant, float, type Graph, type GraphNode, ints, text } from '../../../runtime/convert/graph.js';
import { floats, int64s } from '../../../runtime/convert/tensors.js';
import { expectAnswers, picture, runOnnx, tf } from './tfjs.js';

const random = (shape: number[], low = -0.5, high = 0.5): Constant =>
  floats(shape, tf.randomUniform(shape, low, high).dataSync());
const node = (op: string, inputs: string[], output: string, attributes: GraphNode['attributes'] = {}): GraphNode => ({
  op,
  name: output,
  inputs,
  outputs: [output],
  attributes,
});
const conv = (input: string, output: string, attributes: GraphNode['attributes'] = {}, weights = 'weights') =>
  node('Conv', [input, weights, 'bias'], output, attributes);
const norm = (input: string, output: string) =>
  node('BatchNormalization', [input, 'gamma', 'beta', 'mean', 'variance'], output, { epsilon: float(0.01) });
const out = (input: string, output: string) => node('Identity', [input], output);

function graphOf(nodes: GraphNode[], outputs: string[], more: Record<string, Constant> = {}): Graph {
  const free = (name: string) => ({ name, dtype: 'float32', shape: [null, null, null, null] }) as const;
  const constants = new Map<string, Constant>([
    ['weights', random([3, 2, 2, 2])],
    ['bias', random([3])],
    ['gamma', random([3])],
    ['beta', random([3])],
    ['mean', random([3])],
    ['variance', random([3], 0.5, 2)],
    ...Object.entries(more),
  ]);
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return {
    inputs: [{ name: 'x', dtype: 'float32', shape: [null, 2, null, null] }],
    outputs: outputs.map(free),
    nodes,
    constants: new Map([...constants].filter(([name]) => used.has(name))),
  };
}

/** Both graphs answer alike; gives the operators of the folded one. */
async function folded(graph: Graph): Promise<string[]> {
  const after = fold(graph);
  const run = (of: Graph, x: tf.Tensor) => runOnnx({ bytes: emit(of, 'test') }, x);
  const x = picture([2, 2, 5, 6]);
  expectAnswers(await run(after, x), await run(graph, x), 1e-6);
  return after.nodes.map(({ op }) => op);
}

describe('batch normalisation', () => {
  it('goes into the convolution before it, with a bias or without', async () => {
    const bare = { ...conv('x', 'c'), inputs: ['x', 'weights'] };
    expect(await folded(graphOf([conv('x', 'c'), norm('c', 'n'), out('n', 'y')], ['y']))).toEqual(['Conv', 'Identity']);
    expect(await folded(graphOf([bare, norm('c', 'n'), out('n', 'y')], ['y']))).toEqual(['Conv', 'Identity']);
  });

  it('leaves weights that another convolution shares as they are', async () => {
    const nodes = [conv('x', 'c'), norm('c', 'n'), out('n', 'y'), conv('x', 'd'), out('d', 'z')];
    expect(await folded(graphOf(nodes, ['y', 'z']))).toEqual(['Conv', 'Identity', 'Conv', 'Identity']);
  });

  it('stays where something else reads the convolution, and where none is before it', async () => {
    const read = [conv('x', 'c'), norm('c', 'n'), out('n', 'y'), out('c', 'z')];
    expect(await folded(graphOf(read, ['y', 'z']))).toContain('BatchNormalization');
    const relu = [conv('x', 'c'), node('Relu', ['c'], 'r'), norm('r', 'n'), out('n', 'y')];
    expect(await folded(graphOf(relu, ['y']))).toContain('BatchNormalization');
  });
});

describe('padding', () => {
  const pad = (ends: number[], filler?: number, mode = 'constant') => ({
    node: node('Pad', filler === undefined ? ['x', 'ends'] : ['x', 'ends', 'filler'], 'p', { mode: text(mode) }),
    constants: { ends: int64s(ends), filler: floats([], [filler ?? 0]) },
  });
  const behind = ({ node: padding, constants }: ReturnType<typeof pad>, attributes: GraphNode['attributes'] = {}) =>
    folded(graphOf([padding, conv('p', 'c', attributes), out('c', 'y')], ['y'], constants));

  it('with zeros goes into the convolution behind it, added to its own', async () => {
    expect(await behind(pad([0, 0, 1, 0, 0, 0, 2, 3]))).toEqual(['Conv', 'Identity']);
    expect(await behind(pad([0, 0, 1, 0, 0, 0, 2, 3], 0), { pads: ints([1, 0, 0, 1]) })).toEqual(['Conv', 'Identity']);
  });

  it.each([
    ['another number', pad([0, 0, 1, 1, 0, 0, 1, 1], 0.5), {}],
    ['a reflection', pad([0, 0, 1, 1, 0, 0, 1, 1], undefined, 'reflect'), {}],
    ['more pictures', pad([1, 0, 1, 1, 0, 0, 1, 1]), {}],
    ['a cut', pad([0, 0, -1, 0, 0, 0, 0, 0]), {}],
    ['zeros before padding by rule', pad([0, 0, 1, 1, 0, 0, 1, 1]), { auto_pad: text('SAME_UPPER') }],
  ])('stays where it is %s', async (_name, padding, attributes) => {
    expect(await behind(padding, attributes)).toEqual(['Pad', 'Conv', 'Identity']);
  });
});
