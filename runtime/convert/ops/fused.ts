import type { Value } from '../builder.js';
import type { Constant } from '../graph.js';
import { activate, leakyRelu, prelu } from '../primitives/activation.js';
import { binary } from '../primitives/elementwise.js';
import { Unsupported } from '../unsupported.js';
import { constantInput, input, type OpCall } from './operation.js';

/** What TensorFlow.js's converter puts into the operator before: `fused_ops` lists it, the inputs from the third on feed it. */
function fusedOps({ attributes }: OpCall): readonly string[] {
  return attributes.texts('fused_ops').map((op) => op.toLowerCase());
}

/** One value a channel, for the convolution or product itself; `undefined` where {@link fusedTail} has something else to add. */
export function fusedBias(call: OpCall): Constant | undefined {
  const ops = fusedOps(call);
  if (ops.includes('fusedbatchnorm'))
    throw new Unsupported(
      call.op,
      call.name,
      'has a fused batch normalisation, which TensorFlow.js does not carry out',
    );
  return ops[0] === 'biasadd' && isBias(input(call, 2)) ? constantInput(call, 2) : undefined;
}

function isBias({ constant }: Value): boolean {
  return constant?.shape.slice(0, -1).every((side) => side === 1) ?? false;
}

/**
 * What comes after the convolution or product: what is added and is no bias, then the activation. The converter writes the sum of
 * a ResNet V2 block as a `BiasAdd` with a whole picture.
 */
export function fusedTail(call: OpCall, product: Value): Value {
  const ops = fusedOps(call);
  const hasBias = ops[0] === 'biasadd';
  const x = hasBias && !isBias(input(call, 2)) ? binary(call.b, 'Add', product, input(call, 2)) : product;
  // TensorFlow.js takes the second for the activation, also where the first is no bias.
  const activation = ops[1];
  if (activation === undefined || activation === 'linear') return x;
  if (activation === 'prelu') return prelu(call.b, x, input(call, hasBias ? 3 : 2));
  if (activation === 'leakyrelu') return leakyRelu(call.b, x, call.attributes.number('leakyrelu_alpha', 0.2));
  return activate(call.b, x, activation);
}
