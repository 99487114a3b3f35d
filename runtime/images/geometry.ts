import type { ImageRecipe } from './recipe.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Resize the whole picture to `size`, then cut `crop` out of it, or put it on a canvas at `pad`. Pixels. */
export interface Geometry {
  readonly size: Size;
  readonly crop?: { readonly left: number; readonly top: number } & Size;
  readonly pad?: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/**
 * Where each pixel of the target comes from, in whole pixels, rounded as the tools that made the model round:
 * torchvision's `Resize(short side)` truncates the long side and its `CenterCrop` rounds half to even; `transformers`
 * floors the crop offset (`centre: 'floor'`); Teachable Machine's library rounds the resized sides up and floors.
 */
export function planGeometry(source: Size, recipe: ImageRecipe): Geometry {
  const target = { width: recipe.width, height: recipe.height };
  switch (recipe.fit ?? 'crop') {
    case 'stretch':
      return { size: target };
    case 'crop':
      return cut(resized(source, recipe), target, recipe.centre ?? 'round');
    case 'crop-first': {
      const scale = Math.max(target.width / source.width, target.height / source.height);
      // In floating point this can be one more than the true size (101 * (224 / 101)); the library has the same.
      const up = (length: number) => Math.ceil(length * scale);
      return cut({ width: up(source.width), height: up(source.height) }, target, 'floor');
    }
    case 'pad':
      return pad(source, target);
  }
}

function resized(source: Size, recipe: ImageRecipe): Size {
  const wanted = recipe.resize;
  if (typeof wanted === 'object') return wanted;
  if (wanted !== undefined || recipe.width === recipe.height) {
    const side = wanted ?? recipe.width;
    return source.width <= source.height
      ? { width: side, height: Math.max(1, Math.trunc((side * source.height) / source.width)) }
      : { width: Math.max(1, Math.trunc((side * source.width) / source.height)), height: side };
  }
  const scale = Math.max(recipe.width / source.width, recipe.height / source.height);
  return {
    width: Math.max(recipe.width, Math.trunc(source.width * scale)),
    height: Math.max(recipe.height, Math.trunc(source.height * scale)),
  };
}

/**
 * A resized picture smaller than the crop is padded with black first. An odd margin is halved down for the crop and up
 * for the padding by `transformers`, half to even and down by torchvision.
 */
function cut(size: Size, crop: Size, centre: 'round' | 'floor'): Geometry {
  const [cutAt, padAt] = centre === 'floor' ? [Math.floor, Math.ceil] : [roundHalfEven, Math.floor];
  const across = Math.max(0, crop.width - size.width);
  const down = Math.max(0, crop.height - size.height);
  const left = padAt(across / 2);
  const top = padAt(down / 2);
  const padding = { left, top, right: across - left, bottom: down - top };
  const box = {
    left: Math.max(0, cutAt((size.width - crop.width) / 2)),
    top: Math.max(0, cutAt((size.height - crop.height) / 2)),
    ...crop,
  };
  const exact = size.width <= crop.width && size.height <= crop.height;
  return { size, ...(exact ? {} : { crop: box }), ...(across + down === 0 ? {} : { pad: padding }) };
}

function pad(source: Size, target: Size): Geometry {
  const scale = Math.min(target.width / source.width, target.height / source.height);
  const width = Math.min(target.width, Math.max(1, Math.round(source.width * scale)));
  const height = Math.min(target.height, Math.max(1, Math.round(source.height * scale)));
  const left = Math.floor((target.width - width) / 2);
  const top = Math.floor((target.height - height) / 2);
  const padding = { left, top, right: target.width - width - left, bottom: target.height - height - top };
  return { size: { width, height }, pad: padding };
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
