import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

tf.enableProdMode();

/** A classifier of 8 x 8 RGB pictures into three, with weights that never change. */
export function tinyLayers(classes = 3, activation: 'softmax' | 'sigmoid' = 'softmax'): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: 'relu' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: classes, activation }),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape, size }) =>
      tf.tensor(
        Float32Array.from({ length: size }, (_, i) => Math.sin(i * 7.3)),
        shape,
      ),
    ),
  );
  return model;
}

/** Saves a model as tensorflowjs_converter lays it out, in `shards` files. Returns the path of its model.json. */
export async function saved(model: tf.LayersModel, folder: string, shards = 1): Promise<string> {
  await mkdir(folder, { recursive: true });
  let path = '';
  await model.save({
    save: async (artifacts) => {
      const data = Buffer.from(artifacts.weightData as ArrayBuffer);
      const step = Math.ceil(data.length / shards);
      const paths = Array.from({ length: shards }, (_, index) => `group1-shard${index + 1}of${shards}.bin`);
      await Promise.all(
        paths.map((name, index) => writeFile(join(folder, name), data.subarray(index * step, (index + 1) * step))),
      );
      const json = {
        format: 'layers-model',
        generatedBy: artifacts.generatedBy,
        convertedBy: null,
        modelTopology: artifacts.modelTopology,
        weightsManifest: [{ paths, weights: artifacts.weightSpecs }],
      };
      path = join(folder, 'model.json');
      await writeFile(path, JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  return path;
}

/** A frozen graph in TFJS's form: mean over the picture, then a softmax. */
export async function savedGraph(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const shape = (...sides: number[]) => ({ shape: { dim: sides.map((size) => ({ size: String(size) })) } });
  const float = { type: 'DT_FLOAT' };
  const node = [
    { name: 'pixels', op: 'Placeholder', attr: { dtype: float, shape: shape(-1, 8, 8, 3) } },
    {
      name: 'axes',
      op: 'Const',
      attr: {
        dtype: { type: 'DT_INT32' },
        value: { tensor: { dtype: 'DT_INT32', tensorShape: { dim: [{ size: '2' }] } } },
      },
    },
    {
      name: 'mean',
      op: 'Mean',
      input: ['pixels', 'axes'],
      attr: { T: float, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } },
    },
    { name: 'Identity', op: 'Softmax', input: ['mean'], attr: { T: float } },
  ];
  const json = {
    format: 'graph-model',
    modelTopology: { node, library: {}, versions: { producer: 1 } },
    signature: {
      inputs: { pixels: { name: 'pixels:0', dtype: 'DT_FLOAT', tensorShape: shape(-1, 8, 8, 3).shape } },
      outputs: { scores: { name: 'Identity:0', dtype: 'DT_FLOAT', tensorShape: shape(-1, 3).shape } },
    },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: [{ name: 'axes', shape: [2], dtype: 'int32' }] }],
  };
  await writeFile(join(folder, 'group1-shard1of1.bin'), Buffer.from(Int32Array.of(1, 2).buffer));
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  return join(folder, 'model.json');
}

/** Pixels that are the same in every run. */
export function pixels(pictures = 1): Float32Array {
  return Float32Array.from({ length: pictures * 8 * 8 * 3 }, (_, index) => (Math.sin(index) + 1) / 2);
}
