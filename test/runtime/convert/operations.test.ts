import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertModel } from '../../../runtime/convert/convert.js';
import { attr, GraphModel } from './graphs.js';
import { picture, runs, tf } from './tfjs.js';

const side = fc.integer({ min: 2, max: 6 });
const channels = fc.integer({ min: 1, max: 4 });
const shapes = fc.tuple(fc.integer({ min: 1, max: 2 }), side, side, channels);
type Shape = [number, number, number, number];
type Add = (graph: GraphModel, x: string, shape: Shape) => string | string[];

const free = (shape: readonly number[]) => [-1, ...shape.slice(1)];

/** The operator on the picture as it comes (NHWC) and behind a convolution (NCHW). */
async function bothLayouts(shape: Shape, add: Add, x: tf.Tensor = picture(shape)): Promise<Record<string, number>> {
  const plain = new GraphModel(free(shape));
  await plain.expectSame(x, ...[add(plain, 'x', shape)].flat());
  const behind = new GraphModel(free(shape));
  return behind.expectSame(x, ...[add(behind, behind.nchw('x', shape[3]), shape)].flat());
}

const holds = (add: Add, times = 3, x?: (shape: Shape) => tf.Tensor) =>
  fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      await bothLayouts(shape, add, x?.(shape));
    }),
    runs(times),
  );

describe('one input', () => {
  const UNARY =
    'Abs Ceil Cos Elu Erf Exp Floor LeakyRelu LogSoftmax Neg Relu Relu6 Round Selu Sigmoid Sign Sin Softmax Softplus Square Tanh Identity StopGradient';
  it.each(UNARY.split(' '))('%s', (op) => holds((graph, x) => graph.node(op, [x]), 2));

  it.each(['Sqrt', 'Rsqrt', 'Log', 'Reciprocal'])('%s', async (op) => {
    const graph = new GraphModel([-1, 3, 4, 2]);
    await graph.expectSame(tf.randomUniform([2, 3, 4, 2], 0.5, 3), graph.node(op, ['x']));
  });

  it('LeakyRelu with its slope', () => holds((graph, x) => graph.node('LeakyRelu', [x], { alpha: attr.f(0.35) })));
  it('Prelu, a slope a channel', () =>
    holds((graph, x, shape) => graph.node('Prelu', [x, graph.floats('slope', [shape[3]])])));
  it('ClipByValue', () =>
    holds((graph, x) =>
      graph.node('ClipByValue', [x, graph.floats('low', [], [-0.25]), graph.floats('high', [], [0.5])]),
    ));
  it('Cast to integers and back', () =>
    holds((graph, x) => {
      const whole = graph.node('Cast', [graph.node('Mul', [x, graph.floats('ten', [], [10])])], {
        DstT: attr.type('DT_INT32'),
      });
      return graph.node('Cast', [whole], { DstT: attr.type('DT_FLOAT') });
    }));
});

describe('two inputs', () => {
  const BINARY = 'Add AddV2 BiasAdd Sub Mul Maximum Minimum SquaredDifference'.split(' ');
  const operands: [string, (shape: Shape) => number[]][] = [
    ['a value a channel', (shape) => [shape[3]]],
    ['a number', () => []],
    ['a value a pixel', (shape) => [shape[1], shape[2], 1]],
    ['a whole picture', (shape) => [1, shape[1], shape[2], shape[3]]],
  ];
  it.each(BINARY)('%s with constants that broadcast', async (op) => {
    for (const [, of] of operands) {
      if (op === 'BiasAdd' && of([1, 2, 3, 4]).length !== 1) continue;
      await holds((graph, x, shape) => [graph.node(op, [x, graph.floats('c', of(shape))])], 1);
      if (op !== 'BiasAdd') await holds((graph, x, shape) => graph.node(op, [graph.floats('c', of(shape)), x]), 1);
    }
  });

  it('RealDiv and Pow', () =>
    holds((graph, x, shape) => [
      graph.node('RealDiv', [x, graph.positive('divisor', [shape[3]])]),
      graph.node('Pow', [graph.node('Abs', [x]), graph.floats('power', [], [3])]),
    ]));

  it('of NHWC and NCHW operands', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom('AddV2', 'Mul', 'Maximum'), async (shape, op) => {
        const graph = new GraphModel(free(shape));
        await graph.expectSame(picture(shape), graph.node(op, ['x', graph.nchw('x', shape[3])]));
      }),
      runs(4),
    );
  });

  it('a picture and one value a channel of its own', () =>
    holds((graph, x) => {
      const axes = graph.ints('axes', [1, 2]);
      const mean = graph.node('Mean', [x, axes], { keep_dims: attr.b(true) });
      return graph.node('Mul', [x, graph.node('Sigmoid', [mean])]);
    }));

  it('AddN, comparisons and SelectV2', () =>
    holds((graph, x) => {
      const zero = graph.floats('zero', [], [0]);
      const sum = graph.node('AddN', [x, x, graph.node('Abs', [x])]);
      return ['Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((op) =>
        graph.node('SelectV2', [graph.node(op, [x, zero]), sum, graph.node('Neg', [x])]),
      );
    }));
});

