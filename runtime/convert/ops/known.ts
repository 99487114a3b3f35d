import type { Builder, Value } from '../builder.js';
import { numbers } from '../tensors.js';

type Arithmetic = (left: number, right: number) => number;

const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  Add: (l, r) => l + r,
  Sub: (l, r) => l - r,
  Mul: (l, r) => l * r,
  FloorDiv: (l, r) => Math.floor(l / r),
  Max: Math.max,
  Min: Math.min,
};

/** Longer tensors are data, not shapes. */
const LONGEST = 64;

/** The elements of a small integer tensor that are known while converting. */
export function knownOf(value: Value): readonly (number | null)[] | undefined {
  if (value.known !== undefined) return value.known;
  const { constant } = value;
  if (constant?.dtype !== 'int32' || constant.data.length > LONGEST) return undefined;
  return numbers(constant);
}

/** Arithmetic on shapes, done now; `undefined` when the operands are no shapes. */
export function knownBinary(b: Builder, op: string, x: Value, y: Value): Value | undefined {
  const [left, right] = [knownOf(x), knownOf(y)];
  const compute = ARITHMETIC[op];
  if (left === undefined || right === undefined || compute === undefined) return undefined;
  const length = Math.max(left.length, right.length);
  if (![left, right].every((side) => side.length === length || side.length === 1)) return undefined;
  const items = Array.from({ length }, (_, i) => {
    const l = left[left.length === 1 ? 0 : i]!;
    const r = right[right.length === 1 ? 0 : i]!;
    return l === null || r === null ? null : compute(l, r);
  });
  return b.partlyKnown(items, (x.shape.length >= y.shape.length ? x.shape : y.shape) as number[]);
}
