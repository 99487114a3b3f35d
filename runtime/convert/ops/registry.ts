import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { image } from './image.js';
import { matrices } from './matrices.js';
import { normalisation } from './normalisation.js';
import type { OperationFamily } from './operation.js';
import { reduction } from './reduction.js';
import { shaping } from './shaping.js';

/** Every operator of graph models that is converted. */
export const operations: OperationFamily = {
  ...convolution,
  ...elementwise,
  ...image,
  ...matrices,
  ...normalisation,
  ...reduction,
  ...shaping,
};
