import type { Size } from './geometry.js';

type Kernel = 'nearest' | 'linear' | 'cubic' | 'lanczos3';

/** Each filter as a function of the distance in pixels, and how far it reaches. */
const FILTERS: Readonly<Record<Kernel, { readonly support: number; readonly weight: (distance: number) => number }>> = {
  nearest: { support: 0, weight: () => 1 },
  linear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, weight: cubic },
  lanczos3: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * Resizes as Pillow's `resize` does: one axis after the other, pixel centres on pixel centres. Used to enlarge, where
 * libvips lays corners on corners, which moves a picture of 32 pixels enlarged to 224 by almost half a pixel.
 *
 * @param data interleaved, 8 bits a channel.
 */
export function resample(data: Uint8Array, from: Size, channels: number, to: Size, kernel: Kernel): Uint8Array {
  const across = contributions(from.width, to.width, kernel);
  const wide = new Uint8Array(to.width * from.height * channels);
  for (let y = 0, out = 0; y < from.height; y++) {
    const row = y * from.width * channels;
    for (const { first, weights } of across) {
      for (let channel = 0; channel < channels; channel++) {
        wide[out++] = weighed(data, row + first * channels + channel, channels, weights);
      }
    }
  }
  const line = to.width * channels;
  const done = new Uint8Array(line * to.height);
  contributions(from.height, to.height, kernel).forEach(({ first, weights }, y) => {
    for (let at = 0; at < line; at++) done[y * line + at] = weighed(wide, first * line + at, line, weights);
  });
  return done;
}

function weighed(data: Uint8Array, start: number, stride: number, weights: readonly number[]): number {
  let sum = 0.5;
  for (let index = 0, at = start; index < weights.length; index++, at += stride) {
    sum += (data[at] as number) * (weights[index] as number);
  }
  return sum < 0 ? 0 : sum > 255 ? 255 : Math.floor(sum);
}

/** For each target pixel of one axis: the first source pixel that counts, and how much it and those after it count. */
function contributions(from: number, to: number, kernel: Kernel): { first: number; weights: readonly number[] }[] {
  const scale = from / to;
  if (kernel === 'nearest') {
    // Pillow adds step to step, and its rounding errors decide where a point falls between two pixels.
    let at = scale / 2;
    return Array.from({ length: to }, () => {
      const first = Math.min(from - 1, Math.floor(at));
      at += scale;
      return { first, weights: [1] };
    });
  }
  const { support, weight } = FILTERS[kernel];
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * stretch + 0.5));
    const raw = Array.from({ length: end - first }, (_, at) => weight((first + at - centre + 0.5) / stretch));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((value) => value / sum) };
  });
}

/** Keys' cubic with a = -0.5, Pillow's BICUBIC. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
