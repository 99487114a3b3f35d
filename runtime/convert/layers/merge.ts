import type { Value } from '../builder.js';
import { times } from '../primitives/activation.js';
import { binary } from '../primitives/elementwise.js';
import { concat, reshape } from '../primitives/shaping.js';
import type { LayerCall, LayerFamily } from './layer.js';

export const merge: LayerFamily = {
  Add: (call) => fold(call, 'Add'),
  Multiply: (call) => fold(call, 'Mul'),
  Maximum: (call) => fold(call, 'Max'),
  Minimum: (call) => fold(call, 'Min'),
  Average: (call) => times(call.b, fold(call, 'Add'), 1 / call.inputs.length),
  Concatenate: ({ b, inputs, config }) => concat(b, inputs, config.number('axis', -1)),
};

function fold({ b, inputs }: LayerCall, op: string): Value {
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  return inputs.map((input) => expand(b, input, rank)).reduce((left, right) => binary(b, op, left, right));
}

/** Keras puts the missing axes after the batch, where NumPy would put them before it. */
function expand(b: LayerCall['b'], x: Value, rank: number): Value {
  const missing = rank - x.shape.length;
  if (missing === 0) return x;
  return reshape(b, x, [x.shape[0]!, ...new Array<number>(missing).fill(1), ...x.shape.slice(1)]);
}
