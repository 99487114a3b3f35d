import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertModel } from '../../../runtime/convert/convert.js';
import { Unsupported } from '../../../runtime/convert/unsupported.js';
import { expectSame, modelFrom, modelOf, operatorsOf, picture, runs, tf } from './tfjs.js';

type Layer = tf.layers.Layer;
const apply = (layer: Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) => layer.apply(x) as tf.SymbolicTensor;

const side = fc.integer({ min: 3, max: 7 });
const channels = fc.integer({ min: 1, max: 5 });
const image = fc.tuple(side, side, channels);
const batch = fc.integer({ min: 1, max: 3 });

/** One layer at the start, where its input is NHWC, and one behind a convolution, where it is NCHW. */
async function bothLayouts(shape: number[], batches: number, make: () => Layer): Promise<void> {
  await expectSame(
    modelFrom(shape, (x) => apply(make(), x)),
    picture([batches, ...shape]),
  );
  const behind = modelFrom(shape, (x) =>
    apply(make(), apply(tf.layers.conv2d({ filters: shape[2]!, kernelSize: 1 }), x)),
  );
  await expectSame(behind, picture([batches, ...shape]));
}

const ACTIVATIONS = [
  'elu',
  'hardSigmoid',
  'linear',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'tanh',
  'swish',
  'mish',
  'gelu',
] as const;

describe('activations', () => {
  it.each(ACTIVATIONS)('%s', async (activation) => {
    await fc.assert(
      fc.asyncProperty(image, batch, async (shape, n) => {
        await bothLayouts(shape, n, () => tf.layers.activation({ activation: activation as 'relu' }));
        await expectSame(
          modelFrom([shape[0]], (x) => apply(tf.layers.dense({ units: 4, activation: activation as 'relu' }), x)),
          tf.randomUniform([n, shape[0]], -6, 6),
        );
      }),
      runs(3),
    );
  });

  const LAYERS: [string, (value: number) => Layer][] = [
    ['ReLU', (value) => tf.layers.reLU(value > 0.5 ? { maxValue: value } : {})],
    ['LeakyReLU', (alpha) => tf.layers.leakyReLU({ alpha })],
    ['ELU', () => tf.layers.elu()],
    ['ThresholdedReLU', (theta) => tf.layers.thresholdedReLU({ theta })],
    ['Softmax', () => tf.layers.softmax({ axis: -1 })],
    ['PReLU', () => tf.layers.prelu({})],
    ['PReLU, one slope a channel', () => tf.layers.prelu({ sharedAxes: [1, 2] })],
    ['PReLU, one slope', () => tf.layers.prelu({ sharedAxes: [1, 2, 3] })],
  ];
  it.each(LAYERS)('%s', async (_name, make) => {
    await fc.assert(
      fc.asyncProperty(image, batch, fc.constantFrom(0, 0.1, 0.3, 0.75), (shape, n, value) =>
        bothLayouts(shape, n, () => make(value)),
      ),
      runs(4),
    );
  });
});

