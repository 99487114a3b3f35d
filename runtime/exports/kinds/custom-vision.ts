import type { Finding } from '../../errors.js';
import { normalisation } from '../answers.js';
import { browser, type ExportReader, type Facts, type Fit, type Known, type Pixels, upright } from '../facts.js';
import { readNames } from '../names.js';
import { readMetadata } from '../onnx/metadata.js';
import { onnxFacts } from '../onnx/onnx-facts.js';
import { parsePythonLiteral } from '../python-literal.js';
import { refuse } from '../refuse.js';
import { type ExportSource, isObject, type JsonObject } from '../source/source.js';
import { findOnnx } from './plain-onnx.js';
import { graphFacts } from './tfjs-graph.js';

const manifestFile = 'cvexport.manifest';

/**
 * Azure Custom Vision, "Export, ONNX" or "Export, TensorFlow, TensorFlow.js": cvexport.manifest, labels.txt,
 * metadata_properties.json and the model. How the pixels are given follows Microsoft's samples
 * (Azure-Samples/customvision-export-samples) and its library @microsoft/customvision-tfjs 1.3.0.
 */
export const customVision: ExportReader = {
  recognises: async (source) => source.has(manifestFile),
  read: async (source) => {
    const manifest = await source.json(manifestFile);
    checkManifest(manifest, source);
    const onnx = await findOnnx(source);
    const facts = onnx === undefined ? await tfjsFacts(source) : await onnxFactsOf(source, onnx);
    const labels = typeof manifest.LabelFileName === 'string' ? manifest.LabelFileName : 'labels.txt';
    const version = manifest.ExporterVersion;
    return {
      ...facts,
      title: `${facts.title}${typeof version === 'string' ? `, exporter ${version}` : ''}`,
      ...(source.has(labels) ? { classNames: await readNames(source, labels) } : {}),
    };
  },
};

function checkManifest(manifest: JsonObject, source: ExportSource): void {
  const { DomainType: domain, Platform: platform, Flavor: flavor } = manifest;
  if (domain !== undefined && domain !== 'Classification') {
    throw refuse(
      `${manifestFile} says DomainType ${String(domain)}: this Custom Vision export finds objects and their boxes, it does not classify a picture`,
      'Train a Classification project with a compact domain in Custom Vision, and export that.',
      manifestFile,
    );
  }
  if (source.files.some((file) => /\.onnx$/i.test(file) || /(^|\/)model\.json$/.test(file))) return;
  throw refuse(
    `this Custom Vision export is for ${[platform, flavor].filter((part) => typeof part === 'string').join(', ') || 'an unknown platform'}, with neither an .onnx file nor a model.json (found: ${source.files.slice(0, 8).join(', ')})`,
    'In Custom Vision choose Export and ONNX, or TensorFlow and TensorFlow.js, and give --model that zip.',
    manifestFile,
  );
}

/** metadata_properties.json; older exports have none. */
async function properties(source: ExportSource): Promise<ReadonlyMap<string, string>> {
  const file = 'metadata_properties.json';
  if (!source.has(file)) return new Map();
  return new Map(Object.entries(await source.json(file)).map(([key, value]) => [key, String(value)]));
}

async function tfjsFacts(source: ExportSource): Promise<Facts> {
  const { facts, model } = await graphFacts(source);
  const own = isObject(model.json.userDefinedMetadata) ? model.json.userDefinedMetadata : {};
  const inside = Object.entries(own).map(([key, value]) => [key, String(value)] as const);
  const given = new Map([...(await properties(source)), ...inside]);
  const format = given.get('Image.BitmapPixelFormat') ?? 'Bgr8';
  const from = "Microsoft's library for these exports, customvision-tfjs";
  const fit = fitOf(given);
  return {
    ...facts,
    kind: 'custom-vision-tfjs',
    title: 'Azure Custom Vision classification (TensorFlow.js)',
    ...sized(given, facts, model.file),
    pixels: { value: normalisation('0..255'), from },
    fit: fit ?? { value: { fit: 'crop-first' }, from },
    order: { value: format === 'Rgb8' ? 'rgb' : 'bgr', from: `Image.BitmapPixelFormat ${format}` },
    kernel: { value: 'tensorflow', from },
    decoding: browser,
    output: 'from' in facts.output.form ? facts.output : { ...facts.output, form: { value: 'probabilities', from } },
  };
}

