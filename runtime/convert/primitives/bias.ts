import type { Builder, Value } from '../builder.js';
import type { Constant } from '../graph.js';
import { asFloats, floats, reshaped } from '../tensors.js';
import { Unsupported } from '../unsupported.js';

/** The bias of a convolution or matrix product, one value a channel. TensorFlow.js also takes a single one for all. */
export function biasInput(b: Builder, bias: Constant | undefined, channels: number): Value | undefined {
  if (bias === undefined) return undefined;
  const { length } = bias.data;
  if (length === 1 && channels > 1) {
    return b.constant(
      b.derive(bias, `times ${channels}`, (c) => floats([channels], new Float32Array(channels).fill(asFloats(c)[0]!))),
    );
  }
  if (length !== channels) throw new Unsupported('BiasAdd', b.scope, `has ${length} values for ${channels} channels`);
  return b.constant(bias.shape.length === 1 ? bias : b.derive(bias, 'flat', (c) => reshaped(c, [channels])));
}
