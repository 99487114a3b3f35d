import type { Builder, Value } from '../builder.js';
import { type Dimension, int, ints, type Shape, sizeOf, text } from '../graph.js';
import {
  CHANNELS_FIRST,
  canRestore,
  channelsFirst,
  channelsLast,
  sameEitherWay,
  shapeInput,
  storedAxis,
  storedOrder,
} from '../layout.js';
import { int64s, permuted, reshaped } from '../tensors.js';
import { Unsupported } from '../unsupported.js';

/** `tf.reshape`; at most one dimension of `shape` may be free. Moves values only where their order changes. */
export function reshape(b: Builder, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (!canRestore(shape))
    throw new Unsupported('Reshape', b.scope, `has more than one free dimension: [${shape.join(', ')}]`);
  if (x.constant !== undefined && x.layout.kind === 'channels-last' && !shape.includes(null)) {
    return b.constant(reshaped(x.constant, shape as number[]), x.known);
  }
  if (x.layout.kind === 'channels-first' && !sameEitherWay(x.shape)) {
    const [batch, height, width, channels] = x.shape;
    const pixels = sizeOf(x.shape.slice(1));
    if (pixels !== null && shape.length === 2 && shape[0] === batch && shape[1] === pixels) {
      const layout = { kind: 'flattened', from: [height!, width!, channels!] } as const;
      return b.node('Reshape', [x, shapeInput(b, shape)], { shape, layout });
    }
    return reshape(b, channelsLast(b, x), shape);
  }
  if (x.layout.kind === 'flattened') {
    const [height, width, channels] = x.layout.from;
    const image = [x.shape[0]!, height, width, channels];
    if (!sameShape(shape, image)) return reshape(b, channelsLast(b, x), shape);
    return b.node('Reshape', [x, shapeInput(b, [x.shape[0]!, channels, height, width])], {
      shape,
      layout: CHANNELS_FIRST,
    });
  }
  if (shape.length === 4 && sameEitherWay(shape)) {
    const result = { shape, layout: CHANNELS_FIRST };
    return b.node(
      'Reshape',
      [
        x,
        shapeInput(
          b,
          [0, 3, 1, 2].map((axis) => shape[axis]!),
        ),
      ],
      result,
    );
  }
  return b.node('Reshape', [x, shapeInput(b, shape)], { shape });
}

/** The target of a reshape, its `-1` worked out where the size is known. Free dimensions other than that stay free. */
export function resolveShape(from: Shape, target: readonly (number | null)[]): Shape {
  const free = target.findIndex((dim) => dim === null || dim < 0);
  if (free === -1) return target;
  const size = sizeOf(from);
  const rest = target.filter((_, i) => i !== free);
  if (size === null || rest.some((dim) => dim === null || dim < 0)) {
    return target.map((dim) => (dim === null || dim < 0 ? null : dim));
  }
  const known = rest.reduce<number>((product, dim) => product * dim!, 1);
  return target.map((dim, i) => (i === free ? size / known : dim));
}

/** `tf.transpose`. */
export function transpose(b: Builder, x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis]!);
  if (x.constant !== undefined && x.layout.kind === 'channels-last') return b.constant(permuted(x.constant, order));
  const input = x.layout.kind === 'flattened' ? channelsLast(b, x) : x;
  const stored = order.map((axis) => storedAxis(input, axis));
  // As NCHW the result may need no move at all, or a cheaper one at the next convolution.
  if (stored.every((axis, i) => axis === i)) return { ...input, shape, layout: { kind: 'channels-last' } };
  return b.node('Transpose', [input], { shape }, { perm: ints(stored) });
}

export function concat(b: Builder, values: readonly Value[], axis: number): Value {
  const rank = values[0]!.shape.length;
  const along = axis < 0 ? axis + rank : axis;
  const first = values.some((value) => value.layout.kind === 'channels-first');
  const inputs = values.map((value) => (first && rank === 4 ? channelsFirst(b, value) : channelsLast(b, value)));
  const shape = values[0]!.shape.map((dim, i): Dimension => {
    const dims = values.map((value) => value.shape[i]!);
    if (i !== along) return dims.find((d) => d !== null) ?? dim;
    return dims.reduce<Dimension>((sum, d) => (sum === null || d === null ? null : sum + d), 0);
  });
  if (inputs.length === 1) return inputs[0]!;
  return b.node('Concat', inputs, { shape, layout: inputs[0]!.layout }, { axis: int(storedAxis(inputs[0]!, along)) });
}

/** `pads`: before and after each axis. */
export function pad(
  b: Builder,
  x: Value,
  pads: readonly (readonly [number, number])[],
  mode: 'constant' | 'reflect' = 'constant',
  value = 0,
): Value {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return x;
  // Padding of height and width stands before a convolution, which takes it over when both are NCHW.
  const spatial = pads.length === 4 && pads[0]!.every((n) => n === 0) && pads[3]!.every((n) => n === 0);
  const input = spatial ? channelsFirst(b, x) : x.layout.kind === 'flattened' ? channelsLast(b, x) : x;
  const shape = x.shape.map((dim, i) => (dim === null ? null : dim + pads[i]![0] + pads[i]![1]));
  const stored = storedOrder(input, pads);
  const ends = b.constant(int64s([...stored.map(([before]) => before), ...stored.map(([, after]) => after)]));
  const filler = mode === 'constant' ? b.scalar(value, x.dtype) : undefined;
  return b.node(
    'Pad',
    filler === undefined ? [input, ends] : [input, ends, filler],
    { shape, dtype: x.dtype, layout: input.layout },
    { mode: text(mode) },
  );
}

export interface Cut {
  readonly axis: number;
  readonly start: number;
  /** One past the last; `null` for all to the end (with a negative step: past the first). */
  readonly end: number | null;
  readonly step: number;
}

const FAR = 2 ** 31 - 1;

/** Cuts along axes, `start` and `end` not negative; a free axis may be cut from its beginning only. */
export function slice(b: Builder, x: Value, cuts: readonly Cut[]): Value {
  const real = cuts.filter(
    ({ axis, start, end, step }) => !(start === 0 && step === 1 && (end === null || end === x.shape[axis])),
  );
  if (real.length === 0) return x;
  const input = x.layout.kind === 'flattened' ? channelsLast(b, x) : x;
  const shape = x.shape.map((dim, axis) => {
    const cut = real.find((c) => c.axis === axis);
    if (cut === undefined) return dim;
    if (dim === null) return null;
    const end = cut.end ?? (cut.step > 0 ? dim : -1);
    return Math.max(0, Math.ceil((end - cut.start) / cut.step));
  });
  const numbers = (of: (cut: Cut) => number) => b.constant(int64s(real.map(of)));
  return b.node(
    'Slice',
    [
      input,
      numbers((c) => c.start),
      numbers((c) => c.end ?? (c.step > 0 ? FAR : -FAR)),
      numbers((c) => storedAxis(input, c.axis)),
      numbers((c) => c.step),
    ],
    { shape, dtype: x.dtype, layout: input.layout },
  );
}

function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dim, i) => dim === right[i]);
}