describe('convolutions', () => {
  const window = fc.record({
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom('SAME', 'VALID', 'EXPLICIT'),
    size: fc.integer({ min: 3, max: 7 }),
    channels,
    filters: channels,
  });
  const attributes = (stride: number, padding: string) => ({
    strides: attr.is(1, stride, stride, 1),
    dilations: attr.is(1, 1, 1, 1),
    padding: attr.s(padding),
    ...(padding === 'EXPLICIT' ? { explicit_paddings: attr.is(0, 0, 1, 2, 0, 1, 0, 0) } : {}),
  });
  const FUSED: [string, string[], ((graph: GraphModel, filters: number) => string)[]][] = [
    ['BiasAdd', ['BiasAdd'], [bias]],
    ['BiasAdd and Relu', ['BiasAdd', 'Relu'], [bias]],
    ['BiasAdd and Relu6', ['BiasAdd', 'Relu6'], [bias]],
    ['BiasAdd and Elu', ['BiasAdd', 'Elu'], [bias]],
    ['BiasAdd and Sigmoid', ['BiasAdd', 'Sigmoid'], [bias]],
    ['BiasAdd and LeakyRelu', ['BiasAdd', 'LeakyRelu'], [bias]],
    ['BiasAdd and Prelu', ['BiasAdd', 'Prelu'], [bias, (graph, filters) => graph.floats('slope', [filters])]],
    ['Prelu without a bias', ['', 'Prelu'], [(graph, filters) => graph.floats('slope', [filters])]],
    ['Relu alone, which TensorFlow.js leaves out', ['Relu'], []],
  ];
  function bias(graph: GraphModel, filters: number) {
    return graph.floats('bias', [filters]);
  }

  it('Conv2D', () =>
    fc.assert(
      fc.asyncProperty(window, async ({ kernel, stride, padding, size, channels: c, filters }) => {
        const graph = new GraphModel([-1, size, size + 1, c]);
        const weights = graph.floats('kernel', [kernel, kernel, c, filters]);
        const node = graph.node('Conv2D', ['x', weights], attributes(stride, padding));
        await graph.expectSame(picture([2, size, size + 1, c]), node);
      }),
      runs(8),
    ));

  it.each(FUSED)('fused with %s', (_name, ops, extra) =>
    fc.assert(
      fc.asyncProperty(window, async ({ kernel, stride, padding, size, channels: c, filters }) => {
        const graph = new GraphModel([-1, size, size, c]);
        const fused = { fused_ops: attr.ss(...ops), num_args: attr.i(extra.length), leakyrelu_alpha: attr.f(0.3) };
        // TensorFlow.js has no slope for LeakyRelu in this operator, and answers NaN.
        const depthwise = ops[1] !== 'Prelu' && ops[1] !== 'LeakyRelu';
        const conv = graph.node(
          '_FusedConv2D',
          ['x', graph.floats('kernel', [kernel, kernel, c, filters]), ...extra.map((make) => make(graph, filters))],
          {
            ...attributes(stride, padding),
            ...fused,
          },
        );
        const outputs = [conv];
        if (depthwise) {
          const weights = graph.floats('depthwise', [kernel, kernel, filters, 1]);
          const more = extra.length > 0 ? ['bias'] : [];
          outputs.push(
            graph.node('FusedDepthwiseConv2dNative', [conv, weights, ...more], { ...attributes(1, 'SAME'), ...fused }),
          );
        }
        await graph.expectSame(picture([1, size, size, c]), ...outputs);
      }),
      runs(2),
    ),
  );

  it('one bias for all channels, as MobileNetV3 has it', async () => {
    const graph = new GraphModel([-1, 4, 4, 3]);
    const fused = { fused_ops: attr.ss('BiasAdd', 'Relu6'), num_args: attr.i(1) };
    const conv = graph.node(
      '_FusedConv2D',
      ['x', graph.floats('kernel', [1, 1, 3, 5]), graph.floats('three', [], [3])],
      { ...attributes(1, 'SAME'), ...fused },
    );
    await graph.expectSame(picture([2, 4, 4, 3]), conv);
  });

  it.each(
    ['MaxPool', 'AvgPool'].flatMap((op) =>
      ['VALID', 'SAME'].flatMap((padding) => [
        ['Pad', op, padding],
        ['PadV2', op, padding],
      ]),
    ),
  )('%s with zeros before %s, %s: they count, also where all else is negative', (pad, op, padding) =>
    // One reader a padding: ONNX Runtime takes both for one operator then.
    holds((graph, x) => {
      const around = graph.ints('around', [0, 0, 1, 1, 1, 0, 0, 0], [4, 2]);
      const filler = pad === 'Pad' ? [] : [graph.floats('zero', [], [0])];
      const padded = graph.node(pad!, [graph.node('Neg', [graph.node('Exp', [x])]), around, ...filler]);
      return graph.node(op!, [padded], { ...attributes(2, padding!), ksize: attr.is(1, 2, 2, 1) });
    }, 2),
  );

  it.each<[string, number[] | undefined]>([
    ['the sum of a residual block, as ResNet V2 has it', undefined],
    ['a constant picture', [1, 3, 3, 3]],
    ['a value a channel of rank 4', [1, 1, 1, 3]],
    // As many rows as channels: what it means is not told by the count.
    ['a value a row', [3, 1, 1]],
  ])('fused with %s', async (_name, shape) => {
    const graph = new GraphModel([-1, 3, 3, 3]);
    const added = shape === undefined ? graph.node('Tanh', [graph.nchw('x', 3)]) : graph.floats('added', shape);
    const fused = { fused_ops: attr.ss('BiasAdd', 'Relu'), num_args: attr.i(1) };
    const conv = graph.node('_FusedConv2D', ['x', graph.floats('kernel', [3, 3, 3, 3]), added], {
      ...attributes(1, 'SAME'),
      ...fused,
    });
    await graph.expectSame(picture([2, 3, 3, 3]), conv);
  });

  it('Conv2DBackpropInput to the size that it names', () =>
    fc.assert(
      fc.asyncProperty(
        window,
        fc.integer({ min: 0, max: 1 }),
        async ({ kernel, stride, size, channels: c, filters }, extra) => {
          const graph = new GraphModel([-1, size, size, c]);
          // With SAME every output size whose convolution has `size` places is right.
          const out = (size - 1) * stride + 1 + Math.min(extra, stride - 1);
          const node = graph.node(
            'Conv2DBackpropInput',
            [graph.ints('out', [1, out, out, filters]), graph.floats('kernel', [kernel, kernel, filters, c]), 'x'],
            attributes(stride, 'SAME'),
          );
          await graph.expectSame(picture([1, size, size, c]), node);
        },
      ),
      runs(8),
    ));

  it('pooling', () =>
    fc.assert(
      fc.asyncProperty(window, async ({ kernel, stride, padding, size, channels: c }) => {
        const graph = new GraphModel([-1, size, size, c]);
        const pooling = {
          ...attributes(stride, padding === 'EXPLICIT' ? 'SAME' : padding),
          ksize: attr.is(1, kernel, kernel, 1),
        };
        await graph.expectSame(
          picture([2, size, size, c]),
          graph.node('MaxPool', ['x'], pooling),
          graph.node('AvgPool', ['x'], pooling),
        );
      }),
      runs(8),
    ));

  it('dilated ones, written as SpaceToBatchND and BatchToSpaceND, become one convolution', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: 9 }), channels, fc.constantFrom(2, 3), async (size, c, block) => {
        const graph = new GraphModel([-1, size, size, c]);
        const before = block;
        const after = block + ((block - ((size + 2 * block) % block)) % block);
        const list = graph.ints('block', [block, block]);
        const folded = graph.node('SpaceToBatchND', [
          'x',
          list,
          graph.ints('paddings', [before, after, before, after], [2, 2]),
        ]);
        const conv = graph.node(
          'DepthwiseConv2dNative',
          [folded, graph.floats('kernel', [3, 3, c, 1])],
          attributes(1, 'VALID'),
        );
        const biased = graph.node('Relu', [graph.node('BiasAdd', [conv, graph.floats('bias', [c])])]);
        const crop = after - block;
        const end = graph.node('BatchToSpaceND', [biased, list, graph.ints('crops', [0, crop, 0, crop], [2, 2])]);
        const counts = await graph.expectSame(picture([2, size, size, c]), end);
        expect(counts.Conv).toBe(1);
      }),
      runs(6),
    ));

  it('FusedBatchNormV3', () =>
    holds((graph, x, [, , , c]) =>
      graph.node(
        'FusedBatchNormV3',
        [
          x,
          graph.positive('gamma', [c]),
          graph.floats('beta', [c]),
          graph.floats('mean', [c]),
          graph.positive('variance', [c]),
        ],
        {
          epsilon: attr.f(0.01),
        },
      ),
    ));
});