describe('convolutions', () => {
  it('Conv2D with bias and activation', async () => {
    const options = fc.record({
      filters: channels,
      kernelSize: fc.integer({ min: 1, max: 3 }),
      strides: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom('same' as const, 'valid' as const),
      useBias: fc.boolean(),
      activation: fc.constantFrom('relu' as const, 'tanh' as const, 'softmax' as const, 'linear' as const),
    });
    await fc.assert(
      fc.asyncProperty(image, batch, options, (shape, n, args) => bothLayouts(shape, n, () => tf.layers.conv2d(args))),
      runs(8),
    );
  });

  it('SeparableConv2D', async () => {
    const options = fc.record({
      filters: channels,
      kernelSize: fc.integer({ min: 1, max: 3 }),
      strides: fc.integer({ min: 1, max: 2 }),
      depthMultiplier: fc.integer({ min: 1, max: 3 }),
      padding: fc.constantFrom('same' as const, 'valid' as const),
      useBias: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(image, batch, options, (shape, n, args) =>
        bothLayouts(shape, n, () => tf.layers.separableConv2d(args)),
      ),
      runs(8),
    );
  });

  it('a batch normalisation behind a convolution leaves no operator of its own', async () => {
    const model = modelFrom([6, 6, 3], (x) =>
      apply(tf.layers.batchNormalization(), apply(tf.layers.conv2d({ filters: 4, kernelSize: 3, useBias: false }), x)),
    );
    expect(operatorsOf(await modelOf(model))).toEqual({ Transpose: 2, Conv: 1, Identity: 1 });
    await expectSame(model, picture([2, 6, 6, 3]));
  });

  it('zero padding before a convolution leaves no operator of its own', async () => {
    const padded = (x: tf.SymbolicTensor) =>
      apply(
        tf.layers.zeroPadding2d({
          padding: [
            [0, 1],
            [2, 1],
          ],
        }),
        x,
      );
    const model = modelFrom([6, 6, 3], (x) =>
      apply(tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }), padded(x)),
    );
    expect(operatorsOf(await modelOf(model)).Pad).toBeUndefined();
    await expectSame(model, picture([2, 6, 6, 3]));
  });

  it('a convolution that something else reads too keeps its batch normalisation', async () => {
    const model = modelFrom([5, 5, 2], (x) => {
      const convolved = apply(tf.layers.conv2d({ filters: 3, kernelSize: 3 }), x);
      return [convolved, apply(tf.layers.batchNormalization(), convolved)];
    });
    await expectSame(model, picture([1, 5, 5, 2]));
  });
});

