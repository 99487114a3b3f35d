import type { Value } from '../builder.js';
import { float, int } from '../graph.js';
import { channelsLast } from '../layout.js';
import { binary } from '../primitives/elementwise.js';
import { batchNormalization } from '../primitives/normalisation.js';
import { floats } from '../tensors.js';
import { Unsupported } from '../unsupported.js';
import type { LayerCall, LayerFamily } from './layer.js';

export const normalisation: LayerFamily = {
  BatchNormalization: (call) => {
    const { b, x, config } = call;
    const [axis = -1] = config.numbers('axis', [-1]);
    if (axis !== -1 && axis !== x.shape.length - 1) {
      // Its backends give different answers: the plain one cycles through the moments as if the axis were the last.
      throw new Unsupported(
        config.className,
        config.name,
        `is along axis ${axis}, which TensorFlow.js computes for the last axis only`,
      );
    }
    return batchNormalization(b, x, {
      mean: call.weight('moving_mean'),
      variance: call.weight('moving_variance'),
      gamma: config.flag('scale', true) ? call.weight('gamma') : undefined,
      beta: config.flag('center', true) ? call.weight('beta') : undefined,
      epsilon: config.number('epsilon', 1e-3),
    });
  },

  LayerNormalization: (call) => layerNormalization(call),

  Rescaling: ({ b, x, config }) => {
    const scaled = binary(b, 'Mul', x, b.constant(perChannel(config.numbers('scale', [1]))));
    return binary(b, 'Add', scaled, b.constant(perChannel(config.numbers('offset', [0]))));
  },
};

function layerNormalization(call: LayerCall): Value {
  const { b, x, config } = call;
  const axes = config.numbers('axis', [-1]).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const first = Math.min(...axes);
  if (axes.length !== x.shape.length - first || first === 0) {
    throw new Unsupported(
      'LayerNormalization',
      config.name,
      `normalises axes [${axes.join(', ')}], which are not the last ones`,
    );
  }
  const shape = x.shape.slice(first);
  if (shape.includes(null)) throw new Unsupported('LayerNormalization', config.name, 'normalises a free dimension');
  const sizes = shape as number[];
  const size = sizes.reduce((product, dim) => product * dim, 1);
  const gamma = config.flag('scale', true) ? call.weight('gamma') : floats(sizes, new Float32Array(size).fill(1));
  const beta = config.flag('center', true) ? call.weight('beta') : floats(sizes, new Float32Array(size));
  return b.node(
    'LayerNormalization',
    [channelsLast(b, x), b.constant(gamma), b.constant(beta)],
    { shape: x.shape },
    { axis: int(first), epsilon: float(config.number('epsilon', 1e-3)) },
  );
}

function perChannel(values: readonly number[]) {
  return floats(values.length === 1 ? [] : [values.length], values);
}
