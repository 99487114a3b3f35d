import type { KatonicError } from '../errors.js';
import { byContent, byName, type Foreign } from './foreign-formats.js';
import { listed, refuse } from './refuse.js';
import { head } from './source/open.js';
import { baseOf, type ExportSource } from './source/source.js';

/** What to tell someone whose path no reader knows: what it is, where that can be told, and how to get an export. */
export async function explainForeign(source: ExportSource): Promise<KatonicError> {
  const files = source.chosen === undefined ? source.files : [source.chosen];
  if (files.length === 0) {
    return refuse(
      `${source.shown} is an empty folder`,
      'Give --model the folder or file that your tool exported.',
      source.shown,
    );
  }
  const wholeFolder = source.chosen === undefined ? folderKind(source) : undefined;
  if (wholeFolder !== undefined) return told(wholeFolder, source.shown);
  for (const file of inOrder(files)) {
    const kind = byContent(await head(source.absolute(file), 4_096), file) ?? byName(file);
    if (kind !== undefined) return told(kind, file);
  }
  return refuse(
    `nothing in ${source.shown} is a model that can be read (looked for model.json, .onnx, metadata.json, cvexport.manifest, config.json; found: ${listed(
      files.map((file) => file),
      8,
    )})`,
    'Export the model as ONNX or for TensorFlow.js (docs/models.md says how, tool by tool), and give --model the folder, file or zip.',
    source.shown,
  );
}

/** Likely model files first, so that a README does not stand for a folder. */
function inOrder(files: readonly string[]): string[] {
  const weight = (file: string): number =>
    byName(file) !== undefined ? 0 : /\.(txt|md|json|py|ya?ml|csv)$/i.test(file) ? 2 : 1;
  return [...files].sort((one, other) => weight(one) - weight(other)).slice(0, 20);
}

function folderKind(source: ExportSource): Foreign | undefined {
  const has = (name: RegExp): boolean => source.files.some((file) => name.test(file));
  if (has(/(^|\/)(data|.*\/data)\.pkl$/) && has(/(^|\/)version$/)) return pytorch;
  if (has(/(^|\/)model\.weights\.h5$/) && source.has('config.json')) return keras;
  if (has(/(^|\/)saved_model\.pbtxt?$/)) return savedModel;
  if (has(/\.mlmodel$/) && has(/(^|\/)Manifest\.json$/)) return coreMl;
  if (source.has('metadata.json') && has(/(^|\/)weights\.bin$/)) {
    return {
      what: 'a Teachable Machine or TensorFlow.js export without its model.json',
      remedy: 'Put model.json beside weights.bin: download the export again as a zip.',
    };
  }
  if (source.files.every((file) => /\.(jpe?g|png|webp|gif|bmp)$/i.test(baseOf(file)))) {
    return {
      what: 'pictures, not a model',
      remedy: 'Give --model the export of a trained model; pictures go into samples/ after scaffolding.',
    };
  }
  return undefined;
}

const keras: Foreign = {
  what: 'a Keras file (.keras)',
  remedy:
    'Convert it: python -m tf2onnx.convert after model.export("saved"), or tensorflowjs_converter --input_format=keras_keras --output_format=tfjs_graph_model.',
};
const pytorch: Foreign = {
  what: 'a PyTorch file (a zip with a pickle in it), which would run code when loaded',
  remedy:
    'Export it from Python: torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "model.onnx", dynamic_axes={"input": {0: "batch"}}, input_names=["input"]).',
};
const savedModel: Foreign = {
  what: 'a TensorFlow SavedModel',
  remedy:
    'Convert it: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx, or tensorflowjs_converter --input_format=tf_saved_model FOLDER OUT.',
};
const coreMl: Foreign = {
  what: 'a Core ML package',
  remedy:
    'Export the model once more from where it was trained, as ONNX or TensorFlow.js: Core ML runs on Apple devices only.',
};

function told(kind: Foreign, file: string): KatonicError {
  return refuse(`${file} is ${kind.what}; an ONNX or TensorFlow.js export was expected`, kind.remedy, file);
}