describe('normalisation', () => {
  it('BatchNormalization, with and without scale and centre', async () => {
    const options = fc.record({
      axis: fc.constantFrom(-1, 3),
      epsilon: fc.constantFrom(1e-3, 1e-5, 0.1),
      scale: fc.boolean(),
      center: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(image, batch, options, (shape, n, args) =>
        bothLayouts(shape, n, () => tf.layers.batchNormalization(args)),
      ),
      runs(10),
    );
  });

  it('BatchNormalization behind a dense layer', async () => {
    const model = modelFrom([5], (x) => apply(tf.layers.batchNormalization(), apply(tf.layers.dense({ units: 4 }), x)));
    await expectSame(model, picture([3, 5]));
  });

  it('LayerNormalization', async () => {
    const options = fc.record({
      axis: fc.constantFrom(-1, [2, 3], [1, 2, 3]),
      scale: fc.boolean(),
      center: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(image, options, (shape, args) =>
        bothLayouts(shape, 2, () => tf.layers.layerNormalization(args)),
      ),
      runs(5),
    );
  });
});

describe('shapes', () => {
  const LAYERS: [string, () => Layer][] = [
    ['Flatten', () => tf.layers.flatten()],
    ['Permute', () => tf.layers.permute({ dims: [3, 1, 2] })],
    ['GlobalAveragePooling2D', () => tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' })],
    ['GlobalMaxPooling2D', () => tf.layers.globalMaxPooling2d({ dataFormat: 'channelsLast' })],
    [
      'ZeroPadding2D',
      () =>
        tf.layers.zeroPadding2d({
          padding: [
            [1, 0],
            [2, 3],
          ],
        }),
    ],
    [
      'Cropping2D',
      () =>
        tf.layers.cropping2D({
          cropping: [
            [1, 0],
            [0, 2],
          ],
        }),
    ],
    ['UpSampling2D, nearest', () => tf.layers.upSampling2d({ size: [2, 3] })],
    ['UpSampling2D, bilinear', () => tf.layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' })],
    ['Rescaling', () => tf.layers.rescaling({ scale: 1 / 127.5, offset: -1 })],
    ['Dropout', () => tf.layers.dropout({ rate: 0.5 })],
    ['GaussianNoise', () => tf.layers.gaussianNoise({ stddev: 1 })],
    ['GaussianDropout', () => tf.layers.gaussianDropout({ rate: 0.5 })],
    ['AlphaDropout', () => tf.layers.alphaDropout({ rate: 0.5 })],
  ];
  it.each(LAYERS)('%s', async (_name, make) => {
    await fc.assert(
      fc.asyncProperty(image, batch, (shape, n) => bothLayouts(shape, n, make)),
      runs(4),
    );
  });

  it('Reshape to and from pictures, one size left to be worked out', async () => {
    await fc.assert(
      fc.asyncProperty(image, fc.constantFrom(0, 1, 2), async ([h, w, c], which) => {
        const target = [[-1], [w, -1], [c, -1, h]][which]!;
        await bothLayouts([h, w, c], 2, () => tf.layers.reshape({ targetShape: target }));
      }),
      runs(6),
    );
  });

  it('RepeatVector', async () => {
    await expectSame(
      modelFrom([4], (x) => apply(tf.layers.repeatVector({ n: 3 }), x)),
      picture([2, 4]),
    );
  });

  it('Dense on the last axis of a picture, before and behind a convolution', async () => {
    await bothLayouts([3, 4, 5], 2, () => tf.layers.dense({ units: 6, activation: 'relu' }));
  });
});

describe('merging', () => {
  const MERGES: [string, () => Layer][] = [
    ['Add', () => tf.layers.add()],
    ['Multiply', () => tf.layers.multiply()],
    ['Average', () => tf.layers.average()],
    ['Maximum', () => tf.layers.maximum()],
    ['Minimum', () => tf.layers.minimum()],
    ['Concatenate', () => tf.layers.concatenate()],
  ];
  it.each(MERGES)('%s of NHWC and NCHW branches', async (_name, make) => {
    await fc.assert(
      fc.asyncProperty(image, batch, async (shape, n) => {
        const model = modelFrom(shape, (x) => {
          const convolved = apply(tf.layers.conv2d({ filters: shape[2], kernelSize: 3, padding: 'same' }), x);
          return apply(make(), [x, convolved, apply(tf.layers.activation({ activation: 'tanh' }), x)]);
        });
        await expectSame(model, picture([n, ...shape]));
      }),
      runs(4),
    );
  });

  it.each([1, 2])('Concatenate along axis %i', async (axis) => {
    const model = modelFrom([4, 5, 3], (x) => {
      const convolved = apply(tf.layers.conv2d({ filters: 3, kernelSize: 1 }), x);
      return apply(tf.layers.concatenate({ axis }), [convolved, convolved, x]);
    });
    await expectSame(model, picture([2, 4, 5, 3]));
  });

  it('squeeze and excitation: one factor a channel', async () => {
    const model = modelFrom([4, 5, 6], (x) => {
      const features = apply(tf.layers.conv2d({ filters: 6, kernelSize: 1 }), x);
      const pooled = apply(tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), features);
      const gate = apply(tf.layers.dense({ units: 6, activation: 'sigmoid' }), pooled);
      const asPicture = apply(tf.layers.reshape({ targetShape: [1, 1, 6] }), gate);
      return [apply(tf.layers.multiply(), [features, asPicture]), apply(tf.layers.multiply(), [features, gate])];
    });
    const converted = await modelOf(model);
    expect(operatorsOf(converted).Transpose).toBe(3);
    await expectSame(model, picture([2, 4, 5, 6]));
  });
});

describe('models', () => {
  it('calls nested and shared models, and a layer twice', async () => {
    const inner = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [6, 6, 3], filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
        tf.layers.batchNormalization(),
      ],
    });
    const shared = tf.layers.conv2d({ filters: 3, kernelSize: 1 });
    const model = modelFrom([6, 6, 3], (x) => {
      const once = inner.apply(x) as tf.SymbolicTensor;
      const twice = inner.apply(apply(shared, once)) as tf.SymbolicTensor;
      return apply(tf.layers.add(), [apply(shared, twice), once]);
    });
    const converted = convertModel(await modelOf(model));
    // Two kernels, two biases, the weights of each of the two calls folded with their normalisation.
    expect(converted.report.operators.Conv).toBe(4);
    await expectSame(model, picture([2, 6, 6, 3]));
  });

  it('gives several outputs in order, and names them', async () => {
    const model = modelFrom([4], (x) => [
      apply(tf.layers.dense({ units: 2, name: 'small' }), x),
      apply(tf.layers.dense({ units: 3, name: 'large' }), x),
    ]);
    await expectSame(model, picture([2, 4]));
  });

  it('gives its input back', async () => {
    const model = modelFrom([4], (x) => [x, apply(tf.layers.dense({ units: 2 }), x)]);
    await expectSame(model, picture([2, 4]));
  });

  it('takes a Sequential model without an input layer of its own', async () => {
    const model = tf.sequential();
    model.add(tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3 }));
    model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
    model.add(tf.layers.flatten());
    model.add(tf.layers.dropout({ rate: 0.5 }));
    model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
    expect(operatorsOf(await modelOf(model)).Transpose).toBe(1);
    await expectSame(model, picture([2, 8, 8, 3]));
  });
});

