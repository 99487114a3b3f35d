import { activation } from './activation.js';
import { convolution } from './convolution.js';
import { core } from './core.js';
import type { LayerFamily } from './layer.js';
import { merge } from './merge.js';
import { normalisation } from './normalisation.js';
import { padding } from './padding.js';
import { pooling } from './pooling.js';

/** Every layer class that is converted. */
export const layers: LayerFamily = {
  ...core,
  ...convolution,
  ...pooling,
  ...activation,
  ...normalisation,
  ...merge,
  ...padding,
};
