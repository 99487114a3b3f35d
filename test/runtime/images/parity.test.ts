import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readImage, readPixels } from '../../../runtime/images/images.js';
import type { ImageRecipe } from '../../../runtime/images/recipe.js';

const reference = join(import.meta.dirname, '..', '..', 'reference', 'images');
const file = (...path: string[]) => readFileSync(join(reference, ...path));
const picture = (name: string) => file('pictures', name);

/** Mean and largest absolute difference, of 255. */
function difference(ours: Uint8Array, theirs: Uint8Array) {
  expect(ours.length).toBe(theirs.length);
  let sum = 0;
  let largest = 0;
  ours.forEach((value, index) => {
    const apart = Math.abs(value - (theirs[index] as number));
    sum += apart;
    largest = Math.max(largest, apart);
  });
  return { mean: sum / ours.length, largest };
}

async function compare(name: string, recipe: ImageRecipe, theirs: Uint8Array) {
  return difference((await readPixels(picture(name), recipe)).data, theirs);
}

/** Stored values as Pillow takes them: no profile, no turning, the colour beneath transparency. */
const PILLOW = { colourProfile: 'ignore', orientation: 'ignore', alpha: 'drop' } as const;
const SQUARE = { width: 64, height: 64 } as const;

describe('torchvision: Resize and CenterCrop', () => {
  it.each([
    ['photo.jpg', 1, 10],
    ['turned.jpg', 1, 10],
    ['profile.jpg', 1, 10],
    ['grey.jpg', 1, 10],
    ['cmyk.jpg', 1, 10],
    ['alpha.png', 0.5, 2],
    ['palette.png', 0.5, 2],
    ['colours.tiff', 0.5, 2],
    ['lossy.webp', 1, 10],
  ])('%s: mean difference at most %f, largest %i of 255', async (name, mean, largest) => {
    const found = await compare(name, { ...SQUARE, ...PILLOW, resize: 73 }, file('torchvision', `crop-${name}.rgb`));
    expect(found.mean).toBeLessThanOrEqual(mean);
    expect(found.largest).toBeLessThanOrEqual(largest);
  });

  it.each([64, 65, 66, 67, 68, 69, 70, 71])('rounds as torchvision does for a short side of %i', async (resize) => {
    const found = await compare(
      'photo.jpg',
      { ...SQUARE, ...PILLOW, resize },
      file('torchvision', `short-side-${resize}.rgb`),
    );
    // One pixel of a wrong offset gives 5 and more.
    expect(found.mean).toBeLessThan(1);
  });

  it('pads with black what is smaller than the crop', async () => {
    const recipe = { ...SQUARE, ...PILLOW, resize: { width: 51, height: 38 } };
    expect((await compare('photo.jpg', recipe, file('torchvision', 'small-padded.rgb'))).mean).toBeLessThan(0.5);
  });

  it('normalises to the same values', async () => {
    const recipe = {
      ...PILLOW,
      width: 32,
      height: 32,
      resize: 40,
      layout: 'nchw',
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    } as const;
    const { data, shape } = await readImage(picture('photo.jpg'), recipe);
    expect(shape).toEqual([1, 3, 32, 32]);
    expectClose(data, file('torchvision', 'normalised.f32'), 0.02);
  });
});

describe('Pillow', () => {
  it.each([
    ['linear', 'bilinear', 0.5],
    ['cubic', 'bicubic', 0.6],
    ['lanczos3', 'lanczos', 0.7],
  ] as const)('kernel %s is %s', async (kernel, theirs, mean) => {
    const recipe = { ...SQUARE, ...PILLOW, fit: 'stretch', kernel } as const;
    expect((await compare('photo.jpg', recipe, file('torchvision', `stretch-${theirs}.rgb`))).mean).toBeLessThan(mean);
  });

  it('weighs grey as convert("L")', async () => {
    const recipe = { ...SQUARE, ...PILLOW, fit: 'stretch', channels: 1 } as const;
    expect((await compare('photo.jpg', recipe, file('torchvision', 'grey-from-colour.l'))).mean).toBeLessThan(0.5);
  });

  it.each([
    ['nearest', 'nearest'],
    ['linear', 'bilinear'],
    ['cubic', 'bicubic'],
    ['lanczos3', 'lanczos'],
  ] as const)('enlarges with %s as with %s', async (kernel, theirs) => {
    const { data } = await readPixels(picture('palette.png'), {
      ...PILLOW,
      width: 160,
      height: 160,
      fit: 'stretch',
      kernel,
    });
    const cut = Uint8Array.from(rows(data, 160, 40, 64));
    const found = difference(cut, file('torchvision', `enlarged-${theirs}.rgb`));
    expect(found.mean).toBeLessThan(0.01);
    expect(found.largest).toBeLessThanOrEqual(1);
  });
});

describe('transformers: image processors', () => {
  const centre = 'floor';
  const alpha = 'drop';
  const colourProfile = 'ignore';
  const half = { mean: 0.5, std: 0.5 };
  const clip = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
  const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  it.each([
    ['vit', { fit: 'stretch', ...half }],
    ['clip', { resize: 51, kernel: 'cubic', ...clip }],
    ['convnext', { resize: 54, kernel: 'cubic', ...imagenet }],
  ] as const)('%s, upright and by EXIF', async (name, rest) => {
    for (const of of ['photo.jpg', 'turned.jpg']) {
      const recipe: ImageRecipe = { width: 48, height: 48, layout: 'nchw', centre, alpha, colourProfile, ...rest };
      const { data } = await readImage(picture(of), recipe);
      expectClose(data as Float32Array, file('transformers', `${name}-${of}.f32`), 0.02);
    }
  });
});

describe('a browser canvas: Teachable Machine', () => {
  const canvas = { fit: 'crop-first', kernel: 'canvas', alpha: 'drop' } as const;
  it.each([
    ['photo.jpg', 64, 1],
    ['photo.jpg', 96, 1],
    ['turned.jpg', 64, 1],
    ['profile.jpg', 64, 1],
    ['grey.jpg', 64, 1],
    ['cmyk.jpg', 64, 2],
    // Where a pixel is almost transparent, few levels of its colour are left to either.
    ['alpha.png', 64, 4],
    ['palette.png', 64, 1],
    ['palette.png', 150, 1],
    ['sixteen.png', 64, 1],
    ['lossy.webp', 64, 1],
    ['animated.gif', 64, 1],
  ])('%s to %i: mean difference at most %f of 255', async (name, size, mean) => {
    const recipe = { ...canvas, width: size, height: size };
    expect((await compare(name, recipe, file('canvas', `crop-${name}-${size}.rgb`))).mean).toBeLessThanOrEqual(mean);
  });

  it('stretches', async () => {
    const recipe = { ...SQUARE, ...canvas, fit: 'stretch' } as const;
    expect((await compare('photo.jpg', recipe, file('canvas', 'stretch-photo.jpg-64.rgb'))).mean).toBeLessThanOrEqual(
      1,
    );
  });
});

function rows(data: Uint8Array, width: number, from: number, side: number): number[] {
  const line = (y: number) => Array.from(data.subarray((y * width + from) * 3, (y * width + from + side) * 3));
  return Array.from({ length: side }, (_, index) => line(from + index)).flat();
}

function expectClose(ours: Float32Array, bytes: Buffer, mean: number) {
  const theirs = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  expect(ours.length).toBe(theirs.length);
  const total = ours.reduce((sum, value, index) => sum + Math.abs(value - (theirs[index] as number)), 0);
  expect(total / ours.length).toBeLessThan(mean);
}
