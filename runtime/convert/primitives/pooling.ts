import type { Builder, Value } from '../builder.js';
import { CHANNELS_FIRST, channelsFirst } from '../layout.js';
import { type Padding, type Pair, slide } from './window.js';

/** `tf.maxPool` and `tf.avgPool`. Padded places count neither for the maximum nor in the average's divisor. */
export function pool(
  b: Builder,
  kind: 'max' | 'average',
  x: Value,
  kernel: Pair,
  strides: Pair,
  padding: Padding,
): Value {
  const { attributes, height, width } = slide(
    x,
    { kernel, strides, dilations: [1, 1], padding },
    kind === 'max' ? 'MaxPool' : 'AvgPool',
  );
  const input = channelsFirst(b, x);
  return b.node(
    kind === 'max' ? 'MaxPool' : 'AveragePool',
    [input],
    { shape: [x.shape[0]!, height, width, x.shape[3]!], layout: CHANNELS_FIRST },
    attributes,
  );
}

/** The mean or maximum over height and width; `[batch, channels]`, or `[batch, 1, 1, channels]` with `keepDims`. */
export function globalPool(b: Builder, kind: 'max' | 'average', x: Value, keepDims: boolean): Value {
  const input = channelsFirst(b, x);
  const [batch, , , channels] = x.shape;
  const pooled = b.node(kind === 'max' ? 'GlobalMaxPool' : 'GlobalAveragePool', [input], {
    shape: [batch!, 1, 1, channels!],
    layout: CHANNELS_FIRST,
  });
  if (keepDims) return pooled;
  return b.node('Flatten', [pooled], { shape: [batch!, channels!] });
}
