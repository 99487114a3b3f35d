import type { Value } from '../builder.js';
import { batchNormalization } from '../primitives/normalisation.js';
import { constantInput, input, type OpCall, type OperationFamily } from './operation.js';

export const normalisation: OperationFamily = {
  FusedBatchNorm: normalised,
  FusedBatchNormV2: normalised,
  FusedBatchNormV3: normalised,
};

function normalised(call: OpCall): Value {
  return batchNormalization(call.b, input(call, 0), {
    gamma: constantInput(call, 1),
    beta: constantInput(call, 2),
    mean: constantInput(call, 3),
    variance: constantInput(call, 4),
    epsilon: call.attributes.number('epsilon', 0.001),
  });
}
