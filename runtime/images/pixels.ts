import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { KatonicError } from '../errors.js';
import { drawOnCanvas, levelOf } from './canvas.js';
import { fromCmyk, inChannels } from './colours.js';
import { heicRefusal, sniff, unreadable } from './formats.js';
import { type Geometry, planGeometry, type Size } from './geometry.js';
import type { ImageLimits } from './limits.js';
import type { ImageRecipe } from './recipe.js';
import { refuse } from './refusals.js';
import { resample } from './resample.js';
import { sampleBilinear } from './tensorflow.js';

/** Decoded pixels, interleaved row by row. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/**
 * Up to here a picture is decoded fully, as Pillow does. A larger one, where it is at least four times the target, is
 * shrunk by two while decoding: that saves a third of the time and differs by about half a level of 255.
 */
const DECODED_FULLY = 1_000_000;
const BLACK = [0, 0, 0] as const;
const WHITE = [255, 255, 255] as const;

// Every request brings another picture, so a cache of decoded ones only holds memory; and several processes serve,
// so one thread for each picture gives more pictures a second than all threads for one.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Decodes, turns upright, resizes and crops as the recipe says: what the model sees, before normalisation.
 *
 * @param bytes an encoded picture.
 * @throws {KatonicError} `not_an_image` or `too_large`, `where.field` `['body', 'data']`.
 */
export async function decode(bytes: Uint8Array, recipe: ImageRecipe, limits: ImageLimits): Promise<Pixels> {
  if (sniff(bytes) === undefined) throw await unreadable(bytes);
  try {
    const metadata = await sharp(bytes, { limitInputPixels: false, failOn: 'none' }).metadata();
    checkHeader(metadata, limits);
    const turned = recipe.orientation !== 'ignore' && (metadata.orientation ?? 1) >= 5;
    const source = turned
      ? { width: metadata.height, height: metadata.width }
      : { width: metadata.width, height: metadata.height };
    const upright = await opened(bytes, metadata, recipe, limits);
    return await drawn(upright, source, metadata, recipe);
  } catch (error) {
    throw error instanceof KatonicError ? error : damaged(error);
  }
}

function checkHeader(metadata: Metadata, limits: ImageLimits): void {
  if (metadata.compression === 'hevc') throw heicRefusal();
  const { width, height } = metadata;
  if (width * height > limits.maxPixels) {
    throw refuse(
      'too_large',
      `A picture of at most ${limits.maxPixels} pixels was expected, one of ${width} x ${height} = ${width * height} came.`,
      'Send a smaller picture, or raise KATONIC_MAX_PIXELS.',
    );
  }
}

/** The picture upright and without transparency, as a pipeline that goes on with resizing. */
async function opened(bytes: Uint8Array, metadata: Metadata, recipe: ImageRecipe, limits: ImageLimits): Promise<Sharp> {
  const options: SharpOptions = {
    limitInputPixels: limits.maxPixels,
    failOn: 'error',
    ignoreIcc: recipe.colourProfile === 'ignore',
    pages: 1,
  };
  const image = sharp(bytes, options);
  if (recipe.orientation !== 'ignore') image.autoOrient();
  if (plainCmyk(metadata, recipe)) {
    const stored = await raw(image.pipelineColourspace('cmyk').toColourspace('cmyk'));
    return fromRaw({ ...stored, data: fromCmyk(stored.data, stored.channels), channels: 3 });
  }
  if (!metadata.hasAlpha) return image;
  const colour = recipe.alpha ?? WHITE;
  if (colour === 'drop' && (recipe.kernel === 'canvas' || sampled(recipe))) return image;
  if (colour !== 'drop') return image.flatten({ background: rgb(colour) });
  // sharp drops the alpha channel after resizing, when colours are already mixed by it: so it goes in a step before.
  return fromRaw(await raw(image.removeAlpha()));
}

