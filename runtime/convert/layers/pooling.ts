import type { Value } from '../builder.js';
import { globalPool, pool } from '../primitives/pooling.js';
import { Unsupported } from '../unsupported.js';
import type { LayerCall, LayerFamily } from './layer.js';

export const pooling: LayerFamily = {
  MaxPooling2D: (call) => windowed(call, 'max'),
  AveragePooling2D: (call) => windowed(call, 'average'),
  GlobalMaxPooling2D: (call) => global(call, 'max'),
  GlobalAveragePooling2D: (call) => global(call, 'average'),
};

function windowed({ b, x, config }: LayerCall, kind: 'max' | 'average'): Value {
  config.requireChannelsLast();
  const size = config.pair('pool_size', [2, 2]);
  return pool(b, kind, x, size, config.pair('strides', size), config.padding());
}

function global({ b, x, config }: LayerCall, kind: 'max' | 'average'): Value {
  config.requireChannelsLast();
  if (config.flag('keepdims', false)) {
    // The model would not give what was trained: better said than guessed.
    throw new Unsupported(
      config.className,
      config.name,
      'has keepdims = true, which TensorFlow.js itself does not carry out',
    );
  }
  return globalPool(b, kind, x, false);
}
