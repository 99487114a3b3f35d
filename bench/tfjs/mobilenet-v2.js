// MobileNetV2 with random weights, as TensorFlow.js saves a layers model: how long it takes does not depend on the weights.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTfjs } from '../../dist/runtime/engines/tfjs-load.js';

const tf = await loadTfjs();

const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/**
 * Writes model.json and weights.bin into a folder.
 * @param {string} folder
 * @param {number} alpha width of the layers; 0.35 is what Teachable Machine exports
 * @returns {Promise<string>} path of the model.json
 */
export async function writeMobileNetV2(folder, alpha) {
  const model = build(alpha);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'model.json');
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData));
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      writeFileSync(path, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  model.dispose();
  return path;
}

function build(alpha) {
  const { layers } = tf;
  const width = (filters) => Math.max(8, Math.round((filters * alpha) / 8) * 8);
  const normalised = (layer, x) => layers.batchNormalization().apply(layer.apply(x));
  const relu6 = (x) => layers.reLU({ maxValue: 6 }).apply(x);
  const pointwise = (filters) => layers.conv2d({ filters, kernelSize: 1, useBias: false });
  const input = tf.input({ shape: [224, 224, 3] });
  const stem = layers.conv2d({ filters: width(32), kernelSize: 3, strides: 2, padding: 'same', useBias: false });
  let x = relu6(normalised(stem, input));
  for (const [expansion, filters, repeats, stride] of BLOCKS) {
    for (let i = 0; i < repeats; i++) {
      const before = x;
      const strides = i === 0 ? stride : 1;
      if (expansion > 1) x = relu6(normalised(pointwise(before.shape[3] * expansion), x));
      x = relu6(normalised(layers.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false }), x));
      x = normalised(pointwise(width(filters)), x);
      if (strides === 1 && before.shape[3] === x.shape[3]) x = layers.add().apply([before, x]);
    }
  }
  x = relu6(normalised(pointwise(Math.max(1280, width(1280))), x));
  const pooled = layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(x);
  return tf.model({ inputs: input, outputs: layers.dense({ units: 1000, activation: 'softmax' }).apply(pooled) });
}
