import type { Builder, Value } from '../builder.js';
import { type Attributes, ints, text } from '../graph.js';
import { CHANNELS_FIRST, channelsFirst } from '../layout.js';
import { floats, int64s } from '../tensors.js';

export interface Resizing {
  readonly method: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** `tf.image.resizeBilinear` and `resizeNearestNeighbor`, to a height and width in pixels. */
export function resize(b: Builder, x: Value, size: readonly [number, number], how: Resizing): Value {
  const shape = [x.shape[0]!, size[0], size[1], x.shape[3]!];
  const inputs = [channelsFirst(b, x), undefined, undefined, b.constant(int64s(size))];
  return b.node(
    'Resize',
    inputs,
    { shape, dtype: x.dtype, layout: CHANNELS_FIRST },
    { ...attributes(how), axes: ints([2, 3]) },
  );
}

/** By whole factors, which works without knowing the size. */
export function enlarge(b: Builder, x: Value, factors: readonly [number, number], how: Resizing): Value {
  const [batch, height, width, channels] = x.shape;
  const shape = [
    batch!,
    height === null ? null : height! * factors[0],
    width === null ? null : width! * factors[1],
    channels!,
  ];
  const inputs = [channelsFirst(b, x), undefined, b.constant(floats([4], [1, 1, ...factors]))];
  return b.node('Resize', inputs, { shape, dtype: x.dtype, layout: CHANNELS_FIRST }, attributes(how));
}

function attributes({ method, alignCorners, halfPixelCenters }: Resizing): Attributes {
  const transformation = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';
  return {
    mode: text(method === 'bilinear' ? 'linear' : 'nearest'),
    coordinate_transformation_mode: text(transformation),
    // TensorFlow takes floor(x * ratio), or floor((x + 0.5) * ratio) with half pixel centres; rounded with aligned corners.
    ...(method === 'nearest'
      ? { nearest_mode: text(transformation === 'asymmetric' ? 'floor' : 'round_prefer_ceil') }
      : {}),
  };
}
