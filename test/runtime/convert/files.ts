import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf } from './tfjs.js';

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'katonic-convert-test-'));
}

/** Saves a model as `tf.io` does in a browser: model.json and one shard. */
export async function save(model: tf.LayersModel, folder: string): Promise<string> {
  const path = join(folder, 'model.json');
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      await writeFile(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
      await writeFile(path, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: manifest }));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return path;
}