async function drawn(image: Sharp, source: Size, metadata: Metadata, recipe: ImageRecipe): Promise<Pixels> {
  const plan = planGeometry(source, recipe);
  const transparent = metadata.hasAlpha && (recipe.alpha ?? WHITE) === 'drop';
  const { data, channels: read } =
    recipe.kernel === 'canvas'
      ? await drawOnCanvas(halvedByDecoder(image, source, plan, metadata), plan, transparent)
      : sampled(recipe)
        ? await sampleBilinear(image, source, plan, recipe)
        : await resized(image, source, plan, recipe);
  const channels = recipe.channels ?? 3;
  return { data: inChannels(data, read, channels), width: recipe.width, height: recipe.height, channels };
}

/** TensorFlow.js has no padding resize, so `pad` goes the common way. */
function sampled(recipe: ImageRecipe): boolean {
  return recipe.kernel === 'tensorflow' && recipe.fit !== 'pad';
}

type Raw = { data: Uint8Array; width: number; height: number; channels: 1 | 2 | 3 | 4 };

async function resized(image: Sharp, source: Size, plan: Geometry, recipe: ImageRecipe): Promise<Raw> {
  const { crop, pad } = plan;
  const scaled = await scaledTo(image, source, plan.size, recipe);
  if (pad === undefined) return raw(crop === undefined ? scaled : scaled.extract(crop));
  const background = recipe.fit === 'pad' ? (recipe.background ?? BLACK) : BLACK;
  const padded = await raw(scaled.extend({ ...pad, background: rgb(background) }));
  return crop === undefined ? padded : raw(fromRaw(padded).extract(crop));
}

async function scaledTo(image: Sharp, source: Size, size: Size, recipe: ImageRecipe): Promise<Sharp> {
  const given = recipe.kernel ?? 'linear';
  const kernel = given === 'canvas' || given === 'tensorflow' ? 'linear' : given;
  if (kernel === 'nearest' || size.width > source.width || size.height > source.height) {
    const { data, channels } = await raw(image);
    return fromRaw({ data: resample(data, source, channels, size, kernel), ...size, channels });
  }
  // A region as large as the picture: libvips then decodes fully, where it would shrink a JPEG or WebP while decoding.
  if (source.width * source.height <= DECODED_FULLY) image.extract({ left: 0, top: 0, ...source });
  return image.resize({ ...size, fit: 'fill', kernel, fastShrinkOnLoad: false });
}

function fromRaw({ data, width, height, channels }: Raw): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

/** All but the last halving of a large JPEG is the decoder's: much faster, and half a level of 255 apart (docs/images.md). */
function halvedByDecoder(image: Sharp, source: Size, plan: Geometry, metadata: Metadata): Sharp {
  if (metadata.format !== 'jpeg' || source.width * source.height <= DECODED_FULLY) return image;
  const level = levelOf(source, plan.size);
  const times = Math.min(8, 2 ** (Math.round(Math.log2(source.width / level.width)) - 1));
  const size = { width: Math.floor(source.width / times), height: Math.floor(source.height / times) };
  return times <= 1 ? image : image.resize({ ...size, fit: 'fill', kernel: 'linear', fastShrinkOnLoad: true });
}

async function raw(image: Sharp): Promise<Raw> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** CMYK without a profile, or with profiles ignored, is mixed by the plain formula as Pillow and browsers do; libvips would put a profile in. */
function plainCmyk(metadata: Metadata, recipe: ImageRecipe): boolean {
  return metadata.space === 'cmyk' && (recipe.colourProfile === 'ignore' || !metadata.hasProfile);
}

function rgb([r, g, b]: readonly [number, number, number]): { r: number; g: number; b: number } {
  return { r, g, b };
}

function damaged(error: unknown): KatonicError {
  const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  if (/exceeds pixel limit/i.test(said)) {
    return refuse(
      'too_large',
      'The picture has more pixels than its header or the limit allows.',
      'Send a smaller picture, or raise KATONIC_MAX_PIXELS.',
      error,
    );
  }
  const cut =
    /premature end|truncated|end of (file|stream|data)|unexpected end|ran out of data|read error|not enough data/i.test(
      said,
    );
  return refuse(
    'not_an_image',
    cut
      ? `The picture is truncated: its data ends too early (${said}).`
      : `The picture is damaged and cannot be decoded (${said}).`,
    cut ? 'Send the whole file.' : 'Open it in a picture viewer and save it again.',
    error,
  );
}
