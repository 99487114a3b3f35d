import { baseOf } from './source/source.js';

/** A file that is recognised and not served: what it is, and how to get from it to an export that is. */
export interface Foreign {
  readonly what: string;
  readonly remedy: string;
}

const torchExport =
  'Export it from Python: torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), "model.onnx", input_names=["input"], dynamic_axes={"input": {0: "batch"}}).';
const kerasExport =
  'Convert it: tensorflowjs_converter --input_format=keras model.h5 OUT, or tf2onnx (python -m tf2onnx.convert --keras model.h5 --output model.onnx). In Teachable Machine: Export Model, Tensorflow.js, Download.';
const tfExport =
  'Convert it: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx, or tensorflowjs_converter --input_format=tf_saved_model FOLDER OUT.';
const liteExport =
  'Convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx. In Teachable Machine: Export Model, Tensorflow.js, Download.';
const again = 'Export the model once more from where it was trained, as ONNX or TensorFlow.js.';
const unpack = 'Unpack it, and give --model the folder or the model file in it.';

interface Signature extends Foreign {
  readonly matches: (bytes: Buffer, text: string) => boolean;
}

const starts =
  (text: string, offset = 0) =>
  (bytes: Buffer) =>
    bytes.subarray(offset, offset + text.length).toString('latin1') === text;

/** By the first bytes: names are often wrong, contents are not. */
const signatures: readonly Signature[] = [
  {
    matches: starts('version https://git-lfs'),
    what: 'a Git LFS pointer: the model itself was not downloaded',
    remedy: 'Run git lfs pull in the repository, or download the file from its page.',
  },
  {
    matches: (_, text) => /^\s*<(!doctype html|html)/i.test(text),
    what: 'a web page, saved instead of the model',
    remedy: 'Download the file itself: use the download button, or the raw link.',
  },
  { matches: starts('\x89HDF\r\n\x1a\n'), what: 'an HDF5 file (Keras .h5)', remedy: kerasExport },
  { matches: starts('TFL3', 4), what: 'a TensorFlow Lite model', remedy: liteExport },
  {
    matches: starts('ORTM', 4),
    what: "an ONNX Runtime .ort file, built for one version's mobile runtime",
    remedy: 'Give the .onnx file that it was made from.',
  },
  {
    matches: (bytes) => bytes[0] === 0x80 && bytes[1] !== undefined && bytes[1] >= 2 && bytes[1] <= 5,
    what: 'a Python pickle (.pkl, .pt or .pth), which would run code when loaded',
    remedy: `${torchExport} From scikit-learn: skl2onnx.`,
  },
  { matches: starts('GGUF'), what: 'a GGUF file, a language model', remedy: 'Give a model for image classification.' },
  { matches: starts('\x93NUMPY'), what: 'a NumPy array, not a model', remedy: again },
  {
    matches: isSafetensors,
    what: 'a safetensors file: weights without the graph that uses them',
    remedy: 'Export it: optimum-cli export onnx --model FOLDER --task image-classification OUT.',
  },
  {
    matches: (bytes) => ['ftrt', 'ptrt'].includes(bytes.subarray(0, 4).toString('latin1')),
    what: 'a TensorRT engine, which runs on the one kind of GPU that it was built for',
    remedy: 'Give the .onnx file that it was built from.',
  },
  {
    matches: (_, text) => /^\s*(<\?xml[^>]*>\s*)?<net /.test(text),
    what: 'an OpenVINO model (.xml and .bin)',
    remedy: again,
  },
  { matches: starts('7767517'), what: 'an ncnn model (.param and .bin)', remedy: again },
  { matches: starts('\x1f\x8b'), what: 'a gzip archive', remedy: unpack },
  { matches: starts('7z\xbc\xaf\x27\x1c'), what: 'a 7z archive', remedy: unpack },
  { matches: starts('Rar!'), what: 'a RAR archive', remedy: unpack },
  { matches: starts('ustar', 257), what: 'a tar archive', remedy: unpack },
  {
    matches: (bytes) => ['\xff\xd8\xff', '\x89PNG', 'GIF8', 'RIFF'].some((start) => starts(start)(bytes)),
    what: 'a picture, not a model',
    remedy: 'Give --model the export of a trained model; pictures go into samples/ after scaffolding.',
  },
  { matches: starts('%PDF'), what: 'a PDF document', remedy: again },
];

