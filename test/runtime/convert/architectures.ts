import { modelFrom, tf } from './tfjs.js';

type Tensor = tf.SymbolicTensor;
const L = tf.layers;
const on = (layer: tf.layers.Layer, x: Tensor | Tensor[]) => layer.apply(x) as Tensor;
const norm = (x: Tensor) => on(L.batchNormalization(), x);
const relu = (x: Tensor) => on(L.reLU(), x);
const relu6 = (x: Tensor) => on(L.reLU({ maxValue: 6 }), x);
const conv = (x: Tensor, filters: number, kernelSize: number, strides = 1) =>
  relu(norm(on(L.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }), x)));

/** Small models with the blocks of those that are used, each with the number of Transposes that it may have. */
export const architectures: Record<string, () => tf.LayersModel> = {
  'like MobileNetV2: inverted residuals, padding before stride 2': () =>
    modelFrom([33, 33, 3], (input) => {
      let x = relu6(
        norm(on(L.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', useBias: false }), input)),
      );
      for (const [filters, strides] of [
        [8, 1],
        [12, 2],
        [12, 1],
        [16, 2],
      ] as const) {
        const before = x;
        x = relu6(norm(on(L.conv2d({ filters: 24, kernelSize: 1, useBias: false }), x)));
        if (strides === 2)
          x = on(
            L.zeroPadding2d({
              padding: [
                [0, 1],
                [0, 1],
              ],
            }),
            x,
          );
        x = relu6(
          norm(
            on(
              L.depthwiseConv2d({ kernelSize: 3, strides, padding: strides === 2 ? 'valid' : 'same', useBias: false }),
              x,
            ),
          ),
        );
        x = norm(on(L.conv2d({ filters, kernelSize: 1, useBias: false }), x));
        if (strides === 1 && before.shape[3] === filters) x = on(L.add(), [before, x]);
      }
      const pooled = on(L.globalAveragePooling2d({ dataFormat: 'channelsLast' }), x);
      return on(L.dense({ units: 5, activation: 'softmax' }), on(L.dropout({ rate: 0.2 }), pooled));
    }),

  'like ResNet: bottlenecks with projections': () =>
    modelFrom([32, 32, 3], (input) => {
      let x = conv(on(L.zeroPadding2d({ padding: 3 as unknown as [number, number] }), input), 8, 7, 2);
      x = on(L.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x);
      for (const [filters, strides] of [
        [8, 1],
        [8, 1],
        [16, 2],
      ] as const) {
        const project = x.shape[3] !== filters * 2 || strides === 2;
        const shortcut = project ? norm(on(L.conv2d({ filters: filters * 2, kernelSize: 1, strides }), x)) : x;
        const wide = norm(
          on(L.conv2d({ filters: filters * 2, kernelSize: 1 }), conv(conv(x, filters, 1, strides), filters, 3)),
        );
        x = relu(on(L.add(), [shortcut, wide]));
      }
      return on(L.dense({ units: 7 }), on(L.flatten(), x));
    }),

  'like Inception: branches joined, average pooling at the edges': () =>
    modelFrom([29, 31, 3], (input) => {
      let x = conv(input, 8, 3, 2);
      for (let i = 0; i < 2; i++) {
        const pooled = on(L.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), x);
        x = on(L.concatenate(), [
          conv(x, 4, 1),
          conv(conv(x, 4, 1), 6, 5),
          conv(conv(conv(x, 4, 1), 4, 3), 4, 3),
          conv(pooled, 3, 1),
        ]);
        x = on(
          L.concatenate(),
          [on(L.maxPooling2d({ poolSize: 3, strides: 2 }), x), conv(x, 5, 3, 2)].map((branch) =>
            on(L.cropping2D({ cropping: crop(branch, i) }), branch),
          ),
        );
      }
      return on(
        L.dense({ units: 4, activation: 'sigmoid' }),
        on(L.globalMaxPooling2d({ dataFormat: 'channelsLast' }), x),
      );
    }),

  'like DenseNet: normalisation before convolution, everything joined': () =>
    modelFrom([32, 32, 3], (input) => {
      let x = on(L.rescaling({ scale: 1 / 127.5, offset: -1 }), input);
      x = conv(x, 8, 3, 2);
      for (let block = 0; block < 2; block++) {
        for (let i = 0; i < 3; i++) {
          const grown = on(
            L.conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
            relu(norm(on(L.conv2d({ filters: 8, kernelSize: 1, useBias: false }), relu(norm(x))))),
          );
          x = on(L.concatenate(), [x, grown]);
        }
        x = on(
          L.averagePooling2d({ poolSize: 2, strides: 2 }),
          on(L.conv2d({ filters: 10, kernelSize: 1 }), relu(norm(x))),
        );
      }
      return on(
        L.softmax({ axis: -1 }),
        on(L.dense({ units: 6 }), on(L.globalAveragePooling2d({ dataFormat: 'channelsLast' }), relu(norm(x)))),
      );
    }),

  'like EfficientNet: swish, squeeze and excitation': () =>
    modelFrom([24, 24, 3], (input) => {
      const swish = (y: Tensor) => on(L.activation({ activation: 'swish' as 'relu' }), y);
      let x = swish(norm(on(L.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same' }), input)));
      for (let i = 0; i < 2; i++) {
        const wide = swish(norm(on(L.depthwiseConv2d({ kernelSize: 5, padding: 'same' }), x)));
        const squeezed = on(
          L.reshape({ targetShape: [1, 1, 8] }),
          on(L.globalAveragePooling2d({ dataFormat: 'channelsLast' }), wide),
        );
        const gate = on(
          L.conv2d({ filters: 8, kernelSize: 1, activation: 'sigmoid' }),
          swish(on(L.conv2d({ filters: 2, kernelSize: 1 }), squeezed)),
        );
        x = on(L.add(), [x, norm(on(L.conv2d({ filters: 8, kernelSize: 1 }), on(L.multiply(), [wide, gate])))]);
      }
      return on(
        L.dense({ units: 3, activation: 'softmax' }),
        on(L.globalAveragePooling2d({ dataFormat: 'channelsLast' }), x),
      );
    }),

  'like VGG: a large dense layer behind Flatten': () =>
    modelFrom([20, 20, 3], (input) => {
      let x = input;
      for (const filters of [4, 8]) {
        x = on(L.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }), x);
        x = on(L.maxPooling2d({ poolSize: 2 }), x);
      }
      x = on(L.dense({ units: 16, activation: 'relu' }), on(L.flatten(), x));
      return on(L.dense({ units: 2, activation: 'softmax' }), on(L.dropout({ rate: 0.5 }), x));
    }),
};

/** The two ways of halving an odd side give sides that differ by one; the larger one is cut. */
function crop(branch: Tensor, round: number): [[number, number], [number, number]] {
  const target = round === 0 ? [7, 7] : [3, 3];
  return [
    [0, branch.shape[1]! - target[0]!],
    [0, branch.shape[2]! - target[1]!],
  ];
}