describe('matrices', () => {
  it('MatMul and _FusedMatMul, either side transposed', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        async (inputs, units, transpose) => {
          const graph = new GraphModel([-1, inputs]);
          const kernel = graph.floats('kernel', transpose ? [units, inputs] : [inputs, units]);
          const flags = { transpose_a: attr.b(false), transpose_b: attr.b(transpose) };
          const plain = graph.node('MatMul', ['x', kernel], flags);
          const fused = graph.node('_FusedMatMul', ['x', kernel, graph.floats('bias', [units])], {
            ...flags,
            fused_ops: attr.ss('BiasAdd', 'Relu'),
            num_args: attr.i(1),
          });
          await graph.expectSame(picture([3, inputs]), plain, fused);
        },
      ),
      runs(6),
    ));
});

describe('reductions', () => {
  const AXES = [[1, 2], [1], [2], [3], [-1], [1, 2, 3], [2, 3]];
  it.each(['Mean', 'Max', 'Min', 'Sum', 'Prod'])('%s over every choice of axes', async (op) => {
    const shape: Shape = [2, 3, 4, 3];
    for (const axes of AXES) {
      await bothLayouts(shape, (graph, x) =>
        [false, true].map((keep) => graph.node(op, [x, graph.ints(`axes${keep}`, axes)], { keep_dims: attr.b(keep) })),
      );
    }
  });

  it('ArgMax', () =>
    holds((graph, x) => [1, -1].map((axis) => graph.node('ArgMax', [x, graph.ints(`axis${axis}`, [axis], [])]))));
});

