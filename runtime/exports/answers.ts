import { KatonicError } from '../errors.js';
import type { ImageRecipe } from '../images/recipe.js';

/** How pixel values enter a model, by the names people use for it. */
export type PixelRange = '0..1' | '-1..1' | '0..255' | 'imagenet';

/**
 * What has still to be done to the output: `none` (it holds probabilities), `softmax`, or `sigmoid` (to one value,
 * or to each of several that exclude nothing).
 */
export type Activation = 'none' | 'softmax' | 'sigmoid';

/**
 * What a person says about a model, by flags or by questions. An answer replaces a default; where it contradicts
 * what the export says, the answer wins and a warning states both, unless the graph itself makes it impossible.
 */
export interface ExportAnswers {
  /** In the order of the model's outputs; two for a model with one sigmoid output, the negative one first. */
  readonly classes: readonly string[];
  /** Pixels; one number for a square. */
  readonly size: number | { readonly width: number; readonly height: number };
  readonly channels: 1 | 3;
  readonly range: PixelRange;
  readonly fit: NonNullable<ImageRecipe['fit']>;
  readonly order: NonNullable<ImageRecipe['order']>;
  readonly layout: NonNullable<ImageRecipe['layout']>;
  readonly kernel: NonNullable<ImageRecipe['kernel']>;
  readonly activation: Activation;
}

/** The values each choice can have: for flags, for questions and for the check below. */
export const choices = {
  range: ['0..1', '-1..1', '0..255', 'imagenet'],
  fit: ['crop', 'stretch', 'crop-first', 'pad'],
  order: ['rgb', 'bgr'],
  layout: ['nhwc', 'nchw'],
  kernel: ['nearest', 'linear', 'cubic', 'lanczos3', 'canvas', 'tensorflow'],
  activation: ['none', 'softmax', 'sigmoid'],
  channels: [1, 3],
} as const;

type Normalisation = Required<Pick<ImageRecipe, 'scale' | 'mean' | 'std'>>;

/** Mean and standard deviation of ImageNet's training pictures as torchvision publishes them, for pixels in 0..1. */
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

export function normalisation(range: PixelRange): Normalisation {
  switch (range) {
    case '0..1':
      return { scale: 1 / 255, mean: 0, std: 1 };
    case '-1..1':
      return { scale: 1 / 127.5, mean: 1, std: 1 };
    case '0..255':
      return { scale: 1, mean: 0, std: 1 };
    case 'imagenet':
      return { scale: 1 / 255, ...imagenet };
  }
}

/** Throws {@link KatonicError} `usage` that names the flag, its values and what came. */
export function checkAnswers(answers: Partial<ExportAnswers>): void {
  for (const [field, allowed] of Object.entries(choices)) {
    const value = answers[field as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value)) {
      throw refuse(`--${field}`, `one of ${allowed.join(', ')}`, value);
    }
  }
  const { classes, size } = answers;
  if (classes !== undefined && (classes.length < 2 || classes.some((name) => name.trim() === ''))) {
    throw refuse('--classes', 'two or more names, none of them empty', classes);
  }
  if (size !== undefined) {
    const sides = typeof size === 'number' ? [size] : [size.width, size.height];
    if (!sides.every((side) => Number.isInteger(side) && side > 0 && side <= 4096)) {
      throw refuse('--size', 'whole pixels between 1 and 4096', size);
    }
  }
}

function refuse(flag: string, expected: string, came: unknown): KatonicError {
  return new KatonicError({
    code: 'usage',
    message: `${flag} takes ${expected}; got ${JSON.stringify(came)}`,
    remedy: `Give ${flag} again with a value that fits.`,
  });
}
