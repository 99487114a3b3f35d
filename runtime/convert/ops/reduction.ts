import type { Value } from '../builder.js';
import { int, sizeOf } from '../graph.js';
import { channelsLast } from '../layout.js';
import { cast } from '../primitives/elementwise.js';
import { type Reduction, reduce } from '../primitives/reduction.js';
import { knownOf } from './known.js';
import { input, knownNumbers, type OpCall, type Operation, type OperationFamily, positiveAxes } from './operation.js';

const reduced =
  (op: Reduction): Operation =>
  (call) => {
    const x = input(call, 0);
    const axes = positiveAxes(knownNumbers(call, 1), x.shape.length);
    const keep = call.attributes.flag('keep_dims', call.attributes.flag('keepdims'));
    return reducedShape(call, op, x, axes, keep) ?? reduce(call.b, op, x, axes, keep);
  };

export const reduction: OperationFamily = {
  Mean: reduced('ReduceMean'),
  Max: reduced('ReduceMax'),
  Min: reduced('ReduceMin'),
  Sum: reduced('ReduceSum'),
  Prod: reduced('ReduceProd'),

  ArgMax: (call) => {
    const x = channelsLast(call.b, input(call, 0));
    const [axis] = positiveAxes(knownNumbers(call, 1), x.shape.length) as [number];
    const places = call.b.node(
      'ArgMax',
      [x],
      { shape: x.shape.toSpliced(axis, 1), dtype: 'int64' },
      { axis: int(axis), keepdims: int(0) },
    );
    return cast(call.b, places, 'int32');
  },
};

/** The product of a shape is a size, known now where the shape is. */
function reducedShape(
  call: OpCall,
  op: Reduction,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
): Value | undefined {
  const known = knownOf(x);
  if (op !== 'ReduceProd' || known === undefined || axes.length !== 1 || x.shape.length !== 1) return undefined;
  return call.b.partlyKnown([sizeOf(known)], keepDims ? [1] : []);
}
