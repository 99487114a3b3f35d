import type { Builder, Value } from '../builder.js';
import { type Constant, int, ints } from '../graph.js';
import { CHANNELS_FIRST, channelsFirst } from '../layout.js';
import { permuted, reshaped } from '../tensors.js';
import { Unsupported } from '../unsupported.js';
import { biasInput } from './bias.js';
import { outputSize, samePadding } from './same-padding.js';
import { type Padding, type Pair, slide } from './window.js';

export interface Convolution {
  readonly kernel: Constant;
  readonly bias?: Constant | undefined;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: Padding;
}

/** `tf.conv2d`: the kernel is `[height, width, in, out]`. */
export function conv2d(b: Builder, x: Value, convolution: Convolution): Value {
  const [height, width, channels, filters] = convolution.kernel.shape as [number, number, number, number];
  if (x.shape[3] !== channels) {
    throw new Unsupported(
      'Conv2D',
      b.scope,
      `has ${channels} input channels in its kernel and ${x.shape[3]} in its input: grouped convolutions are not converted`,
    );
  }
  const weights = b.derive(convolution.kernel, 'oihw', (kernel) => permuted(kernel, [3, 2, 0, 1]));
  return convolve(b, x, convolution, [height, width], weights, 1, filters);
}

/** `tf.depthwiseConv2d`: the kernel is `[height, width, in, multiplier]`; output channel `c * multiplier + m` reads channel `c`. */
export function depthwiseConv2d(b: Builder, x: Value, convolution: Convolution): Value {
  const [height, width, channels, multiplier] = convolution.kernel.shape as [number, number, number, number];
  if (x.shape[3] !== channels) {
    throw new Unsupported(
      'DepthwiseConv2D',
      b.scope,
      `has ${channels} channels in its kernel and ${x.shape[3]} in its input`,
    );
  }
  const weights = b.derive(convolution.kernel, 'depthwise', (kernel) =>
    reshaped(permuted(kernel, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]),
  );
  return convolve(b, x, convolution, [height, width], weights, channels, channels * multiplier);
}

/** `tf.conv2dTranspose`: the kernel is `[height, width, out, in]`; `size` is the height and width asked for, free ones `null`. */
export function conv2dTranspose(
  b: Builder,
  x: Value,
  convolution: Omit<Convolution, 'dilations'>,
  size: readonly [number | null, number | null],
): Value {
  const { kernel, strides, padding } = convolution;
  const [height, width, filters, channels] = kernel.shape as [number, number, number, number];
  if (x.shape[3] !== channels) {
    throw new Unsupported(
      'Conv2DTranspose',
      b.scope,
      `has ${channels} channels in its kernel and ${x.shape[3]} in its input`,
    );
  }
  const weights = b.derive(kernel, 'iohw', (k) => permuted(k, [3, 2, 0, 1]));
  const axes = [height, width].map((reach, i) =>
    transposedAxis(x.shape[i + 1]!, size[i]!, reach, strides[i]!, padding, i, b.scope),
  );
  const [h, w] = axes as [(typeof axes)[0], (typeof axes)[0]];
  const input = channelsFirst(b, x);
  return b.node(
    'ConvTranspose',
    [input, b.constant(weights), biasInput(b, convolution.bias, filters)],
    {
      shape: [x.shape[0]!, h.size, w.size, filters],
      layout: CHANNELS_FIRST,
    },
    {
      kernel_shape: ints([height, width]),
      strides: ints(strides),
      pads: ints([h.pads[0], w.pads[0], h.pads[1], w.pads[1]]),
      output_padding: ints([h.extra, w.extra]),
    },
  );
}

/**
 * TensorFlow defines the transposed convolution as the gradient of a convolution over the *output*: its padding is
 * that convolution's, and `extra` are the places at the end that no window of it reached.
 */
function transposedAxis(
  size: number | null,
  wanted: number | null,
  kernel: number,
  stride: number,
  padding: Padding,
  axis: number,
  name: string,
) {
  const free = size === null || wanted === null;
  const out = wanted ?? 0;
  const pads: Pair =
    padding === 'valid'
      ? [0, 0]
      : padding === 'same'
        ? // Without a size: the layer's output is size * stride, for which the padding does not depend on the size.
          samePadding(free ? stride : out, kernel, stride, 1)
        : padding[axis]!;
  const extra = free ? Math.max(0, stride - kernel) : out - ((size - 1) * stride + kernel - pads[0] - pads[1]);
  if (!free && (extra < 0 || outputSize(out, kernel, stride, 1, pads) !== size)) {
    throw new Unsupported(
      'Conv2DTranspose',
      name,
      `cannot make ${out} of ${size} with kernel ${kernel} and stride ${stride}`,
    );
  }
  return { pads, extra, size: free ? null : out };
}

function convolve(
  b: Builder,
  x: Value,
  convolution: Convolution,
  kernel: Pair,
  weights: Constant,
  groups: number,
  filters: number,
): Value {
  const { strides, dilations, padding } = convolution;
  const { attributes, height, width } = slide(x, { kernel, strides, dilations, padding }, 'Conv2D');
  const input = channelsFirst(b, x);
  return b.node(
    'Conv',
    [input, b.constant(weights), biasInput(b, convolution.bias, filters)],
    { shape: [x.shape[0]!, height, width, filters], layout: CHANNELS_FIRST },
    {
      ...attributes,
      ...(groups === 1 ? {} : { group: int(groups) }),
      ...(dilations[0] === 1 && dilations[1] === 1 ? {} : { dilations: ints(dilations) }),
    },
  );
}
