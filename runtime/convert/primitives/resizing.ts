import type { Builder, Value } from '../builder.js';
import { type Attributes, int, text } from '../graph.js';
import { CHANNELS_FIRST, channelsFirst } from '../layout.js';
import { floats, int64s } from '../tensors.js';

export interface Resizing {
  readonly method: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** `tf.image.resizeBilinear` and `resizeNearestNeighbor`, to a height and width in pixels. */
export function resize(b: Builder, x: Value, size: readonly [number, number], how: Resizing): Value {
  const [batch, height, width, channels] = x.shape;
  const input = channelsFirst(b, x);
  if (how.method === 'nearest' && height !== null && width !== null) return nearest(b, input, size, how);
  const shape = [batch!, size[0], size[1], channels!];
  const inputs = [input, undefined, undefined, sizes(b, input, size)];
  return b.node('Resize', inputs, { shape, dtype: x.dtype, layout: CHANNELS_FIRST }, attributes(how));
}

/** The pixels taken are known now, with TensorFlow.js's rounding: ONNX Runtime rounds other ties in single precision. */
function nearest(b: Builder, input: Value, size: readonly [number, number], how: Resizing): Value {
  return [0, 1].reduce((value, i) => {
    const places = int64s(nearestPlaces(input.shape[i + 1]!, size[i]!, how));
    const shape = value.shape.toSpliced(i + 1, 1, size[i]!);
    return b.node(
      'Gather',
      [value, b.constant(places)],
      { shape, dtype: input.dtype, layout: CHANNELS_FIRST },
      { axis: int(i + 2) },
    );
  }, input);
}

function nearestPlaces(from: number, to: number, { alignCorners, halfPixelCenters }: Resizing): number[] {
  const ratio = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, place) => {
    const at = ratio * (halfPixelCenters ? place + 0.5 : place);
    return Math.min(from - 1, alignCorners ? Math.round(at) : Math.floor(at));
  });
}

/** All four lengths. ONNX has `axes` for two of them, which ONNX Runtime's optimiser overlooks when it moves a Transpose. */
function sizes(b: Builder, input: Value, size: readonly [number, number]): Value {
  const [batch, , , channels] = input.shape;
  if (batch !== null && channels !== null) return b.constant(int64s([batch!, channels!, ...size]));
  const outer = b.node('Shape', [input], { shape: [2], dtype: 'int64' }, { start: int(0), end: int(2) });
  return b.node('Concat', [outer, b.constant(int64s(size))], { shape: [4], dtype: 'int64' }, { axis: int(0) });
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
