import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { ExportAnswers } from '../../../runtime/exports/answers.js';
import { readExport } from '../../../runtime/exports/index.js';
import type { ExportReading } from '../../../runtime/exports/reading.js';
import { exportsFolder } from './parity.js';

const open: ExportReading[] = [];

async function read(name: string, answers: Partial<ExportAnswers> = {}): Promise<ExportReading> {
  const reading = await readExport(join(exportsFolder, name), answers);
  open.push(reading);
  return reading;
}

const work = mkdtempSync(join(tmpdir(), 'readings-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A copy of a fixture with JSON written beside it, or over it. */
function beside(name: string, files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(work, 'export-'));
  cpSync(join(exportsFolder, name), folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

async function readFolder(folder: string, answers: Partial<ExportAnswers> = {}): Promise<ExportReading> {
  const reading = await readExport(folder, answers);
  open.push(reading);
  return reading;
}

function jsonOf(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(exportsFolder, file), 'utf8'));
}

afterEach(async () => {
  for (const reading of open.splice(0)) await reading.dispose();
});

/** What stands for `assumed` in the table: the fields that the export does not say. */
function assumedIn(reading: ExportReading): string {
  return reading.assumed.map(({ field }) => field).join(' ');
}

const third = 'a b c'.split(' ');
const hf = ['tench, Tinca tinca', 'goldfish', 'great white shark'];

const table: [string, Partial<ExportReading['recipe']>, string, number, readonly string[] | undefined, string][] = [
  [
    'teachable-machine',
    {
      width: 96,
      height: 96,
      fit: 'crop-first',
      kernel: 'canvas',
      scale: 1 / 127,
      mean: 1,
      channels: 3,
      layout: 'nhwc',
    },
    'probabilities',
    3,
    ['Class 1', 'naïve "b"', '猫'],
    '',
  ],
  ['teachable-machine-grey', { width: 96, channels: 1, order: 'rgb' }, 'probabilities', 2, ['left', 'right'], ''],
  [
    'tfjs-layers',
    { width: 48, scale: 1 / 255 },
    'probabilities',
    3,
    ['rock', 'paper', 'scissors'],
    'range fit order kernel',
  ],
  [
    'tfjs-layers-rescaling',
    { scale: 1, mean: 0 },
    'probabilities',
    3,
    ['daisy', 'roses', 'tulips'],
    'fit order kernel',
  ],
  ['tfjs-layers-sigmoid', {}, 'probability', 1, ['cat', 'dog'], 'range fit order kernel'],
  ['tfjs-layers-logits', {}, 'logits', 3, undefined, 'range fit order kernel classes'],
  ['tfjs-layers-shards', {}, 'probabilities', 3, undefined, 'range fit order kernel classes'],
  ['tfjs-layers-uint8', {}, 'probabilities', 3, undefined, 'range fit order kernel classes'],
  ['tfjs-layers-uint16', {}, 'probabilities', 3, undefined, 'range fit order kernel classes'],
  ['tfjs-layers-float16', {}, 'probabilities', 3, undefined, 'range fit order kernel classes'],
  ['tfjs-layers-grey', { width: 28, channels: 1 }, 'probabilities', 3, undefined, 'range fit kernel classes'],
  // keras.applications.mobilenet_v2 is trained on -1..1, and the network inside is named after it.
  [
    'tfjs-layers-nested',
    { scale: 1 / 127.5, mean: 1 },
    'probabilities',
    4,
    undefined,
    'range fit order kernel classes',
  ],
  ['tfjs-graph', { width: 48, layout: 'nhwc' }, 'probabilities', 3, third, 'range fit order kernel'],
  ['tfjs-graph-logits', {}, 'logits', 3, undefined, 'range fit order kernel classes'],
  [
    'tfjs-graph-scaled-inside',
    { scale: 1, mean: 0, std: 1 },
    'probabilities',
    3,
    undefined,
    'fit order kernel classes',
  ],
  [
    'automl-tfjs',
    { width: 224, fit: 'crop-first', scale: 1 / 127.5, mean: 1 },
    'probabilities',
    3,
    ['daisy', 'dandelion', 'roses'],
    '',
  ],
  [
    'custom-vision-tfjs',
    { width: 64, fit: 'crop-first', order: 'bgr', scale: 1 },
    'probabilities',
    3,
    ['Hemlock', 'Japanese Cherry', 'Café'],
    '',
  ],
  [
    'custom-vision-onnx',
    { width: 48, fit: 'crop-first', order: 'bgr', scale: 1, layout: 'nchw' },
    'probabilities',
    3,
    ['Hemlock', 'Japanese Cherry', 'Café'],
    '',
  ],
  [
    'custom-vision-onnx-s1',
    { fit: 'stretch', order: 'rgb', scale: 1 / 255 },
    'probabilities',
    3,
    ['Hemlock', 'Japanese Cherry', 'Café'],
    '',
  ],
  [
    'pytorch-mobilenet',
    { width: 64, layout: 'nchw', fit: 'crop', mean: [0.485, 0.456, 0.406], orientation: 'ignore' },
    'logits',
    4,
    ['tabby cat', 'O\'Brien\'s "dog"', 'собака', '犬 (いぬ)'],
    'range fit order kernel',
  ],
  ['pytorch-softmax-fixed-batch', {}, 'probabilities', 3, ['red', 'green', 'blue'], 'range fit order kernel'],
  ['pytorch-sigmoid', {}, 'probability', 1, ['no defect', 'defect'], 'range fit order kernel'],
  ['pytorch-one-logit', {}, 'logit', 1, undefined, 'range fit order kernel classes'],
  ['pytorch-log-softmax', {}, 'logits', 3, undefined, 'range fit order kernel classes'],
  ['pytorch-grey', { width: 28, channels: 1 }, 'logits', 3, ['zero', 'one', 'two'], 'range fit kernel'],
  ['pytorch-not-square', { width: 64, height: 40 }, 'logits', 3, undefined, 'range fit order kernel classes'],
  ['pytorch-duplicate-names', {}, 'logits', 4, ['cat', 'dog', 'cat (2)', 'bird'], 'range fit order kernel'],
  ['pytorch-any-size', { width: 224, height: 224 }, 'logits', 3, third, 'size range fit order kernel'],
  ['onnx-external-data', {}, 'probabilities', 3, third, 'range fit order kernel'],
  ['onnx-uint8-nhwc', { dtype: 'uint8', layout: 'nhwc' }, 'probabilities', 3, third, 'fit order kernel'],
  [
    'onnx-scaled-inside-nhwc',
    { dtype: 'float32', layout: 'nhwc', scale: 1, mean: 0 },
    'logits',
    3,
    third,
    'fit order kernel',
  ],
  ['onnx-float16', { dtype: 'float16', layout: 'nchw' }, 'probabilities', 3, third, 'range fit order kernel'],
  ['tf2onnx-nhwc', { layout: 'nhwc', scale: 1 / 255 }, 'probabilities', 3, third, 'range fit order kernel'],
  [
    'sklearn-zipmap',
    { width: 8, channels: 1, layout: 'nhwc' },
    'probabilities',
    10,
    Array.from({ length: 10 }, (_, digit) => `digit ${digit}`),
    'range fit kernel',
  ],
  [
    'ultralytics-cls',
    { width: 64, fit: 'crop', resize: 64, scale: 1 / 255, orientation: 'apply' },
    'probabilities',
    3,
    ['hot dog', 'rock \'n\' roll "live"', 'čaj'],
    '',
  ],
  ['ultralytics-logits', {}, 'logits', 3, ['hot dog', 'rock \'n\' roll "live"', 'čaj'], ''],
  [
    'huggingface-vit',
    { width: 32, fit: 'stretch', kernel: 'linear', mean: [0.5, 0.5, 0.5], orientation: 'apply' },
    'logits',
    3,
    hf,
    '',
  ],
  ['huggingface-old-form', { width: 32, height: 32, fit: 'stretch', scale: 1 / 255 }, 'logits', 3, hf, ''],
  [
    'huggingface-deit',
    { width: 32, fit: 'crop', resize: { width: 38, height: 38 }, centre: 'floor', kernel: 'cubic' },
    'logits',
    3,
    hf,
    '',
  ],
  ['huggingface-beit', { width: 32, resize: { width: 40, height: 40 } }, 'logits', 3, hf, ''],
  ['huggingface-resnet', { width: 48, height: 48, fit: 'crop', resize: 54, kernel: 'cubic' }, 'logits', 3, hf, ''],
  ['huggingface-convnext', { width: 384, height: 384, fit: 'stretch' }, 'logits', 3, hf, ''],
  ['huggingface-swin', { kernel: 'cubic', mean: [0.485, 0.456, 0.406] }, 'logits', 3, hf, ''],
  ['huggingface-mobilenet-v2', { width: 64, resize: 73 }, 'logits', 3, hf, ''],
  ['huggingface-efficientnet', { width: 48, kernel: 'nearest' }, 'logits', 3, hf, ''],
  ['huggingface-mobilevit', { order: 'bgr', resize: 72, mean: 0 }, 'logits', 3, hf, ''],
  ['huggingface-poolformer', { width: 64, resize: 71 }, 'logits', 3, hf, ''],
  ['huggingface-quantised', {}, 'logits', 3, hf, ''],
  ['huggingface-multi-label', {}, 'independent-logits', 3, hf, ''],
];

describe('what each export says', () => {
  test.each(table)('%s', async (name, recipe, form, size, classNames, assumed) => {
    const reading = await read(name);
    expect(reading.recipe).toMatchObject(recipe);
    expect(reading.output).toMatchObject({ form, size });
    expect(reading.classNames).toEqual(classNames);
    expect(assumedIn(reading)).toBe(assumed);
    expect(reading.files.map(({ to }) => to)).toContain(reading.modelFile);
    expect(reading.files.filter(({ from }) => !existsSync(from))).toEqual([]);
    for (const { flag, why, value } of reading.assumed)
      expect([flag, why, value].every((text) => text.length > 0)).toBe(true);
  });

  test('kinds are told apart', async () => {
    const kinds = [
      'teachable-machine',
      'tfjs-layers',
      'tfjs-graph',
      'automl-tfjs',
      'custom-vision-tfjs',
      'custom-vision-onnx',
    ];
    for (const kind of kinds) expect((await read(kind)).kind).toBe(kind);
    expect((await read('huggingface-vit')).kind).toBe('huggingface-onnx');
    expect((await read('ultralytics-cls')).kind).toBe('ultralytics-onnx');
    expect((await read('pytorch-sigmoid')).kind).toBe('onnx');
  });

  test('files named instead of folders', async () => {
    expect((await read('tfjs-layers/model.json')).classNames).toEqual(['rock', 'paper', 'scissors']);
    expect((await read('teachable-machine/weights.bin')).kind).toBe('teachable-machine');
    expect((await read('huggingface-quantised/onnx/model_quantized.onnx')).kind).toBe('huggingface-onnx');
    expect((await read('pytorch-softmax-fixed-batch/net.onnx')).modelFile).toBe('net.onnx');
  });

  test('every weight file is listed', async () => {
    expect((await read('tfjs-layers-shards')).files.length).toBeGreaterThan(3);
    expect((await read('onnx-external-data')).files.map(({ to }) => to)).toEqual(['model.onnx', 'model.onnx.data']);
  });

  test('a graph with a label and maps is copied with its scores alone, and removed afterwards', async () => {
    const reading = await read('custom-vision-onnx');
    const { from } = reading.files[0]!;
    expect(from).not.toContain(exportsFolder);
    expect(existsSync(from)).toBe(true);
    await reading.dispose();
    expect(existsSync(from)).toBe(false);
  });

  test('the quantised graph is picked where there is no other, and said', async () => {
    const { findings } = await read('huggingface-quantised');
    expect(findings).toMatchObject([{ severity: 'note', rule: 'export/quantized' }]);
  });
});

describe('what an export leaves open', () => {
  test("a Hugging Face processor of somebody's own: every field that its file omits is asked", async () => {
    const own = { image_processor_type: 'MyOwnProcessor', auto_map: { AutoImageProcessor: 'mine.MyOwnProcessor' } };
    const { assumed, findings } = await readFolder(beside('huggingface-vit', { 'preprocessor_config.json': own }));
    expect(assumed.map(({ field }) => field).join(' ')).toBe('size range fit order kernel');
    expect(findings).toMatchObject([{ severity: 'warning', rule: 'export/processor' }]);
  });

  test('the size of a Custom Vision graph that takes any: the target of its metadata', async () => {
    const target = { 'CustomVision.Preprocess.TargetWidth': '40', 'CustomVision.Preprocess.TargetHeight': '56' };
    const onnx = beside('pytorch-any-size', {
      'cvexport.manifest': { DomainType: 'Classification', Platform: 'ONNX' },
      'metadata_properties.json': target,
    });
    const { recipe, assumed, findings } = await readFolder(onnx);
    expect(recipe).toMatchObject({ width: 40, height: 56 });
    expect([assumed, findings]).toEqual([[], []]);
  });

  test('a Custom Vision TensorFlow.js graph whose metadata says another size: both are named', async () => {
    const target = { 'CustomVision.Preprocess.TargetWidth': '40', 'CustomVision.Preprocess.TargetHeight': '40' };
    const { findings } = await readFolder(beside('custom-vision-tfjs', { 'metadata_properties.json': target }));
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/40 x 40, .* takes 64 x 64: the graph/),
    ]);
  });

  test('a layers model beside dict.txt is no AutoML export, and has its names', async () => {
    const folder = beside('tfjs-layers-grey', { 'dict.txt': 'a\nb\nc\n' });
    expect(await readFolder(folder)).toMatchObject({ kind: 'tfjs-layers', classNames: ['a', 'b', 'c'] });
  });

  test("timm's own loading ignores the EXIF orientation, transformers' pipeline around it does not", async () => {
    const config = jsonOf('huggingface-vit/config.json');
    const timm = { architecture: 'tiny', label_names: ['a', 'b', 'c'], pretrained_cfg: { input_size: [3, 32, 32] } };
    const alone = beside('huggingface-vit', { 'config.json': timm });
    const wrapped = beside('huggingface-vit', { 'config.json': { ...config, ...timm, model_type: 'timm_wrapper' } });
    for (const folder of [alone, wrapped]) rmSync(join(folder, 'preprocessor_config.json'));
    expect((await readFolder(alone)).recipe).toMatchObject({ orientation: 'ignore', resize: 36, kernel: 'cubic' });
    expect((await readFolder(wrapped)).recipe).toMatchObject({ orientation: 'apply', resize: 36 });
    const processor = { image_processor_type: 'TimmWrapperImageProcessor' };
    writeFileSync(join(wrapped, 'preprocessor_config.json'), JSON.stringify(processor));
    expect((await readFolder(wrapped)).recipe).toMatchObject({ orientation: 'apply', resize: 36 });
  });
});

