export const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
export const KERNELS = [1, 2, 3, 4, 5];
export const STRIDES = [1, 2, 3];
export const DILATIONS = [1, 2, 3];
export const PADDINGS = ['same', 'valid'] as const;

export interface SquareWindow {
  readonly padding: 'same' | 'valid';
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Every kernel, stride and dilation that fits a picture of this height; TensorFlow allows a stride or a dilation. */
export function windows(size: number, dilations: readonly number[]): SquareWindow[] {
  return PADDINGS.flatMap((padding) =>
    KERNELS.flatMap((kernel) =>
      STRIDES.flatMap((stride) =>
        dilations
          .filter((dilation) => stride === 1 || dilation === 1)
          .filter((dilation) => padding === 'same' || (kernel - 1) * dilation < size)
          .map((dilation) => ({ padding, kernel, stride, dilation })),
      ),
    ),
  );
}
