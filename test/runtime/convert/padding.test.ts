import { describe, it } from 'vitest';
import { convertModel } from '../../../runtime/convert/convert.js';
import { answersOf, expectAnswers, expectSame, modelFrom, modelOf, picture, runOnnx, tf } from './tfjs.js';
import { DILATIONS, KERNELS, PADDINGS, SIZES, type SquareWindow, STRIDES, windows } from './windows.js';

/** A window of a layer that convolves by depth, as its constructor takes it. */
function byDepth({ padding, kernel, stride, dilation }: SquareWindow) {
  return {
    kernelSize: kernel,
    strides: stride,
    dilationRate: dilation,
    padding,
    depthMultiplier: 1 + (kernel % 2),
  };
}

/** One model a size, one output a window; the width differs from the height, so that the axes cannot be taken for each other. */
describe.each(SIZES)('pictures of height %i', (size) => {
  const shape = [size, size + 3, 2];

  it('convolves as TensorFlow.js for every kernel, stride, dilation and padding', async () => {
    const model = modelFrom(shape, (x) =>
      windows(size, DILATIONS).map(
        ({ padding, kernel, stride, dilation }) =>
          tf.layers
            .conv2d({
              filters: 2,
              kernelSize: [kernel, Math.min(kernel + 1, 4)],
              strides: stride,
              dilationRate: dilation,
              padding,
            })
            .apply(x) as tf.SymbolicTensor,
      ),
    );
    await expectSame(model, picture([2, ...shape]));
  });

  it('convolves in two steps, by depth and by pixel, as TensorFlow.js', async () => {
    const model = modelFrom(shape, (x) =>
      windows(size, DILATIONS).map(
        (window) => tf.layers.separableConv2d({ filters: 3, ...byDepth(window) }).apply(x) as tf.SymbolicTensor,
      ),
    );
    await expectSame(model, picture([1, ...shape]));
  });

  it('convolves by depth as TensorFlow.js, which ignores the dilation of that layer', async () => {
    const model = modelFrom(shape, (x) =>
      windows(size, DILATIONS).map(
        (window) => tf.layers.depthwiseConv2d(byDepth(window)).apply(x) as tf.SymbolicTensor,
      ),
    );
    await expectSame(model, picture([1, ...shape]));
  });

  it('pools as TensorFlow.js: padded places count for neither the maximum nor the mean', async () => {
    const model = modelFrom(shape, (x) =>
      windows(size, [1]).flatMap(({ padding, kernel, stride }) => {
        const args = {
          poolSize: [kernel, Math.max(1, kernel - 1)] as [number, number],
          strides: [stride, stride] as [number, number],
          padding,
        };
        return [
          tf.layers.maxPooling2d(args).apply(x),
          tf.layers.averagePooling2d(args).apply(x),
        ] as tf.SymbolicTensor[];
      }),
    );
    // All below zero: a zero of the padding that counted would be the maximum.
    await expectSame(model, tf.randomUniform([2, ...shape], -2, -1));
  });

  it('transposes convolutions as TensorFlow.js', async () => {
    const model = modelFrom(shape, (x) =>
      PADDINGS.flatMap((padding) =>
        KERNELS.flatMap((kernel) =>
          STRIDES.map(
            (stride) =>
              tf.layers
                .conv2dTranspose({ filters: 3, kernelSize: kernel, strides: stride, padding })
                .apply(x) as tf.SymbolicTensor,
          ),
        ),
      ),
    );
    await expectSame(model, picture([1, ...shape]));
  });
});

it('leaves SAME padding of a free height and width to ONNX, for every size', async () => {
  const model = modelFrom([null, null, 2], (x) =>
    windows(99, DILATIONS)
      // ONNX Runtime stops at a stride larger than the kernel: such a model is refused.
      .filter(({ padding, kernel, stride }) => padding === 'same' && (kernel === 1 || kernel >= stride))
      .flatMap(({ kernel, stride, dilation }) => {
        const window = { kernelSize: kernel, strides: stride, padding: 'same' as const };
        const pool = { poolSize: kernel, strides: stride, padding: 'same' as const };
        return [
          tf.layers.conv2d({ filters: 2, dilationRate: dilation, ...window }),
          tf.layers.separableConv2d({ filters: 2, dilationRate: dilation, ...window }),
          ...(dilation === 1
            ? [
                tf.layers.depthwiseConv2d(window),
                tf.layers.maxPooling2d(pool),
                tf.layers.averagePooling2d(pool),
                tf.layers.conv2dTranspose({ filters: 1, ...window }),
              ]
            : []),
        ].map((layer) => layer.apply(x) as tf.SymbolicTensor);
      }),
  );
  const converted = convertModel(await modelOf(model));
  for (const size of SIZES) {
    const x = picture([1, size, size + 2, 2]);
    expectAnswers(await runOnnx(converted, x), answersOf(model.predict(x)));
  }
});
