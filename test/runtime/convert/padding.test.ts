import { describe, it } from 'vitest';
import { convertModel } from '../../../runtime/convert/convert.js';
import { answersOf, expectAnswers, expectSame, modelFrom, modelOf, picture, runOnnx, tf } from './tfjs.js';

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11];
const KERNELS = [1, 2, 3, 4, 5];
const STRIDES = [1, 2, 3];
const DILATIONS = [1, 2, 3];
const PADDINGS = ['same', 'valid'] as const;

/** Every kernel, stride and dilation that fits a picture of this height; TensorFlow allows a stride or a dilation. */
function windows(size: number, dilations: readonly number[]) {
  return PADDINGS.flatMap((padding) =>
    KERNELS.flatMap((kernel) =>
      STRIDES.flatMap((stride) =>
        dilations
          .filter((dilation) => stride === 1 || dilation === 1)
          .filter((dilation) => padding === 'same' || (kernel - 1) * dilation < size)
          .map((dilation) => ({ padding, kernel, stride, dilation })),
      ),
    ),
  );
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

  it('convolves by depth as TensorFlow.js', async () => {
    const model = modelFrom(shape, (x) =>
      windows(size, DILATIONS).map(
        ({ padding, kernel, stride, dilation }) =>
          tf.layers
            .depthwiseConv2d({
              kernelSize: kernel,
              strides: stride,
              dilationRate: dilation,
              padding,
              depthMultiplier: 1 + (kernel % 2),
            })
            .apply(x) as tf.SymbolicTensor,
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
      .filter(({ padding, kernel, stride }) => padding === 'same' && (kernel === 1 || kernel >= stride))
      .map(
        ({ kernel, stride, dilation }) =>
          tf.layers
            .conv2d({ filters: 2, kernelSize: kernel, strides: stride, dilationRate: dilation, padding: 'same' })
            .apply(x) as tf.SymbolicTensor,
      )
      .concat(
        STRIDES.flatMap((stride) => [
          tf.layers.maxPooling2d({ poolSize: 3, strides: stride, padding: 'same' }).apply(x) as tf.SymbolicTensor,
          tf.layers.averagePooling2d({ poolSize: 4, strides: stride, padding: 'same' }).apply(x) as tf.SymbolicTensor,
          tf.layers
            .conv2dTranspose({ filters: 1, kernelSize: 3, strides: stride, padding: 'same' })
            .apply(x) as tf.SymbolicTensor,
        ]),
      ),
  );
  const converted = convertModel(await modelOf(model));
  for (const size of SIZES) {
    const x = picture([1, size, size + 2, 2]);
    expectAnswers(await runOnnx(converted, x), answersOf(model.predict(x)));
  }
});
