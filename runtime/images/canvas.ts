import type { Sharp } from 'sharp';
import type { Geometry, Size } from './geometry.js';

interface Raster extends Size {
  readonly data: Uint8Array;
  readonly channels: number;
}

/** The steps between two neighbouring pixels that a canvas drawn by software distinguishes. */
const STEPS = 16;

/**
 * Resizes and crops as `drawImage` of a browser's canvas does (measured on Chromium, docs/images.md): shrunk by a power
 * of two as long as it stays at least as large as the target, then bilinear between four pixels, with no wider filter.
 * Transparent pictures come back as `getImageData` gives them: black where nothing is left of a colour.
 *
 * @param image upright; not resized yet, or halved as often as {@link levelOf} allows.
 * @param transparent whether its fourth channel is alpha.
 */
export async function drawOnCanvas(image: Sharp, plan: Geometry, transparent: boolean): Promise<Raster> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const whole: Raster = { data, width: info.width, height: info.height, channels: info.channels };
  // A filter must not mix in the colours of what is not seen.
  if (transparent) premultiply(data);
  const raster = shrunk(whole, levelOf(whole, plan.size));
  const box = plan.crop ?? { left: 0, top: 0, ...plan.size };
  const drawn = sample(raster, plan.size, box);
  return transparent ? withoutAlpha(drawn) : drawn;
}

/** The size of the smallest level of halved pictures that still covers the target. */
export function levelOf(source: Size, target: Size): Size {
  const half = { width: Math.ceil(source.width / 2), height: Math.ceil(source.height / 2) };
  const covers = half.width >= target.width && half.height >= target.height && source.width + source.height > 2;
  return covers ? levelOf(half, target) : source;
}

/** Halved as often as it fits, and the rest, where sides are odd, by the bilinear step. */
function shrunk(whole: Raster, level: Size): Raster {
  const scale = Math.sqrt((level.width / whole.width) * (level.height / whole.height));
  let raster = whole;
  for (let times = Math.floor(-Math.log2(scale)); times > 0; times--) raster = halved(raster);
  if (raster.width === level.width && raster.height === level.height) return raster;
  return sample(raster, level, { left: 0, top: 0, ...level });
}

/** Means of 2 x 2 pixels; along an odd side of three, the middle one twice. Rounds down. */
function halved({ data, width, height, channels }: Raster): Raster {
  const size = { width: Math.max(1, width >> 1), height: Math.max(1, height >> 1) };
  const out = new Uint8Array(size.width * size.height * channels);
  const stride = width * channels;
  const line = new Uint16Array(stride);
  const shift = weightOf(width) + weightOf(height);
  for (let y = 0, to = 0; y < size.height; y++) {
    const start = 2 * y * stride;
    addRows(data, start, stride, height, line);
    for (let x = 0; x < size.width; x++) {
      for (let at = 2 * x * channels, end = at + channels; at < end; at++) {
        const near = line[at] as number;
        const next = width === 1 ? 0 : (line[at + channels] as number);
        out[to++] =
          (width % 2 === 0 || width === 1 ? near + next : near + 2 * next + (line[at + 2 * channels] as number)) >>
          shift;
      }
    }
  }
  return { ...size, data: out, channels };
}

/** Two rows, or of three the middle one twice, into one line of sums. */
function addRows(data: Uint8Array, start: number, stride: number, height: number, line: Uint16Array): void {
  const next = height === 1 ? -1 : start + stride;
  const last = height % 2 === 1 && height > 1 ? next + stride : -1;
  for (let at = 0; at < stride; at++) {
    let sum = data[start + at] as number;
    if (next !== -1) sum += data[next + at] as number;
    if (last !== -1) sum += (data[next + at] as number) + (data[last + at] as number);
    line[at] = sum;
  }
}

/** By how many bits the sum along one side is larger than its mean. */
function weightOf(side: number): number {
  return side === 1 ? 0 : side % 2 === 0 ? 1 : 2;
}

/** The part `box` of `from` as it looks at `size`, bilinear. */
function sample(from: Raster, size: Size, box: { readonly left: number; readonly top: number } & Size): Raster {
  const { data, channels } = from;
  const across = taps(from.width, size.width, box.left, box.width, channels);
  const down = taps(from.height, size.height, box.top, box.height, from.width * channels);
  const out = new Uint8Array(box.width * box.height * channels);
  let to = 0;
  for (let y = 0; y < box.height; y++) {
    const row = down.near[y] as number;
    const next = down.far[y] as number;
    const low = down.weight[y] as number;
    for (let x = 0; x < box.width; x++) {
      const right = across.weight[x] as number;
      let near = row + (across.near[x] as number);
      let far = row + (across.far[x] as number);
      let nearNext = next + (across.near[x] as number);
      let farNext = next + (across.far[x] as number);
      for (let channel = 0; channel < channels; channel++) {
        const top = (data[near++] as number) * (STEPS - right) + (data[far++] as number) * right;
        const bottom = (data[nearNext++] as number) * (STEPS - right) + (data[farNext++] as number) * right;
        out[to++] = (top * (STEPS - low) + bottom * low + (STEPS * STEPS) / 2) >> 8;
      }
    }
  }
  return { data: out, width: box.width, height: box.height, channels };
}

/** For each pixel of one axis of the target: the offsets of its two neighbours and how much the farther one counts. */
function taps(from: number, size: number, start: number, length: number, stride: number) {
  const near = new Int32Array(length);
  const far = new Int32Array(length);
  const weight = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const centre = Math.max(0, Math.min(from - 1, ((start + index + 0.5) * from) / size - 0.5));
    const whole = Math.floor(centre);
    near[index] = whole * stride;
    far[index] = Math.min(whole + 1, from - 1) * stride;
    weight[index] = Math.floor((centre - whole) * STEPS);
  }
  return { near, far, weight };
}

function premultiply(data: Uint8Array): void {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] as number;
    for (let channel = at; channel < at + 3; channel++)
      data[channel] = Math.round(((data[channel] as number) * alpha) / 255);
  }
}

/** Colours divided by their alpha again, and the alpha left out. */
function withoutAlpha({ data, width, height }: Raster): Raster {
  const out = new Uint8Array(width * height * 3);
  for (let at = 0, to = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] as number;
    for (let channel = at; channel < at + 3; channel++) {
      out[to++] = alpha === 0 ? 0 : Math.min(255, Math.round(((data[channel] as number) * 255) / alpha));
    }
  }
  return { data: out, width, height, channels: 3 };
}
