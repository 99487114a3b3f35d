import type { Value } from '../builder.js';
import { cast } from '../primitives/elementwise.js';
import { type Resizing, resize } from '../primitives/resizing.js';
import { input, knownNumbers, type OpCall, type OperationFamily } from './operation.js';

export const image: OperationFamily = {
  ResizeBilinear: (call) => resized(call, 'bilinear'),
  ResizeNearestNeighbor: (call) => resized(call, 'nearest'),
};

function resized(call: OpCall, method: Resizing['method']): Value {
  const [height, width] = knownNumbers(call, 1);
  const { attributes, b } = call;
  return resize(b, cast(b, input(call, 0), 'float32'), [height!, width!], {
    method,
    alignCorners: attributes.flag('align_corners'),
    halfPixelCenters: attributes.flag('half_pixel_centers'),
  });
}
