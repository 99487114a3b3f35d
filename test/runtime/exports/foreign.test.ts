import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readExport } from '../../../runtime/exports/index.js';
import { exportsFolder } from './parity.js';

const work = mkdtempSync(join(tmpdir(), 'foreign-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A folder with these files; a function gets the bytes of a fixture to damage. */
function folder(name: string, files: Record<string, string | Buffer>): string {
  const path = join(work, name);
  mkdirSync(path);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), content);
  }
  return path;
}

/** A copy of a fixture with some files changed; `undefined` removes one. */
function changed(fixture: string, name: string, files: Record<string, string | Buffer | undefined>): string {
  const path = join(work, name);
  cpSync(join(exportsFolder, fixture), path, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(path, file));
    else writeFileSync(join(path, file), content);
  }
  return path;
}

function fixture(file: string): Buffer {
  return readFileSync(join(exportsFolder, file));
}

function json(file: string, change: (value: Record<string, never>) => unknown): string {
  return JSON.stringify(change(JSON.parse(fixture(file).toString())));
}

const pickle = Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c]);
const safetensors = Buffer.concat([Buffer.from([16, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"__metadata__":{}}')]);
const tar = Buffer.alloc(512);
tar.write('ustar', 257);

/** Path, what the sentence says, what the remedy says. */
const table: [string, () => string, RegExp, RegExp][] = [
  ['nothing there', () => join(work, 'missing'), /there is no file or folder/, /model\.json, an \.onnx file or a zip/],
  ['an empty folder', () => folder('empty', {}), /is an empty folder/, /--model/],
  [
    'an empty file',
    () => join(folder('zero', { 'model.onnx': '' }), 'model.onnx'),
    /is empty \(0 bytes\)/,
    /did not finish/,
  ],
  [
    'a folder without a model',
    () => folder('none', { 'README.md': 'hello', 'train.py': 'x' }),
    /looked for model\.json, \.onnx.*found: README\.md, train\.py/,
    /docs\/models\.md/,
  ],
  [
    'pictures',
    () => folder('pictures', { 'a.jpg': fixture('pictures/landscape.jpg') }),
    /pictures, not a model/,
    /trained model/,
  ],
  [
    'a picture',
    () => join(folder('one-picture', { 'a.jpg': fixture('pictures/landscape.jpg') }), 'a.jpg'),
    /a picture, not a model/,
    /trained model/,
  ],
  [
    'Keras .h5',
    () => join(folder('h5', { 'keras_model.h5': '\x89HDF\r\n\x1a\n', 'labels.txt': '0 a\n1 b' }), 'keras_model.h5'),
    /is no|HDF5|Keras/,
    /tensorflowjs_converter/,
  ],
  [
    'Teachable Machine for Keras',
    () =>
      folder('tm-keras', { 'keras_model.h5': Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'labels.txt': '0 a\n1 b' }),
    /keras_model\.h5 is an HDF5 file/,
    /Teachable Machine: Export Model, Tensorflow\.js/,
  ],
  [
    '.keras unpacked',
    () =>
      folder('keras3', {
        'config.json': '{"module":"keras"}',
        'metadata.json': '{"keras_version":"3.0"}',
        'model.weights.h5': 'x',
      }),
    /Keras file/,
    /tfjs_graph_model|tf2onnx/,
  ],
  [
    'TensorFlow Lite',
    () =>
      join(folder('lite', { 'model_unquant.tflite': Buffer.from('\x1c\0\0\0TFL3', 'latin1') }), 'model_unquant.tflite'),
    /TensorFlow Lite/,
    /--tflite/,
  ],
  [
    'a SavedModel',
    () => folder('saved', { 'saved_model.pb': 'x', 'variables/variables.index': 'x' }),
    /SavedModel/,
    /tf2onnx|tensorflowjs_converter/,
  ],
  [
    'a frozen graph',
    () => folder('frozen', { 'model.pb': '\n\x1f', 'labels.txt': 'a\nb' }),
    /TensorFlow graph/,
    /--graphdef/,
  ],
  [
    'PyTorch .pth (pickle)',
    () => join(folder('pth', { 'model.pth': pickle }), 'model.pth'),
    /pickle.*would run code/,
    /torch\.onnx\.export/,
  ],
  [
    'a pickle named .onnx',
    () => join(folder('fake', { 'model.onnx': pickle }), 'model.onnx'),
    /pickle.*whatever its name says/,
    /torch\.onnx\.export/,
  ],
  ['scikit-learn .joblib', () => folder('joblib', { 'model.joblib': 'x\x9c' }), /pickle/, /torch\.onnx\.export/],
  [
    'safetensors',
    () => join(folder('safe', { 'model.safetensors': safetensors }), 'model.safetensors'),
    /weights without the graph/,
    /optimum-cli/,
  ],
  [
    'Hugging Face without ONNX',
    () =>
      folder('hf', {
        'config.json': '{"architectures":["ViTForImageClassification"]}',
        'model.safetensors': safetensors,
      }),
    /no \.onnx file.*model\.safetensors holds weights/,
    /optimum-cli export onnx/,
  ],
  [
    'Hugging Face text model',
    () => folder('bert', { 'config.json': '{"architectures":["BertForSequenceClassification"]}', 'model.onnx': 'x' }),
    /BertForSequenceClassification.*does not classify pictures/,
    /image-classification/,
  ],
  ['Core ML', () => folder('coreml', { 'model.mlmodel': '\b\x01' }), /Core ML/, /Export/],
  [
    'OpenVINO',
    () => folder('openvino', { 'model.xml': '<?xml version="1.0"?>\n<net name="m" version="11">', 'model.bin': 'x' }),
    /OpenVINO/,
    /Export/,
  ],
  ['TensorRT', () => join(folder('trt', { 'model.engine': 'ftrt....' }), 'model.engine'), /TensorRT/, /\.onnx/],
  [
    'PaddlePaddle',
    () => folder('paddle', { 'inference.pdmodel': 'x', 'inference.pdiparams': 'x' }),
    /PaddlePaddle/,
    /paddle2onnx/,
  ],
  ['ncnn', () => folder('ncnn', { 'model.param': '7767517\n3 3\n' }), /ncnn/, /Export/],
  [
    '.ort',
    () => join(folder('ort', { 'model.ort': Buffer.from('\x10\0\0\0ORTM', 'latin1') }), 'model.ort'),
    /ONNX Runtime \.ort/,
    /\.onnx/,
  ],
  [
    'GGUF',
    () => join(folder('gguf', { 'model.gguf': 'GGUF' }), 'model.gguf'),
    /language model/,
    /image classification/,
  ],
  ['NumPy', () => join(folder('npy', { 'w.npy': Buffer.from('\x93NUMPY', 'latin1') }), 'w.npy'), /NumPy/, /Export/],
  ['a tar', () => join(folder('tar', { 'model.tar': tar }), 'model.tar'), /tar archive/, /Unpack/],
  [
    'a .tgz',
    () => join(folder('tgz', { 'model.tgz': Buffer.from([0x1f, 0x8b, 8]) }), 'model.tgz'),
    /gzip archive/,
    /Unpack/,
  ],
  [
    'a 7z',
    () => join(folder('7z', { 'model.7z': Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1') }), 'model.7z'),
    /7z archive/,
    /Unpack/,
  ],
  [
    'a Git LFS pointer',
    () =>
      join(
        folder('lfs', { 'model.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n' }),
        'model.onnx',
      ),
    /Git LFS pointer/,
    /git lfs pull/,
  ],
  [
    'a web page saved as the model',
    () => join(folder('html', { 'model.onnx': '<!DOCTYPE html><html>' }), 'model.onnx'),
    /a web page/,
    /Download the file itself/,
  ],
  [
    'text named .onnx',
    () => join(folder('text', { 'model.onnx': 'this is not a model' }), 'model.onnx'),
    /no readable ONNX file|no ONNX model/,
    /export/i,
  ],
  [
    'ONNX cut off',
    () => join(folder('cut', { 'model.onnx': fixture('pytorch-sigmoid/model.onnx').subarray(0, 9_000) }), 'model.onnx'),
    /model\.onnx is no readable ONNX file/,
    /cut off/,
  ],
  [
    'ONNX without its external data',
    () => changed('onnx-external-data', 'no-data', { 'model.onnx.data': undefined }),
    /keeps its weights in model\.onnx\.data, which is not there/,
    /beside model\.onnx/,
  ],
  [
    'ONNX with its external data cut off',
    () => changed('onnx-external-data', 'short-data', { 'model.onnx.data': 'abc' }),
    /model\.onnx\.data has 3 bytes, model\.onnx needs \d+/,
    /cut off/,
  ],
  [
    'several ONNX files',
    () =>
      folder('two', {
        'a.onnx': fixture('pytorch-sigmoid/model.onnx'),
        'b.onnx': fixture('pytorch-sigmoid/model.onnx'),
      }),
    /2 ONNX files: a\.onnx, b\.onnx/,
    /--model .*a\.onnx/,
  ],
  [
    'an operator of its own',
    () => join(exportsFolder, 'refused-onnx/custom-op.onnx'),
    /com\.example\.ops\.FancyConv/,
    /standard ONNX operators/,
  ],
  [
    'a detector',
    () => join(exportsFolder, 'refused-onnx/detector.onnx'),
    /one row of class scores/,
    /image classification/,
  ],
  ['an Ultralytics detector', () => join(exportsFolder, 'refused-onnx/yolo-detect.onnx'), /task detect/, /-cls/],
  [
    'two outputs',
    () => join(exportsFolder, 'refused-onnx/two-outputs.onnx'),
    /2 outputs \(a \[1, 3\], b \[1, 3\]\)/,
    /one output/,
  ],
  [
    'a fixed batch of 4',
    () => join(exportsFolder, 'refused-onnx/batch-of-4.onnx'),
    /4 pictures at once/,
    /dynamic_axes/,
  ],
  ['four channels', () => join(exportsFolder, 'refused-onnx/four-channels.onnx'), /\[1, 4, 32, 32\]/, /grey or colour/],
  ['rows of features', () => join(exportsFolder, 'sklearn-rows'), /X \[\?, 64\]/, /flattening/],
  [
    'names that do not fit',
    () => changed('pytorch-mobilenet', 'five-names', { 'labels.txt': 'a\nb\nc\nd\ne\n' }),
    /labels\.txt gives 5 class names \(a, b, c and 2 more\), model\.onnx has 4 outputs/,
    /give 4 names/,
  ],
  [
    'names with a gap',
    () => changed('pytorch-mobilenet', 'gap', { 'labels.txt': 'a\n\nb\nc\n' }),
    /empty line 2/,
    /shift the rest/,
  ],
  [
    'broken names',
    () => changed('pytorch-sigmoid', 'bad-names', { 'class_names.json': '["a", ' }),
    /class_names\.json is not valid JSON/,
    /--classes/,
  ],
  [
    'names of another form',
    () => changed('pytorch-sigmoid', 'odd-names', { 'class_names.json': '{"1":"a","2":"b"}' }),
    /neither a list of names nor a map/,
    /\["cat", "dog"\]/,
  ],
  [
    'model.json cut off',
    () => changed('tfjs-layers', 'cut-json', { 'model.json': fixture('tfjs-layers/model.json').subarray(0, 500) }),
    /model\.json is not valid JSON/,
    /damaged/,
  ],
  [
    'model.json that is a list',
    () => changed('tfjs-layers', 'list', { 'model.json': '[1]' }),
    /holds a JSON list/,
    /belongs to the export/,
  ],
  [
    'model.json of something else',
    () => folder('other-json', { 'model.json': '{"name":"x","version":1}' }),
    /no modelTopology.*it has: name, version/,
    /TensorFlow\.js/,
  ],
  [
    'model.json without weights',
    () =>
      changed('tfjs-layers', 'no-manifest', {
        'model.json': json('tfjs-layers/model.json', ({ modelTopology }) => ({ modelTopology })),
      }),
    /no weightsManifest/,
    /model\.save/,
  ],
  [
    'a missing weight file',
    () => changed('tfjs-layers', 'no-shard', { 'group1-shard1of1.bin': undefined }),
    /needs the weight file group1-shard1of1\.bin, which is not there/,
    /second download/,
  ],
  [
    'a weight file cut off',
    () => changed('tfjs-layers', 'cut-shard', { 'group1-shard1of1.bin': 'short' }),
    /take \d+ bytes, group1-shard1of1\.bin has 5/,
    /cut off/,
  ],
  [
    'a weight file of another model',
    () => changed('tfjs-layers', 'other-shard', { 'group1-shard1of1.bin': Buffer.alloc(100_000) }),
    /has 100000/,
    /another model\.json/,
  ],
  [
    'a path out of the folder',
    () =>
      changed('tfjs-layers', 'escape', {
        'model.json': fixture('tfjs-layers/model.json').toString().replace('group1-shard1of1.bin', '../../etc/passwd'),
      }),
    /"\.\.\/\.\.\/etc\/passwd", which lies outside/,
    /one folder/,
  ],
  [
    'a URL as a weight file',
    () =>
      changed('tfjs-layers', 'url', {
        'model.json': fixture('tfjs-layers/model.json')
          .toString()
          .replace('group1-shard1of1.bin', 'https://example.com/w.bin'),
      }),
    /lies outside/,
    /one folder/,
  ],
  [
    'a weight type that does not exist',
    () =>
      changed('tfjs-layers', 'dtype', {
        'model.json': fixture('tfjs-layers/model.json')
          .toString()
          .replaceAll('"dtype": "float32"}', '"dtype": "int4"}'),
      }),
    /stores the weight .* as int4/,
    /tensorflowjs_converter/,
  ],
  [
    'a Lambda layer',
    () =>
      changed('tfjs-layers', 'lambda', {
        'model.json': fixture('tfjs-layers/model.json')
          .toString()
          .replace('"class_name": "GlobalAveragePooling2D"', '"class_name": "Lambda"'),
      }),
    /of the kind Lambda/,
    /tfjs_graph_model/,
  ],
  [
    'a layers model of Keras 3',
    () =>
      changed('tfjs-layers', 'keras3-json', {
        'model.json': fixture('tfjs-layers/model.json').toString().replaceAll('batch_input_shape', 'batch_shape'),
      }),
    /Keras 3/,
    /TF_USE_LEGACY_KERAS/,
  ],
  [
    'Teachable Machine without model.json',
    () => changed('teachable-machine', 'tm-no-model', { 'model.json': undefined }),
    /model\.json is not beside it/,
    /Download/,
  ],
  [
    'Teachable Machine pose',
    () =>
      changed('teachable-machine', 'pose', {
        'metadata.json': json('teachable-machine/metadata.json', (value) => ({
          ...value,
          packageName: '@teachablemachine/pose',
        })),
      }),
    /another kind: @teachablemachine\/pose/,
    /image models/,
  ],
  [
    'Teachable Machine with a name too few',
    () =>
      changed('teachable-machine', 'tm-names', {
        'metadata.json': json('teachable-machine/metadata.json', (value) => ({ ...value, labels: ['a', 'b'] })),
      }),
    /metadata\.json labels gives 2 class names \(a, b\), model\.json has 3 outputs/,
    /--classes/,
  ],
  [
    'Custom Vision object detection',
    () =>
      changed('custom-vision-onnx', 'cv-od', {
        'cvexport.manifest': '{"DomainType":"ObjectDetection","Platform":"ONNX"}',
      }),
    /DomainType ObjectDetection.*boxes/,
    /Classification project/,
  ],
  [
    'Custom Vision for TensorFlow',
    () =>
      folder('cv-tf', {
        'cvexport.manifest': '{"DomainType":"Classification","Platform":"TensorFlow","Flavor":null}',
        'model.pb': 'x',
        'labels.txt': 'a',
      }),
    /export is for TensorFlow, with neither/,
    /ONNX, or TensorFlow and TensorFlow\.js/,
  ],
  [
    'Custom Vision with a broken manifest',
    () => changed('custom-vision-onnx', 'cv-bad', { 'cvexport.manifest': '{' }),
    /cvexport\.manifest is not valid JSON/,
    /damaged/,
  ],
  [
    'id2label with a gap',
    () =>
      changed('huggingface-vit', 'hf-gap', {
        'config.json': json('huggingface-vit/config.json', (value) => ({ ...value, id2label: { 0: 'a', 2: 'b' } })),
      }),
    /id2label/,
    /--classes/,
  ],
  [
    'a processor that does not resize',
    () =>
      changed('huggingface-vit', 'hf-size', {
        'preprocessor_config.json': '{"image_processor_type":"ViTImageProcessor","do_resize":false}',
      }),
    /does not say how a picture gets the size/,
    /--fit/,
  ],
  [
    'a processor with an odd size',
    () =>
      changed('huggingface-vit', 'hf-odd', {
        'preprocessor_config.json': '{"image_processor_type":"ViTImageProcessor","size":{"longest_edge":9}}',
      }),
    /its size is \{"longest_edge":9\}/,
    /correct it/,
  ],
  [
    'a processor that divides by zero',
    () =>
      changed('huggingface-vit', 'hf-zero', {
        'preprocessor_config.json': '{"image_processor_type":"ViTImageProcessor","size":32,"image_std":[0,1,1]}',
      }),
    /divided by \[0,1,1\], which gives no numbers/,
    /standard deviation/,
  ],
  [
    'a processor with a size of half a pixel',
    () =>
      changed('huggingface-vit', 'hf-half', {
        'preprocessor_config.json': '{"image_processor_type":"ViTImageProcessor","size":0.5}',
      }),
    /0\.5 is no number of pixels/,
    /Correct the metadata/,
  ],
  [
    'a broken link',
    () => {
      symlinkSync('/nowhere/at/all', join(folder('link', {}), 'model.onnx'));
      return join(work, 'link');
    },
    /is an empty folder/,
    /--model/,
  ],
];

describe('damaged and foreign files get a sentence and what to do', () => {
  test.each(table)('%s', async (_, path, message, remedy) => {
    const thrown: unknown = await readExport(path()).then(
      () => 'nothing was thrown',
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ name: 'KatonicError', code: 'package' });
    const { message: said, remedy: advice } = thrown as { message: string; remedy: string };
    expect(said).toMatch(message);
    expect(advice).toMatch(remedy);
    expect(said.length + advice.length).toBeLessThan(900);
  });

  test('the list is as long as it should be', () => {
    expect(table.length).toBeGreaterThanOrEqual(30);
  });
});

describe('disagreements are stated with both values', () => {
  test.each<[string, () => string, RegExp]>([
    [
      'imageSize and the model',
      () =>
        changed('teachable-machine', 'tm-size', {
          'metadata.json': json('teachable-machine/metadata.json', (value) => ({ ...value, imageSize: 224 })),
        }),
      /metadata\.json says imageSize 224, model\.json takes 96 x 96: 96 x 96 is used/,
    ],
    [
      'grayscale and the model',
      () =>
        changed('teachable-machine', 'tm-grey', {
          'metadata.json': json('teachable-machine/metadata.json', (value) => ({ ...value, grayscale: true })),
        }),
      /says grayscale true, model\.json takes three channels/,
    ],
    [
      'TargetWidth and the graph',
      () =>
        changed('custom-vision-onnx-s1', 'cv-size', {
          'metadata_properties.json': json('custom-vision-onnx-s1/metadata_properties.json', (value) => ({
            ...value,
            'CustomVision.Preprocess.TargetWidth': '300',
          })),
        }),
      /say 300 x 48, the graph of model\.onnx takes 48 x 48: the graph is followed/,
    ],
    [
      'the processor and a fixed graph',
      () =>
        changed('huggingface-mobilenet-v2', 'hf-disagrees', {
          'preprocessor_config.json': json('huggingface-mobilenet-v2/preprocessor_config.json', (value) => ({
            ...value,
            crop_size: { height: 96, width: 96 },
          })),
        }),
      /preprocessor_config\.json gives 96 x 96, the graph takes 64 x 64: the graph is followed/,
    ],
  ])('%s', async (_, path, message) => {
    const reading = await readExport(path());
    expect(reading.findings.map((finding) => finding.message).join('\n')).toMatch(message);
    expect(reading.findings.every(({ severity }) => severity === 'warning')).toBe(true);
  });
});
