import { enlarge } from '../primitives/resizing.js';
import { pad, slice } from '../primitives/shaping.js';
import { Unsupported } from '../unsupported.js';
import type { LayerFamily } from './layer.js';

/** Layers that change height and width. */
export const padding: LayerFamily = {
  ZeroPadding2D: ({ b, x, config }) => {
    config.requireChannelsLast();
    const [height, width] = config.margins('padding', [1, 1]);
    return pad(b, x, [[0, 0], height, width, [0, 0]]);
  },

  Cropping2D: ({ b, x, config }) => {
    config.requireChannelsLast();
    const margins = config.margins('cropping', [0, 0]);
    return slice(
      b,
      x,
      margins.map(([before, after], i) => {
        const size = x.shape[i + 1]!;
        if (size === null) throw new Unsupported('Cropping2D', config.name, 'gets a free size');
        return { axis: i + 1, start: before, end: size - after, step: 1 };
      }),
    );
  },

  UpSampling2D: ({ b, x, config }) => {
    config.requireChannelsLast();
    const method = config.text('interpolation', 'nearest');
    if (method !== 'nearest' && method !== 'bilinear')
      throw new Unsupported('UpSampling2D', config.name, `interpolates by ${method}`);
    // TensorFlow.js starts at the corner where Keras starts at the centre of a pixel.
    return enlarge(b, x, config.pair('size', [2, 2]), { method, alignCorners: false, halfPixelCenters: false });
  },
};
