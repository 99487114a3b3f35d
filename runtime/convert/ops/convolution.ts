import type { Value } from '../builder.js';
import { conv2d, conv2dTranspose, depthwiseConv2d } from '../primitives/convolution.js';
import { pool } from '../primitives/pooling.js';
import type { Padding, Pair } from '../primitives/window.js';
import { Unsupported } from '../unsupported.js';
import { fusedBias, fusedTail } from './fused.js';
import { constantInput, input, type OpCall, type OperationFamily, partlyKnown } from './operation.js';

export const convolution: OperationFamily = {
  Conv2D: (call) => convolved(call, conv2d),
  _FusedConv2D: (call) => fusedTail(call, convolved(call, conv2d)),
  DepthwiseConv2d: (call) => convolved(call, depthwiseConv2d),
  DepthwiseConv2dNative: (call) => convolved(call, depthwiseConv2d),
  FusedDepthwiseConv2dNative: (call) => fusedTail(call, convolved(call, depthwiseConv2d)),

  Conv2DBackpropInput: (call) => {
    requireChannelsLast(call);
    const [, height = null, width = null] = partlyKnown(call, 0);
    const { strides, padding } = window(call);
    return conv2dTranspose(call.b, input(call, 2), { kernel: constantInput(call, 1), strides, padding }, [
      height,
      width,
    ]);
  },

  MaxPool: (call) => pooled(call, 'max'),
  AvgPool: (call) => pooled(call, 'average'),
};

function convolved(call: OpCall, convolve: typeof conv2d): Value {
  requireChannelsLast(call);
  return convolve(call.b, input(call, 0), { kernel: constantInput(call, 1), bias: fusedBias(call), ...window(call) });
}

function pooled(call: OpCall, kind: 'max' | 'average'): Value {
  requireChannelsLast(call);
  const kernel = inner(call.attributes.numbers('ksize', [1, 1, 1, 1]));
  const { strides, padding } = window(call);
  return pool(call.b, kind, input(call, 0), kernel, strides, padding);
}

function window({ attributes, op, name }: OpCall): { strides: Pair; dilations: Pair; padding: Padding } {
  const padding = attributes.text('padding', 'VALID').toLowerCase();
  const strides = inner(attributes.numbers('strides', [1, 1, 1, 1]));
  const dilations = inner(attributes.numbers('dilations', [1, 1, 1, 1]));
  if (padding === 'same' || padding === 'valid') return { strides, dilations, padding };
  const explicit = attributes.numbers('explicit_paddings');
  if (padding !== 'explicit' || explicit.length !== 8) throw new Unsupported(op, name, `is padded by ${padding}`);
  return {
    strides,
    dilations,
    padding: [
      [explicit[2]!, explicit[3]!],
      [explicit[4]!, explicit[5]!],
    ],
  };
}

/** Height and width of an NHWC list. */
function inner(values: readonly number[]): Pair {
  return [values[1] ?? 1, values[2] ?? 1];
}

function requireChannelsLast({ attributes, op, name }: OpCall): void {
  const format = attributes.text('data_format', 'NHWC').toUpperCase();
  if (format !== 'NHWC')
    throw new Unsupported(op, name, `works on ${format}, which TensorFlow.js computes on some backends only`);
}