describe('shapes', () => {
  const list = (graph: GraphModel, values: number[]) => graph.ints(`list${values.join('_')}_${Math.random()}`, values);

  it('Reshape', () =>
    holds((graph, x, [, h, w, c]) => [
      graph.node('Reshape', [x, list(graph, [-1, h * w * c])]),
      graph.node('Reshape', [x, list(graph, [-1, w, h, c])]),
      graph.node('Reshape', [x, list(graph, [-1, h * w, c])]),
    ]));

  it('a Reshape to a shape worked out from the batch', async () => {
    const graph = new GraphModel([-1, 3, 4, 2]);
    const shape = graph.node('Shape', [graph.nchw('x', 2)]);
    const slice = (from: number) =>
      graph.node('StridedSlice', [shape, list(graph, [from]), list(graph, [from + 1]), list(graph, [1])], {
        shrink_axis_mask: attr.i(1),
      });
    const [batch, height, width] = [slice(0), slice(1), slice(2)];
    const pixels = graph.node('Mul', [height, width]);
    const target = graph.node('Pack', [batch, pixels, graph.ints('two', [2], [])], { axis: attr.i(0) });
    await graph.expectSame(picture([3, 3, 4, 2]), graph.node('Reshape', ['x', target]));
  });

  it('a flattened picture goes back to a picture, and into a matrix, without being moved', async () => {
    const graph = new GraphModel([-1, 3, 4, 2]);
    const flat = graph.node('Reshape', [graph.nchw('x', 2), graph.ints('flat', [-1, 24])]);
    const again = graph.node('Reshape', [graph.node('Relu', [flat]), graph.ints('again', [-1, 3, 4, 2])]);
    const product = graph.node('MatMul', [flat, graph.floats('kernel', [24, 5])]);
    const counts = await graph.expectSame(
      picture([2, 3, 4, 2]),
      graph.node('Mean', [again, graph.ints('axes', [1, 2])]),
      product,
    );
    expect(counts.Transpose).toBe(1);
  });

  it('Squeeze and ExpandDims', () =>
    holds((graph, x) => {
      const mean = graph.node('Mean', [x, list(graph, [1, 2])], { keep_dims: attr.b(true) });
      const squeezed = graph.node('Squeeze', [mean], { squeeze_dims: attr.is(1, 2) });
      return [
        squeezed,
        graph.node('ExpandDims', [squeezed, graph.ints('axis', [1], [])]),
        graph.node('ExpandDims', [x, graph.ints('last', [-1], [])]),
      ];
    }));

  it('Transpose in every order that keeps the batch', async () => {
    const orders = [
      [0, 1, 2, 3],
      [0, 1, 3, 2],
      [0, 2, 1, 3],
      [0, 2, 3, 1],
      [0, 3, 1, 2],
      [0, 3, 2, 1],
    ];
    for (const order of orders)
      await bothLayouts([2, 3, 4, 5], (graph, x) => graph.node('Transpose', [x, list(graph, order)]));
  });

  it('ConcatV2 along every axis', () =>
    holds((graph, x) =>
      [1, 2, 3, -1].map((axis) =>
        graph.node('ConcatV2', [x, graph.node('Relu', [x]), x, graph.ints(`axis${axis}`, [axis], [])], {
          N: attr.i(3),
        }),
      ),
    ));

  it('Pack and Unpack', () =>
    holds((graph, x, shape) => {
      const packed = graph.node('Pack', [x, graph.node('Neg', [x])], { axis: attr.i(2) });
      const parts = graph.node('Unpack', [x], { axis: attr.i(3), num: attr.i(shape[3]) });
      return [packed, graph.node('Identity', [`${parts}:${shape[3] - 1}`])];
    }));

  it('Split and SplitV', () =>
    holds((graph, x, [, height]) => {
      const doubled = graph.node('ConcatV2', [x, x, graph.ints('three', [3], [])], { N: attr.i(2) });
      const halves = graph.node('Split', [graph.ints('axis', [3], []), doubled], { num_split: attr.i(2) });
      const parts = graph.node('SplitV', [x, list(graph, [1, -1]), graph.ints('one', [1], [])], {
        num_split: attr.i(2),
      });
      void height;
      return [graph.node('Neg', [`${halves}:1`]), graph.node('Relu', [`${parts}:1`])];
    }));

  it('StridedSlice with its masks', () =>
    holds((graph, x, [, height, width]) => {
      const cut = (begin: number[], end: number[], strides: number[], masks: Record<string, number>) =>
        graph.node(
          'StridedSlice',
          [x, list(graph, begin), list(graph, end), list(graph, strides)],
          Object.fromEntries(Object.entries(masks).map(([k, v]) => [k, attr.i(v)])),
        );
      return [
        cut([0, 1, 0, 0], [0, height, width, 0], [1, 1, 1, 1], { begin_mask: 1, end_mask: 9 }),
        cut([0, 0, 0, 0], [0, 0, 0, 0], [1, 2, 2, 1], { begin_mask: 15, end_mask: 15 }),
        cut([0, 0], [0, 1], [1, 1], { ellipsis_mask: 1, shrink_axis_mask: 2 }),
        cut([0, 0, 1], [0, 0, 2], [1, 1, 1], { begin_mask: 3, end_mask: 3, shrink_axis_mask: 4 }),
        cut([0, 0, 0, 0], [0, 0, 0, 0], [1, -1, -2, 1], { begin_mask: 15, end_mask: 15 }),
      ];
    }));

  it('Slice', () =>
    holds((graph, x, [, height, width, c]) =>
      graph.node('Slice', [x, list(graph, [0, 1, 0, 0]), list(graph, [-1, height - 1, width - 1, c])]),
    ));

  it('Pad, PadV2 and MirrorPad', () =>
    holds((graph, x) => {
      const around = graph.ints('around', [0, 0, 1, 0, 0, 1, 0, 0], [4, 2]);
      const all = graph.ints('all', [0, 0, 1, 2, 0, 1, 2, 0], [4, 2]);
      return [
        graph.node('Pad', [x, all]),
        graph.node('PadV2', [x, around, graph.floats('filler', [], [-1.5])]),
        graph.node('MirrorPad', [x, around], { mode: attr.s('REFLECT') }),
      ];
    }));

  it('Tile, GatherV2, Fill and DepthToSpace', () =>
    holds((graph, x, shape) => {
      const quadrupled = graph.node('ConcatV2', [x, x, x, x, graph.ints('three', [3], [])], { N: attr.i(4) });
      const filled = graph.node('Fill', [list(graph, [shape[3]]), graph.floats('value', [], [0.25])]);
      return [
        graph.node('Tile', [x, list(graph, [1, 2, 1, 3])]),
        graph.node('GatherV2', [x, list(graph, [1, 0]), graph.ints('one', [1], [])]),
        graph.node('AddV2', [x, filled]),
        graph.node('DepthToSpace', [quadrupled], { block_size: attr.i(2), data_format: attr.s('NHWC') }),
      ];
    }));
});

