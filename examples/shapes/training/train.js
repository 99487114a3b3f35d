// Trains the example model and writes model/. `npm run train` in examples/shapes; minutes with tfjs-node.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadTfjs } from './backend.js';
import { makeSet } from './data.js';
import { classNames } from './draw.js';

const folder = new URL('../model/', import.meta.url);
const tf = await loadTfjs();
tf.util.assert(classNames.length > 1, () => 'a classifier needs at least two classes');

const train = await set('training', 18_000, 1);
const validation = await set('validation', 1_200, 2);

const model = network();
model.compile({ optimizer: tf.train.adam(0.002), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
for (const [epochs, rate] of [
  [8, 0.002],
  [4, 0.0006],
  [3, 0.00015],
]) {
  model.optimizer.learningRate = rate;
  await model.fit(train.x, train.y, {
    epochs,
    batchSize: 64,
    validationData: [validation.x, validation.y],
    verbose: 0,
    callbacks: {
      onEpochEnd: (_, logs) =>
        console.log(
          `loss ${logs.loss.toFixed(4)}  accuracy ${logs.acc.toFixed(4)}  validation ${logs.val_acc.toFixed(4)}`,
        ),
    },
  });
}
await mkdir(folder, { recursive: true });
await model.save(tf.io.withSaveHandler(save));
console.log(`written: ${folder.pathname}`);

function network() {
  const block = (filters) => [
    tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, kernelInitializer: seededInit() }),
    tf.layers.batchNormalization(),
    tf.layers.activation({ activation: 'relu' }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
  ];
  const layers = [...block(12), ...block(24), ...block(48), ...block(64)];
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [64, 64, 3] }),
      ...layers,
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dropout({ rate: 0.1, seed: 3 }),
      tf.layers.dense({ units: classNames.length, activation: 'softmax', kernelInitializer: seededInit() }),
    ],
  });
}

function seededInit() {
  seededInit.next = (seededInit.next ?? 10) + 1;
  return tf.initializers.heNormal({ seed: seededInit.next });
}

async function set(name, count, seed) {
  const { pixels, labels } = await makeSet(count, seed, (done) =>
    process.stdout.write(`\rdrawing ${name} pictures ${done}/${count}`),
  );
  process.stdout.write('\n');
  return { x: tf.tensor4d(pixels, [count, 64, 64, 3]), y: tf.tensor1d(Float32Array.from(labels), 'float32') };
}

async function save(artifacts) {
  await writeFile(new URL('weights.bin', folder), Buffer.from(artifacts.weightData));
  const manifest = {
    format: 'layers-model',
    generatedBy: `TensorFlow.js ${tf.version_core}`,
    convertedBy: null,
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: artifacts.weightSpecs }],
  };
  await writeFile(new URL('model.json', folder), `${JSON.stringify(manifest)}\n`);
  return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
}
