import { type Tensor3D, type Tensor4D, tensor3d, image as tfImage } from '@tensorflow/tfjs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPixels } from '../../../runtime/images/images.js';
import type { ImageRecipe } from '../../../runtime/images/recipe.js';

/** A picture of noise, where each pixel's place tells. */
function noise(width: number, height: number): Buffer {
  let state = 7;
  return Buffer.from(
    Array.from({ length: width * height * 3 }, () => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state >> 23;
    }),
  );
}

async function ours(width: number, height: number, recipe: ImageRecipe): Promise<Uint8Array> {
  const png = await sharp(noise(width, height), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return (await readPixels(png, { ...recipe, kernel: 'tensorflow' })).data;
}

function largest(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return Array.from(one).reduce((most, value, index) => Math.max(most, Math.abs(value - (other[index] as number))), 0);
}

describe('the kernel of TensorFlow.js', () => {
  it.each([
    [97, 61, 24, 24],
    [61, 97, 40, 20],
    [10, 8, 32, 32],
  ])('stretches %i x %i to %i x %i as resizeBilinear does', async (width, height, outWidth, outHeight) => {
    const picture = tensor3d(new Uint8Array(noise(width, height)), [height, width, 3]).toFloat();
    const expected = tfImage.resizeBilinear(picture as Tensor3D, [outHeight, outWidth]).dataSync();
    const found = await ours(width, height, { width: outWidth, height: outHeight, fit: 'stretch' });
    expect(largest(found, expected)).toBeLessThan(0.51);
  });

  it.each([
    [97, 61],
    [61, 97],
    [20, 20],
  ])('cuts the centre of %i x %i as cropAndResize of the square does', async (width, height) => {
    const side = Math.min(width, height);
    const [top, left] = [(height - side) / 2, (width - side) / 2];
    const box = [[top / height, left / width, (top + side) / height, (left + side) / width]];
    const picture = tensor3d(new Uint8Array(noise(width, height)), [height, width, 3])
      .toFloat()
      .expandDims(0);
    const expected = tfImage.cropAndResize(picture as Tensor4D, box, [0], [24, 24]).dataSync();
    const found = await ours(width, height, { width: 24, height: 24, fit: 'crop-first' });
    expect(largest(found, expected)).toBeLessThan(0.51);
  });

  it('gives black where a picture is transparent, as a canvas does', async () => {
    const png = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 9, b: 9, alpha: 0 } },
    })
      .png()
      .toBuffer();
    const { data } = await readPixels(png, {
      width: 4,
      height: 4,
      fit: 'stretch',
      kernel: 'tensorflow',
      alpha: 'drop',
    });
    expect(new Set(data)).toEqual(new Set([0]));
  });
});
