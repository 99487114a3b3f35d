import type { TypeProto, ValueInfoProto } from 'onnx-buf';
import type { ImageRecipe } from '../../images/recipe.js';
import { count, refuse } from '../refuse.js';
import type { OnnxFile } from './model-file.js';

/** A number, the name of a free dimension, or undefined where nothing is said. */
export type Dimension = number | string | undefined;

export interface Input {
  readonly name: string;
  readonly dtype: NonNullable<ImageRecipe['dtype']>;
  /** Four: the batch first. */
  readonly dims: readonly [Dimension, Dimension, Dimension, Dimension];
  /** For people: `[batch, 3, 224, 224]`. */
  readonly text: string;
}

export interface ScoresOutput {
  readonly name: string;
  /** Empty where the graph says nothing. */
  readonly dims: readonly Dimension[];
  readonly kind: 'tensor' | 'maps';
}

const dtypes: Readonly<Record<number, NonNullable<ImageRecipe['dtype']>>> = { 1: 'float32', 2: 'uint8', 10: 'float16' };
const dtypeNames = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
];

/** The one picture that a graph takes. Throws {@link KatonicError} `package` where it takes something else. */
export function pictureInput(onnx: OnnxFile): Input {
  const { file, graph } = onnx;
  const inputs = graph.input.filter((input) => !onnx.initializers.has(input.name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw refuse(
      `${file} takes ${count(inputs.length, 'input')}${inputs.length > 1 ? ` (${inputs.map(shown).join(', ')})` : ''}, an image classifier takes one picture`,
      inputs.some(({ name }) => name === 'input_ids')
        ? 'This is a model for text, or for text and pictures: give a model for image classification.'
        : 'Export a model with one input: a picture.',
      file,
    );
  }
  const dims = dimensions(input.type);
  const text = shown(input);
  if (dims !== undefined && dims.length !== 4) {
    throw refuse(
      `the input of ${file} is ${text}, a picture has four dimensions (batch, and height, width, channels in some order)`,
      dims.length === 2
        ? 'This model takes rows of features, as scikit-learn converters write them. Put the flattening into the model and export it again.'
        : dims.length === 3
          ? 'Export it with a batch dimension.'
          : 'Export a model that takes one picture.',
      file,
    );
  }
  const type = input.type?.value.case === 'tensorType' ? input.type.value.value.elemType : 0;
  const dtype = dtypes[type];
  if (dtype === undefined) {
    throw refuse(
      `the input of ${file} holds ${dtypeNames[type] ?? `type ${type}`}, pictures are given as float32, float16 or uint8`,
      'Export the model with a float32 input.',
      file,
    );
  }
  const [batch] = dims ?? [];
  if (typeof batch === 'number' && batch > 1) {
    throw refuse(
      `${file} takes ${batch} pictures at once (input ${text})`,
      'Export it for one picture or with a free batch dimension: dynamic_axes={"input": {0: "batch"}}.',
      file,
    );
  }
  return { name: input.name, dtype, dims: [batch, dims?.[1], dims?.[2], dims?.[3]], text };
}

/**
 * The output that holds the scores of the classes, among those of the graph: the only one, or the one beside a label
 * (scikit-learn's and Custom Vision's converters), or one whose name says so. Throws {@link KatonicError} `package`.
 */
export function scoresOutput(onnx: OnnxFile): ScoresOutput {
  const { file, graph } = onnx;
  const outputs = graph.output.map((output) => ({ output, ...outputOf(output) }));
  const scores = outputs.filter(({ label, dims }) => !label && dims.length <= 2);
  const named = scores.filter(({ name }) => /logit|prob|score|softmax|loss/i.test(name));
  const chosen = scores.length === 1 ? scores[0] : named.length === 1 || scores.length === 0 ? named[0] : undefined;
  const only = outputs.length === 1 ? outputs[0] : chosen;
  if (only === undefined) {
    throw refuse(
      `${file} has ${count(outputs.length, 'output')} (${graph.output.map(shown).join(', ')}), and none of them alone is a row of class scores`,
      'Object detection, segmentation and feature models are not served: export an image classifier with one output.',
      file,
    );
  }
  const spatial = only.dims.slice(2).filter((side) => side !== 1);
  if (spatial.length > 0) {
    throw refuse(
      `the output of ${file} is ${shown(only.output)}, an image classifier gives one row of class scores`,
      'This looks like a detector, a segmenter or a feature extractor: export a model for image classification.',
      file,
    );
  }
  return { name: only.name, dims: only.dims, kind: only.kind };
}

function outputOf(output: ValueInfoProto): ScoresOutput & { readonly label: boolean } {
  const { value } = output.type ?? {};
  if (value?.case === 'sequenceType' || value?.case === 'mapType')
    return { name: output.name, dims: [], kind: 'maps', label: false };
  const type = value?.case === 'tensorType' ? value.value.elemType : 0;
  return {
    name: output.name,
    dims: dimensions(output.type) ?? [],
    kind: 'tensor',
    label: [6, 7, 8, 12].includes(type),
  };
}

function dimensions(type: TypeProto | undefined): Dimension[] | undefined {
  if (type?.value.case !== 'tensorType') return undefined;
  return type.value.value.shape?.dim.map(({ value }) => {
    if (value.case === 'dimValue') return Number(value.value) > 0 ? Number(value.value) : undefined;
    return value.case === 'dimParam' && value.value !== '' ? value.value : undefined;
  });
}

function shown(value: ValueInfoProto): string {
  const dims = dimensions(value.type);
  return `${value.name} ${dims === undefined ? '[?]' : `[${dims.map((side) => side ?? '?').join(', ')}]`}`;
}
