import { basename } from 'node:path';
import {
  choices as allowed,
  type ExportAnswers,
  normalisation,
  type PixelRange,
} from '../../runtime/exports/answers.js';
import type { Assumption, ExportReading } from '../../runtime/exports/reading.js';
import { type ModelAnswer, parseSize, sizeText } from './answers.js';
import { type Asker, type Choice, named } from './asker.js';
import { parseClasses } from './classes.js';
import { EXAMPLE, readModel } from './model.js';
import { refusal } from './refusal.js';

type Field = Exclude<Assumption['field'], 'classes'>;

/** Each field that a model may leave open: how it is asked, and the default read back from the recipe. */
const fields: Readonly<
  Record<Field, { message: string; choices?: readonly Choice[]; text(reading: ExportReading): string }>
> = {
  size: { message: 'Input size in pixels (224 or 320x240)', text: ({ recipe }) => sizeText(recipe) },
  channels: {
    message: 'Colour channels',
    choices: [
      { value: '3', name: '3: colour' },
      { value: '1', name: '1: grey' },
    ],
    text: ({ recipe }) => String(recipe.channels ?? 3),
  },
  range: {
    message: 'Pixel values the model was trained on',
    choices: [
      { value: '0..1', name: '0..1: pixel / 255' },
      { value: '-1..1', name: '-1..1: pixel / 127.5 - 1' },
      { value: '0..255', name: '0..255: as they are' },
      { value: 'imagenet', name: 'imagenet: 0..1, then mean and deviation of ImageNet (torchvision)' },
    ],
    text: ({ recipe }) => rangeOf(recipe),
  },
  fit: {
    message: 'How a picture gets to that size',
    choices: [
      { value: 'crop', name: 'crop: resize to cover, cut the centre' },
      { value: 'stretch', name: 'stretch: resize without keeping the aspect ratio' },
      { value: 'crop-first', name: 'crop-first: cut the centre square, then resize (Teachable Machine)' },
      { value: 'pad', name: 'pad: fit inside, fill the rest' },
    ],
    text: ({ recipe }) => recipe.fit ?? 'crop',
  },
  order: {
    message: 'Colour order',
    choices: [
      { value: 'rgb', name: 'rgb' },
      { value: 'bgr', name: 'bgr (OpenCV, Caffe)' },
    ],
    text: ({ recipe }) => recipe.order ?? 'rgb',
  },
  layout: {
    message: 'Order of dimensions',
    choices: [
      { value: 'nhwc', name: 'nhwc: height, width, channels (TensorFlow)' },
      { value: 'nchw', name: 'nchw: channels, height, width (PyTorch)' },
    ],
    text: ({ recipe }) => recipe.layout ?? 'nhwc',
  },
  kernel: {
    message: 'Resize filter',
    choices: allowed.kernel.map((value) => ({ value, name: value })),
    text: ({ recipe }) => recipe.kernel ?? 'linear',
  },
  activation: {
    message: 'Still to be applied to the output',
    choices: [
      { value: 'none', name: 'none: it holds probabilities' },
      { value: 'softmax', name: 'softmax: it holds logits of classes that exclude each other' },
      { value: 'sigmoid', name: 'sigmoid: it holds one logit, or one for each class by itself' },
    ],
    text: ({ output }) => activationOf(output.form),
  },
};

/** Asks what the export does not say, its default named, and reads it again with the answers. */
export async function askAssumed(
  asker: Asker,
  { path, reading }: { readonly path: string; readonly reading: ExportReading },
  names: readonly string[],
): Promise<ModelAnswer> {
  const open = reading.assumed.filter(
    (assumption): assumption is Assumption & { field: Field } => assumption.field !== 'classes',
  );
  if (open.length > 0) asker.say('It does not say:');
  for (const { value, why, flag } of open) asker.say(`  ${flag}: ${value} is assumed: ${why}`);
  const given = flagAnswers(asker);
  const called = asker.texts.classes === undefined ? {} : { classes: names };
  const answers: Record<string, unknown> = { ...given, ...called };
  for (const { field } of open) {
    const { message, choices, text } = fields[field];
    answers[field] = await asker.settle({
      name: field,
      message: `${message} (${basename(path)} does not say)`,
      fallback: text(reading),
      ...(choices === undefined ? {} : { choices }),
      parse: (given) => parseField(field, given),
    });
  }
  const settled = await readModel(path, answers as Partial<ExportAnswers>);
  await reading.dispose();
  const chosen = (Object.keys(fields) as Field[]).filter((field) => field in answers);
  return { source: 'export', reading: settled, standIn: false, chosen };
}

/** What flags say about the model; each is kept as an answer. */
export function flagAnswers(asker: Asker): Partial<ExportAnswers> {
  const answers: Record<string, unknown> = {};
  const classes = namesFromFlag(asker);
  if (classes !== undefined && asker.flags.model !== EXAMPLE) answers.classes = classes;
  for (const field of Object.keys(fields) as Field[]) {
    const text = asker.flags[field];
    if (text === undefined) continue;
    try {
      answers[field] = parseField(field, text);
    } catch (thrown) {
      throw named(field, thrown);
    }
    asker.texts[field] = text;
  }
  return answers as Partial<ExportAnswers>;
}

export function namesFromFlag(asker: Asker): string[] | undefined {
  if (asker.flags.classes === undefined) return undefined;
  try {
    return parseClasses(asker.flags.classes, undefined);
  } catch (thrown) {
    throw named('classes', thrown);
  }
}

function parseField(field: Field, text: string): unknown {
  if (field === 'size') return parseSize(text);
  const values = allowed[field].map(String);
  const value = text.trim();
  if (!values.includes(value)) throw refusal(`expected ${values.join(', ')}; got "${text}"`);
  return field === 'channels' ? Number(value) : value;
}

function rangeOf({ scale = 1 / 255, mean = 0, std = 1 }: ExportReading['recipe']): PixelRange {
  const key = JSON.stringify({ scale, mean, std });
  return allowed.range.find((range) => JSON.stringify(normalisation(range)) === key) ?? '0..1';
}

function activationOf(form: ExportReading['output']['form']): ExportAnswers['activation'] {
  if (form === 'logits') return 'softmax';
  return form === 'logit' || form === 'independent-logits' ? 'sigmoid' : 'none';
}
