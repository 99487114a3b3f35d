import { normalisation, type PixelRange } from './answers.js';
import type { Fit, Pixels, Size } from './facts.js';
import type { OutputForm } from './reading.js';

const ranges: Record<PixelRange, string> = {
  '0..1': 'pixels scaled to 0..1',
  '-1..1': 'pixels scaled to -1..1',
  '0..255': 'pixels as they are, 0..255',
  imagenet: "pixels scaled to 0..1, then ImageNet's mean and standard deviation",
};

const fits: Record<Fit['fit'], string> = {
  crop: 'resized to cover the input, then its centre cut out',
  stretch: 'stretched to the input',
  'crop-first': 'the largest centred square, then resized',
  pad: 'fitted into the input, the rest filled',
};

const forms: Record<OutputForm, string> = {
  probabilities: 'output holds probabilities',
  logits: 'output holds logits, softmax is added',
  independent: 'output holds one probability for each class',
  'independent-logits': 'output holds one logit for each class, a sigmoid is added to each',
  probability: 'output is the probability of the second class',
  logit: 'output is one logit, a sigmoid is added',
};

/** Each part of a recipe in words, for people. */
export const describe = {
  size: ({ width, height }: Size) => `input ${width} x ${height}`,
  channels: (channels: 1 | 3) => (channels === 1 ? 'one channel (grey)' : 'three channels'),
  layout: (layout: 'nhwc' | 'nchw') => (layout === 'nhwc' ? 'channels last (NHWC)' : 'channels first (NCHW)'),
  order: (order: 'rgb' | 'bgr') => `${order.toUpperCase()} order`,
  kernel: (kernel: string) => `${kernel} resampling`,
  fit: ({ fit, resize }: Fit) => {
    if (resize === undefined) return `picture ${fits[fit]}`;
    const to =
      typeof resize === 'number'
        ? `its short side resized to ${resize}`
        : `resized to ${resize.width} x ${resize.height}`;
    return `picture ${to}, then its centre cut out`;
  },
  pixels: (pixels: Pixels) => {
    for (const [range, words] of Object.entries(ranges)) {
      if (samePixels(pixels, normalisation(range as PixelRange))) return words;
    }
    return `pixels * ${short(pixels.scale)}, minus ${short(pixels.mean)}, divided by ${short(pixels.std)}`;
  },
  form: (form: OutputForm) => forms[form],
};

function samePixels(one: Pixels, other: Pixels): boolean {
  const net = ({ scale, mean, std }: Pixels): number[] =>
    [0, 1, 2].flatMap((channel) => [scale / at(std, channel), at(mean, channel) / at(std, channel)]);
  const right = net(other);
  return net(one).every((value, index) => Math.abs(value - right[index]!) < 1e-6);
}

export function at(value: number | readonly number[], channel: number): number {
  return typeof value === 'number' ? value : (value[channel] ?? value[0] ?? 0);
}

function short(value: number | readonly number[]): string {
  if (typeof value !== 'number') return `[${value.map(short).join(', ')}]`;
  if (value !== 0 && Math.abs(value) < 0.1 && Math.abs(1 / value - Math.round(1 / value)) < 1e-4)
    return `1/${Math.round(1 / value)}`;
  return String(Number(value.toPrecision(6)));
}
