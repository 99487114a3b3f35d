import type { Value } from '../builder.js';
import { type Cut, reshape, slice } from '../primitives/shaping.js';
import { Unsupported } from '../unsupported.js';
import { knownOf } from './known.js';
import { input, knownNumbers, type OpCall } from './operation.js';

interface Entry {
  readonly cut?: Cut;
  readonly axis: number | 'new';
  readonly drop: boolean;
}

/** `tf.stridedSlice` with its masks: one bit an entry of `begin`. */
export function stridedSlice(call: OpCall): Value {
  const x = input(call, 0);
  const entries = readEntries(call, x);
  const known = knownOf(x);
  if (known !== undefined && x.shape.length === 1) return slicedShape(call, known, entries);
  const cuts = entries.flatMap(({ cut }) => (cut === undefined ? [] : [cut]));
  const cut = slice(call.b, x, cuts);
  const shape = entries.flatMap(({ axis, drop }) => (axis === 'new' ? [1] : drop ? [] : [cut.shape[axis]!]));
  return reshape(call.b, cut, shape);
}

function readEntries(call: OpCall, x: Value): Entry[] {
  const [begin, end, strides] = [knownNumbers(call, 1), knownNumbers(call, 2), knownNumbers(call, 3)];
  const mask = (name: string) => {
    const bits = call.attributes.number(name, 0);
    return (i: number) => (bits & (1 << i)) !== 0;
  };
  const [beginMask, endMask, ellipsis, added, shrink] = [
    'begin_mask',
    'end_mask',
    'ellipsis_mask',
    'new_axis_mask',
    'shrink_axis_mask',
  ].map(mask) as [
    (i: number) => boolean,
    (i: number) => boolean,
    (i: number) => boolean,
    (i: number) => boolean,
    (i: number) => boolean,
  ];
  const rank = x.shape.length;
  const spent = begin.filter((_, i) => !ellipsis(i) && !added(i)).length;
  const entries: Entry[] = [];
  let axis = 0;
  const whole = (count: number) => {
    for (let i = 0; i < count; i++) entries.push({ axis: axis++, drop: false });
  };
  begin.forEach((from, i) => {
    if (ellipsis(i)) {
      whole(rank - spent);
      return;
    }
    if (added(i)) {
      entries.push({ axis: 'new', drop: false });
      return;
    }
    const size = x.shape[axis]!;
    const step = strides[i]!;
    entries.push({
      axis,
      drop: shrink(i),
      cut: cutOf(
        { axis, size, step, begin: beginMask(i) ? null : from, end: endMask(i) ? null : end[i]! },
        shrink(i),
        call,
      ),
    });
    axis++;
  });
  whole(rank - axis);
  return entries;
}

function cutOf(
  {
    axis,
    size,
    step,
    begin,
    end,
  }: { axis: number; size: number | null; step: number; begin: number | null; end: number | null },
  shrink: boolean,
  call: OpCall,
): Cut {
  if (shrink) {
    const start = fromFront(begin ?? 0, size, call);
    return { axis, start, end: start + 1, step: 1 };
  }
  if (size === null && !(step === 1 && (begin ?? 0) === 0 && end === null)) {
    throw new Unsupported(call.op, call.name, `cuts axis ${axis}, whose size is free`);
  }
  const length = size ?? 0;
  const clamp = (at: number, low: number, high: number) => Math.min(Math.max(at < 0 ? at + length : at, low), high);
  if (step > 0)
    return {
      axis,
      start: begin === null ? 0 : clamp(begin, 0, length),
      end: end === null ? size : clamp(end, 0, length),
      step,
    };
  return {
    axis,
    start: begin === null ? length - 1 : clamp(begin, -1, length - 1),
    // ONNX counts a negative end from the back: "to the very front" is said by leaving it open.
    end: end === null || clamp(end, -1, length - 1) === -1 ? null : clamp(end, -1, length - 1),
    step,
  };
}

function fromFront(at: number, size: number | null, call: OpCall): number {
  if (at >= 0) return at;
  if (size === null) throw new Unsupported(call.op, call.name, 'counts from the end of a free dimension');
  return at + size;
}

function slicedShape(call: OpCall, known: readonly (number | null)[], entries: readonly Entry[]): Value {
  const [entry] = entries;
  if (entries.length !== 1 || entry?.axis === 'new')
    throw new Unsupported(call.op, call.name, 'adds an axis to a shape');
  const { start, end, step } = entry?.cut ?? { start: 0, end: known.length, step: 1 };
  const items: (number | null)[] = [];
  for (let i = start; step > 0 ? i < (end ?? known.length) : i > (end ?? -1); i += step) items.push(known[i]!);
  return call.b.partlyKnown(items, entry?.drop === true ? [] : [items.length]);
}