describe('images', () => {
  const MODES = [
    ['ResizeBilinear', false, false],
    ['ResizeBilinear', true, false],
    ['ResizeBilinear', false, true],
    ['ResizeNearestNeighbor', false, false],
    ['ResizeNearestNeighbor', true, false],
    ['ResizeNearestNeighbor', false, true],
  ] as const;
  it.each(MODES)('%s, corners aligned: %s, half pixel centres: %s', (op, alignCorners, halfPixelCenters) =>
    fc.assert(
      fc.asyncProperty(
        shapes,
        fc.integer({ min: 1, max: 11 }),
        fc.integer({ min: 1, max: 11 }),
        async (shape, height, width) => {
          await bothLayouts(shape, (graph, x) =>
            graph.node(op, [x, graph.ints('size', [height, width])], {
              align_corners: attr.b(alignCorners),
              half_pixel_centers: attr.b(halfPixelCenters),
            }),
          );
        },
      ),
      runs(8),
    ),
  );
});

describe('graphs', () => {
  it('takes an int32 picture', async () => {
    const graph = new GraphModel([-1, 3, 4, 2], 'DT_UINT8');
    const scaled = graph.node('Mul', [
      graph.node('Cast', ['x'], { DstT: attr.type('DT_FLOAT') }),
      graph.floats('scale', [], [1 / 255]),
    ]);
    await graph.expectSame(tf.randomUniform([1, 3, 4, 2], 0, 255, 'int32'), scaled);
  });

  it('takes a switch for training with its value for inference', async () => {
    const graph = new GraphModel([-1, 3]);
    const value = graph.node('PlaceholderWithDefault', [graph.floats('default', [], [2])], {
      dtype: attr.type('DT_FLOAT'),
      shape: { shape: { dim: [] } },
    });
    expect(convertModel(graph.model(graph.node('Mul', ['x', value]))).report.operators).toEqual({
      Mul: 1,
      Identity: 1,
    });
  });

  it('leaves out what no output needs, unknown operators included', async () => {
    const graph = new GraphModel([-1, 3]);
    graph.node('SomethingNew', ['x']);
    await new GraphModel([-1, 3]).expectSame(picture([1, 3]), 'x');
    expect(convertModel(graph.model(graph.node('Relu', ['x']))).report.operators).toEqual({ Relu: 1, Identity: 1 });
  });

  it.each([
    [
      'an operator that is not known',
      (graph: GraphModel) => graph.node('While', ['x'], {}, 'loop'),
      'While "loop" has no counterpart in this converter',
    ],
    [
      'a kernel that is computed',
      (graph: GraphModel) =>
        graph.node(
          'Conv2D',
          ['x', graph.node('Relu', [graph.floats('k', [1, 1, 2, 2])])],
          { strides: attr.is(1, 1, 1, 1), padding: attr.s('SAME') },
          'conv',
        ),
      'Conv2D "conv" computes its input 1 at run time',
    ],
    [
      'NCHW',
      (graph: GraphModel) =>
        graph.node(
          'Conv2D',
          ['x', graph.floats('k', [1, 1, 2, 2])],
          { data_format: attr.s('NCHW'), padding: attr.s('SAME') },
          'conv',
        ),
      'Conv2D "conv" works on NCHW, which TensorFlow.js computes on some backends only',
    ],
    [
      'a loop',
      (graph: GraphModel) => {
        graph.node('Relu', ['second'], {}, 'first');
        return graph.node('Relu', ['first'], {}, 'second');
      },
      /is part of a loop/,
    ],
    ['a node that is not there', (graph: GraphModel) => graph.node('Relu', ['nowhere']), /refers to nowhere/],
  ])('refuses %s, and names it', (_name, make, message) => {
    const graph = new GraphModel([-1, 3, 3, 2]);
    const output = make(graph);
    expect(() => convertModel(graph.model(output))).toThrow(message);
  });

  it('refuses two pictures', () => {
    const graph = new GraphModel([-1, 3]);
    graph.node('Placeholder', [], { dtype: attr.type('DT_FLOAT'), shape: { shape: { dim: [{ size: '3' }] } } }, 'y');
    expect(() => convertModel(graph.model(graph.node('AddV2', ['x', 'y'])))).toThrow(
      /has 2 inputs \(y, x\); one picture is one input/,
    );
  });
});
