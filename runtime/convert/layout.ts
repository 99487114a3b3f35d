import type { Builder, Value } from './builder.js';
import { ints, type Shape } from './graph.js';
import { int64s, permuted, reshaped } from './tensors.js';

/**
 * Where the values of a tensor lie. TensorFlow.js computes in NHWC, ONNX in NCHW: a value keeps its TensorFlow shape
 * and says how it is stored, and it is moved only when an operator cannot work on it as it lies.
 *
 * - `channels-last`: as TensorFlow has it; every rank but 4 is always so.
 * - `channels-first`: rank 4, stored as NCHW.
 * - `flattened`: rank 2, the flattening of a `channels-first` tensor whose NHWC shape was `[batch, ...from]`. A dense
 *   layer takes it with its weights permuted, so that a Flatten costs nothing.
 */
export type Layout =
  | { readonly kind: 'channels-last' }
  | { readonly kind: 'channels-first' }
  | { readonly kind: 'flattened'; readonly from: readonly [number, number, number] };

export const CHANNELS_LAST: Layout = { kind: 'channels-last' };
export const CHANNELS_FIRST: Layout = { kind: 'channels-first' };

const TO_FIRST = [0, 3, 1, 2] as const;
const TO_LAST = [0, 2, 3, 1] as const;

/** The axis of the stored tensor that holds TensorFlow's axis `axis` (not negative). */
export function storedAxis(value: Value, axis: number): number {
  return value.layout.kind === 'channels-first' ? TO_FIRST.indexOf(axis as 0 | 1 | 2 | 3) : axis;
}

/** One entry an axis, from TensorFlow's order into the order of storage. */
export function storedOrder<T>(value: Value, entries: readonly T[]): T[] {
  return value.layout.kind === 'channels-first' ? TO_FIRST.map((axis) => entries[axis]!) : [...entries];
}

export function storedShape(value: Value): Shape {
  return storedOrder(value, value.shape);
}

/** Whether NHWC and NCHW are the same bytes: one pixel, or one channel. */
export function sameEitherWay(shape: Shape): boolean {
  return (shape[1] === 1 && shape[2] === 1) || shape[3] === 1;
}

/** The rank-4 value stored as NCHW. */
export function channelsFirst(b: Builder, value: Value): Value {
  if (value.layout.kind === 'channels-first') return value;
  if (value.shape.length !== 4) throw new RangeError(`channelsFirst wants rank 4, not [${value.shape.join(', ')}]`);
  if (value.constant !== undefined) {
    const constant = b.derive(value.constant, 'nchw', (c) => permuted(c, TO_FIRST));
    return { ...value, constant, layout: CHANNELS_FIRST };
  }
  return once(b, value, 'first', () => {
    const result = { shape: value.shape, layout: CHANNELS_FIRST };
    const stored = TO_FIRST.map((axis) => value.shape[axis]!);
    if (sameEitherWay(value.shape) && canRestore(stored))
      return b.node('Reshape', [value, shapeInput(b, stored)], result);
    return b.node('Transpose', [value], result, { perm: ints(TO_FIRST) });
  });
}

/** The value stored as TensorFlow has it. */
export function channelsLast(b: Builder, value: Value): Value {
  const { layout } = value;
  if (layout.kind === 'channels-last') return value;
  if (value.constant !== undefined) {
    return b.constant(permuted(value.constant, TO_LAST));
  }
  return once(b, value, 'last', () => {
    if (layout.kind === 'channels-first') {
      if (sameEitherWay(value.shape) && canRestore(value.shape)) {
        return b.node('Reshape', [value, shapeInput(b, value.shape)], { shape: value.shape });
      }
      return b.node('Transpose', [value], { shape: value.shape }, { perm: ints(TO_LAST) });
    }
    const [height, width, channels] = layout.from;
    const shape = [value.shape[0]!, height, width, channels];
    const image = b.node('Reshape', [value, shapeInput(b, [shape[0]!, channels, height, width])], {
      shape,
      layout: CHANNELS_FIRST,
    });
    const last = b.node('Transpose', [image], { shape }, { perm: ints(TO_LAST) });
    return b.node('Reshape', [last, shapeInput(b, value.shape)], { shape: value.shape });
  });
}

/** The second input of ONNX Reshape. At most one dimension may be free. */
export function shapeInput(b: Builder, shape: Shape): Value {
  return b.constant(int64s(shape.map((dim) => dim ?? -1)));
}

export function canRestore(shape: Shape): boolean {
  return shape.filter((dim) => dim === null).length <= 1;
}

/** A constant of lower rank, brought to rank 4 as broadcasting does, then to NCHW. */
export function broadcastConstantFirst(b: Builder, value: Value): Value {
  const constant = value.constant!;
  const shape = [...new Array<number>(4 - constant.shape.length).fill(1), ...constant.shape];
  return channelsFirst(b, b.constant(b.derive(constant, 'rank4', (c) => reshaped(c, shape))));
}

function once(b: Builder, value: Value, kind: string, make: () => Value): Value {
  const key = `${kind} ${value.name}`;
  const found = b.relaid.get(key) ?? make();
  b.relaid.set(key, found);
  return found;
}
