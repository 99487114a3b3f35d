import type { Builder, Value } from '../builder.js';
import { channelsLast } from '../layout.js';
import { dense } from '../primitives/dense.js';
import { binary } from '../primitives/elementwise.js';
import { transpose } from '../primitives/shaping.js';
import { permuted } from '../tensors.js';
import { Unsupported } from '../unsupported.js';
import { fusedBias, fusedTail } from './fused.js';
import { input, type OpCall, type OperationFamily } from './operation.js';

export const matrices: OperationFamily = {
  MatMul: (call) => product(call, call.attributes.flag('transpose_a'), call.attributes.flag('transpose_b')),
  _FusedMatMul: (call) =>
    fusedTail(call, product(call, call.attributes.flag('transpose_a'), call.attributes.flag('transpose_b'))),
  BatchMatMul: (call) => product(call, call.attributes.flag('adj_x'), call.attributes.flag('adj_y')),
  BatchMatMulV2: (call) => product(call, call.attributes.flag('adj_x'), call.attributes.flag('adj_y')),
};

function product(call: OpCall, transposeA: boolean, transposeB: boolean): Value {
  const { b } = call;
  const x = transposeA ? lastTwoSwapped(b, input(call, 0)) : input(call, 0);
  const y = input(call, 1);
  const bias = fusedBias(call);
  if (y.constant !== undefined && y.shape.length === 2) {
    const kernel = transposeB ? b.derive(y.constant, 'transposed', (c) => permuted(c, [1, 0])) : y.constant;
    return dense(b, x, kernel, bias);
  }
  const right = transposeB ? lastTwoSwapped(b, y) : y;
  if (x.shape.length !== right.shape.length)
    throw new Unsupported(call.op, call.name, 'multiplies tensors of different ranks');
  const shape = [...x.shape.slice(0, -1), right.shape.at(-1)!];
  const multiplied = b.node('MatMul', [channelsLast(b, x), channelsLast(b, right)], { shape });
  return bias === undefined ? multiplied : binary(b, 'Add', multiplied, b.constant(bias));
}

function lastTwoSwapped(b: Builder, x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  return transpose(b, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}
