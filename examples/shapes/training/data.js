import sharp from 'sharp';
import { readImage } from '../../../dist/runtime/public.js';
import { classNames, drawShape, seeded } from './draw.js';

/** How the model wants its picture; launch.ts holds the same recipe. */
export const recipe = { width: 64, height: 64, fit: 'crop', scale: 1 / 127.5, mean: 1 };

/**
 * `count` pictures in turn of each class, through the same reading that serves them: drawn at any aspect ratio, saved as
 * JPEG, read back.
 *
 * @returns {Promise<{pixels: Float32Array, labels: Int32Array}>} `pixels` is [count, 64, 64, 3], `labels` are output indices
 */
export async function makeSet(count, seed, onProgress = () => {}) {
  const random = seeded(seed);
  const pixels = new Float32Array(count * 64 * 64 * 3);
  const labels = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    const label = index % classNames.length;
    const { data } = await readImage(await drawJpeg(classNames[label], random), recipe);
    pixels.set(data, index * data.length);
    labels[index] = label;
    if (index % 500 === 499) onProgress(index + 1);
  }
  return { pixels, labels };
}

/** A picture of a class as JPEG bytes, 96 to 160 pixels a side. */
export async function drawJpeg(className, random, scale = 1) {
  const width = Math.round((96 + random() * 64) * scale);
  const height = Math.round((96 + random() * 64) * scale);
  const picture = await drawShape(className, random, { width, height });
  return sharp(picture.data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 70 + Math.floor(random() * 28) })
    .toBuffer();
}
