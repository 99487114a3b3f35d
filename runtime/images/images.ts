/**
 * Pictures to tensors. Comes in: what a request's `data` can be (URL, data URI, base64 text, bytes) and a recipe.
 * Goes out: a typed array with its shape, or what the model sees as a PNG. It knows nothing of models.
 */
import sharp from 'sharp';
import { type ImageLimits, processLimits } from './limits.js';
import { decode, type Pixels } from './pixels.js';
import type { ImageRecipe, ImageTensor } from './recipe.js';
import { requestSignal } from './request.js';
import { readBytes } from './source.js';
import { decoded, timed } from './stages.js';
import { toTensor } from './tensor.js';

type DataOf<DType> = DType extends 'uint8' ? Uint8Array : DType extends 'float16' ? Uint16Array : Float32Array;

/** The tensor that a recipe gives: `Float32Array` unless its `dtype` says otherwise. */
export type TensorOf<Recipe extends ImageRecipe> = ImageTensor<
  'dtype' extends keyof Recipe ? DataOf<Exclude<Recipe['dtype'], undefined>> : Float32Array
>;

export interface ReadOptions {
  /** Stops a fetch, or the work that has not begun. A request whose client is gone stops by itself. */
  readonly signal?: AbortSignal | undefined;
  /** Default: those of the process (`KATONIC_MAX_PIXELS` and others, docs/images.md). */
  readonly limits?: ImageLimits | undefined;
}

/**
 * Reads one picture as the recipe says.
 *
 * @param data an http(s) URL, a data URI, base64 text, or the bytes of a picture file.
 * @returns values in `[1, height, width, channels]` (`nhwc`) or `[1, channels, height, width]` (`nchw`).
 * @throws {KatonicError} with `where.field` `['body', 'data']`: `not_an_image`, `too_large`, `invalid_input`, `fetch_failed`.
 */
export async function readImage<const Recipe extends ImageRecipe>(
  data: string | Uint8Array,
  recipe: Recipe,
  options?: ReadOptions,
): Promise<TensorOf<Recipe>> {
  const bytes = await fetched(data, options);
  return timed('decode', async () => {
    const pixels = decoded(await decode(bytes, recipe, options?.limits ?? processLimits()));
    return toTensor(pixels, recipe) as TensorOf<Recipe>;
  });
}

/** The same picture before normalisation: 8-bit pixels, interleaved, of the recipe's size and channels. */
export async function readPixels(
  data: string | Uint8Array,
  recipe: ImageRecipe,
  options?: ReadOptions,
): Promise<Pixels> {
  const bytes = await fetched(data, options);
  return timed('decode', async () => decoded(await decode(bytes, recipe, options?.limits ?? processLimits())));
}

/** What the model sees of a picture, after orientation, resizing and cropping, as a PNG. */
export async function previewImage(
  data: string | Uint8Array,
  recipe: ImageRecipe,
  options?: ReadOptions,
): Promise<Uint8Array> {
  return toPng(await readPixels(data, recipe, options));
}

/** Decoded pixels as a PNG file. */
export function toPng({ data, width, height, channels }: Pixels): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels } }).png({ compressionLevel: 3 }).toBuffer();
}

async function fetched(data: string | Uint8Array, options: ReadOptions | undefined): Promise<Uint8Array> {
  const signal = requestSignal(options?.signal);
  signal?.throwIfAborted();
  const bytes = await readBytes(data, options?.limits ?? processLimits(), signal);
  signal?.throwIfAborted();
  return bytes;
}
