/**
 * Zeros before and after one axis under TensorFlow's `SAME`: the output has ceil(size / stride) places, and the odd
 * zero comes after (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2). With stride 2 the split
 * depends on the size, which is why PyTorch-style symmetric padding gives other numbers.
 */
export function samePadding(size: number, kernel: number, stride: number, dilation: number): readonly [number, number] {
  const reach = (kernel - 1) * dilation + 1;
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** Places of the window along one axis. */
export function outputSize(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: readonly [number, number],
): number {
  const reach = (kernel - 1) * dilation + 1;
  return Math.floor((size + padding[0] + padding[1] - reach) / stride) + 1;
}