async function onnxFactsOf(source: ExportSource, file: string): Promise<Facts> {
  const inside = await readMetadata(source, file);
  const given = new Map([...(await properties(source)), ...inside]);
  const { facts } = await onnxFacts(source, file);
  const format = given.get('Image.BitmapPixelFormat');
  const fit = fitOf(given);
  const from = "Microsoft's sample for ONNX exports";
  return {
    ...facts,
    kind: 'custom-vision-onnx',
    title: 'Azure Custom Vision classification (ONNX)',
    ...sized(given, facts, file),
    pixels: facts.dtype === 'uint8' ? facts.pixels : pixelsOf(given),
    fit: fit ?? { value: { fit: 'stretch' }, from },
    order: {
      value: format === 'Bgr8' ? 'bgr' : 'rgb',
      from: format === undefined ? from : `Image.BitmapPixelFormat ${format}`,
    },
    kernel: { value: 'cubic', from: `${from} (Pillow's default)` },
    decoding: upright,
    output: 'from' in facts.output.form ? facts.output : { ...facts.output, form: { value: 'probabilities', from } },
  };
}

function pixelsOf(given: ReadonlyMap<string, string>): Known<Pixels> {
  const range = given.get('Image.NominalPixelRange');
  const raw = range === 'NominalRange_0_255';
  const mean = numbers(given.get('CustomVision.Preprocess.NormalizeMean'));
  const std = numbers(given.get('CustomVision.Preprocess.NormalizeStd'));
  const plain = (mean ?? [0]).every((value) => value === 0) && (std ?? [1]).every((value) => value === 1);
  const base = normalisation(raw ? '0..255' : '0..1');
  return {
    value: plain ? base : { scale: base.scale, mean: mean ?? 0, std: std ?? 1 },
    from: `Image.NominalPixelRange ${range ?? 'absent'}${plain ? '' : ', CustomVision.Preprocess.NormalizeMean and NormalizeStd'}`,
  };
}

function numbers(text: string | undefined): number[] | undefined {
  const value = text === undefined ? undefined : parsePythonLiteral(text);
  return Array.isArray(value) &&
    (value.length === 1 || value.length === 3) &&
    value.every((each) => typeof each === 'number')
    ? (value as number[])
    : undefined;
}

function fitOf(given: ReadonlyMap<string, string>): Known<Fit> | undefined {
  const method = given.get('CustomVision.Preprocess.CropMethod');
  const from = `CustomVision.Preprocess.CropMethod ${method}`;
  if (method === undefined) return undefined;
  if (method === 'NoCrop') return { value: { fit: 'stretch' }, from };
  return { value: { fit: 'crop-first' }, from };
}

/** The graph's size, where it has one; else the one that the pictures were trained at. */
function sized(given: ReadonlyMap<string, string>, facts: Facts, file: string): Pick<Facts, 'size' | 'findings'> {
  const width = Number(given.get('CustomVision.Preprocess.TargetWidth') ?? 0);
  const height = Number(given.get('CustomVision.Preprocess.TargetHeight') ?? 0);
  const { size } = facts;
  if (!(width > 0 && height > 0)) return { size };
  if (!('fixed' in size)) {
    const from = 'CustomVision.Preprocess.TargetWidth and TargetHeight';
    return { size: { value: { width, height }, from } };
  }
  if (width === size.value.width && height === size.value.height) return { size };
  const finding: Finding = {
    severity: 'warning',
    rule: 'export/disagrees',
    message: `CustomVision.Preprocess.TargetWidth and TargetHeight say ${width} x ${height}, the graph of ${file} takes ${size.value.width} x ${size.value.height}: the graph is followed`,
    remedy: 'Check that all files come from the same export.',
    file: 'metadata_properties.json',
  };
  return { size, findings: [finding] };
}
