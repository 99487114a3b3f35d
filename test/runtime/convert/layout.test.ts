import { describe, expect, it } from 'vitest';
import { Builder } from '../../../runtime/convert/builder.js';
import { emit } from '../../../runtime/convert/emit.js';
import type { Shape } from '../../../runtime/convert/graph.js';
import {
  broadcastConstantFirst,
  channelsFirst,
  channelsLast,
  storedAxis,
  storedOrder,
  storedShape,
} from '../../../runtime/convert/layout.js';
import { floats } from '../../../runtime/convert/tensors.js';
import { picture, runOnnx } from './tfjs.js';

const inputOf = (b: Builder, shape: Shape) => b.input('x', shape, 'float32');
const operators = (b: Builder) => b.finish().nodes.map(({ op }) => op);

describe('channelsFirst', () => {
  it('moves a picture once, however often it is asked for', () => {
    const b = new Builder();
    const x = inputOf(b, [null, 4, 5, 3]);
    const first = channelsFirst(b, x);
    expect(channelsFirst(b, x)).toBe(first);
    expect(channelsFirst(b, first)).toBe(first);
    expect(first.shape).toEqual([null, 4, 5, 3]);
    expect(storedShape(first)).toEqual([null, 3, 4, 5]);
    b.output(first, 'y');
    expect(operators(b)).toEqual(['Transpose', 'Identity']);
  });

  it.each<[string, Shape]>([
    ['one pixel', [null, 1, 1, 3]],
    ['one channel', [null, 4, 5, 1]],
  ])('moves nothing where there is %s', (_name, shape) => {
    const b = new Builder();
    b.output(channelsFirst(b, inputOf(b, shape)), 'y');
    expect(operators(b)).toEqual(['Reshape', 'Identity']);
  });

  it('moves constants while converting', () => {
    const b = new Builder();
    const { constant } = channelsFirst(b, b.constant(floats([1, 1, 2, 2], [1, 2, 3, 4])));
    expect(constant).toEqual(floats([1, 2, 1, 2], [1, 3, 2, 4]));
    expect(broadcastConstantFirst(b, b.constant(floats([2], [5, 6]))).constant).toEqual(floats([1, 2, 1, 1], [5, 6]));
    b.output(inputOf(b, [null, 2]), 'y');
    expect(operators(b)).toEqual(['Identity']);
  });

  it('is for pictures', () => {
    const b = new Builder();
    expect(() => channelsFirst(b, inputOf(b, [null, 4]))).toThrow('channelsFirst wants rank 4, not [, 4]');
  });
});

describe('there and back', () => {
  it.each<[string, number[]]>([
    ['a picture', [2, 4, 5, 3]],
    ['one pixel', [2, 1, 1, 3]],
    ['one channel', [2, 4, 5, 1]],
  ])('%s is as it was', async (_name, sizes) => {
    const b = new Builder();
    b.output(channelsLast(b, channelsFirst(b, inputOf(b, [null, ...sizes.slice(1)]))), 'y');
    const x = picture(sizes);
    const [y] = await runOnnx({ bytes: emit(b.finish(), 'test') }, x);
    expect(y).toEqual({ shape: sizes, data: x.dataSync() });
  });

  it('a flattened picture has its numbers in the order of TensorFlow again', async () => {
    const b = new Builder();
    const first = channelsFirst(b, inputOf(b, [null, 2, 3, 4]));
    const layout = { kind: 'flattened', from: [2, 3, 4] } as const;
    b.output(channelsLast(b, b.node('Flatten', [first], { shape: [null, 24], layout })), 'y');
    const x = picture([2, 2, 3, 4]);
    const [y] = await runOnnx({ bytes: emit(b.finish(), 'test') }, x);
    expect(y).toEqual({ shape: [2, 24], data: x.dataSync() });
  });
});

it('axes and lists follow the storage', () => {
  const b = new Builder();
  const x = inputOf(b, [null, 4, 5, 3]);
  const first = channelsFirst(b, x);
  expect([0, 1, 2, 3].map((axis) => storedAxis(x, axis))).toEqual([0, 1, 2, 3]);
  expect([0, 1, 2, 3].map((axis) => storedAxis(first, axis))).toEqual([0, 2, 3, 1]);
  expect(storedOrder(first, ['n', 'h', 'w', 'c'])).toEqual(['n', 'c', 'h', 'w']);
});
