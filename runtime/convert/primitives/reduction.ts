import type { Builder, Value } from '../builder.js';
import { int } from '../graph.js';
import { CHANNELS_LAST, channelsLast, storedAxis } from '../layout.js';
import { int64s } from '../tensors.js';
import { globalPool } from './pooling.js';

export type Reduction = 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceSum' | 'ReduceProd';

/** `tf.mean` and its like; `axes` not negative. */
export function reduce(b: Builder, op: Reduction, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const sorted = [...axes].sort();
  const pools =
    x.dtype === 'float32' && x.shape.length === 4 && x.layout.kind === 'channels-first' && sorted.join() === '1,2';
  if (pools && op === 'ReduceMean') return globalPool(b, 'average', x, keepDims);
  if (pools && op === 'ReduceMax') return globalPool(b, 'max', x, keepDims);
  const shape = keepDims
    ? x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    : x.shape.filter((_, i) => !axes.includes(i));
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  // Without the reduced axes a tensor is stored in TensorFlow's order; NCHW keeps that order only for some.
  const ordered = kept.every((axis, i) => i === 0 || storedAxis(x, axis) > storedAxis(x, kept[i - 1]!));
  const input = x.layout.kind === 'flattened' || !(keepDims || ordered) ? channelsLast(b, x) : x;
  const along = b.constant(int64s(axes.map((axis) => storedAxis(input, axis))));
  const layout = keepDims ? input.layout : CHANNELS_LAST;
  return b.node(op, [input, along], { shape, dtype: x.dtype, layout }, { keepdims: int(keepDims ? 1 : 0) });
}
