import type { Builder, Value } from '../builder.js';
import { type Constant, float } from '../graph.js';
import { channelsLast } from '../layout.js';
import { asFloats, floats } from '../tensors.js';
import { binary } from './elementwise.js';

export interface Moments {
  readonly mean: Constant;
  readonly variance: Constant;
  readonly gamma: Constant | undefined;
  readonly beta: Constant | undefined;
  readonly epsilon: number;
}

/** `(x - mean) / sqrt(variance + epsilon) * gamma + beta` along the last axis, with the moments of training. */
export function batchNormalization(b: Builder, x: Value, moments: Moments): Value {
  const { mean, variance, epsilon } = moments;
  const channels = mean.data.length;
  const gamma = moments.gamma ?? floats([channels], new Float32Array(channels).fill(1));
  const beta = moments.beta ?? floats([channels], new Float32Array(channels));
  if (x.layout.kind === 'channels-first' || x.shape.length === 2) {
    const input = x.layout.kind === 'flattened' ? channelsLast(b, x) : x;
    const inputs = [gamma, beta, mean, variance].map((constant) => b.constant(constant));
    return b.node(
      'BatchNormalization',
      [input, ...inputs],
      { shape: x.shape, layout: input.layout },
      { epsilon: float(epsilon) },
    );
  }
  const scale = asFloats(gamma).map((g, i) => g / Math.sqrt(asFloats(variance)[i]! + epsilon));
  const shift = asFloats(beta).map((offset, i) => offset - asFloats(mean)[i]! * scale[i]!);
  const scaled = binary(b, 'Mul', x, b.constant(floats([channels], scale)));
  return binary(b, 'Add', scaled, b.constant(floats([channels], shift)));
}
