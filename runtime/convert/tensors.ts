import type { Constant, ElementType, Values } from './graph.js';

/** Arithmetic on constants while a model is converted: what would otherwise be done again for each picture. */

export function floats(shape: readonly number[], data: ArrayLike<number>): Constant {
  return { dtype: 'float32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

export function int64s(values: readonly number[], shape: readonly number[] = [values.length]): Constant {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

export function scalar(value: number, dtype: ElementType = 'float32'): Constant {
  if (dtype === 'float32') return floats([], [value]);
  if (dtype === 'int64') return int64s([value], []);
  return { dtype, shape: [], data: dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value) };
}

export function count(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** The same values in another shape. */
export function reshaped(constant: Constant, shape: readonly number[]): Constant {
  if (count(shape) !== constant.data.length) {
    throw new RangeError(`${constant.data.length} values do not fill the shape [${shape.join(', ')}]`);
  }
  return { ...constant, shape };
}

/** Axis `i` of the result is axis `order[i]` of the constant. */
export function permuted(constant: Constant, order: readonly number[]): Constant {
  const shape = order.map((axis) => constant.shape[axis]!);
  const strides = stridesOf(constant.shape);
  const steps = order.map((axis) => strides[axis]!);
  const data = constant.data.slice() as Values;
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    data[to] = constant.data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype: constant.dtype, shape, data };
}

/** The values as plain numbers, for shapes, axes and paddings. */
export function numbers(constant: Constant): number[] {
  return Array.from(constant.data as ArrayLike<number | bigint>, Number);
}

export function asFloats(constant: Constant): Float32Array {
  return constant.data instanceof Float32Array ? constant.data : Float32Array.from(numbers(constant));
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}
