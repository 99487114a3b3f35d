import type { Builder, Value } from '../builder.js';
import { float, int } from '../graph.js';
import { channelsLast, storedAxis } from '../layout.js';
import { Unsupported } from '../unsupported.js';
import { binary, broadcastShape, sameLayout, unary, withScalars } from './elementwise.js';

type Activation = (b: Builder, x: Value) => Value;

const activations: Readonly<Record<string, Activation>> = {
  linear: (_b, x) => x,
  relu: (b, x) => unary(b, 'Relu', x),
  relu6: (b, x) => withScalars(b, 'Clip', x, [0, 6]),
  elu: (b, x) => unary(b, 'Elu', x),
  selu: (b, x) => unary(b, 'Selu', x),
  sigmoid: (b, x) => unary(b, 'Sigmoid', x),
  // TensorFlow.js: 0.2 x + 0.5 between 0 and 1; Keras 3 means x / 6 + 0.5 by the same name.
  hardsigmoid: (b, x) => unary(b, 'HardSigmoid', x, { alpha: float(0.2), beta: float(0.5) }),
  softplus: (b, x) => unary(b, 'Softplus', x),
  softsign: (b, x) => unary(b, 'Softsign', x),
  tanh: (b, x) => unary(b, 'Tanh', x),
  softmax: (b, x) => softmax(b, x),
  logsoftmax: (b, x) => softmax(b, x, -1, 'LogSoftmax'),
  swish: (b, x) => binary(b, 'Mul', x, unary(b, 'Sigmoid', x)),
  silu: (b, x) => binary(b, 'Mul', x, unary(b, 'Sigmoid', x)),
  mish: (b, x) => binary(b, 'Mul', x, unary(b, 'Tanh', unary(b, 'Softplus', x))),
  gelu: (b, x) => {
    const erf = unary(b, 'Erf', times(b, x, Math.SQRT1_2));
    return binary(b, 'Mul', x, times(b, plus(b, erf, 1), 0.5));
  },
  gelunew: (b, x) => {
    const cube = binary(b, 'Mul', binary(b, 'Mul', x, x), x);
    const inner = times(b, binary(b, 'Add', x, times(b, cube, 0.044715)), Math.sqrt(2 / Math.PI));
    return binary(b, 'Mul', x, times(b, plus(b, unary(b, 'Tanh', inner), 1), 0.5));
  },
};

/** An activation by the name that Keras or TensorFlow.js gives it; `hard_sigmoid` and `hardSigmoid` are one. */
export function activate(b: Builder, x: Value, name: string): Value {
  const activation = activations[name.replaceAll('_', '').toLowerCase()];
  if (activation === undefined) throw new Unsupported(`the activation ${name}`, b.scope);
  return activation(b, x);
}

export function softmax(b: Builder, x: Value, axis = -1, op: 'Softmax' | 'LogSoftmax' = 'Softmax'): Value {
  const positive = axis < 0 ? axis + x.shape.length : axis;
  const input = x.layout.kind === 'flattened' ? channelsLast(b, x) : x;
  return unary(b, op, input, { axis: int(storedAxis(input, positive)) });
}

export function leakyRelu(b: Builder, x: Value, alpha: number): Value {
  return unary(b, 'LeakyRelu', x, { alpha: float(alpha) });
}

/** `alpha` broadcasts to the shape of `x`. */
export function prelu(b: Builder, x: Value, alpha: Value): Value {
  const [input, slope] = sameLayout(b, [x, alpha]);
  broadcastShape(x.shape, alpha.shape, 'Prelu');
  return b.node('PRelu', [input, slope], { shape: x.shape, dtype: x.dtype, layout: input!.layout });
}

export function plus(b: Builder, x: Value, addend: number): Value {
  return binary(b, 'Add', x, b.scalar(addend, x.dtype));
}

export function times(b: Builder, x: Value, factor: number): Value {
  return binary(b, 'Mul', x, b.scalar(factor, x.dtype));
}
