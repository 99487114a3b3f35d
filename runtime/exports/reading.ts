import type { Finding } from '../errors.js';
import type { ImageRecipe } from '../images/recipe.js';

/** What an exported model was recognised as. */
export type ExportKind =
  | 'teachable-machine'
  | 'tfjs-layers'
  | 'tfjs-graph'
  | 'automl-tfjs'
  | 'custom-vision-tfjs'
  | 'custom-vision-onnx'
  | 'huggingface-onnx'
  | 'ultralytics-onnx'
  | 'onnx';

/**
 * What the first output holds for one picture:
 * - `probabilities`: N values that sum to 1 (softmax is in the graph).
 * - `logits`: N values, softmax still to be applied.
 * - `independent`: N sigmoids, one for each class.
 * - `independent-logits`: N values, a sigmoid still to be applied to each.
 * - `probability`: one value, the probability of the second class.
 * - `logit`: one value, sigmoid still to be applied.
 */
export type OutputForm = 'probabilities' | 'logits' | 'independent' | 'independent-logits' | 'probability' | 'logit';

/** Something the export does not say and a default stands in for: shown, asked, and written into launch.ts. */
export interface Assumption {
  /** Which answer it is, so that a flag or a question can replace it. */
  readonly field: 'classes' | 'size' | 'channels' | 'range' | 'fit' | 'order' | 'layout' | 'activation' | 'kernel';
  /** In words, for example `pixels scaled to 0..1`. */
  readonly value: string;
  readonly why: string;
  /** The generator's flag that sets it, for example `--range`. */
  readonly flag: string;
}

/** Everything an export says about itself. Made without running any code of the model. */
export interface ExportReading {
  readonly kind: ExportKind;
  /** For people: `Teachable Machine image model (2.4.10)`. */
  readonly title: string;
  readonly engine: 'tfjs' | 'onnx';
  /** The files to copy into `model/`; `from` is absolute, `to` relative to `model/`. */
  readonly files: readonly { readonly from: string; readonly to: string }[];
  /** What to open, relative to `model/`. */
  readonly modelFile: string;
  readonly recipe: ImageRecipe;
  /** `name` where the model has several outputs: the one with the scores, without TensorFlow's `:0`. */
  readonly output: { readonly name?: string; readonly size: number; readonly form: OutputForm };
  /** In the order of the model's outputs; absent where the export names none. */
  readonly classNames?: readonly string[];
  /** What was read and from where, for people: `input 224 x 224 (metadata.json imageSize)`. */
  readonly said: readonly string[];
  readonly assumed: readonly Assumption[];
  /** Warnings and notes; an error is thrown instead (KatonicError `package`). */
  readonly findings: readonly Finding[];
  /** Removes the folder that a zip was unpacked into; nothing to do otherwise. */
  dispose(): Promise<void>;
}
