import { describe, expect, it } from 'vitest';
import { convertModel } from '../../../runtime/convert/convert.js';
import { outputSize, samePadding } from '../../../runtime/convert/primitives/same-padding.js';
import { attr, GraphModel } from './graphs.js';
import { picture, tf } from './tfjs.js';
import { DILATIONS, SIZES, windows } from './windows.js';

type Pair = readonly [number, number];
interface Window {
  readonly padding: 'same' | 'valid';
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
}

/** The next of 1, 2, 3. */
const next = (value: number) => (value % 3) + 1;

/** As `windows`, with another kernel, stride and dilation along the width, so that no axis can be taken for the other. */
function oblong(size: number, width: number): Window[] {
  return windows(size, DILATIONS)
    .map(
      ({ padding, kernel, stride, dilation }): Window => ({
        padding,
        kernel: [kernel, Math.min(kernel + 1, 4)],
        strides: dilation === 1 ? [stride, next(stride)] : [1, 1],
        dilations: dilation === 1 ? [1, 1] : [dilation, next(dilation)],
      }),
    )
    .filter(({ padding, kernel, dilations }) => padding === 'same' || (kernel[1] - 1) * dilations[1] < width);
}

/** Those of the layers too: equal along both axes, which includes no stride and no dilation. */
const square = (size: number): Window[] =>
  windows(size, DILATIONS).map(({ padding, kernel, stride, dilation }) => ({
    padding,
    kernel: [kernel, kernel],
    strides: [stride, stride],
    dilations: [dilation, dilation],
  }));

const attributes = ({ padding, strides, dilations }: Omit<Window, 'kernel'>) => ({
  strides: attr.is(1, ...strides, 1),
  dilations: attr.is(1, ...dilations, 1),
  padding: attr.s(padding.toUpperCase()),
});
const FUSED = { fused_ops: attr.ss('BiasAdd', 'Relu'), num_args: attr.i(1) };
const CHANNELS = 2;
const FILTERS = 3;

/** One graph a size and family, one output a window. */
describe.each(SIZES)('graph operators on pictures of height %i', (size) => {
  const width = size + 3;
  const shape = [size, width, CHANNELS];
  const all = [...square(size), ...oblong(size, width)];

  it.each(['Conv2D', '_FusedConv2D'])('%s', async (op) => {
    const graph = new GraphModel([-1, ...shape]);
    const bias = op === 'Conv2D' ? [] : [graph.floats('bias', [FILTERS])];
    const extra = op === 'Conv2D' ? {} : FUSED;
    const outputs = all.map((window, i) =>
      graph.node(op, ['x', graph.floats(`kernel${i}`, [...window.kernel, CHANNELS, FILTERS]), ...bias], {
        ...attributes(window),
        ...extra,
      }),
    );
    await graph.expectSame(picture([2, ...shape]), ...outputs);
  });

  it.each(['DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative'])('%s', async (op) => {
    const graph = new GraphModel([-1, ...shape]);
    const outputs = all.map((window, i) => {
      const multiplier = 1 + (i % 2);
      const kernel = graph.floats(`kernel${i}`, [...window.kernel, CHANNELS, multiplier]);
      const fused = op.startsWith('Fused');
      return graph.node(op, ['x', kernel, ...(fused ? [graph.floats(`bias${i}`, [CHANNELS * multiplier])] : [])], {
        ...attributes(window),
        ...(fused ? FUSED : {}),
      });
    });
    await graph.expectSame(picture([1, ...shape]), ...outputs);
  });

  it('MaxPool and AvgPool', async () => {
    const graph = new GraphModel([-1, ...shape]);
    const outputs = all
      .filter(({ dilations }) => dilations[0] === 1 && dilations[1] === 1)
      .flatMap((window) => {
        const pooling = { ...attributes(window), ksize: attr.is(1, ...window.kernel, 1) };
        return [graph.node('MaxPool', ['x'], pooling), graph.node('AvgPool', ['x'], pooling)];
      });
    // All below zero: a zero of the padding that counted would be the maximum.
    await graph.expectSame(tf.randomUniform([2, ...shape], -2, -1), ...outputs);
  });

  it.each(['Conv2D', '_FusedConv2D', 'DepthwiseConv2dNative'])(
    '%s between SpaceToBatchND and BatchToSpaceND is one dilated convolution',
    async (op) => {
      const graph = new GraphModel([-1, ...shape]);
      const outputs = all
        .filter(({ strides, dilations }) => strides.every((one) => one === 1) && dilations.some((d) => d > 1))
        .map((window, i) => dilated(graph, op, window, [size, width], i));
      const counts = await graph.expectSame(picture([2, ...shape]), ...outputs);
      expect(counts.Conv).toBe(outputs.length);
    },
  );
});