describe('answers', () => {
  test('equal to the default count as answers', async () => {
    const { assumed, recipe } = await read('pytorch-one-logit', { fit: 'crop', range: 'imagenet', order: 'rgb' });
    expect(assumed.map(({ field }) => field)).toEqual(['kernel', 'classes']);
    expect(recipe.fit).toBe('crop');
  });

  test('equal to what the export says keep the size before the crop', async () => {
    const said = await read('huggingface-deit');
    expect((await read('huggingface-deit', { fit: 'crop' })).recipe).toEqual(said.recipe);
  });

  test('replace defaults, which are no longer assumed', async () => {
    const reading = await read('pytorch-one-logit', {
      classes: ['bad', 'good'],
      range: '-1..1',
      fit: 'pad',
      order: 'bgr',
      kernel: 'cubic',
    });
    expect(reading.assumed).toEqual([]);
    expect(reading.classNames).toEqual(['bad', 'good']);
    expect(reading.recipe).toMatchObject({ scale: 1 / 127.5, mean: 1, fit: 'pad', order: 'bgr', kernel: 'cubic' });
  });

  test('against the export win, with a warning that states both', async () => {
    const { recipe, findings } = await read('teachable-machine', { range: '0..1', fit: 'stretch' });
    expect(recipe).toMatchObject({ scale: 1 / 255, mean: 0, fit: 'stretch' });
    expect(findings.map(({ message }) => message)).toEqual([
      "the export says pixels * 1/127, minus 1, divided by 1 (Teachable Machine's library), --range says pixels scaled to 0..1: --range is used",
      "the export says picture the largest centred square, then resized (Teachable Machine's library), --fit says picture stretched to the input: --fit is used",
    ]);
  });

  test.each<[string, Partial<ExportAnswers>, string]>([
    [
      'tfjs-layers',
      { size: 64 },
      '--size says input 64 x 64, but the model demands input 48 x 48 (model.json input shape)',
    ],
    ['pytorch-grey', { channels: 3 }, '--channels says three channels, but the model demands one channel (grey)'],
    [
      'tf2onnx-nhwc',
      { layout: 'nchw' },
      '--layout says channels first (NCHW), but the model demands channels last (NHWC)',
    ],
    [
      'onnx-uint8-nhwc',
      { range: '0..1' },
      '--range says pixels scaled to 0..1, but the model demands pixels as they are, 0..255',
    ],
    ['tfjs-layers', { classes: ['a', 'b'] }, '--classes gives 2 class names (a, b), model.json has 3 outputs'],
    ['pytorch-sigmoid', { classes: ['a', 'b', 'c'] }, 'model.onnx has 1 output (a sigmoid), which takes 2 names'],
    ['pytorch-sigmoid', { activation: 'softmax' }, '--activation says softmax, but the model demands one output'],
    ['tfjs-layers', { range: '0..2' as never }, '--range takes one of 0..1, -1..1, 0..255, imagenet; got "0..2"'],
    ['tfjs-layers', { size: 0 }, '--size takes whole pixels between 1 and 4096; got 0'],
    ['tfjs-layers', { classes: ['a', ''] }, '--classes takes two or more names, none of them empty'],
  ])('that %s cannot follow are refused: %j', async (name, answers, message) => {
    await expect(read(name, answers)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      remedy: expect.any(String),
    });
  });

  test('set the size where the graph leaves it free', async () => {
    const { recipe } = await read('pytorch-any-size', { size: { width: 320, height: 240 } });
    expect(recipe).toMatchObject({ width: 320, height: 240 });
  });

  test('activation turns one reading of the output into another', async () => {
    expect((await read('pytorch-one-logit', { activation: 'none' })).output.form).toBe('probability');
    expect((await read('pytorch-log-softmax', { activation: 'sigmoid' })).output.form).toBe('independent-logits');
  });
});

const { KATONIC_TEST_DATA: data } = process.env;

test.skipIf(data === undefined)('a Teachable Machine export by someone else (KATONIC_TEST_DATA)', async () => {
  const reading = await readExport(join(data!, 'teachable-machine'));
  expect(reading).toMatchObject({
    kind: 'teachable-machine',
    recipe: { width: 224, height: 224, fit: 'crop-first', scale: 1 / 127, mean: 1 },
    output: { size: 2, form: 'probabilities' },
    classNames: ['UP', 'DOWN'],
    assumed: [],
    findings: [],
  });
});
