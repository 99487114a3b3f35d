import { toHalf } from './half.js';
import type { Pixels } from './pixels.js';
import type { ImageRecipe, ImageTensor } from './recipe.js';

type Values = Float32Array | Uint8Array | Uint16Array;

/** For each channel of the model, which channel of the pixels it reads, and its value for each of 256 levels. */
interface Tables {
  readonly sources: readonly number[];
  readonly levels: readonly Values[];
}

const cache = new WeakMap<ImageRecipe, Tables>();

/**
 * Pixels to the tensor of the recipe: normalisation, channel order and layout in one pass. A pixel has 256 levels, so
 * each channel's arithmetic is done 256 times, not once a pixel.
 *
 * @param pixels interleaved, 1 or 3 channels, as `readPixels` gives them for the same recipe.
 */
export function toTensor(pixels: Pixels, recipe: ImageRecipe): ImageTensor<Values> {
  const channels = recipe.channels ?? 3;
  const dtype = recipe.dtype ?? 'float32';
  const planar = recipe.layout === 'nchw';
  const { width, height } = recipe;
  const shape = planar ? ([1, channels, height, width] as const) : ([1, height, width, channels] as const);
  if (dtype === 'uint8' && (channels === 1 || (!planar && recipe.order !== 'bgr'))) {
    return { data: pixels.data, shape, dtype };
  }
  const area = width * height;
  const data = allocate(dtype, area * channels);
  const { sources, levels } = tablesOf(recipe);
  const from = pixels.data;
  const read = pixels.channels;
  for (let channel = 0; channel < channels; channel++) {
    const level = levels[channel] as Values;
    const step = planar ? 1 : channels;
    let to = planar ? channel * area : channel;
    for (let at = sources[channel] as number, end = area * read; at < end; at += read, to += step) {
      data[to] = level[from[at] as number] as number;
    }
  }
  return { data, shape, dtype };
}

function tablesOf(recipe: ImageRecipe): Tables {
  const known = cache.get(recipe);
  if (known !== undefined) return known;
  const channels = recipe.channels ?? 3;
  const dtype = recipe.dtype ?? 'float32';
  const made: Tables = {
    sources: channels === 1 ? [0] : recipe.order === 'bgr' ? [2, 1, 0] : [0, 1, 2],
    levels: Array.from({ length: channels }, (_, channel) => levelsOf(recipe, channel, dtype)),
  };
  cache.set(recipe, made);
  return made;
}

/** `(level * scale - mean) / std`, computed in double precision and rounded once. */
function levelsOf(recipe: ImageRecipe, channel: number, dtype: ImageTensor['dtype']): Values {
  const level = allocate(dtype, 256);
  const scale = recipe.scale ?? 1 / 255;
  const mean = ofChannel(recipe.mean, channel, 0);
  const std = ofChannel(recipe.std, channel, 1);
  for (let value = 0; value < 256; value++) {
    const normal = (value * scale - mean) / std;
    level[value] = dtype === 'uint8' ? value : dtype === 'float16' ? toHalf(normal) : normal;
  }
  return level;
}

function ofChannel(values: number | readonly number[] | undefined, channel: number, fallback: number): number {
  if (values === undefined) return fallback;
  return typeof values === 'number' ? values : (values[channel] ?? values[0] ?? fallback);
}

function allocate(dtype: ImageTensor['dtype'], length: number): Values {
  if (dtype === 'uint8') return new Uint8Array(length);
  return dtype === 'float16' ? new Uint16Array(length) : new Float32Array(length);
}
