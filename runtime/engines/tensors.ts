import type { DType, TensorData, TensorInfo } from './engine.js';
import { engineError } from './failure.js';

const DTYPE_OF = new Map<unknown, DType>([
  [Float32Array, 'float32'],
  [Uint8Array, 'uint8'],
  [Buffer, 'uint8'],
  [Int32Array, 'int32'],
  [Uint16Array, 'float16'],
  [BigInt64Array, 'int64'],
]);

/**
 * Refuses data that does not fit the model's input, before a library says so in its own words.
 *
 * @param accepts the dtypes that the engine takes for this input.
 */
export function checkInput(
  data: TensorData,
  shape: readonly number[],
  input: TensorInfo,
  accepts: readonly DType[],
): void {
  const came = DTYPE_OF.get(data.constructor);
  if (came === undefined || !accepts.includes(came)) {
    const kind = came === undefined ? data.constructor.name : `${came} (${data.constructor.name})`;
    throw engineError(
      `The input "${input.name}" expects ${input.dtype}; ${kind} came.`,
      `Set dtype: '${input.dtype}' in the image recipe.`,
    );
  }
  const fits =
    shape.length === input.shape.length && input.shape.every((side, axis) => side === -1 || side === shape[axis]);
  if (!fits && input.shape.length > 0) {
    throw engineError(
      `The input "${input.name}" expects the shape ${inWords(input.shape)}; ${inWords(shape)} came.`,
      remedyFor(shape, input.shape),
    );
  }
  const values = shape.reduce((product, side) => product * side, 1);
  if (values !== data.length) {
    throw engineError(
      `The shape ${inWords(shape)} has ${values} values; the array holds ${data.length}.`,
      'Pass the data and the shape of one readImage result, or of several joined along the first axis.',
    );
  }
}

/** A dimension that may have any size is written as `?`. */
export function inWords(shape: readonly number[]): string {
  return `[${shape.map((side) => (side === -1 ? '?' : side)).join(', ')}]`;
}

function remedyFor(came: readonly number[], expected: readonly number[]): string {
  const same = came.length === expected.length;
  if (same && came.slice(1).every((side, axis) => expected[axis + 1] === side || expected[axis + 1] === -1)) {
    return `The model takes ${expected[0]} picture(s) at a time: run them one after another.`;
  }
  if (same && came.length === 4 && came[1] === expected[3] && came[3] === expected[1]) {
    return `Set layout: '${(expected[1] as number) <= 4 ? 'nchw' : 'nhwc'}' in the image recipe.`;
  }
  return 'Set width, height, channels and layout in the image recipe to what the model expects.';
}
