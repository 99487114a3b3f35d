import type { Value } from '../builder.js';
import { float } from '../graph.js';
import { activate, leakyRelu, prelu, softmax } from '../primitives/activation.js';
import { unary, withScalars } from '../primitives/elementwise.js';
import { Unsupported } from '../unsupported.js';
import type { LayerCall, LayerFamily } from './layer.js';

export const activation: LayerFamily = {
  Activation: ({ b, x, config }) => activate(b, x, config.activation()),

  ReLU: (call) => {
    const { b, x, config } = call;
    for (const ignored of ['negative_slope', 'threshold']) {
      if (config.number(ignored, 0) !== 0) {
        b.notes.push(
          `ReLU "${config.name}": TensorFlow.js ignores ${ignored} = ${config.number(ignored, 0)}, and so does the converted model`,
        );
      }
    }
    const max = config.optionalNumber('max_value');
    return max === undefined ? unary(b, 'Relu', x) : withScalars(b, 'Clip', x, [0, max]);
  },

  LeakyReLU: ({ b, x, config }) => leakyRelu(b, x, config.number('alpha', 0.3)),
  PReLU: (call) => prelu(call.b, call.x, call.b.constant(call.weight('alpha'))),
  ELU: ({ b, x, config }) => {
    requireDefault(config.number('alpha', 1), 1, config.name);
    return unary(b, 'Elu', x);
  },
  ThresholdedReLU: ({ b, x, config }) => thresholded(b, x, config.number('theta', 1)),

  Softmax: ({ b, x, config }) => {
    const [axis = 1, ...more] = config.numbers('axis', [1]);
    const last = axis === -1 || axis === x.shape.length - 1;
    if (more.length > 0 || !last)
      throw new Unsupported(
        'Softmax',
        config.name,
        'is not along the last axis, which TensorFlow.js does not carry out',
      );
    return softmax(b, x);
  },
};

/** `x` where it is greater than `theta`, else 0. */
function thresholded(b: LayerCall['b'], x: Value, theta: number): Value {
  return unary(b, 'ThresholdedRelu', x, { alpha: float(theta) });
}

function requireDefault(alpha: number, expected: number, name: string): void {
  if (alpha !== expected)
    throw new Unsupported('ELU', name, `has alpha = ${alpha}, which TensorFlow.js does not carry out`);
}