/** As TensorFlow writes it (tf.nn.with_space_to_batch): padded to what the dilation needs, then to whole blocks. */
function dilated(graph: GraphModel, op: string, window: Window, sizes: Pair, i: number): string {
  const axes = sizes.map((size, axis) => {
    const [kernel, dilation] = [window.kernel[axis]!, window.dilations[axis]!];
    const base = window.padding === 'valid' ? ([0, 0] as const) : samePadding(size, kernel, 1, dilation);
    const extra = (dilation - ((size + base[0] + base[1]) % dilation)) % dilation;
    // The crop takes the extra places off again.
    expect(outputSize(size, kernel, 1, dilation, base)).toBeGreaterThan(0);
    return { pads: [base[0], base[1] + extra], crop: extra };
  });
  const block = graph.ints(`block${i}`, window.dilations);
  const pads = graph.ints(
    `pads${i}`,
    axes.flatMap((axis) => axis.pads),
    [2, 2],
  );
  const crops = graph.ints(
    `crops${i}`,
    axes.flatMap((axis) => [0, axis.crop]),
    [2, 2],
  );
  const depthwise = op.startsWith('Depthwise');
  const kernel = graph.floats(`kernel${i}`, [...window.kernel, CHANNELS, depthwise ? 1 : FILTERS]);
  const bias = graph.floats(`bias${i}`, [depthwise ? CHANNELS : FILTERS]);
  const fused = op === '_FusedConv2D';
  const folded = graph.node('SpaceToBatchND', ['x', block, pads]);
  const convolved = graph.node(op, [folded, kernel, ...(fused ? [bias] : [])], {
    ...attributes({ padding: 'valid', strides: [1, 1], dilations: [1, 1] }),
    ...(fused ? FUSED : {}),
  });
  const after = fused ? convolved : graph.node('Relu6', [graph.node('BiasAdd', [convolved, bias])]);
  return graph.node('BatchToSpaceND', [after, block, crops]);
}

describe('between SpaceToBatchND and BatchToSpaceND', () => {
  const build = (make: (graph: GraphModel, folded: string) => string) => {
    const graph = new GraphModel([-1, 6, 6, 2]);
    const block = graph.ints('block', [2, 2]);
    const none = graph.ints('none', [0, 0, 0, 0], [2, 2]);
    const folded = graph.node('SpaceToBatchND', ['x', block, none]);
    return () => convertModel(graph.model(graph.node('BatchToSpaceND', [make(graph, folded), block, none], {}, 'end')));
  };
  const conv = (graph: GraphModel, folded: string, padding: 'same' | 'valid', stride = 1) =>
    graph.node(
      'Conv2D',
      [folded, graph.floats('kernel', [1, 1, 2, 2])],
      attributes({ padding, strides: [stride, stride], dilations: [1, 1] }),
    );

  it.each<[string, (graph: GraphModel, folded: string) => string]>([
    ['pads each block by itself', (graph, folded) => conv(graph, folded, 'same')],
    ['takes steps within a block', (graph, folded) => conv(graph, folded, 'valid', 3)],
    [
      'is fused with a picture, whose places are not those of the blocks,',
      (graph, folded) =>
        graph.node(
          '_FusedConv2D',
          [folded, graph.floats('kernel', [1, 1, 2, 2]), graph.floats('picture', [1, 3, 3, 2])],
          { ...attributes({ padding: 'valid', strides: [1, 1], dilations: [1, 1] }), ...FUSED },
        ),
    ],
    [
      'adds a picture, whose places are not those of the blocks',
      (graph, folded) => graph.node('AddV2', [conv(graph, folded, 'valid'), graph.floats('picture', [1, 3, 3, 2])]),
    ],
  ])('what %s is no dilated convolution, and is refused', (_name, make) => {
    expect(build(make)).toThrow(/^SpaceToBatchND ".*" has no counterpart/);
  });

  it('one value a channel may be added', () => {
    const sum = build((graph, folded) =>
      graph.node('AddV2', [conv(graph, folded, 'valid'), graph.floats('channels', [2])]),
    );
    expect(sum().report.operators).toMatchObject({ Conv: 1, Add: 1 });
  });
});
