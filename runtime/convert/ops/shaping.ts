import type { Value } from '../builder.js';
import { int, sizeOf } from '../graph.js';
import { channelsFirst, channelsLast, storedAxis } from '../layout.js';
import { concat, pad, reshape, resolveShape, slice, transpose } from '../primitives/shaping.js';
import { int64s } from '../tensors.js';
import { Unsupported } from '../unsupported.js';
import { knownOf } from './known.js';
import {
  constantInput,
  input,
  knownNumbers,
  type OpCall,
  type OperationFamily,
  partlyKnown,
  positiveAxes,
} from './operation.js';
import { stridedSlice } from './strided-slice.js';

export const shaping: OperationFamily = {
  Shape: ({ b, inputs: [x] }) => b.partlyKnown(x!.shape, [x!.shape.length]),
  Rank: ({ b, inputs: [x] }) => b.partlyKnown([x!.shape.length], []),
  Size: ({ b, inputs: [x] }) => b.partlyKnown([sizeOf(x!.shape)], []),

  Reshape: (call) => {
    const x = input(call, 0);
    const target = partlyKnown(call, 1);
    return kept(call, x) ?? reshape(call.b, x, resolveShape(x.shape, target));
  },

  Squeeze: (call) => {
    const x = input(call, 0);
    const listed = call.attributes.numbers('squeeze_dims', call.attributes.numbers('axis'));
    const axes = positiveAxes(listed, x.shape.length);
    const shape = x.shape.filter((dim, i) => (axes.length === 0 ? dim !== 1 : !axes.includes(i)));
    return kept(call, x, shape) ?? reshape(call.b, x, shape);
  },

  ExpandDims: (call) => {
    const x = input(call, 0);
    const [axis] = positiveAxes(knownNumbers(call, 1), x.shape.length + 1);
    const shape = x.shape.toSpliced(axis!, 0, 1);
    return kept(call, x, shape) ?? reshape(call.b, x, shape);
  },

  Transpose: (call) =>
    transpose(call.b, input(call, 0), positiveAxes(knownNumbers(call, 1), input(call, 0).shape.length)),

  Pack: (call) => packed(call, call.inputs, call.attributes.number('axis', 0)),
  Unpack: (call) => unpacked(call, input(call, 0), call.attributes.number('axis', 0)),
  ConcatV2: (call) => joined(call, call.inputs.slice(0, -1), knownNumbers(call, call.inputs.length - 1)[0]!),
  Concat: (call) => joined(call, call.inputs.slice(1), knownNumbers(call, 0)[0]!),

  Split: (call) => {
    const x = input(call, 1);
    const [axis] = positiveAxes(knownNumbers(call, 0), x.shape.length);
    const parts = call.attributes.number('num_split', 1);
    const size = x.shape[axis!];
    if (size === null || size === undefined || size % parts !== 0)
      throw new Unsupported(call.op, call.name, `splits ${size} into ${parts}`);
    return split(call, x, axis!, new Array<number>(parts).fill(size / parts));
  },
  SplitV: (call) => {
    const x = input(call, 0);
    const [axis] = positiveAxes(knownNumbers(call, 2), x.shape.length);
    const sizes = knownNumbers(call, 1);
    const rest = (x.shape[axis!] ?? 0) - sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
    return split(
      call,
      x,
      axis!,
      sizes.map((size) => (size < 0 ? rest : size)),
    );
  },

  StridedSlice: stridedSlice,
  Slice: (call) => {
    const x = input(call, 0);
    const [begin, size] = [knownNumbers(call, 1), partlyKnown(call, 2)];
    return slice(
      call.b,
      x,
      begin.map((start, axis) => {
        const length = size[axis]!;
        return { axis, start, end: length === null || length < 0 ? null : start + length, step: 1 };
      }),
    );
  },

  Pad: (call) => padded(call, 0),
  PadV2: (call) => padded(call, knownNumbers(call, 2)[0]!),
  MirrorPad: (call) => {
    const mode = call.attributes.text('mode', 'REFLECT').toLowerCase();
    if (mode !== 'reflect') throw new Unsupported(call.op, call.name, `pads in mode ${mode}`);
    return pad(call.b, input(call, 0), pairs(knownNumbers(call, 1)), 'reflect');
  },

  Fill: (call) => {
    const shape = knownNumbers(call, 0);
    const value = constantInput(call, 1);
    const length = shape.reduce((product, dim) => product * dim, 1);
    const data = value.data instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
    return call.b.constant({ dtype: value.dtype, shape, data: data.fill(Number(value.data[0])) });
  },

  Tile: (call) => {
    const x = channelsLast(call.b, input(call, 0));
    const repeats = knownNumbers(call, 1);
    const shape = x.shape.map((dim, i) =>
      dim === null ? (repeats[i] === 1 ? null : unknownTile(call)) : dim * repeats[i]!,
    );
    return call.b.node('Tile', [x, call.b.constant(int64s(repeats))], { shape });
  },

  GatherV2: (call) => {
    const x = input(call, 0);
    const indices = input(call, 1);
    const [axis] = positiveAxes(knownNumbers(call, 2), x.shape.length);
    const known = knownOf(x);
    const places = knownOf(indices);
    if (known !== undefined && places !== undefined && x.shape.length === 1) {
      return call.b.partlyKnown(
        places.map((place) => known[place!] ?? null),
        indices.shape as number[],
      );
    }
    if (indices.shape.length > 1) throw new Unsupported(call.op, call.name, 'gathers by a matrix');
    const data = indices.shape.length === 1 && x.layout.kind === 'channels-first' ? x : channelsLast(call.b, x);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis! + 1)];
    return call.b.node(
      'Gather',
      [data, indices],
      { shape, dtype: x.dtype, layout: data.layout },
      { axis: int(storedAxis(data, axis!)) },
    );
  },

  DepthToSpace: (call) => {
    const x = channelsFirst(call.b, input(call, 0));
    const block = call.attributes.number('block_size', 1);
    const [batch, height, width, channels] = x.shape;
    const times = (dim: number | null | undefined) => (dim === null || dim === undefined ? null : dim * block);
    const shape = [batch!, times(height), times(width), channels! / block ** 2];
    return call.b.node('DepthToSpace', [x], { shape, layout: x.layout }, { blocksize: int(block) });
  },
};

