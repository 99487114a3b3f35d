import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../../../runtime/package-root.js';
import { tf } from './tfjs.js';

const FOLDERS = ['examples/shapes/samples', 'test/fixtures/exports/pictures'];

/** Every picture of the repository, file name to path. */
export const picturePaths: readonly string[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(packageRoot, folder)).map((name) => join(packageRoot, folder, name)),
);

/** `[pictures, height, width, channels]` with numbers from 0 to `white`; one channel is grey. */
export async function readPictures([height, width, channels]: readonly number[], white: number): Promise<tf.Tensor4D> {
  const all = await Promise.all(
    picturePaths.map((path) =>
      sharp(path)
        .resize(width, height, { fit: 'fill' })
        .flatten()
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer(),
    ),
  );
  const values = Float32Array.from(Buffer.concat(all), (value) => (value / 255) * white);
  return tf.tensor4d(values, [all.length, height!, width!, channels!]);
}
