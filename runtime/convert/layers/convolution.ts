import { activate } from '../primitives/activation.js';
import { conv2d, conv2dTranspose, depthwiseConv2d } from '../primitives/convolution.js';
import { Unsupported } from '../unsupported.js';
import type { LayerCall, LayerFamily } from './layer.js';

export const convolution: LayerFamily = {
  Conv2D: (call) => {
    const { b, x } = call;
    return activate(
      b,
      conv2d(b, x, { kernel: call.weight('kernel'), bias: bias(call), ...window(call) }),
      call.config.activation(),
    );
  },

  DepthwiseConv2D: (call) => {
    const { b, x, config } = call;
    const sliding = window(call);
    if (sliding.dilations.some((dilation) => dilation !== 1)) {
      b.notes.push(
        `DepthwiseConv2D "${config.name}": TensorFlow.js ignores dilation_rate = ${sliding.dilations.join('x')}, and so does the converted model`,
      );
    }
    const kernel = call.weight('depthwise_kernel');
    const convolved = depthwiseConv2d(b, x, { kernel, bias: bias(call), ...sliding, dilations: [1, 1] });
    return activate(b, convolved, call.config.activation());
  },

  SeparableConv2D: (call) => {
    const { b, x } = call;
    const channels = depthwiseConv2d(b, x, { kernel: call.weight('depthwise_kernel'), ...window(call) });
    const pointwise = { strides: [1, 1], dilations: [1, 1], padding: 'valid' } as const;
    return activate(
      b,
      conv2d(b, channels, { kernel: call.weight('pointwise_kernel'), bias: bias(call), ...pointwise }),
      call.config.activation(),
    );
  },

  Conv2DTranspose: (call) => {
    const { b, x, config } = call;
    config.requireChannelsLast();
    const kernel = call.weight('kernel');
    const { strides, padding, dilations } = window(call);
    if (dilations[0] !== 1 || dilations[1] !== 1)
      throw new Unsupported('Conv2DTranspose', config.name, 'has a dilation, which is not converted');
    const size = [0, 1].map((i) => {
      const length = x.shape[i + 1]!;
      if (length === null) return null;
      return length * strides[i]! + (padding === 'valid' ? Math.max(kernel.shape[i]! - strides[i]!, 0) : 0);
    }) as [number | null, number | null];
    return activate(
      b,
      conv2dTranspose(b, x, { kernel, bias: bias(call), strides, padding }, size),
      config.activation(),
    );
  },
};

function bias(call: LayerCall) {
  return call.config.flag('use_bias', true) ? call.weight('bias') : undefined;
}

function window({ config }: LayerCall) {
  config.requireChannelsLast();
  return {
    strides: config.pair('strides', [1, 1]),
    dilations: config.pair('dilation_rate', [1, 1]),
    padding: config.padding(),
  };
}
