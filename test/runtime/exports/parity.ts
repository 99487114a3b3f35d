import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { classify } from '../../../runtime/engines/classify.js';
import type { OpenOptions } from '../../../runtime/engines/engine.js';
import { openModel } from '../../../runtime/engines/index.js';
import type { ExportAnswers } from '../../../runtime/exports/answers.js';
import { readExport } from '../../../runtime/exports/index.js';
import { inChannels } from '../../../runtime/images/colours.js';
import { planGeometry } from '../../../runtime/images/geometry.js';
import { readImage } from '../../../runtime/images/images.js';
import { resample } from '../../../runtime/images/resample.js';
import { toTensor } from '../../../runtime/images/tensor.js';

export const exportsFolder = new URL('../../fixtures/exports/', import.meta.url).pathname;
export const pictures = readdirSync(join(exportsFolder, 'pictures')).sort();

/** How far a probability may lie from that of the export's own tool: nearly everywhere, and where a barely trained
 * network makes more of a rounding in the resize than others do (the last test of parity.test.ts). */
const same = 0.005;
const near = 0.02;

const unit = { range: '0..1' } as const;
const stretched = { fit: 'stretch' } as const;

/** Every fixture that has reference answers, and what a person would answer where the export does not say it. */
export const cases: Record<string, { tolerance: number; answers?: Partial<ExportAnswers> }> = {
  'teachable-machine': { tolerance: same },
  'teachable-machine-grey': { tolerance: same },
  'automl-tfjs': { tolerance: same },
  'custom-vision-tfjs': { tolerance: same },
  'tfjs-layers': { tolerance: same },
  'tfjs-layers-rescaling': { tolerance: same },
  'tfjs-layers-sigmoid': { tolerance: same },
  'tfjs-layers-logits': { tolerance: same },
  'tfjs-layers-shards': { tolerance: same },
  'tfjs-layers-uint8': { tolerance: same },
  'tfjs-layers-uint16': { tolerance: same },
  'tfjs-layers-float16': { tolerance: same },
  'tfjs-layers-grey': { tolerance: same },
  'tfjs-layers-nested': { tolerance: same },
  'tfjs-graph': { tolerance: same },
  'tfjs-graph-logits': { tolerance: same },
  'tfjs-graph-scaled-inside': { tolerance: same },
  'pytorch-mobilenet': { tolerance: near },
  'pytorch-softmax-fixed-batch': { tolerance: same, answers: unit },
  'pytorch-sigmoid': { tolerance: same, answers: unit },
  'pytorch-one-logit': { tolerance: same, answers: unit },
  'pytorch-log-softmax': { tolerance: same, answers: unit },
  'pytorch-grey': { tolerance: near, answers: unit },
  'pytorch-not-square': { tolerance: same, answers: { ...unit, ...stretched } },
  'pytorch-duplicate-names': { tolerance: same, answers: unit },
  'pytorch-any-size': { tolerance: same, answers: { ...unit, size: 48 } },
  'onnx-external-data': { tolerance: same },
  'onnx-uint8-nhwc': { tolerance: same, answers: stretched },
  'onnx-scaled-inside-nhwc': { tolerance: same, answers: stretched },
  'onnx-float16': { tolerance: same, answers: stretched },
  'sklearn-zipmap': { tolerance: same, answers: unit },
  'tf2onnx-nhwc': { tolerance: same },
  'custom-vision-onnx': { tolerance: near },
  'custom-vision-onnx-s1': { tolerance: same },
  'ultralytics-cls': { tolerance: same },
  'ultralytics-logits': { tolerance: same },
  'huggingface-beit': { tolerance: same },
  'huggingface-convnext': { tolerance: same },
  'huggingface-deit': { tolerance: same },
  'huggingface-efficientnet': { tolerance: same },
  'huggingface-mobilenet-v2': { tolerance: same },
  'huggingface-mobilevit': { tolerance: same },
  'huggingface-multi-label': { tolerance: near },
  'huggingface-old-form': { tolerance: same },
  'huggingface-poolformer': { tolerance: same },
  'huggingface-quantised': { tolerance: same },
  'huggingface-resnet': { tolerance: same },
  'huggingface-swin': { tolerance: same },
  'huggingface-vit': { tolerance: same },
};

interface Reference {
  readonly tool: string;
  readonly answers: Readonly<Record<string, readonly number[]>>;
}

function reference(name: string): Reference {
  return JSON.parse(readFileSync(join(exportsFolder, 'reference', `${name}.json`), 'utf8')) as Reference;
}

/** What its own tool answers for one picture: one probability for each class. */
export function expected(name: string, picture: string): readonly number[] {
  const values = reference(name).answers[picture]!;
  return values.length === 1 ? [1 - values[0]!, values[0]!] : values;
}

/** Of the cases, those that TensorFlow.js can run too. */
export const tfjsCases = Object.entries(cases).filter(([name]) => existsSync(join(exportsFolder, name, 'model.json')));

/** Probabilities of an export for pictures, by the whole way: reading, recipe, engine, output form. */
export async function ourAnswers(
  path: string,
  answers: Partial<ExportAnswers>,
  files: readonly string[],
  engine: NonNullable<OpenOptions['engine']> = 'auto',
): Promise<{ readonly engine: string; readonly answers: Record<string, number[]> }> {
  const reading = await readExport(path, answers);
  const opened: { dispose(): Promise<void> }[] = [reading];
  try {
    const file = reading.files.find(({ to }) => to === reading.modelFile)!.from;
    const model = await openModel(file, { engine });
    opened.unshift(model);
    const count = reading.output.size === 1 ? 2 : reading.output.size;
    const classes = Array.from({ length: count }, (_, code) => ({ name: `class ${code}`, code }));
    const result: Record<string, number[]> = {};
    for (const picture of files) {
      const { data, shape } = await readImage(readFileSync(picture), reading.recipe);
      const output = await model.run(data, shape);
      result[picture.slice(picture.lastIndexOf('/') + 1)] = Object.values(
        classify(output, { classes, form: reading.output.form }).probabilities,
      );
    }
    return { engine: model.engine, answers: result };
  } finally {
    for (const each of opened) await each.dispose();
  }
}

/** {@link ourAnswers} of one picture, but resized by `resample`, which rounds as Pillow does and takes ten times as long. */
export async function exactlyResized(name: string, picture: string): Promise<number[]> {
  const reading = await readExport(join(exportsFolder, name), cases[name]?.answers);
  const { recipe, output } = reading;
  const model = await openModel(join(exportsFolder, name, reading.modelFile));
  try {
    const bytes = readFileSync(join(exportsFolder, 'pictures', picture));
    const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const { size, crop } = planGeometry(info, recipe);
    const whole = resample(data, info, info.channels, size, 'linear');
    const raw = { ...size, channels: info.channels };
    const cut = crop === undefined ? whole : await sharp(whole, { raw }).extract(crop).raw().toBuffer();
    const channels = recipe.channels ?? 3;
    const { width, height } = recipe;
    const pixels = { data: inChannels(cut, info.channels, channels), width, height, channels };
    const tensor = toTensor(pixels, recipe);
    const classes = Array.from({ length: output.size }, (_, code) => ({ name: `class ${code}`, code }));
    const answer = classify(await model.run(tensor.data, tensor.shape), { classes, form: output.form });
    return Object.values(answer.probabilities);
  } finally {
    await model.dispose();
    await reading.dispose();
  }
}
