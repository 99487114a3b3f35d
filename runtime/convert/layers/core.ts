import { sizeOf } from '../graph.js';
import { activate } from '../primitives/activation.js';
import { dense } from '../primitives/dense.js';
import { reshape, resolveShape, transpose } from '../primitives/shaping.js';
import { Unsupported } from '../unsupported.js';
import type { Layer, LayerFamily } from './layer.js';

/** Layers that act in training only. */
const nothing: Layer = ({ x }) => x;

export const core: LayerFamily = {
  Dense: (call) => {
    const { b, x, config } = call;
    const bias = config.flag('use_bias', true) ? call.weight('bias') : undefined;
    return activate(b, dense(b, x, call.weight('kernel'), bias), config.activation());
  },

  Flatten: ({ b, x, config }) => {
    config.requireChannelsLast();
    const size = sizeOf(x.shape.slice(1));
    if (size === null) throw new Unsupported('Flatten', config.name, `gets a free size: [${x.shape.join(', ')}]`);
    return reshape(b, x, [x.shape[0]!, size]);
  },

  Reshape: ({ b, x, config }) => {
    const inner = resolveShape(x.shape.slice(1), config.numbersOrFree('target_shape'));
    return reshape(b, x, [x.shape[0]!, ...inner]);
  },

  Permute: ({ b, x, config }) => transpose(b, x, [0, ...config.numbers('dims', [])]),

  RepeatVector: ({ b, x, config }) => {
    const times = config.number('n', 1);
    const [batch, features] = x.shape;
    const row = reshape(b, x, [batch!, 1, features!]);
    const repeats = b.constant({ dtype: 'int64', shape: [3], data: BigInt64Array.of(1n, BigInt(times), 1n) });
    return b.node('Tile', [row, repeats], { shape: [batch!, times, features!] });
  },

  Dropout: nothing,
  SpatialDropout1D: nothing,
  AlphaDropout: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
};
