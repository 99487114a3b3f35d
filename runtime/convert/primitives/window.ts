import type { Value } from '../builder.js';
import { type Attributes, type Dimension, ints, text } from '../graph.js';
import { Unsupported } from '../unsupported.js';
import { outputSize, samePadding } from './same-padding.js';

export type Pair = readonly [number, number];
/** `explicit`: zeros before and after the height, then the width. */
export type Padding = 'same' | 'valid' | readonly [Pair, Pair];

export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: Padding;
}

/** The attributes of a convolution or pooling over an NHWC value, and the height and width of its result. */
export function slide(
  value: Value,
  window: Window,
  operator: string,
): { attributes: Attributes; height: Dimension; width: Dimension } {
  const { kernel, strides, dilations, padding } = window;
  if (value.shape.length !== 4)
    throw new Unsupported(operator, '', `is converted for rank 4 only, not rank ${value.shape.length}`);
  const base: Attributes = { kernel_shape: ints(kernel), strides: ints(strides) };
  const sizes = [value.shape[1]!, value.shape[2]!];
  // A free size under SAME: with stride 1 or kernel 1 the padding is the same for all sizes. Else it is left to ONNX,
  // whose SAME_UPPER is TensorFlow's rule; ONNX Runtime has it without dilation, which TensorFlow has with stride 1 only.
  const free = sizes.some((size, i) => size === null && strides[i] !== 1 && kernel[i] !== 1);
  if (padding === 'same' && free) {
    if (kernel.some((reach, i) => reach !== 1 && reach < strides[i]!)) {
      // ONNX Runtime computes a negative padding then, and stops.
      throw new Unsupported(operator, '', `has a stride larger than its kernel (${kernel.join('x')}) on a free size`);
    }
    const out = sizes.map((size, i) => (size === null ? null : Math.ceil(size / strides[i]!)));
    return { attributes: { ...base, auto_pad: text('SAME_UPPER') }, height: out[0]!, width: out[1]! };
  }
  const pads = [0, 1].map((i): Pair => {
    if (padding === 'valid') return [0, 0];
    if (padding === 'same') return samePadding(sizes[i] ?? 1, kernel[i]!, strides[i]!, dilations[i]!);
    return padding[i]!;
  });
  const out = sizes.map((size, i) =>
    size === null ? null : outputSize(size, kernel[i]!, strides[i]!, dilations[i]!, pads[i]!),
  );
  if (out.some((size) => size !== null && size < 1)) {
    throw new Unsupported(
      operator,
      '',
      `has a window of ${kernel.join('x')} that does not fit into ${sizes.join('x')}`,
    );
  }
  const padded = pads.some(([before, after]) => before + after > 0);
  return {
    attributes: { ...base, ...(padded ? { pads: ints([pads[0]![0], pads[1]![0], pads[0]![1], pads[1]![1]]) } : {}) },
    height: out[0]!,
    width: out[1]!,
  };
}
