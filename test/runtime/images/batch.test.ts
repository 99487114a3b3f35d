import { expect, it } from 'vitest';
import { toBatch } from '../../../runtime/images/batch.js';
import type { ImageTensor } from '../../../runtime/images/recipe.js';

const picture = (value: number, width = 2): ImageTensor => ({
  data: new Float32Array(width).fill(value),
  shape: [1, 1, width, 1],
  dtype: 'float32',
});

it('joins pictures along the first axis, in their order', () => {
  const { data, shape } = toBatch([picture(1), picture(2), picture(3)]);
  expect([...data]).toEqual([1, 1, 2, 2, 3, 3]);
  expect(shape).toEqual([3, 1, 2, 1]);
});

it('refuses none, and pictures of different shapes', () => {
  expect(() => toBatch([])).toThrow('at least one picture');
  expect(() => toBatch([picture(1), picture(2, 3)])).toThrow('float32 [1, 1, 2, 1]; float32 [1, 1, 3, 1] came');
});
