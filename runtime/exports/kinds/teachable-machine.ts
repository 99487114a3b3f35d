import { browser, type ExportReader, type Facts } from '../facts.js';
import { refuse } from '../refuse.js';
import { type ExportSource, folderOf, type JsonObject } from '../source/source.js';
import { readLayers } from '../tfjs/layers.js';
import { findModelJson, readModelJson } from '../tfjs/model-json.js';

/**
 * Teachable Machine, "Export Model, Tensorflow.js, Download": model.json, weights.bin, metadata.json.
 * Its own library (@teachablemachine/image 0.8.5) draws the picture on a canvas of `imageSize` so that the centre
 * square fills it, and takes `pixel / 127 - 1`: 127, not 127.5 as in its Python snippets, which are for Keras exports.
 */
export const teachableMachine: ExportReader = {
  recognises: async (source) => (await metadataOf(source)) !== undefined,
  read,
};

async function metadataOf(source: ExportSource): Promise<{ file: string; json: JsonObject } | undefined> {
  const model = await findModelJson(source);
  const folder = model === undefined ? '' : folderOf(model);
  const file = folder === '' ? 'metadata.json' : `${folder}/metadata.json`;
  if (!source.has(file)) return undefined;
  const json = await source.json(file).catch(() => undefined);
  if (json === undefined) return undefined;
  const own = 'tmVersion' in json || String(json.packageName ?? '').startsWith('@teachablemachine/');
  return own || ('labels' in json && 'imageSize' in json) ? { file, json } : undefined;
}

async function read(source: ExportSource): Promise<Facts> {
  const { file, json } = (await metadataOf(source))!;
  const packageName = String(json.packageName ?? '@teachablemachine/image');
  if (packageName !== '@teachablemachine/image' || 'wordLabels' in json) {
    throw refuse(
      `this is a Teachable Machine model of another kind: ${packageName} (${file})`,
      'Only image models are served; pose and audio models take other inputs than pictures.',
      file,
    );
  }
  const modelFile = await findModelJson(source);
  if (modelFile === undefined) {
    throw refuse(
      `${file} is Teachable Machine's, but model.json is not beside it (found: ${source.files.slice(0, 8).join(', ')})`,
      'In Teachable Machine choose Export Model, Tensorflow.js, Download, and give --model the zip.',
      file,
    );
  }
  const model = await readModelJson(source, modelFile);
  if (model.format !== 'layers') {
    throw refuse(
      `${modelFile} is a graph model, Teachable Machine writes layers models`,
      `Remove ${file} if it belongs to another model.`,
      file,
    );
  }
  const layers = readLayers(model);
  const [height, width, channels] = layers.input;
  const { imageSize, labels, grayscale, tmVersion } = json;
  const size = typeof imageSize === 'number' && Number.isInteger(imageSize) && imageSize > 0 ? imageSize : undefined;
  const expected = channels === 1 || channels === 3 ? channels : 3;
  return {
    kind: 'teachable-machine',
    title: `Teachable Machine image model${typeof tmVersion === 'string' ? ` (${tmVersion})` : ''}`,
    engine: 'tfjs',
    files: model.files,
    modelFile: modelFile.slice(modelFile.lastIndexOf('/') + 1),
    size:
      typeof height === 'number' && typeof width === 'number'
        ? {
            value: { width, height },
            from: `${modelFile} input shape${size === undefined ? '' : `, ${file} imageSize`}`,
            fixed: true,
          }
        : { value: { width: size ?? 224, height: size ?? 224 }, from: `${file} imageSize` },
    channels: { value: expected, from: `${modelFile} input shape`, fixed: true },
    layout: { value: 'nhwc', from: 'TensorFlow.js', fixed: true },
    dtype: 'float32',
    pixels: { value: { scale: 1 / 127, mean: 1, std: 1 }, from: "Teachable Machine's library" },
    fit: { value: { fit: 'crop-first' }, from: "Teachable Machine's library" },
    order: { value: 'rgb', from: "Teachable Machine's library" },
    kernel: { value: 'canvas', from: "Teachable Machine's library, drawImage" },
    decoding: browser,
    output: {
      ...(layers.outputs === undefined
        ? {}
        : { size: { value: layers.outputs, from: `${modelFile} layer ${layers.lastLayer}` } }),
      form: {
        value: layers.form ?? 'probabilities',
        from: `${modelFile} layer ${layers.lastLayer}, ${layers.activation}`,
      },
    },
    ...(isNames(labels) ? { classNames: { value: labels, from: `${file} labels` } } : {}),
    notes: [model.made],
    findings: [
      ...(size !== undefined && typeof width === 'number' && (size !== width || size !== height)
        ? [
            {
              severity: 'warning' as const,
              rule: 'export/disagrees',
              message: `${file} says imageSize ${size}, ${modelFile} takes ${width} x ${height}: ${width} x ${height} is used`,
              remedy: `Check that ${file} and ${modelFile} come from the same export.`,
              file,
            },
          ]
        : []),
      ...(typeof grayscale === 'boolean' && grayscale !== (expected === 1)
        ? [
            {
              severity: 'warning' as const,
              rule: 'export/disagrees',
              message: `${file} says grayscale ${grayscale}, ${modelFile} takes ${expected === 1 ? 'one channel' : 'three channels'}: the model's channels are used`,
              remedy: `Check that ${file} and ${modelFile} come from the same export.`,
              file,
            },
          ]
        : []),
    ],
  };
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}