/** A shape computed in the graph stays known through reshapes. */
function kept({ b }: OpCall, x: Value, shape: readonly (number | null)[] = x.shape): Value | undefined {
  if (x.known === undefined || x.constant !== undefined) return undefined;
  return b.partlyKnown(x.known, shape as number[]);
}

function joined(call: OpCall, values: readonly Value[], axis: number): Value {
  const known = values.map(knownOf);
  if (values.every((value) => value.shape.length === 1) && known.every((items) => items !== undefined)) {
    const items = known.flat() as (number | null)[];
    return call.b.partlyKnown(items, [items.length]);
  }
  return concat(call.b, values, axis);
}

function packed(call: OpCall, values: readonly Value[], axis: number): Value {
  const known = values.map(knownOf);
  if (values.every((value) => value.shape.length === 0) && known.every((items) => items !== undefined)) {
    return call.b.partlyKnown(known.flat() as (number | null)[], [values.length]);
  }
  const rank = values[0]!.shape.length + 1;
  const along = axis < 0 ? axis + rank : axis;
  const rows = values.map((value) => reshape(call.b, value, value.shape.toSpliced(along, 0, 1)));
  return concat(call.b, rows, along);
}

function unpacked(call: OpCall, x: Value, axis: number): Value[] {
  const [along] = positiveAxes([axis], x.shape.length) as [number];
  const known = knownOf(x);
  if (known !== undefined && x.shape.length === 1) return known.map((item) => call.b.partlyKnown([item], []));
  const size = x.shape[along];
  if (size === null || size === undefined) throw new Unsupported(call.op, call.name, 'unpacks a free dimension');
  const shape = x.shape.toSpliced(along, 1);
  return Array.from({ length: size }, (_, i) =>
    reshape(call.b, slice(call.b, x, [{ axis: along, start: i, end: i + 1, step: 1 }]), shape),
  );
}

function split(call: OpCall, x: Value, axis: number, sizes: readonly number[]): Value[] {
  const data = x.layout.kind === 'flattened' ? channelsLast(call.b, x) : x;
  const results = sizes.map((size) => ({
    shape: x.shape.toSpliced(axis, 1, size),
    dtype: x.dtype,
    layout: data.layout,
  }));
  return call.b.nodes('Split', [data, call.b.constant(int64s(sizes))], results, { axis: int(storedAxis(data, axis)) });
}

function padded(call: OpCall, value: number): Value {
  return pad(call.b, input(call, 0), pairs(knownNumbers(call, 1)), 'constant', value);
}

function pairs(flat: readonly number[]): [number, number][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
}

function unknownTile(call: OpCall): never {
  throw new Unsupported(call.op, call.name, 'repeats a free dimension');
}
