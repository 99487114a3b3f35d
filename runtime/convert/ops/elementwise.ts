import type { Value } from '../builder.js';
import type { Attributes } from '../graph.js';
import { activate, leakyRelu, prelu, softmax } from '../primitives/activation.js';
import { binary, cast, sameLayout, unary, withScalars } from '../primitives/elementwise.js';
import { knownBinary } from './known.js';
import { input, knownNumbers, type OpCall, type Operation, type OperationFamily } from './operation.js';

const one =
  (op: string, attributes: Attributes = {}): Operation =>
  (call) =>
    unary(call.b, op, input(call, 0), attributes);

const named =
  (name: string): Operation =>
  (call) =>
    activate(call.b, input(call, 0), name);

/** Two inputs; shapes are worked out now, tensors by ONNX's operator of the same meaning. */
const two =
  (op: string): Operation =>
  (call) => {
    const [x, y] = [input(call, 0), input(call, 1)];
    return knownBinary(call.b, op, x, y) ?? binary(call.b, op, x, y);
  };

const compared =
  (op: string): Operation =>
  (call) =>
    binary(call.b, op, input(call, 0), input(call, 1), 'bool');

const same: Operation = (call) => input(call, 0);

export const elementwise: OperationFamily = {
  Identity: same,
  Snapshot: same,
  StopGradient: same,
  PreventGradient: same,
  CheckNumerics: same,
  EnsureShape: same,
  // TensorFlow.js passes it through unchanged, too.
  FakeQuantWithMinMaxVars: same,
  IdentityN: (call) => call.inputs,

  Abs: one('Abs'),
  Ceil: one('Ceil'),
  Cos: one('Cos'),
  Erf: one('Erf'),
  Exp: one('Exp'),
  Floor: one('Floor'),
  Log: one('Log'),
  Neg: one('Neg'),
  Reciprocal: one('Reciprocal'),
  Round: one('Round'),
  Sign: one('Sign'),
  Sin: one('Sin'),
  Sqrt: one('Sqrt'),
  Rsqrt: (call) => unary(call.b, 'Reciprocal', unary(call.b, 'Sqrt', input(call, 0))),
  Square: (call) => binary(call.b, 'Mul', input(call, 0), input(call, 0)),

  Elu: named('elu'),
  Relu: named('relu'),
  Relu6: named('relu6'),
  Selu: named('selu'),
  Sigmoid: named('sigmoid'),
  Softplus: named('softplus'),
  Tanh: named('tanh'),
  Softmax: (call) => softmax(call.b, input(call, 0)),
  LogSoftmax: (call) => softmax(call.b, input(call, 0), -1, 'LogSoftmax'),
  LeakyRelu: (call) => leakyRelu(call.b, input(call, 0), call.attributes.number('alpha', 0.2)),
  Prelu: (call) => prelu(call.b, input(call, 0), input(call, 1)),
  ClipByValue: (call) =>
    withScalars(call.b, 'Clip', input(call, 0), [knownNumbers(call, 1)[0]!, knownNumbers(call, 2)[0]!]),

  Add: two('Add'),
  AddV2: two('Add'),
  AddN: (call) => call.inputs.reduce((left, right) => binary(call.b, 'Add', left, right)),
  BiasAdd: two('Add'),
  Sub: two('Sub'),
  Mul: two('Mul'),
  RealDiv: (call) => divided(call),
  Div: (call) => divided(call),
  FloorDiv: (call) => knownBinary(call.b, 'FloorDiv', input(call, 0), input(call, 1)) ?? floorDivided(call),
  Maximum: two('Max'),
  Minimum: two('Min'),
  Pow: two('Pow'),
  SquaredDifference: (call) => {
    const difference = binary(call.b, 'Sub', input(call, 0), input(call, 1));
    return binary(call.b, 'Mul', difference, difference);
  },

  Equal: compared('Equal'),
  Greater: compared('Greater'),
  GreaterEqual: compared('GreaterOrEqual'),
  Less: compared('Less'),
  LessEqual: compared('LessOrEqual'),
  SelectV2: selected,
  Select: selected,
  Cast: (call) => {
    const x = input(call, 0);
    const type = call.attributes.type('DstT', 'float32');
    // A shape stays known through a change of its integer type.
    return x.known !== undefined && type === 'int32' ? x : cast(call.b, x, type);
  },
};

/** `tf.div`: integers are divided as real numbers and cut to integers again, in TensorFlow.js. */
function divided(call: OpCall): Value {
  const [x, y] = [input(call, 0), input(call, 1)];
  if (x.dtype === 'int32' && y.dtype === 'int32') {
    return knownBinary(call.b, 'FloorDiv', x, y) ?? binary(call.b, 'Div', x, y);
  }
  return binary(call.b, 'Div', x, y);
}

function floorDivided(call: OpCall): Value {
  const quotient = binary(
    call.b,
    'Div',
    cast(call.b, input(call, 0), 'float32'),
    cast(call.b, input(call, 1), 'float32'),
  );
  return cast(call.b, unary(call.b, 'Floor', quotient), input(call, 0).dtype);
}

function selected(call: OpCall): Value {
  const { b } = call;
  const condition = input(call, 0);
  // The product decides the layout and the shape of all three.
  const [yes, no] = [input(call, 1), input(call, 2)];
  const [where, left, right] = sameLayout(b, [condition, yes, no]);
  const shape = [condition, yes, no].map((value) => value.shape).reduce((a, c) => (c.length > a.length ? c : a));
  const layout = [where!, left!, right!].find((value) => value.layout.kind !== 'channels-last')?.layout ?? left!.layout;
  return b.node('Where', [cast(b, where!, 'bool'), left, right], { shape, dtype: yes.dtype, layout });
}
