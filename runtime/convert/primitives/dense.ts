import type { Builder, Value } from '../builder.js';
import type { Constant } from '../graph.js';
import { channelsLast } from '../layout.js';
import { permuted, reshaped } from '../tensors.js';
import { Unsupported } from '../unsupported.js';
import { biasInput } from './bias.js';
import { conv2d } from './convolution.js';
import { binary } from './elementwise.js';

/** `x · kernel + bias` along the last axis; the kernel is `[in, out]`. */
export function dense(b: Builder, x: Value, kernel: Constant, bias: Constant | undefined): Value {
  const [inputs, units] = kernel.shape as [number, number];
  const last = x.shape.at(-1);
  if (last !== inputs) throw new Unsupported('Dense', b.scope, `has a kernel for ${inputs} inputs and gets ${last}`);
  if (x.layout.kind === 'channels-first') {
    const pointwise = b.derive(kernel, 'pointwise', (k) => reshaped(k, [1, 1, inputs, units]));
    return conv2d(b, x, { kernel: pointwise, bias, strides: [1, 1], dilations: [1, 1], padding: 'valid' });
  }
  const shape = [...x.shape.slice(0, -1), units];
  if (x.shape.length === 2) {
    const weights = x.layout.kind === 'flattened' ? flattenedWeights(b, kernel, x.layout.from) : kernel;
    return b.node('Gemm', [x, b.constant(weights), ...(bias === undefined ? [] : [biasInput(b, bias, units)])], {
      shape,
    });
  }
  const product = b.node('MatMul', [channelsLast(b, x), b.constant(kernel)], { shape });
  return bias === undefined ? product : binary(b, 'Add', product, b.constant(bias));
}

/** The rows of the kernel in the order in which a flattened NCHW value has its elements. */
function flattenedWeights(
  b: Builder,
  kernel: Constant,
  [height, width, channels]: readonly [number, number, number],
): Constant {
  const [inputs, units] = kernel.shape as [number, number];
  return b.derive(kernel, `flattened ${height} ${width} ${channels}`, (k) =>
    reshaped(permuted(reshaped(k, [height, width, channels, units]), [2, 0, 1, 3]), [inputs, units]),
  );
}