describe('refused, with the layer in the way named', () => {
  const refusal = async (model: tf.LayersModel) => {
    const saved = await modelOf(model);
    try {
      convertModel(saved);
    } catch (error) {
      expect(error).toBeInstanceOf(Unsupported);
      return (error as Unsupported).message;
    }
    throw new Error('it was converted');
  };

  it('a layer that is not known', async () => {
    const model = modelFrom([4, 3], (x) => apply(tf.layers.lstm({ units: 2, name: 'memory' }), x));
    expect(await refusal(model)).toBe('LSTM "memory" has no counterpart in this converter');
  });

  it('several inputs', async () => {
    const [a, b] = [tf.input({ shape: [2], name: 'left' }), tf.input({ shape: [2], name: 'right' })];
    const model = tf.model({ inputs: [a, b], outputs: apply(tf.layers.add(), [a, b]) });
    expect(await refusal(model)).toMatch(/has 2 inputs \(left, right\); one picture is one input/);
  });

  it('channels first', async () => {
    const model = modelFrom([3, 6, 6], (x) =>
      apply(tf.layers.conv2d({ filters: 2, kernelSize: 3, dataFormat: 'channelsFirst', name: 'first' }), x),
    );
    expect(await refusal(model)).toMatch(/^Conv2D "first" has data_format = "channels_first"/);
  });

  it('batch normalisation along another axis, where the backends of TensorFlow.js disagree', async () => {
    const model = modelFrom([4, 4, 2], (x) => apply(tf.layers.batchNormalization({ axis: 1, name: 'rows' }), x));
    expect(await refusal(model)).toMatch(/^BatchNormalization "rows" is along axis 1/);
  });

  it('pooling that keeps dimensions, which TensorFlow.js would drop', async () => {
    const saved = await modelOf(
      modelFrom([4, 4, 2], (x) =>
        apply(tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast', name: 'pool' }), x),
      ),
    );
    const text = JSON.stringify(saved.topology).replace(
      '"data_format":"channels_last","name":"pool"',
      '"data_format":"channels_last","keepdims":true,"name":"pool"',
    );
    expect(() => convertModel({ ...saved, topology: JSON.parse(text) })).toThrow(/keepdims = true/);
  });

  it('a weight that is not in the file', async () => {
    const saved = await modelOf(modelFrom([4], (x) => apply(tf.layers.dense({ units: 2, name: 'head' }), x)));
    expect(() => convertModel({ ...saved, weights: new Map() })).toThrow(
      'Dense "head" has no weight "bias" in the file',
    );
  });
});
