import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputForm } from '../exports/reading.js';
import { fromHalf } from '../images/half.js';
import type { Classification } from '../launch/contract.js';
import type { Output, TensorData } from './engine.js';
import { engineError, firstLine } from './failure.js';

/** A class of the model: its name and its code in labels_file.json. */
export interface ModelClass {
  readonly name: string;
  /** An integer, as the platform has it; or text, which labels_file.json may hold with a warning. */
  readonly code: number | string;
}

export interface ClassifyOptions {
  /** In the order of the model's output values. */
  readonly classes: readonly ModelClass[];
  /** What the output holds. Default `probabilities`. */
  readonly form?: OutputForm;
  /** Keep only the most probable so many in `probabilities`, best first. Default: all, in the order of `classes`. */
  readonly top?: number;
}

/**
 * A model's output for one picture as the answer that the platform and feedback expect: the top-1 class and the
 * probability of each.
 *
 * @param output as `OpenModel.run` gives it, or its values; half floats are read from a `Uint16Array`.
 * @throws {KatonicError} `engine` when the number of values is not that of the classes, or a value is no number.
 */
export function classify(output: Output | TensorData, options: ClassifyOptions): Classification {
  const { classes, form = 'probabilities', top } = options;
  const probabilities = toProbabilities(numbers('data' in output ? output.data : output), form);
  if (probabilities.length !== classes.length) {
    throw engineError(
      `The model gives ${probabilities.length} values for one picture; there are ${classes.length} classes.`,
      'List every class of the model in katonic.json, in the order of its outputs; one value alone needs the form probability or logit.',
    );
  }
  const keys = uniqueNames(classes);
  let best = 0;
  for (let index = 1; index < probabilities.length; index++) {
    if ((probabilities[index] as number) > (probabilities[best] as number)) best = index;
  }
  const kept = top === undefined ? keys.map((_, index) => index) : topK(probabilities, top);
  return {
    predicted_label: (classes[best] as ModelClass).code,
    predicted_class: keys[best] as string,
    confidence: probabilities[best] as number,
    probabilities: Object.fromEntries(kept.map((index) => [keys[index] as string, probabilities[index] as number])),
  };
}

/** {@link classify} for each picture of a batch whose output is `[pictures, values]`. */
export function classifyBatch(output: Output, options: ClassifyOptions): Classification[] {
  const pictures = output.shape[0] ?? 1;
  const each = output.data.length / pictures;
  return Array.from({ length: pictures }, (_, index) =>
    classify(output.data.subarray(index * each, (index + 1) * each), options),
  );
}

/** `exp(x) / sum(exp)`, computed from the largest value down so that it cannot overflow. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** The indices of the `count` largest values, largest first; equal values in their order. */
export function topK(values: ArrayLike<number>, count: number): number[] {
  return Array.from(values, (_, index) => index)
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, count);
}

/**
 * The classes of a package, from its katonic.json: `{"classes": [{"name": "cat", "code": 1}, ...]}` in the order of the
 * model's outputs. The object form `{"cat": 1, ...}` is read too, unless a name is a whole number: JSON objects do not
 * keep the place of those.
 *
 * @param folder of the package. Default: the working directory, which is the package folder in serving.
 */
export async function readClasses(folder = '.'): Promise<ModelClass[]> {
  const file = join(folder, 'katonic.json');
  let classes: unknown;
  try {
    const text = await readFile(file, 'utf8');
    classes = (JSON.parse(text.replace(/^\uFEFF/, '')) as { classes?: unknown }).classes;
  } catch (error) {
    throw engineError(
      `The classes cannot be read (${firstLine(error)}).`,
      'Write the class names and codes into katonic.json.',
      file,
      error,
    );
  }
  const list = Array.isArray(classes) ? classes : fromObject(classes, file);
  const wrong = list.findIndex(({ name, code }) => typeof name !== 'string' || !isCode(code));
  if (list.length > 0 && wrong === -1) return list as ModelClass[];
  throw engineError(
    `katonic.json must list its classes with a name and a whole number (or text) as code; ${list.length === 0 ? 'none is listed' : `entry ${wrong} is ${JSON.stringify(list[wrong])}`}.`,
    'Write {"classes": [{"name": "cat", "code": 0}, {"name": "dog", "code": 1}]} in the order of the model\'s outputs.',
    file,
  );
}

/** What labels_file.json takes as a label. */
function isCode(code: unknown): boolean {
  return Number.isSafeInteger(code) || (typeof code === 'string' && code !== '');
}

function fromObject(classes: unknown, file: string): { name: unknown; code: unknown }[] {
  const entries = Object.entries((classes ?? {}) as Record<string, unknown>);
  const unsafe = entries.find(([name]) => /^(0|[1-9]\d*)$/.test(name));
  if (unsafe === undefined || entries.length < 2) return entries.map(([name, code]) => ({ name, code }));
  throw engineError(
    `The class name "${unsafe[0]}" is a whole number, and a JSON object does not keep the place of such names.`,
    'Use the list form: {"classes": [{"name": "cat", "code": 0}, ...]}.',
    file,
  );
}

function numbers(values: TensorData): number[] {
  const list =
    values instanceof Uint16Array
      ? Array.from(values, fromHalf)
      : Array.from(values as ArrayLike<number | bigint>, Number);
  if (list.every(Number.isFinite)) return list;
  throw engineError(
    'The model gave a value that is no number (NaN or infinite).',
    'Check the image recipe: a std of 0 or a wrong range can cause this.',
  );
}

function toProbabilities(values: readonly number[], form: OutputForm): readonly number[] {
  switch (form) {
    case 'logits':
      return softmax(values);
    case 'independent-logits':
      return values.map(sigmoid);
    case 'probability':
      return values.length === 1 ? [1 - (values[0] as number), values[0] as number] : values;
    case 'logit':
      return values.length === 1 ? [sigmoid(-(values[0] as number)), sigmoid(values[0] as number)] : values;
    default:
      return values;
  }
}

const names = new WeakMap<readonly ModelClass[], readonly string[]>();

/** Two classes of one name would share a place in `probabilities`, so each such name gets its code behind it. */
function uniqueNames(classes: readonly ModelClass[]): readonly string[] {
  const known = names.get(classes);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  for (const { name } of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  const unique = classes.map(({ name, code }) => ((counts.get(name) ?? 0) > 1 ? `${name} (${code})` : name));
  names.set(classes, unique);
  return unique;
}