/** By the name, where the content has no mark of its own. */
const names: readonly (Foreign & { readonly name: RegExp })[] = [
  {
    name: /\.(pt|pth|ckpt|pkl|pickle|joblib)$/i,
    what: 'a PyTorch or pickle file, which would run code when loaded',
    remedy: torchExport,
  },
  { name: /\.(h5|hdf5|keras)$/i, what: 'a Keras file', remedy: kerasExport },
  { name: /saved_model\.pb(txt)?$/i, what: 'a TensorFlow SavedModel', remedy: tfExport },
  {
    name: /\.(pb|pbtxt|meta)$/i,
    what: 'a TensorFlow graph (.pb)',
    remedy:
      'Convert it: python -m tf2onnx.convert --graphdef model.pb --inputs INPUT:0 --outputs OUTPUT:0 --output model.onnx.',
  },
  { name: /\.tflite$/i, what: 'named like a TensorFlow Lite model', remedy: liteExport },
  { name: /\.(mlmodel|mlpackage)$/i, what: 'a Core ML model', remedy: again },
  { name: /\.(pdmodel|pdiparams)$/i, what: 'a PaddlePaddle model', remedy: 'Convert it with paddle2onnx.' },
  { name: /\.(caffemodel|prototxt)$/i, what: 'a Caffe model', remedy: again },
  { name: /\.(params|nd)$/i, what: 'an MXNet model', remedy: again },
  { name: /\.(weights|cfg)$/i, what: 'a Darknet model', remedy: again },
  {
    name: /\.(rknn|mnn|kmodel|nb|om|hef|blob|dlc)$/i,
    what: 'a model compiled for one kind of device',
    remedy: 'Give the ONNX file that it was made from.',
  },
  { name: /\.(engine|plan|trt)$/i, what: 'a TensorRT engine', remedy: 'Give the .onnx file that it was built from.' },
  {
    name: /\.(mat|mlappinstall)$/i,
    what: 'a MATLAB file',
    remedy: 'Use exportONNXNetwork(net, "model.onnx") in MATLAB.',
  },
  { name: /\.(model|pmml|bst|ubj|cbm)$/i, what: 'a model of another tool (XGBoost, CatBoost, PMML)', remedy: again },
];

/** What a file is by its first 4096 bytes. */
export function byContent(bytes: Buffer, file: string): Foreign | undefined {
  const text = bytes.subarray(0, 1_024).toString('utf8');
  if (/\.json$/i.test(file)) return jsonKind(bytes.toString('utf8'));
  return signatures.find(({ matches }) => matches(bytes, text));
}

export function byName(file: string): Foreign | undefined {
  return names.find(({ name }) => name.test(baseOf(file)));
}

/** A safetensors file: the length of a JSON header, then the header. */
function isSafetensors(bytes: Buffer): boolean {
  return (
    bytes.length > 9 && bytes[8] === 0x7b && bytes.readBigUInt64LE(0) < 100_000_000n && bytes.readBigUInt64LE(0) > 1n
  );
}

function jsonKind(text: string): Foreign | undefined {
  if (/"wordLabels"/.test(text))
    return { what: "a Teachable Machine audio model's metadata", remedy: 'Only image models are served.' };
  if (/"weightsManifest"/.test(text) && !/"modelTopology"/.test(text)) {
    return {
      what: 'a weights manifest without a model',
      remedy: 'Convert the model again with tensorflowjs_converter and give --model its model.json.',
    };
  }
  if (/"nodes"\s*:.*"arg_nodes"/s.test(text)) return { what: 'an MXNet model', remedy: again };
  return undefined;
}
