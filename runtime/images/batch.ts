import { InputError } from '../errors.js';
import type { ImageTensor } from './recipe.js';

type Data = Float32Array | Uint8Array | Uint16Array;

/**
 * Pictures of one recipe joined along the first axis, for one run of a model.
 * @param tensors as `readImage` gives them, each `[1, ...]`.
 * @throws {InputError} for none, and for pictures of different shapes or dtypes.
 */
export function toBatch<Kind extends Data>(tensors: readonly ImageTensor<Kind>[]): ImageTensor<Kind> {
  const [first] = tensors;
  if (first === undefined) throw new InputError('expected at least one picture for a batch; none came');
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const data = new (first.data.constructor as new (length: number) => Kind)(length);
  let at = 0;
  for (const { data: one, shape, dtype } of tensors) {
    if (dtype !== first.dtype || shape.some((side, axis) => side !== first.shape[axis])) {
      throw new InputError(
        `expected pictures of one shape for a batch, ${first.dtype} [${first.shape.join(', ')}]; ${dtype} [${shape.join(', ')}] came`,
      );
    }
    data.set(one, at);
    at += one.length;
  }
  const [, ...picture] = first.shape;
  return { data, shape: [tensors.length * first.shape[0], ...picture], dtype: first.dtype };
}
