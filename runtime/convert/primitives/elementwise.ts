import type { Builder, Value } from '../builder.js';
import { type Attributes, type Dimension, type ElementType, int, type Shape, sizeOf } from '../graph.js';
import { broadcastConstantFirst, channelsFirst, channelsLast } from '../layout.js';
import { Unsupported } from '../unsupported.js';

const ONNX_TYPE: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

export function cast(b: Builder, x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype) return x;
  return b.node('Cast', [x], { shape: x.shape, dtype, layout: x.layout }, { to: int(ONNX_TYPE[dtype]) });
}

/** An operator on each element by itself: it works on values as they lie. */
export function unary(
  b: Builder,
  op: string,
  x: Value,
  attributes: Attributes = {},
  dtype: ElementType = x.dtype,
): Value {
  return b.node(op, [x], { shape: x.shape, dtype, layout: x.layout }, attributes);
}

/** An operator with a constant bound or factor a tensor: `Clip`, for example. */
export function withScalars(
  b: Builder,
  op: string,
  x: Value,
  scalars: readonly number[],
  attributes: Attributes = {},
): Value {
  return b.node(
    op,
    [x, ...scalars.map((s) => b.scalar(s, x.dtype))],
    { shape: x.shape, dtype: x.dtype, layout: x.layout },
    attributes,
  );
}

/** A broadcasting operator of two values, in one layout. TensorFlow.js takes the wider type where they differ. */
export function binary(b: Builder, op: string, left: Value, right: Value, dtype?: ElementType): Value {
  const wide = wider(left.dtype, right.dtype);
  const [x, y] = sameLayout(b, [cast(b, left, wide), cast(b, right, wide)]);
  const shape = broadcastShape(x!.shape, y!.shape, op);
  const layout = [x!, y!].find((value) => value.layout.kind !== 'channels-last')?.layout ?? x!.layout;
  return b.node(op, [x, y], { shape, dtype: dtype ?? wide, layout });
}

/** The values in one layout, so that broadcasting means in NCHW what it meant in NHWC. */
export function sameLayout(b: Builder, values: readonly Value[]): Value[] {
  const spread = values.filter((value) => !isSingle(value));
  const first = spread.some((value) => value.layout.kind === 'channels-first');
  if (first && spread.every((value) => value.shape.length === 4 || value.constant !== undefined)) {
    return values.map((value) => {
      if (isSingle(value)) return value;
      return value.shape.length === 4 ? channelsFirst(b, value) : broadcastConstantFirst(b, value);
    });
  }
  // One flattened value among single numbers, or two of the same flattening, can stay as they are.
  const layouts = new Set(spread.map((value) => JSON.stringify([value.layout, value.shape])));
  if (layouts.size <= 1 && spread.length > 0) return [...values];
  return values.map((value) => (isSingle(value) ? value : channelsLast(b, value)));
}

export function broadcastShape(left: Shape, right: Shape, op: string): Shape {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, i): Dimension => {
    const l = left[left.length - rank + i] === undefined ? 1 : left[left.length - rank + i]!;
    const r = right[right.length - rank + i] === undefined ? 1 : right[right.length - rank + i]!;
    if (l === 1) return r;
    if (r === 1 || l === r || r === null) return l;
    if (l === null) return r;
    throw new Unsupported(op, '', `gets shapes that do not broadcast: [${left.join(', ')}] and [${right.join(', ')}]`);
  });
}

function isSingle(value: Value): boolean {
  return value.constant !== undefined && value.constant.shape.length <= 1 && sizeOf(value.shape) === 1;
}

function wider(left: ElementType, right: ElementType): ElementType {
  const order: readonly ElementType[] = ['bool', 'int32', 'int64', 'float32'];
  return order[Math.max(order.indexOf(left), order.indexOf(right))]!;
}
