import type { Finding } from '../errors.js';
import type { ImageRecipe } from '../images/recipe.js';
import type { ExportKind, OutputForm } from './reading.js';
import type { ExportSource } from './source/source.js';

/**
 * One thing about a model: what the export says, and where, or the default that stands in where it says nothing.
 * `fixed` marks what the graph itself demands: no answer can change it.
 */
export type Known<T> = Said<T> | Guess<T>;

export interface Said<T> {
  readonly value: T;
  /** For people: `metadata.json imageSize`. */
  readonly from: string;
  readonly fixed?: boolean;
}

export interface Guess<T> {
  readonly value: T;
  /** Why this default: one clause for people. */
  readonly why: string;
}

export type Size = { readonly width: number; readonly height: number };
export type Pixels = Required<Pick<ImageRecipe, 'scale' | 'mean' | 'std'>>;
export type Fit = Pick<ImageRecipe, 'resize' | 'centre'> & { readonly fit: NonNullable<ImageRecipe['fit']> };

/** The part of a recipe that follows from the tool that made the model, and that no question asks for. */
export type Decoding = Pick<ImageRecipe, 'colourProfile' | 'orientation' | 'alpha'>;

/** What a reader found out about one export; `settle` makes the reading of it, with the answers and the defaults. */
export interface Facts {
  readonly kind: ExportKind;
  readonly title: string;
  readonly engine: 'tfjs' | 'onnx';
  readonly files: readonly { readonly from: string; readonly to: string }[];
  readonly modelFile: string;
  readonly size: Known<Size>;
  readonly channels: Known<1 | 3>;
  readonly layout: Known<'nhwc' | 'nchw'>;
  readonly dtype: NonNullable<ImageRecipe['dtype']>;
  readonly pixels: Known<Pixels>;
  readonly fit: Known<Fit>;
  readonly order: Known<'rgb' | 'bgr'>;
  readonly kernel: Known<NonNullable<ImageRecipe['kernel']>>;
  readonly decoding: Decoding;
  readonly output: {
    readonly name?: string;
    /** Absent where neither graph nor weights tell. */
    readonly size?: Said<number>;
    readonly form: Known<OutputForm>;
  };
  readonly classNames?: Said<readonly string[]>;
  /** Further lines for `said`. */
  readonly notes?: readonly string[];
  readonly findings?: readonly Finding[];
  /** The model file in the form to copy, where the engine cannot take the one of the export. */
  readonly rewritten?: () => Uint8Array;
}

/** One kind of export. Readers are asked in the order of the registry, the most specific first. */
export interface ExportReader {
  /** Cheap: looks at names and at small files. */
  recognises(source: ExportSource): Promise<boolean>;
  /** Throws {@link KatonicError} `package` where the export is damaged or cannot be served. */
  read(source: ExportSource): Promise<Facts>;
}

export function isSaid<T>(known: Known<T>): known is Said<T> {
  return 'from' in known;
}

/** How Pillow's and torchvision's `Image.open(...).convert('RGB')` takes a picture. */
export const pillow = { colourProfile: 'ignore', orientation: 'ignore', alpha: 'drop' } as const satisfies Decoding;

/** `transformers.image_utils.load_image`, and OpenCV's `imread`: as Pillow, turned upright. */
export const upright = { colourProfile: 'ignore', orientation: 'apply', alpha: 'drop' } as const satisfies Decoding;

/** A canvas of a browser: sRGB, upright; with the kernels `canvas` and `tensorflow`, dropped alpha is what a canvas gives. */
export const browser = { colourProfile: 'srgb', orientation: 'apply', alpha: 'drop' } as const satisfies Decoding;
