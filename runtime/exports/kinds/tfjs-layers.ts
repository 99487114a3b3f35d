import { normalisation } from '../answers.js';
import { browser, type ExportReader, type Facts } from '../facts.js';
import { namesBeside } from '../names.js';
import { refuse } from '../refuse.js';
import { baseOf, type ExportSource } from '../source/source.js';
import { readLayers } from '../tfjs/layers.js';
import { findModelJson, readModelJson } from '../tfjs/model-json.js';
import { tfjsShape } from '../tfjs/shape.js';

/** A TensorFlow.js layers model: `model.save()` in a browser or in Node, or tensorflowjs_converter of a Keras model. */
export const tfjsLayers: ExportReader = {
  recognises: async (source) => {
    const file = await findModelJson(source);
    return file !== undefined && (await readModelJson(source, file)).format === 'layers';
  },
  read,
};

/** Networks of keras.applications are trained on the range that their `preprocess_input` gives. */
const trainedOn = [
  { name: /mobilenet|inception|xception|nasnet|resnet.*v2/i, range: '-1..1' },
  { name: /efficientnet/i, range: '0..255' },
] as const;

async function read(source: ExportSource): Promise<Facts> {
  const file = (await findModelJson(source))!;
  const model = await readModelJson(source, file);
  const layers = readLayers(model);
  const [height, width, channels] = layers.input;
  if (layers.input.length !== 3) {
    throw refuse(
      `${file} takes an input of shape [${layers.input.map((side) => side ?? '?').join(', ')}], a picture has height, width and channels`,
      'Only models that take one picture are served.',
      file,
    );
  }
  const hint = trainedOn.find(({ name }) => layers.names.some((each) => name.test(each)));
  const named = layers.names.find((each) => hint?.name.test(each));
  const names = await namesBeside(source, file);
  return {
    kind: 'tfjs-layers',
    title: 'TensorFlow.js layers model',
    engine: 'tfjs',
    files: model.files,
    modelFile: baseOf(file),
    ...tfjsShape(height ?? undefined, width ?? undefined, channels ?? undefined, file, `${file} input shape`),
    pixels: layers.pixels ?? {
      value: normalisation(hint?.range ?? '0..1'),
      why:
        hint === undefined
          ? 'no layer scales the pixels, and 0..1 is what most training code gives'
          : `no layer scales the pixels, and ${named} of keras.applications is trained so`,
    },
    fit: { value: { fit: 'stretch' }, why: 'the model does not say, and image_dataset_from_directory stretches' },
    order: { value: 'rgb', why: 'the model does not say, and pictures are decoded so' },
    kernel: { value: 'tensorflow', why: 'the model does not say, and resizeBilinear is the usual call' },
    decoding: browser,
    output: {
      ...(layers.outputs === undefined
        ? {}
        : { size: { value: layers.outputs, from: `${file} layer ${layers.lastLayer}` } }),
      form:
        layers.form === undefined
          ? {
              value: 'probabilities',
              why: `the last layer ends in ${layers.activation}, which is neither softmax nor sigmoid nor linear`,
            }
          : { value: layers.form, from: `${file} layer ${layers.lastLayer}, ${layers.activation}` },
    },
    ...(names === undefined ? {} : { classNames: names }),
    notes: [model.made],
  };
}
