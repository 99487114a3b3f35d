import type { Sharp } from 'sharp';
import type { Geometry, Size } from './geometry.js';
import type { ImageRecipe } from './recipe.js';

interface Raster extends Size {
  readonly data: Uint8Array;
  readonly channels: 3;
}

/**
 * Resizes as TensorFlow.js does after `tf.browser.fromPixels`: each pixel of the target is mixed of the four nearest
 * of the source, with no wider filter when a picture shrinks. `crop-first` takes the points of `tf.image.cropAndResize`
 * (corners on corners: Google AutoML's and Custom Vision's libraries), any other fit those of `tf.image.resizeBilinear`.
 *
 * @param image upright, not resized yet; `source` is its size. An alpha channel is left out, and what is fully
 * transparent is black, as a canvas gives it.
 */
export async function sampleBilinear(image: Sharp, source: Size, plan: Geometry, recipe: ImageRecipe): Promise<Raster> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height } = recipe;
  const side = recipe.fit === 'crop-first' ? Math.min(source.width, source.height) : undefined;
  const across = axis(source.width, width, plan.size.width, plan.crop?.left ?? 0, side);
  const down = axis(source.height, height, plan.size.height, plan.crop?.top ?? 0, side);
  const out = new Uint8Array(width * height * 3);
  const { channels } = info;
  const grey = channels < 3;
  const alpha = channels === 4 ? 3 : channels === 2 ? 1 : undefined;
  const row = source.width * channels;
  const value = (at: number, channel: number): number =>
    alpha !== undefined && data[at + alpha] === 0 ? 0 : (data[at + (grey ? 0 : channel)] as number);
  for (let y = 0, to = 0; y < height; y++) {
    const top = (down.near[y] as number) * row;
    const bottom = (down.far[y] as number) * row;
    const low = down.weight[y] as number;
    for (let x = 0; x < width; x++) {
      const left = (across.near[x] as number) * channels;
      const right = (across.far[x] as number) * channels;
      const far = across.weight[x] as number;
      for (let channel = 0; channel < 3; channel++) {
        const above = value(top + left, channel) * (1 - far) + value(top + right, channel) * far;
        const below = value(bottom + left, channel) * (1 - far) + value(bottom + right, channel) * far;
        out[to++] = Math.round(above * (1 - low) + below * low);
      }
    }
  }
  return { data: out, width, height, channels: 3 };
}

/** For each pixel of one axis of the target: its two neighbours in the source and how much the farther one counts. */
function axis(from: number, to: number, scaled: number, offset: number, side: number | undefined) {
  const start = side === undefined ? (offset * from) / scaled : (((from - side) / 2) * (from - 1)) / from;
  const step = side === undefined ? from / scaled : to > 1 ? (side * (from - 1)) / from / (to - 1) : 0;
  const near = new Int32Array(to);
  const far = new Int32Array(to);
  const weight = new Float64Array(to);
  for (let index = 0; index < to; index++) {
    const at = Math.min(start + index * step, from - 1);
    near[index] = Math.floor(at);
    far[index] = Math.min(Math.ceil(at), from - 1);
    weight[index] = at - Math.floor(at);
  }
  return { near, far, weight };
}
